"""What a pass is, and the edits that passes share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeVar

from idgen_compiler.ir.operands import Role, mapped
from idgen_compiler.ir.operations import Operation
from idgen_compiler.ir.program import Program

__all__ = ["P", "Pass", "with_values"]

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
