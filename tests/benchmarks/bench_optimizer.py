"""The optimizer: what is left of regenerations, models and inputs at each level, by kind and size of query.

Random identifiable queries, all different. *line 7*: queries without conditions on plain random graphs whose literal
trace visits line 7, which asks for a law that nobody has data for. *conditional*: conditional queries on plain random
graphs. *napkin*: queries without conditions through line 7 on graphs grown around the napkin, whose estimand mostly is
a true ratio. `-O0` is the literal program of ID-GEN and IDC-GEN, `-O1` the rewrites, `-O2` (the default) also a search
among equal ways to pose the query. "none left" is the share of programs without a regeneration; the counts are means
at -O0 / -O1 / -O2; "seconds" is the mean CPU time of compiling at -O2. "needed" counts, among the queries that keep a
regeneration at -O2, those whose answer has a pole that no sum of products of observed conditionals has, so that no
optimizer can spare it (`tests/needed.py`); the effects of the other rows have no poles, and that proof is silent there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from statistics import mean

import idgen_compiler as idgen
from idgen_compiler.ir.cost import Cost
from tests.benchmarks.report import Row
from tests.needed import foreign_poles
from tests.strategies import Case, random_admg, random_cases, random_query

__all__ = ["conditional_queries", "line_7_queries", "napkin_queries", "run"]

LEVELS = (0, 1, 2)
SIZES = ((4, 5), (6, 6), (7, 7))

Population = Callable[[tuple[int, int]], Iterator[Case]]


def run(quick: bool) -> list[Row]:
    counts = (12, 8, 6) if quick else (600, 400, 300)
    populations: dict[str, Population] = {
        "line 7": line_7_queries,
        "conditional": conditional_queries,
        "napkin": napkin_queries,
    }
    return [
        _row(name, size, list(islice(population(size), count)))
        for name, population in populations.items()
        for size, count in zip(SIZES, counts, strict=True)
    ]


def line_7_queries(vertices: tuple[int, int]) -> Iterator[Case]:
    """Queries without conditions on plain random graphs whose literal trace visits line 7."""
    return _different(case for case in _plain(vertices) if not case.query.conditions and _visits_line_7(case))


def conditional_queries(vertices: tuple[int, int]) -> Iterator[Case]:
    """Identifiable conditional queries on plain random graphs."""
    return _different(case for case in _plain(vertices) if case.query.conditions and case.identifiable)


def napkin_queries(vertices: tuple[int, int]) -> Iterator[Case]:
    """Queries without conditions through line 7 on graphs grown around the napkin."""
    grown = (case for case in random_cases(2, vertices) if case.kind == "napkin")
    return (case for case in grown if not case.query.conditions and case.visits_line_7)


def _plain(vertices: tuple[int, int]) -> Iterator[Case]:
    random = Random(1)
    while True:
        size = random.randint(*vertices)
        graph = random_admg(random, size, random.uniform(0.2, 0.7), random.uniform(0.1, 0.5))
        yield Case(graph, random_query(random, graph))


def _visits_line_7(case: Case) -> bool:
    return case.identifiable and case.visits_line_7


def _different(cases: Iterator[Case]) -> Iterator[Case]:
    seen: set[str] = set()
    for case in cases:
        if str(case) not in seen:
            seen.add(str(case))
            yield case


def _row(name: str, size: tuple[int, int], cases: list[Case]) -> Row:
    costs: dict[int, list[Cost]] = {level: [] for level in LEVELS}
    seconds = 0.0
    for case in cases:
        for level in LEVELS:
            start = time.process_time()
            costs[level].append(idgen.compile(case.query, case.graph, optimize=level, realize="regenerate").cost)
            seconds = time.process_time() - start + seconds if level == LEVELS[-1] else seconds
    row: dict[str, object] = {
        "queries": f"{name}, {'-'.join(map(str, dict.fromkeys(size)))} vertices",
        "count": len(cases),
    }
    for level in LEVELS[1:]:
        row[f"none left, -O{level} (%)"] = round(100 * mean(cost.regenerations == 0 for cost in costs[level]), 1)
    for count in ("regenerations", "models", "inputs", "widest", "evaluations"):
        row[count] = " / ".join(f"{mean(getattr(cost, count) for cost in costs[level]):.2f}" for level in LEVELS)
    row["models saved (%)"] = round(100 - 100 * _total(costs[2]) / _total(costs[0]), 1)
    if name == "conditional":
        kept = [case for case, cost in zip(cases, costs[LEVELS[-1]], strict=True) if cost.regenerations]
        row["needed"] = f"{sum(map(bool, map(foreign_poles, kept)))} of {len(kept)}"
    row["seconds"] = seconds / len(cases)
    return row


def _total(costs: list[Cost]) -> int:
    return sum(cost.models for cost in costs)
