"""Draw policies that follow the data: a value that may be anything is best one that the model has seen there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Draw, Network, Statement, Train, Weigh
from idgen_compiler.ir.policies import Column, Uniform
from idgen_compiler.passes.base import Models, P, Pass, with_new_models

__all__ = ["AlignDraws"]


@dataclass(frozen=True)
class AlignDraws(Pass):
    """A free variable of one model is drawn from its law given the model's other inputs, in the model's own data.

    The answer does not depend on the value (a Verma constraint), so any policy is sound; but a fitted model is only
    good where it saw data, and a value that disagrees with the other inputs lies outside. In the napkin trial such a
    value cost three to seven times the error.

    Before: W2 ~ %obs              After: %m4 = train %reg0 : W2 | X
            Y  ~ %m3(W2, X)               W2 ~ %m4(X)
                                          Y  ~ %m3(W2, X)
    """

    word: ClassVar[str] = "align"

    def apply(self, program: P) -> P:
        """Every region by itself; a new model stands before the first operation that uses it."""
        return with_new_models(program, _aligned)


def _aligned(network: Network, models: Models) -> Network:
    statements: list[Statement] = []
    draws = [
        s.slot
        for s in network.statements
        if isinstance(s, Draw) and isinstance(s.policy, Column | Uniform) and s.slot not in network.outputs
    ]
    if not draws or any(isinstance(s, Weigh) for s in network.statements):  # weights find the values that agree
        return network
    readers = {slot: [s for s in network.statements if isinstance(s, Apply) and slot in s.inputs] for slot in draws}
    aligned = {slot for slot, found in readers.items() if _has_company(found, models)}
    for statement in network.statements:
        if isinstance(statement, Draw) and statement.slot in aligned:
            continue
        if isinstance(statement, Apply) and (model := models.get(statement.model)) is not None:
            known = [s for s in statement.inputs if s not in aligned]
            for slot in statement.inputs:
                if slot in known:
                    continue
                variable = variable_of(slot)
                name = f"{model.result}_{variable.replace('.', '_')}"
                new = models.add(Train(name, model.data, (variable,), tuple(map(variable_of, known))))
                statements.append(Apply((slot,), new.result, tuple(known)))
                known.append(slot)
        statements.append(statement)
    return replace(network, statements=tuple(statements))


def _has_company(readers: list[Apply], models: Models) -> bool:
    """Whether one trained model reads a draw, and with it something that the value could agree with."""
    return len(readers) == 1 and len(readers[0].inputs) > 1 and models.get(readers[0].model) is not None
