"""The law of the optimizer: every rewrite, every pass and every compiled program against the truth, as equal fractions.

5,000 random identifiable queries on 3 to 6 vertices (half on plain random graphs, a quarter through line 7, a quarter
on graphs grown around the napkin; with conditions and several outcomes among them), 500 on 4 to 7 vertices grown around
the napkin, and 500 on napkins inside napkins of 7 to 12 vertices. Each in one random structural model with hidden
causes and rational tables. A row counts the queries
for which everything of its kind equals the truth by `==`: the estimand after a rewrite alone; after each step of the
sequences of a level; the literal and the rewritten program after a pass alone; the compiled program at each level with
each realization of an intervened law, and the estimand that it denotes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import idgen_compiler as idgen
from idgen_compiler.denote import denote
from idgen_compiler.passes import PASSES, Pass
from idgen_compiler.rewrites import REWRITES
from idgen_compiler.rewrites.pipeline import LEVELS
from tests.benchmarks.report import Row
from tests.strategies import Case, nested_cases, random_cases
from tests.truth import WAYS, Truth, lowered

__all__ = ["checks", "run"]


def run(quick: bool) -> list[Row]:
    streams = {
        "random": islice(random_cases(100), 12 if quick else 5000),
        "napkin": islice((c for c in random_cases(200, (4, 7)) if c.kind == "napkin"), 4 if quick else 500),
        "nested": islice(nested_cases(300), 3 if quick else 500),
    }
    equal: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    for stream, cases in streams.items():
        for seed, case in enumerate(cases):
            for name, found in checks(case, seed):
                total[stream, name] += 1
                equal[stream, name] += found
    return [
        {"what": name, **{f"{s} queries": f"{equal[s, name]:,} of {total[s, name]:,} equal" for s in streams}}
        for name in dict.fromkeys(name for _, name in total)
    ]


def checks(case: Case, seed: int) -> Iterator[tuple[str, bool]]:
    """Everything that is compared for one query, and whether it equals the truth."""
    truth = Truth(case, seed)
    kernel = case.identification.estimand.kernel
    for rewrite in REWRITES.values():
        yield f"rewrite {rewrite.name} alone", truth.of_kernel(rewrite.apply(kernel))
    for level in (1, 2):
        yield f"every step of the rewrites of -O{level}", all(_steps(truth, level))
    for registered in PASSES.values():
        yield f"pass {registered.name} alone", all(_passed(truth, registered))
    for level in (0, 1, 2):
        for realize in ("auto", "regenerate", "reweight"):
            program = idgen.compile(case.query, case.graph, optimize=level, realize=realize)  # type: ignore[arg-type]
            (meant,) = denote(program).values()
            taken = {way.word for law in program.laws for way in law.ways} or {""}
            yield f"program at -O{level}, {realize}", all(truth.of_program(program.realized(way)) for way in taken)
            yield f"what it denotes, -O{level}, {realize}", truth.of_estimand(meant)


def _steps(truth: Truth, level: int) -> Iterator[bool]:
    for sequence in LEVELS[level]:
        kernel = truth.case.identification.estimand.kernel
        for rewrite in sequence:
            kernel = rewrite.apply(kernel)
            yield truth.of_kernel(kernel)


def _passed(truth: Truth, registered: Pass) -> Iterator[bool]:
    for sequence in ((), LEVELS[2][0]):
        for ways in WAYS:
            program = lowered(truth.case, sequence, ways)
            for step in registered.variants(program):
                new = step.apply(program).check()
                yield all(truth.of_program(new.realized(way)) for way in ("regenerate", "reweight"))
