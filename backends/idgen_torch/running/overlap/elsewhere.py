"""Which policy can be asked in the place of a treatment that is set where there are hardly any rows."""

from __future__ import annotations

from collections.abc import Iterator

from idgen_compiler.compile import compile
from idgen_compiler.errors import IdgenError
from idgen_compiler.forms.policy import PolicyForm
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = ["policy_elsewhere"]


def policy_elsewhere(program: Program, query: Query) -> str:
    """`do(X ~ pi(X | Z))` in the query's own names, for its first treatment that has one; empty where none has.

    A policy reads what models read beside the treatments, as much as leaves an answer that can be identified.
    """
    drawn = dict(query.policies)
    for name in (treatment for treatment in query.treatments if treatment not in drawn):
        for reads in _read(program, query, name):
            policies = {**drawn, name: PolicyForm("pi", reads)}
            conditions = tuple(other for other in query.conditions if other not in reads)
            try:
                compile(Query(query.outcomes, query.treatments, conditions, None, policies), program.graph)
            except IdgenError:  # not identifiable, or a policy that reads what follows from it
                continue
            return f"do({spelled(name)} ~ pi({spelled(name)} | {', '.join(map(spelled, reads))}))"
    return ""


def _read(program: Program, query: Query, treatment: str) -> Iterator[tuple[str, ...]]:
    """What a policy might read: all that models read, those that draw the treatment first, then each alone."""
    taken = {*query.treatments, *query.outcomes}
    drawing = [model for model in program.models if treatment in model.targets]
    asked = [model for model in program.models if treatment in model.inputs]
    every = []
    for models in (drawing, asked):
        names = dict.fromkeys(name for model in models for name in model.inputs if name not in taken)
        if names:
            yield tuple(names)
            every += list(names)
    yield from ((name,) for name in dict.fromkeys(every))
