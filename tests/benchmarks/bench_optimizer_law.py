"""The law of the optimiser: every rewrite, every pass and every compiled program against the truth, as equal fractions.

5,000 random identifiable queries on 3 to 6 vertices (half on plain random graphs, a quarter through line 7, a quarter
on graphs grown around the napkin; with conditions and several outcomes among them), and 500 on 4 to 7 vertices grown
around the napkin. Each in one random structural model with hidden causes and rational tables. A row counts the queries
for which everything of its kind equals the truth by `==`: the estimand after a rewrite alone; after each step of the
sequences of a level; the literal and the rewritten program after a pass alone; the compiled program at each level with
each realisation of an intervened law, and the estimand that it denotes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise

import idgen_compiler as idgen
from idgen_compiler.denote import denote
from idgen_compiler.passes import AlignDraws, DropDead, Fuse, Pass, Renumber, ResampleRows, Share
from idgen_compiler.rewrites import REWRITES
from idgen_compiler.rewrites.pipeline import LEVELS
from tests.benchmarks.report import Row
from tests.strategies import Case, random_cases
from tests.truth import Truth, lowered

__all__ = ["checks", "run"]


def run(quick: bool) -> list[Row]:
    streams = {
        "random": islice(random_cases(100), 12 if quick else 5000),
        "napkin": islice((c for c in random_cases(200, (4, 7)) if c.kind == "napkin"), 4 if quick else 500),
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
    for step in _passes(case):
        yield f"pass {_name(step)} alone", all(_passed(truth, step))
    for level in (0, 1, 2):
        for realize in ("regenerate", "reweight"):
            program = idgen.compile(case.query, case.graph, optimize=level, realize=realize)  # type: ignore[arg-type]
            (meant,) = denote(program).values()
            yield f"program at -O{level}, {realize}", truth.of_program(program)
            yield f"what it denotes, -O{level}, {realize}", truth.of_estimand(meant)


def _steps(truth: Truth, level: int) -> Iterator[bool]:
    for sequence in LEVELS[level]:
        kernel = truth.case.identification.estimand.kernel
        for rewrite in sequence:
            kernel = rewrite.apply(kernel)
            yield truth.of_kernel(kernel)


def _passes(case: Case) -> tuple[Pass, ...]:
    names = case.graph.order
    joint = Fuse(tuple(pairwise(names)))
    return (Share(), ResampleRows(), ResampleRows(regenerated=True), DropDead(), AlignDraws(), joint, Renumber())


def _passed(truth: Truth, step: Pass) -> Iterator[bool]:
    for sequence in ((), LEVELS[2][0]):
        yield truth.of_program(step.apply(lowered(truth.case, sequence)).check())


def _name(step: Pass) -> str:
    return f"{step.name} of regenerated rows" if step == ResampleRows(regenerated=True) else step.name
