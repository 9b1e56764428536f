"""What a pass is, and the edits that passes share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from idgen_compiler.ir.operations import (
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
)
from idgen_compiler.ir.program import Program

__all__ = ["Pass", "with_values"]


class Pass(ABC):
    """A function from program to program that keeps the law of every sampler.

    A pass is a frozen value whose fields are its options: valid program in, valid program out, nothing printed.
    Its docstring gives the reason why it is sound and a tiny example.
    """

    @property
    def name(self) -> str:
        """The pass's name in reports and options."""
        return type(self).__name__

    @abstractmethod
    def apply(self, program: Program) -> Program:
        """The new program; the same one when there is nothing to do."""


def with_values(op: Operation, names: Mapping[str, str]) -> Operation:
    """The operation with every value that it uses under its new name; its own result keeps its name."""
    match op:
        case Observe():
            return op
        case Train():
            return replace(op, data=names.get(op.data, op.data))
        case Regenerate():
            return replace(op, do=tuple(_draw(d, names) for d in op.do), network=_network(op.network, names))
        case Reweight():
            do, by = tuple(_draw(d, names) for d in op.do), tuple(names.get(m, m) for m in op.by)
            return replace(op, data=names.get(op.data, op.data), do=do, by=by)
        case Sample():
            return replace(op, network=_network(op.network, names))


def _network(network: Network, names: Mapping[str, str]) -> Network:
    return replace(network, statements=tuple(_statement(s, names) for s in network.statements))


def _draw(draw: Draw, names: Mapping[str, str]) -> Draw:
    return replace(draw, policy=names.get(draw.policy, draw.policy))


def _statement(statement: Statement, names: Mapping[str, str]) -> Statement:
    match statement:
        case Draw():
            return _draw(statement, names)
        case Rows():
            return replace(statement, data=names.get(statement.data, statement.data))
        case Apply():
            return replace(statement, model=names.get(statement.model, statement.model))
