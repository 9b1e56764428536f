"""Training order as a DAG: what waits for what, and what can be done at once."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.ir.operations import UNIFORM, Apply, Draw, Operation, Regenerate, Reweight, Rows, Sample, Train

__all__ = ["stages", "uses"]


def uses(op: Operation) -> frozenset[str]:
    """The values that an operation needs."""
    match op:
        case Train():
            return frozenset((op.data,))
        case Reweight():
            return frozenset((op.data, *op.by, *(d.policy for d in op.do))) - {UNIFORM}
        case Regenerate() | Sample():
            draws = op.do if isinstance(op, Regenerate) else ()
            found = {d.policy for d in draws}
            for statement in op.network.statements:
                match statement:
                    case Draw():
                        found.add(statement.policy)
                    case Rows():
                        found.add(statement.data)
                    case Apply():
                        found.add(statement.model)
            return frozenset(found) - {UNIFORM}
    return frozenset()


def stages(operations: Sequence[Operation]) -> tuple[tuple[str, ...], ...]:
    """The values by stage: those of one stage need only earlier stages, so that its models can train at once."""
    stage: dict[str, int] = {}
    found: list[list[str]] = []
    for op in operations:
        if isinstance(op, Sample):
            continue
        k = 1 + max((stage[value] for value in uses(op)), default=-1)
        stage[op.result] = k
        if k == len(found):
            found.append([])
        found[k].append(op.result)
    return tuple(map(tuple, found))
