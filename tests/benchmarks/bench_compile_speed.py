"""Compile speed: identify and lower, against y0 on the same graphs in the same run.

Median processor seconds of one thread, since machines are shared, without garbage collection, as timeit does.
`and verify` is the literal program as `-O0` compiles it, `compile` is with every rewrite, pass and search. The graphs:
front-door chains X -> M1 -> ... -> Y with X <-> Y; random sparse graphs with two directed and 0.6 bidirected edges a
vertex (median over graphs with an identifiable query); ladders of nested line 7s. The ratio is y0's time by ours. y0
is left out where it would take minutes, or writes a wrong formula (the ladders).
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from statistics import median

import idgen_compiler as idgen
from idgen_compiler.lower import lower
from tests.benchmarks.report import Row
from tests.strategies import Case, napkin_ladder

__all__ = ["front_door_chain", "run", "sparse_cases"]


def run(quick: bool) -> list[Row]:
    short, long, ladder = (50, 100, 10) if quick else (1000, 2000, 100)
    sparse = (60, 3) if quick else (500, 9)
    return [
        _row(f"front-door chain of {short:,}", [front_door_chain(short)], with_y0=True),
        _row(f"front-door chain of {long:,}", [front_door_chain(long)], with_y0=False),
        _row(f"random sparse graphs of {sparse[0]}", sparse_cases(*sparse), with_y0=True),
        _row(f"napkin ladder of {ladder} rungs", [Case(*napkin_ladder(ladder))], with_y0=False),
    ]


def front_door_chain(size: int) -> Case:
    """X -> M1 -> ... -> Y with X <-> Y on `size` vertices, and P(Y | do(X))."""
    names = ["X", *(f"M{i}" for i in range(1, size - 1)), "Y"]
    return Case(idgen.ADMG(list(pairwise(names)), [("X", "Y")]), idgen.Query("Y", "X"))


def sparse_cases(size: int, count: int) -> list[Case]:
    """Random graphs with 2 directed and 0.6 bidirected edges a vertex, and an identifiable query each."""
    random, found = Random(0), list[Case]()
    while len(found) < count:
        names = [f"V{i}" for i in range(size)]
        directed, bidirected = (_edges(random, names, round(n * size)) for n in (2.0, 0.6))
        first, last = sorted(random.sample(range(size), 2))
        case = Case(idgen.ADMG(directed, bidirected, names), idgen.Query(names[last], names[first]))
        if case.identifiable and names[first] in case.graph.ancestors([names[last]]):  # an effect that is not trivial
            found.append(Case(case.graph, case.query))
    return found


def _edges(random: Random, names: Sequence[str], count: int) -> list[tuple[str, str]]:
    found: set[tuple[int, int]] = set()
    while len(found) < count:
        a, b = sorted(random.sample(range(len(names)), 2))
        found.add((a, b))
    return [(names[a], names[b]) for a, b in sorted(found)]


def _row(name: str, cases: Sequence[Case], with_y0: bool) -> Row:
    times = {
        "identify (s)": _seconds(cases, 5, lambda case: lambda: idgen.identify(case.query, case.graph)),
        "identify + lower (s)": _seconds(cases, 5, lambda case: lambda: _lowered(case)),
        "and verify (s)": _seconds(
            cases, 5, lambda case: lambda: idgen.compile(case.query, case.graph, optimize=False)
        ),
        "compile (s)": _seconds(cases, 1, lambda case: lambda: idgen.compile(case.query, case.graph)),
    }
    row: dict[str, object] = {"graph": name, **times}
    if with_y0:
        row["y0 identify (s)"] = y0 = _seconds(cases, 1, _y0)
        row["y0 / (identify + lower)"] = y0 / times["identify + lower (s)"]
    return row


def _lowered(case: Case) -> object:
    query = case.query
    estimand = idgen.identify(query, case.graph).estimand
    return lower(estimand, (*query.treatments, *query.conditions), query.outcomes)


def _y0(case: Case) -> Callable[[], object]:
    """y0's identification alone, its graph and variables made beforehand."""
    from y0.algorithm.identify import identify_outcomes
    from y0.dsl import Variable

    graph = case.graph.to_y0()
    outcomes, treatments = (
        {Variable(name) for name in names} for names in (case.query.outcomes, case.query.treatments)
    )
    return lambda: identify_outcomes(graph, treatments=treatments, outcomes=outcomes)


def _seconds(cases: Sequence[Case], rounds: int, prepare: Callable[[Case], Callable[[], object]]) -> float:
    """The median time over cases and rounds, each on a graph made anew, so that nothing is remembered."""
    prepare(front_door_chain(5))()  # imports
    times = []
    for case in cases:
        for _ in range(rounds):
            graph = idgen.ADMG(case.graph.directed, case.graph.bidirected, case.graph.order)
            work = prepare(Case(graph, case.query))
            gc.collect()
            gc.disable()
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
            gc.enable()
    return median(times)
