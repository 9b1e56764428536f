"""Bound kernels: every program with kernels that are brought against the truth, as equal fractions.

Random identifiable queries on 3 to 6 vertices, half of them napkins or through line 7 of ID, and some on napkins inside
napkins of 7 to 12. Conditionals chosen at random are brought (`bound`), a third of those that can be as functions of
their parents, and half of what is brought is in no table (`unobserved`); the program is compiled at every level and
realized in every way. Each program is printed, read back, run exactly on the law of a random structural model with
hidden causes, whose own conditionals stand in for what is brought, and compared with the truth of the mutilated model
by `==`, wherever the joint determines the answer (a function rules out values that contradict its inputs). Columns
count the queries where they are equal; "kernels", "functions" and "laws" count what the compiled programs have.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice

import idgen_compiler as idgen
from idgen_compiler.verify import CausalModel
from tests.benchmarks.report import Row
from tests.strategies import BoundCase, bound_cases

__all__ = ["compared", "run"]


def run(quick: bool) -> list[Row]:
    plain = islice(bound_cases(seed=0), 40 if quick else 1900)
    nested = islice(bound_cases(seed=1, nested=True), 4 if quick else 100)
    equal: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    for k, case in enumerate(chain(plain, nested)):
        total[case.kind] += 1
        equal.update((case.kind, name) for name, value in compared(case, k).items() for _ in range(int(value)))
    columns = dict.fromkeys(name for _, name in equal)
    return [
        {"queries": kind, "count": count, **{column: equal[kind, column] for column in columns}}
        for kind, count in total.items()
    ]


def compared(case: BoundCase, seed: int) -> dict[str, int]:
    """Which programs equal the truth in one random model, and what the compiled one is made of."""
    functions = [name for name, _ in case.functions]
    graph = case.graph
    model = CausalModel.random(graph, seed, functions)
    joint, truth = model.observational(), model.truth(case.query)
    found = {}
    for level in (0, 1, 2):
        for realize in ("regenerate", "reweight"):
            program = idgen.compile(case.query, graph, optimize=level, realize=realize, **case.brought)  # type: ignore[arg-type]
            read = idgen.Program.parse(str(program))
            kernel = read.fit(joint, backend="exact").kernel()  # type: ignore[attr-defined]
            same = not kernel.distance(truth, where_both=bool(functions))
            found[f"-O{level} {realize}"] = int(read == program and same)
    found["kernels"] = sum(not op.function for op in program.bindings)
    found["functions"] = sum(op.function for op in program.bindings)
    found["laws"] = len(program.laws)
    return found
