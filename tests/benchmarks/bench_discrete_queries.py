"""Random identifiable discrete queries: samples against the truth, and against what the rows themselves say.

Each query has a random model with hidden causes and 100,000 rows of what is observed. A default fit is sampled
1,000,000 times at up to four values of its treatments and conditions; the total variation to the truth stands beside
that of the plug-in floor, the literal estimand evaluated on the empirical joint. Bar: a ratio of means of at most 1.5.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

import idgen_compiler as idgen
from tests.benchmarks.bench_exactness import kinds
from tests.benchmarks.discrete import Problem, distances
from tests.benchmarks.report import Row
from tests.strategies import random_cases

__all__ = ["run"]

SETTINGS = 4


def run(quick: bool) -> list[Row]:
    queries, rows, samples = (8, 10_000, 100_000) if quick else (100, 100_000, 1_000_000)
    found: dict[str, list[tuple[float, float]]] = {}
    for k, case in enumerate(islice(random_cases(seed=2), queries)):
        problem = Problem.random(case, rows, seed=k)
        sampler = idgen.compile(case.query, case.graph).fit(problem.rows, backend="torch", progress=False, device="cpu")
        ours, floor = np.mean(list(distances(sampler, problem, samples, SETTINGS, seed=k)), axis=0)
        for kind in kinds(case):
            found.setdefault(kind, []).append((float(ours), float(floor)))
    return [_row(kind, np.array(pairs)) for kind, pairs in found.items()]


def _row(kind: str, pairs: np.ndarray) -> Row:
    ours, floor = pairs.T
    each = ours / floor
    return {
        "queries": kind,
        "count": len(pairs),
        "mean": f"{ours.mean():.5f}",
        "plug-in": f"{floor.mean():.5f}",
        "ratio of means": f"{ours.mean() / floor.mean():.2f}",
        "median (90 %, worst)": f"{np.median(ours):.5f} ({np.quantile(ours, 0.9):.5f}, {ours.max():.5f})",
        "ratio, 10 / 50 / 90 %": " / ".join(f"{q:.2f}" for q in np.quantile(each, [0.1, 0.5, 0.9])),
    }
