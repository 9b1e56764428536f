"""What `effort` costs and brings: conditional laws with known truth, and a napkin bent by a sine and a square.

The laws are those of `densities`, fitted as one model each (two tables of a law): the Wasserstein distance to the truth
at 200 inputs that are not in the table, in standard deviations of Y given the inputs; of categories the total
variation. The napkin has 50,000 rows and two models (two tables): the distance of Y under do(x), mean over nine x.
One thread; processor seconds for a fit.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import idgen_compiler as idgen
from tests.benchmarks.bench_continuous import NAPKIN, bent, distance_of
from tests.benchmarks.bench_densities import DRAWS, INPUTS, MANY, PUBLISHED, scores
from tests.benchmarks.densities.laws import LAWS, Law
from tests.benchmarks.densities.learners import ours
from tests.benchmarks.report import Row

__all__ = ["EFFORTS", "PAGE", "run"]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "family-options.md"
EFFORTS = ("quick", "default", "best")


def run(quick: bool = False) -> list[Row]:
    """One row a law."""
    seeds = PUBLISHED[:1] if quick else PUBLISHED
    laws = [law for law in LAWS if law.rows < (2_000 if quick else MANY)]
    rows = [_row(f"{law.name}, {law.rows:,} rows", [_of_law(law, effort, seeds) for effort in EFFORTS]) for law in laws]
    if quick:
        return rows
    return [*rows, _row("bent napkin, 50,000 rows", [_of_napkin(effort, seeds) for effort in EFFORTS])]


def _row(name: str, found: list[tuple[float, float]]) -> Row:
    row: dict[str, object] = {"law": name}
    row |= {f"error, {effort}": f"{error:.3f}" for effort, (error, _) in zip(EFFORTS, found, strict=True)}
    return row | {f"CPU s, {effort}": f"{seconds:.1f}" for effort, (_, seconds) in zip(EFFORTS, found, strict=True)}


def _of_law(law: Law, effort: str, seeds: tuple[int, ...]) -> tuple[float, float]:
    found = []
    for seed in seeds:
        rng = np.random.default_rng((seed, law.rows))
        table, at = law.table(rng, law.rows), law.inputs(rng, INPUTS)
        answer = ours(law, table, at, DRAWS, seed, effort=effort)
        found.append((scores(law, at, answer)[0], answer[1]))
    error, seconds = np.mean(found, 0)
    return float(error), float(seconds)


def _of_napkin(effort: str, seeds: tuple[int, ...]) -> tuple[float, float]:
    case, found = bent(), []
    for seed in seeds:
        table = case.observed(np.random.default_rng(seed), 50_000)
        start = time.process_time()
        program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(NAPKIN))
        sampler = program.fit(table, backend="torch", seed=seed, progress=False, device="cpu", effort=effort)
        seconds = time.process_time() - start
        found.append((distance_of(sampler, case, table["X"], 50_000, seed), seconds))
    error, seconds = np.mean(found, 0)
    return float(error), float(seconds)
