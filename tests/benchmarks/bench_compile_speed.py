"""Compile speed: the optimizing level beside the literal one, by families of graphs, and how both grow.

Processor seconds of one thread, the best of three on graphs made anew, without garbage collection, as timeit does.
`-O0` identifies, lowers and verifies the literal program; `-O2` is what `compile` does. Seconds are those of the
largest size; `growth` is the exponent of a power law fitted to all sizes (least squares of the logarithms). `models`
are those of the literal program and of the optimized one. The families: chains and grids from the first vertex to the
last, alone and behind a front door (a hidden cause of both ends); a chain all of which but the treatment is one
district; ladders of nested line 7s, two vertices a rung; random graphs with every second edge, or with two directed and
0.6 bidirected edges a vertex and an identifiable query: of one effect, of three outcomes and two treatments, and with a
quarter of the vertices as conditions. The last row is 60 queries on one graph, compiled to one program: `-O2` beside
the sum of 60 programs apart in the place of `-O0`.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from statistics import linear_regression

import idgen_compiler as idgen
from tests.benchmarks.compile_families import GROWING, Family, asked_together, front_door_chain
from tests.benchmarks.report import Row

__all__ = ["anew", "run", "seconds"]


def run(quick: bool) -> list[Row]:
    rows = [
        _row(name, family, [n // 10 for n in sizes] if quick else sizes) for name, (family, sizes) in GROWING.items()
    ]
    return [*rows, _together(10 if quick else 60)]


def _row(name: str, family: Family, sizes: Sequence[int]) -> Row:
    cases = [family(size) for size in sizes]
    literal, best = (
        [seconds(lambda c=case, o=level: _compiling(c.graph, c.query, o)) for case in cases] for level in (0, 2)
    )
    last = cases[-1]
    models = [len(idgen.compile(last.query, last.graph, optimize=level).models) for level in (0, 2)]
    counted = [len(case.graph) for case in cases]
    return {
        "graph": name,
        "vertices": counted[-1],
        "-O0 (s)": literal[-1],
        "-O2 (s)": best[-1],
        "-O2 / -O0": best[-1] / literal[-1],
        "growth of -O0": growth(counted, literal),
        "growth of -O2": growth(counted, best),
        "models": f"{models[0]:,} -> {models[1]:,}",
    }


def _together(count: int) -> Row:
    graph, queries = asked_together(count=count)
    apart = seconds(lambda: lambda: [_compiling(graph, query, 2)() for query in queries], 1)
    joint = seconds(lambda: _compiling(graph, queries, 2), 1)
    one = [len(idgen.compile(query, graph).models) for query in queries]
    models = len(idgen.compile(queries, graph).models)
    return {
        "graph": f"{count} queries together",
        "vertices": len(graph),
        "-O0 (s)": apart,
        "-O2 (s)": joint,
        "-O2 / -O0": joint / apart,
        "models": f"{sum(one):,} -> {models:,}",
    }


def anew(graph: idgen.ADMG) -> idgen.ADMG:
    """The same graph, of which nothing is remembered."""
    return idgen.ADMG(graph.directed, graph.bidirected, graph.order)


def _compiling(graph: idgen.ADMG, query: idgen.Query | Sequence[idgen.Query], level: int) -> Callable[[], object]:
    fresh = anew(graph)
    return lambda: idgen.compile(query, fresh, optimize=level)


def growth(sizes: Sequence[int], times: Sequence[float]) -> float:
    """The exponent of the power law that is nearest to some times, in logarithms."""
    return linear_regression(list(map(math.log, sizes)), list(map(math.log, times))).slope


def seconds(prepare: Callable[[], Callable[[], object]], rounds: int = 3) -> float:
    """The least processor time of what is prepared anew in each round."""
    warm = front_door_chain(5)
    idgen.compile(warm.query, warm.graph)  # imports
    least = math.inf
    for _ in range(rounds):
        work = prepare()
        gc.collect()
        gc.disable()
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
        gc.enable()
    return least
