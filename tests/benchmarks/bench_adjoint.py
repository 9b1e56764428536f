"""Influence functions: the adjoint of every program against its derivative by another arithmetic, as equal fractions.

10,000 random identifiable queries: 6,000 on 3 to 6 vertices, a quarter each through line 7 and around the napkin; 300
on napkins inside napkins of 7 to 9; 1,700 with kernels and functions that are brought; 2,000 with policies. Each is
compiled in seven forms, literal and optimized, regenerated and reweighted. The law is that of a random structural model
with hidden causes, and in three of ten questions a random joint that obeys no graph; treatments have values, or once in
four laws; what is averaged is a mean, a share, a function or a table. The adjoint's influence function at all cells is
compared by `==` with the slope of the exact program along a random law, computed on a + b e with e^2 = 0, and its mean
with zero. A column counts the queries where both are equal, or where both say that the law does not determine the
answer ("not determined"; functions rule values out). "Adjoint alone" are queries that some form answers where the exact
backend does not: it asks for whole laws, the adjoint for margins, which may be determined when the law is not. Times
are processor milliseconds per influence function, the program's run on the law included.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from tests.benchmarks.report import Row
from tests.influences import FORMS, SOURCES, Asked, asked, compiled
from tests.strategies import Case

__all__ = ["COUNTS", "counted", "rows", "run"]

COUNTS = {"random": 6000, "napkins inside napkins": 300, "brought kernels": 1700, "policies": 2000}
"""Queries of each source."""

ALONE = "adjoint alone"
"""Where the exact backend has no answer to compare with: it asks for whole laws, the adjoint for margins."""

PIECE = 100
"""Queries of one seed."""


def run(quick: bool) -> list[Row]:
    pieces = [
        (source, seed, min(PIECE, 4 if quick else count))
        for source, count in COUNTS.items()
        for seed in range(1 if quick else count // PIECE)
    ]
    return rows(counted(*piece) for piece in pieces)


def counted(source: str, seed: int, count: int) -> Counter[tuple[str, str]]:
    """What one piece counts: (line, column) -> how often, or how many milliseconds."""
    found: Counter[tuple[str, str]] = Counter()
    for k, case in enumerate(islice(SOURCES[source](1000 + seed), count)):
        question = asked(case, 1000 * seed + k)
        lines = ["all", source, *_kinds(case, question)]
        told = _compared(question, case, k)
        for line in lines:
            found[line, "count"] += 1
            found.update({(line, column): value for column, value in told.items()})
    return found


def rows(pieces: Iterable[Counter[tuple[str, str]]]) -> list[Row]:
    """The table of all pieces."""
    total: Counter[tuple[str, str]] = Counter()
    for piece in pieces:
        total.update(piece)
    lines = dict.fromkeys(line for line, _ in total)
    return [
        {
            "queries": line,
            "count": total[line, "count"],
            **{form: total[line, form] for form in FORMS},
            "not determined": total[line, "not determined"],
            ALONE: total[line, ALONE],
            "ms, Fractions": total[line, "ms, Fractions"] / max(total[line, "timed"], 1),
            "ms, floats": total[line, "ms, floats"] / max(total[line, "timed"], 1),
        }
        for line in lines
    ]


def _compared(question: Asked, case: Case, seed: int) -> dict[str, float]:
    """Form -> 1 where the influence function is the derivative; and the times."""
    joint = question.joint
    floats = question.on(idgen.Joint(joint.variables, joint.table.astype(float), joint.labels))
    found: Counter[str] = Counter()
    for form in FORMS:
        program = compiled(case, form)
        start = time.process_time()
        try:
            phi = question.influence(program)
        except DataError:
            equal = not question.defined(program)
            found["not determined"] += equal and form == "-O2"
        else:
            middle = time.process_time()
            floats.influence(program)
            found["timed"] += 1
            found["ms, Fractions"] += 1000 * (middle - start)  # type: ignore[assignment]
            found["ms, floats"] += 1000 * (time.process_time() - middle)  # type: ignore[assignment]
            try:
                equal = question.equal(program, phi, seed)
            except ValueError:  # the kernel of the exact backend is NaN
                equal = False
                found[ALONE] = int(not question.defined(program))
        found[form] += equal
    return dict(found)


def _kinds(case: Case, question: Asked) -> Iterator[str]:
    if 7 in idgen.identify(case.query, case.graph).trace.lines:
        yield "through line 7"
    if case.query.conditions:
        yield "conditional"
    if len(case.query.outcomes) > 1:
        yield "several outcomes"
    if not all(isinstance(value, int) for value in question.do.values()):
        yield "treatments with a law"
    if not question.obeys:
        yield "laws that obey no graph"
