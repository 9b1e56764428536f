"""Policies: the laws from which a variable is drawn that may be anything, or that is set.

W2 ~ %obs              a value of that column of a data set, apart from everything else in its row
W2 ~ uniform           every category, or the observed range, evenly
W2 ~ 1                 always this value; texts in quotes
W2 ~ %obs + 1.5        a value of that column, moved
W2 ~ %m3(X)            a model's answer to earlier slots
W2 := pi(W1)           a law that the caller names, given earlier slots
W2 := W2' + 1.5        the value of an earlier slot, moved

The last two stand where a treatment is assigned, and so do `uniform` and values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idgen_compiler.ir.operands import DataUse, ModelUse, Slot, Slots

__all__ = ["Assignment", "ByModel", "Column", "Fixed", "Moved", "Named", "Policy", "Shifted", "Uniform", "Value"]

Value = str | bool | int | float
"""A value as it stands in a program: a label or a number in the user's own unit."""


@dataclass(frozen=True, slots=True)
class Column:
    """The marginal law of the variable in a data set."""

    word: ClassVar[str] = "column"

    data: DataUse


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every category, or every number of the observed range, evenly."""

    word: ClassVar[str] = "uniform"


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """One value, always; 1, 1.0 and true are three values, as they are in a text."""

    word: ClassVar[str] = "fixed"

    value: Value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fixed):
            return NotImplemented
        return type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Shifted:
    """The marginal law of a number in a data set, moved by `by` in its own unit."""

    word: ClassVar[str] = "shifted"

    data: DataUse
    by: float


@dataclass(frozen=True, slots=True)
class ByModel:
    """What a model says, given slots that are filled before, or given the same row of the data that is reweighted."""

    word: ClassVar[str] = "model"

    model: ModelUse
    inputs: Slots


@dataclass(frozen=True, slots=True)
class Named:
    """A law that the caller gives under this name, given slots that are filled before."""

    word: ClassVar[str] = "named"

    name: str
    inputs: Slots


@dataclass(frozen=True, slots=True)
class Moved:
    """The value of a number in an earlier slot, moved by `by` in its own unit."""

    word: ClassVar[str] = "moved"

    slot: Slot
    by: float

    @property
    def inputs(self) -> tuple[str, ...]:
        """The slot that is moved."""
        return (self.slot,)


Policy = Column | Uniform | Fixed | Shifted | ByModel
"""What draws a variable whose value may be anything, or that a data set sets."""

Assignment = Named | Moved | Uniform | Fixed
"""What draws a treatment as a query says."""
