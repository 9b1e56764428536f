"""Sharing: one value for one meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, TypeVar

from idgen_compiler.ir.analysis import with_networks
from idgen_compiler.ir.operations import (
    Apply,
    Bind,
    Condition,
    Network,
    Observe,
    Operation,
    Realize,
    Sample,
    Statement,
    Train,
    Weigh,
)
from idgen_compiler.ir.policies import ByModel, Policy
from idgen_compiler.passes.base import P, Pass, with_values

__all__ = ["Share"]

A = TypeVar("A", bound=Statement | Policy)


@dataclass(frozen=True)
class Share(Pass):
    """One `train` for one conditional of one data set, one `bind` for one kernel, and one data set for one recipe.

    Two operations with the same fields define the same law (common sub-expressions); the inputs of a model are a set.

    Before: %m1 = train %obs : X        After: %m1 = train %obs : X
            %m2 = train %obs : X
    """

    word: ClassVar[str] = "share"

    def apply(self, program: P) -> P:
        """Downwards, a value that was met before stands for every later one like it."""
        kept: list[Operation] = []
        met: dict[object, Operation] = {}
        names: dict[str, str] = {}  # value -> the one that stands for it
        # Model -> where the inputs of the one that stands for it are among its own.
        places: dict[str, tuple[int, ...]] = {}
        for op in program.operations:
            new = with_values(_permuted(op, places), names)
            if not isinstance(new, Observe | Sample):
                first = met.setdefault(_meaning(new), new)
                if first is not new:
                    names[new.result] = first.result
                    if isinstance(new, Train | Bind) and isinstance(first, Train | Bind) and new.inputs != first.inputs:
                        places[new.result] = tuple(map(new.inputs.index, first.inputs))
                    continue
            kept.append(new)
        return program if len(kept) == len(program.operations) else replace(program, operations=tuple(kept))


def _meaning(op: Train | Bind | Condition | Realize) -> object:
    """What two operations have in common that define one value."""
    match op:
        case Train(data=data, targets=targets, inputs=inputs):
            return data, targets, frozenset(inputs)
        case Bind(targets=targets, inputs=inputs):
            return replace(op, result="", inputs=()), targets, frozenset(inputs)
        case Realize(variables=variables, ways=ways):
            return variables, ways  # a recipe determines the law, whatever it is called
        case Condition(network=network):
            return network
    return replace(op, result="%_")


def _permuted(op: Operation, places: Mapping[str, tuple[int, ...]]) -> Operation:
    """The operation with the inputs of models that others stand for in the others' order."""
    if not places:
        return op
    if isinstance(op, Realize):
        draws = [tuple(replace(d, policy=_reordered(d.policy, places)) for d in way.do) for way in op.ways]
        op = replace(op, ways=tuple(replace(way, do=do) for way, do in zip(op.ways, draws, strict=True)))
    return with_networks(op, partial(_with_places, places=places))


def _with_places(network: Network, places: Mapping[str, tuple[int, ...]]) -> Network:
    return replace(network, statements=tuple(_reordered(s, places) for s in network.statements))


def _reordered(applied: A, places: Mapping[str, tuple[int, ...]]) -> A:
    """The inputs of a model in the order of the one that stands for it."""
    if isinstance(applied, Apply | ByModel) and applied.model in places:
        return replace(applied, inputs=tuple(applied.inputs[k] for k in places[applied.model]))
    if isinstance(applied, Weigh) and applied.model in places:
        return replace(applied, given=tuple(applied.given[k] for k in places[applied.model]))
    return applied
