"""What a pass is, and the edits that passes share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, TypeVar

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.analysis import with_networks
from idgen_compiler.ir.operands import Role, mapped, records
from idgen_compiler.ir.operations import Network, Operation, Train
from idgen_compiler.ir.policies import ByModel
from idgen_compiler.ir.program import Program

__all__ = ["Models", "P", "Pass", "graphs_of_rows", "with_new_models", "with_values"]

P = TypeVar("P", bound=Program)
"""The kind of program that a pass is given and hands back: a user's stays a user's."""


class Pass(ABC):
    """A function from program to program that keeps the law of every sampler.

    A pass is a frozen value whose fields are its options: valid program in, valid program out, nothing printed.
    Its docstring gives the reason why it is sound and a tiny example.
    """

    word: ClassVar[str]  #: what the pass is called where passes are named in a text

    @property
    def name(self) -> str:
        """The pass's name in reports and options."""
        return type(self).__name__

    @abstractmethod
    def apply(self, program: P) -> P:
        """The new program; the same one when there is nothing to do."""

    def variants(self, program: Program) -> Iterator[Pass]:
        """The pass with the options under which its law is to be tested on a program; itself where it has none."""
        yield self


def with_values(op: Operation, names: Mapping[str, str]) -> Operation:
    """The operation with every value that it uses under its new name; its own result keeps its name."""

    def renamed(value: str) -> str:
        return names.get(value, value)

    return mapped(op, {Role.DATA: renamed, Role.MODEL: renamed}) if names else op


def graphs_of_rows(program: Program) -> dict[str, ADMG]:
    """Data set -> the graph that its rows are Markov to, in which a fixed variable is like any other without parents.

    It is drawn apart from all others, and what depends on it is dependent unless it is given. Where a policy is a
    model's answer to other variables that does not hold, and only the user's data have a graph.
    """
    graphs = {program.observe.result: program.graph}
    if not any(policy for law in program.laws for policy in records(law, ByModel)):
        graphs.update((law.result, program.law_of(law.result)) for law in program.laws)
    return graphs


class Models:
    """The trained models of a program by name, and those that a pass adds: one a conditional, under a free name."""

    def __init__(self, program: Program) -> None:
        self._known = {op.result: op for op in program.models}
        self._taken = {op.result for op in program.operations}
        self._added: dict[object, Train] = {}
        self._new: list[Train] = []

    def get(self, name: str) -> Train | None:
        """The model of a name; None for a bound kernel."""
        return self._known.get(name)

    def add(self, wanted: Train) -> Train:
        """The model of this conditional: one that was added before, or this one, renamed where its name is taken."""
        conditional = (wanted.data, wanted.targets, wanted.inputs)
        if conditional not in self._added:
            name = wanted.result
            while name in self._taken:
                name += "_"
            model = self._known[name] = self._added[conditional] = replace(wanted, result=name)
            self._taken.add(name)
            self._new.append(model)
        return self._added[conditional]

    def new(self) -> list[Train]:
        """What was added since this was last asked."""
        new, self._new = self._new, []
        return new


def with_new_models(program: P, change: Callable[[Network, Models], Network]) -> P:
    """The program with each region changed; models that are added stand before the first operation that uses them."""
    models = Models(program)
    operations: list[Operation] = []
    for op in program.operations:
        new = with_networks(op, lambda network: change(network, models))
        operations += [*models.new(), new]
    return program if len(operations) == len(program.operations) else replace(program, operations=tuple(operations))
