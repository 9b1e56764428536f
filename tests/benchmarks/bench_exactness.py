"""Exactness: the estimand and every program against the truth, as equal fractions.

1,000 random identifiable queries on 3 to 6 vertices, and 200 on napkins inside napkins of 7 to 12, each in a random
structural model with hidden causes and rational tables. The estimand and the rewritten one are evaluated; the literal
program of ID-GEN, the same with weights in the place of regenerated data, the compiled programs with either, and what
is read back from their text and from their JSON are run exactly. Each is compared with the truth of the mutilated model
by `==`; a column counts the queries where they are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import idgen_compiler as idgen
from idgen_compiler.compile import explain
from idgen_compiler.verify import CausalModel
from tests.benchmarks.report import Row
from tests.strategies import Case, nested_cases, random_cases

__all__ = ["ANSWERS", "compared", "kinds", "run"]

ANSWERS = (
    "estimand",
    "rewritten estimand",
    "literal program",
    "literal, reweighted",
    "program",
    "program, reweighted",
    "read from text",
    "read from JSON",
)


def run(quick: bool) -> list[Row]:
    cases = list(islice(random_cases(seed=0), 60 if quick else 1000))
    cases += islice(nested_cases(seed=0), 6 if quick else 200)
    equal: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    for k, case in enumerate(cases):
        found = compared(case, seed=k)
        for kind in kinds(case):
            total[kind] += 1
            equal.update((kind, answer) for answer in ANSWERS if found[answer])
    return [{"queries": kind, "count": count, **{a: equal[kind, a] for a in ANSWERS}} for kind, count in total.items()]


def compared(case: Case, seed: int) -> dict[str, bool]:
    """Which of our answers equal the truth in one random model."""
    model = CausalModel.random(case.graph, seed)
    joint, truth = model.observational(), model.truth(case.query)
    compiled = explain(case.query, case.graph)
    found = {
        "estimand": case.identification.estimand.evaluate(joint),
        "rewritten estimand": compiled.estimand.evaluate(joint),
    }
    programs = {
        "literal program": idgen.compile(case.query, case.graph, optimize=False, realize="regenerate"),
        "literal, reweighted": idgen.compile(case.query, case.graph, optimize=False, realize="reweight"),
        "program": compiled.program,
        "program, reweighted": compiled.program.realized("reweight"),
        "read from text": idgen.Program.parse(str(compiled.program)),
        "read from JSON": idgen.Program.from_json(compiled.program.to_json()).realized("reweight"),
    }
    found |= {name: program.fit(joint, backend="exact").kernel() for name, program in programs.items()}
    return {name: kernel == truth for name, kernel in found.items()}


def kinds(case: Case) -> Iterator[str]:
    """The lines of the table that a case counts in."""
    yield "all"
    if case.visits_line_7:
        yield "through line 7"
    if case.kind == "napkin":
        yield "grown around the napkin"
    if case.kind in ("nested", "ladder"):
        yield "napkins inside napkins"
    if case.query.conditions:
        yield "conditional"
    if len(case.query.outcomes) > 1:
        yield "several outcomes"
    if len(case.query.treatments) > 1:
        yield "several treatments"
