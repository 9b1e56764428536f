"""Conditions written out: the same conditionals learned from rows of their laws, as everything else reads them."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.ir.operations import (
    Apply,
    Condition,
    Draw,
    LawType,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Statement,
    Train,
    Weigh,
)
from idgen_compiler.ir.policies import Column, Uniform

__all__ = ["trained"]


def trained(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operations with a regenerated law, and a model that is trained on it, in the place of each condition.

    What a condition weighs is sampled there by the same model, and the conditional of what comes out is the same.
    """
    observed = next((op for op in operations if isinstance(op, Observe)), None)
    taken = {op.result for op in operations}
    written: list[Operation] = []
    for op in operations:
        if isinstance(op, Condition) and observed is not None:
            name = f"{op.result}_law"
            while name in taken:
                name += "_"
            law = _law(op, name, observed)
            written += [law, Train(op.result, law.result, op.targets, op.inputs)]
        else:
            written.append(op)
    return tuple(written)


def _law(op: Condition, name: str, observed: Observe) -> Realize:
    """Rows of the law whose conditional it is; an input that nothing weighs is set there."""
    statements = op.network.statements
    weighed = {slot for s in statements if isinstance(s, Weigh) for slot in s.values}
    given = tuple(slot for slot in op.inputs if slot not in weighed)
    do = [Draw(slot, Column(observed.result) if slot in observed.variables else Uniform()) for slot in given]
    do += [s for s in statements if isinstance(s, Draw) and s.slot in op.law.fixed]
    made = tuple(_sampled(s) for s in statements if s not in do)
    filled = {slot for s in (*do, *made) for slot in s.slots}
    fixed = (*op.law.fixed, *(slot for slot in given if slot not in op.law.fixed))
    law = LawType(tuple(n for n in op.law.targets if n not in fixed), fixed, op.law.graph)
    variables = tuple(n for n in (*law.fixed, *law.targets) if n in filled)
    return Realize(name, law, variables, (Regenerate(tuple(do), Network(tuple(d.slot for d in do), made, variables)),))


def _sampled(statement: Statement) -> Statement:
    if isinstance(statement, Weigh):
        return Apply(statement.values, statement.model, statement.given)
    return statement
