"""What optimizing is worth on data: literal programs of ID-GEN against compiled ones, 20,000 rows.

Random discrete queries whose identification visits line 7, each in a random model with hidden causes; total variation
to the truth of 500,000 samples at up to four values of treatments and conditions, default fits. The literal program
trains every conditional on all its predecessors and regenerates wherever line 7 or a condition asks. `lower` counts
the queries where the compiled program's error is the lower one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.program import Program
from tests.benchmarks.discrete import Problem, distances
from tests.benchmarks.report import Row
from tests.strategies import random_cases

__all__ = ["run"]

SETTINGS = 4


def run(quick: bool) -> list[Row]:
    queries, rows, samples = (6, 5_000, 50_000) if quick else (100, 20_000, 500_000)
    found: dict[str, list[list[float]]] = {}
    cases = (case for case in random_cases(seed=3, vertices=(4, 6)) if case.visits_line_7)
    for k, case in enumerate(islice(cases, queries)):
        problem = Problem.random(case, rows, seed=k)
        programs = (
            idgen.compile(case.query, case.graph, optimize=False, realize="regenerate"),
            idgen.compile(case.query, case.graph),
            idgen.compile(case.query, case.graph, realize="regenerate"),
        )
        errors, floors = zip(*(_error(program, problem, samples, k) for program in programs), strict=True)
        models = [program.cost.models for program in programs[:2]]
        for kind in _kinds(programs[0], programs[1]):
            found.setdefault(kind, []).append([*errors, floors[0], *models])
    return [_row(kind, np.array(values)) for kind, values in found.items()]


def _error(program: Program, problem: Problem, samples: int, seed: int) -> tuple[float, float]:
    """Mean total variation to the truth, and that of the plug-in."""
    sampler = program.fit(problem.rows, backend="torch", progress=False, device="cpu")
    ours, floor = np.mean(list(distances(sampler, problem, samples, SETTINGS, seed)), axis=0)
    return float(ours), float(floor)


def _kinds(literal: Program, compiled: Program) -> Iterator[str]:
    yield "all"
    if compiled.regenerations:
        yield "a regeneration stays"
    elif literal.regenerations:
        yield "no regeneration left"


def _row(kind: str, values: np.ndarray) -> Row:
    literal, compiled, regenerating, floor, before, after = values.T
    return {
        "queries": kind,
        "count": len(values),
        "models": f"{before.mean():.1f} -> {after.mean():.1f}",
        "literal": f"{literal.mean():.5f}",
        "compiled": f"{compiled.mean():.5f}",
        "compiled, regenerating": f"{regenerating.mean():.5f}",
        "plug-in": f"{floor.mean():.5f}",
        "less by": f"{1 - compiled.mean() / literal.mean():.0%}",
        "lower": f"{int((compiled < literal).sum())} of {len(values)}",
    }
