"""Compile speed on small graphs: identification beside y0's, and all of `compile` beside that.

Processor milliseconds of one thread, the best of seven on graphs made anew. `identify` makes an estimand, with the
trace of every step, as y0 makes one on a graph of its own that is made beforehand. `-O2` is all that `compile` does: it
identifies, rewrites, searches, lowers and verifies a program; `-O0` leaves out rewrites and search. Twelve families on
which y0's answer is right, each of 5, 9 and 16 vertices: those of `compile_speed`, and the back-door graph with all
others a cause of both, also with one of them as a condition; stages of treatments and covariates; a chain of interlaced
districts before the treatment; two outcomes with a common cause of all; and a treatment without an effect.
"""

from __future__ import annotations

from collections.abc import Callable

import idgen_compiler as idgen
from tests.benchmarks.bench_compile_speed import anew, seconds
from tests.benchmarks.compile_families import SMALL
from tests.benchmarks.report import Row
from tests.strategies import Case

__all__ = ["run"]


def run(quick: bool) -> list[Row]:
    rounds, sizes = (2, (5,)) if quick else (7, (5, 9, 16))
    return [_row(name, SMALL[name](size), rounds) for size in sizes for name in SMALL]


def _row(name: str, case: Case, rounds: int) -> Row:
    ours, literal = (1e3 * seconds(lambda o=level: _compiling(case, o), rounds) for level in (2, 0))
    alone, theirs = (1e3 * seconds(lambda f=f: f(case), rounds) for f in (_identifying, _y0))
    return {
        "graph": name,
        "vertices": len(case.graph),
        "identify (ms)": alone,
        "y0 identify (ms)": theirs,
        "y0 / identify": theirs / alone,
        "-O0 (ms)": literal,
        "-O2 (ms)": ours,
        "y0 / -O2": theirs / ours,
    }


def _compiling(case: Case, level: int) -> Callable[[], object]:
    graph = anew(case.graph)
    return lambda: idgen.compile(case.query, graph, optimize=level)


def _identifying(case: Case) -> Callable[[], object]:
    graph = anew(case.graph)
    return lambda: idgen.identify(case.query, graph)


def _y0(case: Case) -> Callable[[], object]:
    """y0's identification alone, its graph and variables made beforehand."""
    from y0.algorithm.identify import identify_outcomes
    from y0.dsl import Variable

    graph, query = anew(case.graph).to_y0(), case.query
    outcomes, treatments, conditions = (
        {Variable(name) for name in names} for names in (query.outcomes, query.treatments, query.conditions)
    )
    return lambda: identify_outcomes(graph, treatments=treatments, outcomes=outcomes, conditions=conditions or None)
