"""Which programs do the same: whatever values are called, and in which order independent things stand."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from idgen_compiler.ir.analysis import specialized
from idgen_compiler.ir.operations import (
    Apply,
    Bind,
    Condition,
    Draw,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
    Weigh,
)
from idgen_compiler.ir.policies import ByModel, Column, Shifted

__all__ = ["alike_key"]


def alike_key(operations: Sequence[Operation]) -> Hashable:
    """Equal for programs that make the same of the same table, each law realized in its first way.

    Columns that are observed or kept and never used do not count.

    >>> network = Network(("X",), (Apply(("Y",), "%m0", ("X",)),), ("Y",))
    >>> one = [Observe("%obs", ("X", "Y")), Train("%m0", "%obs", ("Y",), ("X",)), Sample(network)]
    >>> other = [Observe("%obs", ("X", "Y", "Z")), *one[1:]]
    >>> alike_key(one) == alike_key(other)
    True
    """
    models: dict[str, Train | Bind | Condition] = {}
    keys: dict[str, Hashable] = {}

    def statement(each: Statement) -> Hashable:
        match each:
            case Apply(slots, model, inputs):
                op = models[model]
                return "apply", _pairs(op.targets, slots), keys[model], _pairs(op.inputs, inputs)
            case Weigh(values, model, given):
                op = models[model]
                return "weigh", _pairs(op.targets, values), keys[model], _pairs(op.inputs, given)
            case Rows(slots, data):
                return "rows", frozenset(slots), keys[data]
            case Draw(slot, ByModel(model, inputs)):
                return "draw", slot, keys[model], _pairs(models[model].inputs, inputs)
            case Draw(slot, Column(data)):
                return "draw", slot, keys[data]
            case Draw(slot, Shifted(data, amount)):
                return "draw", slot, keys[data], amount
        return each

    def network(each: Network) -> Hashable:
        return frozenset(each.inputs), frozenset(map(statement, each.statements)), frozenset(each.outputs)

    samplers = []
    for op in specialized(operations):
        match op:
            case Observe():
                keys[op.result] = "observed"
            case Train():
                models[op.result] = op
                keys[op.result] = keys[op.data], frozenset(op.targets), frozenset(op.inputs)
            case Bind():
                models[op.result] = op
                learned = tuple(keys[model] for model in op.fallback)
                keys[op.result] = "bound", op.targets, frozenset(op.inputs), op.function, learned
            case Condition():
                models[op.result] = op
                keys[op.result] = "condition", network(op.network)
            case Realize(ways=(Regenerate() as way, *_)):
                keys[op.result] = frozenset(map(statement, way.do)), network(way.network)
            case Realize(ways=(Reweight() as way, *_)):
                by = frozenset(zip(map(statement, way.do), (keys[model] for model in way.by), strict=True))
                keys[op.result] = keys[way.data], by
            case Sample():
                samplers.append((op.query, network(op.network)))
    return frozenset(samplers)


def _pairs(variables: Sequence[str], slots: Sequence[str]) -> frozenset[tuple[str, str]]:
    return frozenset(zip(variables, slots, strict=True))
