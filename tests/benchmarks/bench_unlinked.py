"""Dependent covariates that the graph leaves unlinked: the answer, and the warning before a fit.

Everybody draws `A, B -> X -> Y; A, B -> Y`, which says that A and B are independent. Rows in which they are not are
fitted (torch, CPU) by the compiled program, whose covariates come from one row, and by the same program with each
covariate from a row of its own, as it was compiled before. Two binary covariates, B = A in 90 % of 20,000 rows:
P(Y = 1 | do(X = 1)) beside the truth. Twenty covariates around one common factor, 20,000 rows: the Wasserstein distance
(W1, in standard deviations of the outcome) of 50,000 samples of Y | do(X = 1) from as many of the truth.

The warning looks at at most 20,000 rows. False alarms are counted on clean tables, drawn from random graphs of 3 to 12
vertices with hidden causes: numbers with light and heavy tails, logarithmic ones, counts, zeros, and categories of up
to 20 levels, related by linear, curved, stepped and joint effects; 60 to 60,000 rows. Contradictions count before the
question whether the answer rests on them. Pairs are those of random graphs and queries, of which an edge A <-> B is
left out although the model has it: in how many does the program, compiled again with the edge, stay the same, and is
its exact answer then the truth. Times are those of the whole check of a table in memory, with 100,000 rows and 20
covariates, a treatment and an outcome, on one core (CPU time, the best of six).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import combinations, islice
from random import Random
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.check.columns import read_some_rows
from idgen_compiler.check.independence import contradictions
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.verify import CausalModel
from idgen_compiler.verify.contradictions import contradictions_of
from idgen_compiler.verify.likeness import alike
from tests.benchmarks.report import Row
from tests.strategies import random_admg, random_cases

__all__ = ["COVARIATES", "clean_table", "factor_outcome", "factor_table", "programs", "run"]

Array = np.ndarray[Any, Any]
COVARIATES = tuple(f"C{k}" for k in range(20))
QUERY = idgen.Query.parse("P(Y | do(X))")


def run(quick: bool = False) -> list[Row]:
    """One row a measurement."""
    rows: list[Row] = [*_answers(2_000 if quick else 20_000, quick), _false_alarms(5 if quick else 200)]
    return [*rows, *_pairs(20 if quick else 800), *_times()]


def clean_table(graph: idgen.ADMG, rows: int, generator: np.random.Generator) -> dict[str, Array]:
    """Rows of a random model of the graph, with columns of many kinds."""
    hidden = {edge: generator.normal(size=rows) for edge in graph.bidirected}
    values: dict[str, Array] = {}
    columns: dict[str, Array] = {}
    for name in graph.order:
        inputs = [values[parent] for parent in graph.order if parent in graph.parents([name])]
        inputs += [cause for edge, cause in hidden.items() if name in edge]
        signal = np.zeros(rows)
        for one in inputs:
            curves = (one, np.sin(2 * one), one**2 / 2, np.sign(one), np.abs(one), np.tanh(3 * one))
            signal += generator.choice([-1, 1]) * generator.uniform(0.5, 1.5) * curves[generator.integers(6)]
        if len(inputs) > 1 and generator.random() < 0.5:
            signal += inputs[0] * inputs[1]
        values[name], columns[name] = _column(signal, generator)
    return columns


def _column(signal: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    """What a variable's effects see of it, and its column, of a random kind."""
    rows = len(signal)
    heavy = generator.random() < 0.4
    noisy = signal + (generator.standard_t(3, size=rows) if heavy else generator.normal(size=rows))
    match generator.integers(6):
        case 0:
            yes = noisy > generator.normal()
            return yes.astype(float), yes
        case 1:
            levels = int(generator.integers(3, 20))
            chances = generator.gumbel(size=(rows, levels)) + np.outer(signal, generator.normal(size=levels))
            codes = np.argmax(chances, axis=1)
            return generator.normal(size=levels)[codes], np.array([f"level {code}" for code in codes])
        case 2:
            bounded = np.clip(noisy, -5, 5)
            return bounded, np.exp(bounded)
        case 3:
            zeros = np.maximum(noisy, 0)
            return np.clip(zeros, -5, 5), zeros
        case 4:
            counts = generator.poisson(np.exp(np.clip(signal / 2, -3, 3)))
            return counts - 1.0, counts
        case _:
            return np.clip(noisy / (noisy.std() or 1), -5, 5), noisy * 100 + 1e4


# -- answers ----------------------------------------------------------------------------------------------------------


def _answers(rows: int, quick: bool) -> list[Row]:
    rng = np.random.default_rng(0)
    a = rng.random(rows) < 0.5
    b = np.where(rng.random(rows) < 0.9, a, ~a)
    x = rng.random(rows) < np.where(a, 0.7, 0.3)
    two = {"A": a, "B": b, "X": x, "Y": rng.random(rows) < 0.1 + 0.1 * x + 0.6 * (a ^ b)}
    once, apart = (_means(program, two) for program in programs(("A", "B")))
    found = [{"what": "P(Y = 1 | do(X = 1)), B = A in 90 %", "truth": 0.26, "apart": apart, "one row": once}]
    if quick:
        return found
    many, truth = factor_table(rows, rng), factor_outcome(50_000, rng)
    once, apart = (_distance(program, many, truth) for program in programs(COVARIATES))
    return [*found, {"what": "W1 of Y | do(X = 1), 20 covariates", "truth": 0.0, "apart": apart, "one row": once}]


def programs(covariates: Sequence[str]) -> tuple[idgen.Program, idgen.Program]:
    """The compiled program, and the one that draws each covariate from a row of its own."""
    listed = ", ".join(covariates)
    program = idgen.compile(QUERY, idgen.ADMG.parse(f"{listed} -> X -> Y; {listed} -> Y"))
    apart = "\n".join(f"    {name} ~ rows %obs" for name in covariates)
    return program, idgen.Program.parse(str(program).replace(f"    ({listed}) ~ rows %obs", apart))


def _sampled(program: idgen.Program, table: Mapping[str, Array], count: int) -> Array:
    fitted = program.fit(table, device="cpu", progress=False, check_graph=False)
    return np.asarray(fitted.sample(count, do={"X": True}, seed=1)["Y"], dtype=float)


def _means(program: idgen.Program, table: Mapping[str, Array]) -> float:
    return float(_sampled(program, table, 100_000).mean())


def _distance(program: idgen.Program, table: Mapping[str, Array], truth: Array) -> float:
    drawn = _sampled(program, table, len(truth))
    return float(np.abs(np.sort(drawn) - np.sort(truth)).mean() / truth.std())


def _factors(rows: int, rng: np.random.Generator) -> Array:
    """Covariates with correlation .3.  Shape: (rows, 20)."""
    return np.asarray(np.sqrt(0.3) * rng.normal(size=(rows, 1)) + np.sqrt(0.7) * rng.normal(size=(rows, 20)))


def _outcome(covariates: Array, x: Array, rng: np.random.Generator) -> Array:
    return np.asarray(x + covariates[:, :8].sum(axis=1) * 0.15 + rng.normal(size=len(covariates)))


def factor_table(rows: int, rng: np.random.Generator) -> dict[str, Array]:
    covariates = _factors(rows, rng)
    x = rng.random(rows) < 1 / (1 + np.exp(-covariates[:, :8].sum(axis=1) / 4))
    columns = dict(zip(COVARIATES, covariates.T, strict=True))
    return columns | {"X": x, "Y": _outcome(covariates, x, rng)}


def factor_outcome(count: int, rng: np.random.Generator) -> Array:
    return _outcome(_factors(count, rng), np.ones(count), rng)


# -- the warning ------------------------------------------------------------------------------------------------------


def _false_alarms(tables: int) -> Row:
    random, alarms = Random(1), 0
    for seed in range(tables):
        graph = random_admg(random, random.randint(3, 12), random.uniform(0.1, 0.5), random.uniform(0, 0.3))
        rows = random.choice((60, 200, 1_000, 5_000, 20_000, 60_000))
        table = clean_table(graph, rows, np.random.default_rng((seed, 1)))
        alarms += bool(contradictions(graph, read_some_rows(table, graph.order)))
    return {"what": f"false alarms on {tables:,} clean tables", "count": alarms}


def _pairs(cases: int) -> list[Row]:
    stays = right = changes = wrong = 0
    for seed, case in enumerate(islice(random_cases(5, (4, 7)), cases)):
        program = idgen.compile(case.query, case.graph)
        for pair in combinations(program.graph.order, 2):
            if not m_separated(program.graph, pair[:1], pair[1:]):
                continue
            larger, posed = (
                idgen.ADMG(graph.directed, [*graph.bidirected, pair], graph.order)
                for graph in (case.graph, program.graph)
            )
            model = CausalModel.random(larger, seed)
            kernel = program.fit(model.observational(), backend="exact").kernel()  # type: ignore[attr-defined]
            is_right = bool(kernel == model.truth(case.query))
            try:
                same = alike(idgen.compile(case.query, posed), program)
            except idgen.NotIdentifiable:
                same = False
            stays, right = stays + same, right + (same and is_right)
            changes, wrong = changes + (not same), wrong + (not same and not is_right)
    return [
        {"what": f"pairs whose edge leaves the program as it is: right of {stays:,}", "count": right},
        {"what": f"pairs whose edge changes it (which is warned of): wrong of {changes:,}", "count": wrong},
    ]


def _times() -> list[Row]:
    rng = np.random.default_rng(2)
    import pandas as pd

    table = pd.DataFrame(factor_table(100_000, rng))
    independent = pd.DataFrame({name: rng.permutation(table[name]) for name in table})
    found = []
    for what, optimize, rows in (("20 of them dependent", 0, table), ("none dependent", 2, independent)):
        listed = ", ".join(COVARIATES)
        program = idgen.compile(QUERY, idgen.ADMG.parse(f"{listed} -> X -> Y; {listed} -> Y"), optimize=optimize)
        seconds = []
        for _ in range(6):  # the first one imports
            start = time.process_time()
            contradictions_of(program, rows)
            seconds.append(time.process_time() - start)
        found.append({"what": f"check of 100,000 rows, 22 columns, {what}", "seconds": min(seconds)})
    return found
