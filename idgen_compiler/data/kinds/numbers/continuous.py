"""Real numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.numbers.number import Number, one_number
from idgen_compiler.data.kinds.registry import register

__all__ = ["Continuous"]


@register
@dataclass(frozen=True, slots=True)
class Continuous(Number):
    """A real number: a column of floats that are no categories."""

    word: ClassVar[str] = "continuous"
    rank: ClassVar[int] = 50

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if one_number(column, "f") else None
