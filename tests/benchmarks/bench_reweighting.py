"""Regenerating against reweighting on napkins, from poor overlap to good: which is nearer the truth, what auto does.

P(Y | do(X)) on W1 -> W2 -> X -> Y, X <-> W1 <-> Y, where W2 has a noise of its own: the more, the better the overlap.
Errors are means over seeds: total variation to the truth for discrete cases (over all x, or the attributes at one x),
and for real ones the larger of the mean's error (in sd) and the sd's (relative) within |x| <= 2 sd. Auto is run as
it is; the way that it did not take is compiled by name and run too. CPU seconds are of compiling and fitting; making
the choice counts with the way that was taken.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.compile.options import Realization
from idgen_compiler.demo.napkin_mnist import HARD, attributes, labeled
from idgen_compiler.estimand.tables import Table
from idgen_compiler.verify import CausalModel
from tests.benchmarks.bench_continuous import Case, bent, errors_of, linear
from tests.benchmarks.bench_napkin_mnist import SET, attribute_errors
from tests.benchmarks.discrete import rows_of
from tests.benchmarks.overlap import effective_fraction
from tests.benchmarks.report import Row
from tests.strategies import NAPKIN

__all__ = ["Arrangement", "arrangements", "row", "run"]

QUERY = idgen.Query.parse("P(Y | do(X))")
SAMPLES = 200_000
Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Arrangement:
    """Data of one kind and overlap, and how far a sampler fitted to them is from the truth."""

    name: str
    overlap: str
    data: Callable[[int], Columns]
    error: Callable[[idgen.Sampler, Columns, int], float]
    seeds: int


@dataclass(frozen=True)
class Fit:
    """One fit; `took` is the realization that it came to."""

    took: str
    error: float
    effective: float
    seconds: float


def run(quick: bool) -> list[Row]:
    """One row for each arrangement."""
    warnings.simplefilter("ignore", idgen.OverlapWarning)
    return [row(arrangement, quick) for arrangement in arrangements(quick)]


def row(arrangement: Arrangement, quick: bool) -> Row:
    """Auto and the other way, side by side."""
    fits: dict[str, list[Fit]] = {"regenerate": [], "reweight": []}
    auto = []
    for seed in range(1 if quick else arrangement.seeds):
        data = arrangement.data(seed)
        auto.append(_fit("auto", arrangement, data, seed, quick))
        fits[auto[-1].took].append(auto[-1])
        other: Realization = "reweight" if auto[-1].took == "regenerate" else "regenerate"
        fits[other].append(_fit(other, arrangement, data, seed, quick))
    mean = {name: float(np.mean([fit.error for fit in found])) for name, found in fits.items()}
    seconds = [f"{np.mean([fit.seconds for fit in found]):.1f}" for found in fits.values()]
    return {
        "case": arrangement.name,
        "overlap": arrangement.overlap,
        "effective rows": f"{np.mean([fit.effective for fit in fits['reweight']]):.1%}",
        **{name: f"{error:.4f}" for name, error in mean.items()},
        "auto": f"{np.mean([fit.error for fit in auto]):.4f}",
        "auto takes": ", ".join(sorted({fit.took for fit in auto})),
        "CPU s, regenerate / reweight": " / ".join(seconds),
    }


def _fit(realize: Realization, arrangement: Arrangement, data: Columns, seed: int, quick: bool) -> Fit:
    options = {"epochs": 2, "ensemble": 1} if quick else {}
    started = time.process_time()
    program = idgen.compile(QUERY, NAPKIN, realize=realize)
    sampler = program.fit(data, backend="torch", seed=seed, progress=False, device="cpu", **options)
    seconds = time.process_time() - started
    took = "reweight" if sampler.program.reweightings else "regenerate"
    return Fit(took, arrangement.error(sampler, data, seed), effective_fraction(sampler), seconds)


# -- what is arranged -------------------------------------------------------------------------------------------------


def arrangements(quick: bool) -> Iterator[Arrangement]:
    """Four kinds of data, each from poor overlap to good."""
    for rows in (2_000,) if quick else (2_000, 50_000):
        for noise in (0.02, 0.1, 0.3, 0.6, 0.9):
            yield _tables(rows, noise)
    for rows in (2_000,) if quick else (10_000, 60_000):
        for noise in (0.1, 0.2, 0.3, 0.5, 0.7):
            yield _attributes(rows, noise)
    for kind, case, levels in (("linear", linear, (0.6, 2.0, 4.0)), ("bent", bent, (0.6, 2.0))):
        for noise in levels:
            yield _real(kind, case(noise), 1_000 if quick else 10_000, noise)


def _tables(rows: int, noise: float) -> Arrangement:
    """Random models of two or three states, in which W2 follows W1 but for some noise."""

    def model(seed: int) -> CausalModel:
        found = CausalModel.random(NAPKIN, seed)
        w1, w2 = found.sizes["W1"], found.sizes["W2"]
        follows = np.arange(w2)[:, None] == np.arange(w1)[None, :] % w2
        share = Fraction(str(noise))
        law = np.array([[share / w2 + (1 - share) * int(same) for same in row] for row in follows], dtype=object)
        return replace(found, mechanisms={**found.mechanisms, "W2": Table(("W2", "W1"), law)})

    def error(sampler: idgen.Sampler, data: Columns, seed: int) -> float:
        truth = CausalModel.random(NAPKIN, seed).truth(QUERY)  # W2's mechanism does not matter once X is set
        distances = []
        for x in range(len(truth.table)):
            law = truth.at(X=x).astype(float)
            drawn = sampler.sample(SAMPLES, do={"X": x}, seed=seed)["Y"]
            distances.append(np.abs(np.bincount(drawn, minlength=law.size) / SAMPLES - law).sum() / 2)
        return float(np.mean(distances))

    def data(seed: int) -> Columns:
        return rows_of(model(seed).observational(), rows, seed)

    return Arrangement(f"tables, {rows:,} rows", f"noise {noise}", data, error, 20)


def _attributes(rows: int, noise: float) -> Arrangement:
    """The Napkin-MNIST attributes of the harder variant, with more or less noise everywhere."""

    def error(sampler: idgen.Sampler, data: Columns, seed: int) -> float:
        drawn = sampler.sample(SAMPLES, do={"X": SET}, seed=seed)["Y"]
        return float(np.mean(attribute_errors(drawn, HARD, noise)))

    return Arrangement(
        f"attributes, {rows:,} rows",
        f"noise {noise}",
        lambda seed: labeled(attributes(rows, seed, HARD, noise)),
        error,
        3,
    )


def _real(kind: str, case: Case, rows: int, noise: float) -> Arrangement:
    def error(sampler: idgen.Sampler, data: Columns, seed: int) -> float:
        return max(errors_of(sampler, case, data["X"], 50_000, seed))

    return Arrangement(
        f"{kind}, {rows:,} rows",
        f"noise {noise}",
        lambda seed: case.observed(np.random.default_rng(seed), rows),
        error,
        2,
    )
