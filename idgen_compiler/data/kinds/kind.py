"""What a kind of variable knows: the base of all kinds.

A kind is a frozen dataclass, so that its fields are what a saved schema holds. It translates both ways between values
as the user knows them (labels, units, number format) and *encoded* arrays, one for each part, as models see them:
codes (rows,) int64, standardized numbers (rows, dim) float32, or pictures (rows, channels, height, width) uint8.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.spread import Spread
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record
from idgen_compiler.warning import quietly

__all__ = ["Atom", "Kind", "PartOf", "Request", "check_dtype"]


class Kind(ABC):
    """The kind of one variable: one `Atom`, or several that belong together."""

    __slots__ = ()

    word: ClassVar[str]
    """What it is called in requests, messages and files."""

    @abstractmethod
    def atoms(self, name: str) -> tuple[PartOf, ...]:
        """The parts of a variable of this kind and that name, each with the kind behind it."""

    @abstractmethod
    def read(self, name: str, text: str) -> Any:
        """The value that a person typed, as `check` takes it.  Raises DataError for a text that is no value."""

    @abstractmethod
    def check(self, setting: Setting, value: Any) -> tuple[Array, ...]:
        """What a caller sets, encoded: one array for each part, with n rows, or with one that stands for all of them.

        Raises DataError for what the variable cannot take; warns (OverlapWarning) of a number beyond the data.
        """

    @property
    @abstractmethod
    def layout(self) -> np.dtype[Any]:
        """The NumPy dtype of decoded values."""

    @property
    def entries(self) -> tuple[int, ...]:
        """The shape of one decoded value."""
        return ()

    @abstractmethod
    def decode(self, parts: Sequence[Array], out: Array) -> None:
        """Write the values that encoded parts stand for into `out`, as the user knows them."""

    @property
    @abstractmethod
    def unbounded(self) -> Self:
        """The same kind, which reads back what a caller set as it was, however far beyond the data (for messages)."""

    def empty(self, n: int) -> Array:
        """Room for n decoded values.  Shape: (n, *entries)."""
        return np.empty((n, *self.entries), self.layout)

    @classmethod
    def read_json(cls, value: Any, where: str) -> Self:
        """The kind that `to_plain` wrote.  Raises DataError for anything unknown, missing or of another type."""
        return read_record(cls, value, where, DataError)


class Atom(Kind):
    """The kind of a variable that is one column, and one part."""

    __slots__ = ()

    rank: ClassVar[int] = 0
    """Kinds are asked whether a column is theirs by rising rank, and equal ranks by their words; ours have 10 to 50."""

    of_pictures: ClassVar[bool] = False
    """Whether a column of this kind is read as pictures."""

    of_labels: ClassVar[bool] = False
    """Whether a column of this kind may have a label for what is missing."""

    @classmethod
    @abstractmethod
    def infer(cls, column: Column) -> Self | None:
        """The kind of a column that nobody said anything about; None where it is none of this kind's."""

    @classmethod
    @abstractmethod
    def of(cls, column: Column) -> Self:
        """The kind of a column that somebody says is of it.  Raises DataError where it cannot be."""

    def confirm(self, column: Column) -> Self:
        """The kind of a column that somebody says is of this very kind.  Raises DataError where it is not."""
        raise DataError(f"types[{column.name!r}] is {self!r:.80}; say {self.word!r}, and the column tells the rest")

    def look(self, column: Column) -> None:
        """Warn (DataWarning) of what its owner should know about a column of this kind."""

    @abstractmethod
    def part(self, name: str) -> Part:
        """What models see of a variable of that name."""

    @property
    @abstractmethod
    def spread(self) -> Spread | None:
        """What a uniform law spreads over; None where there is none worth its name."""

    @abstractmethod
    def numbers(self, column: Column) -> Array:
        """A column of this kind as codes (rows,), numbers in their own unit (rows,) or (rows, dim), or pictures."""

    @abstractmethod
    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        """A column of this kind as models see it; `generator` draws what a translation leaves to chance."""

    @abstractmethod
    def check_one(self, setting: Setting, value: Any) -> Array:
        """What a caller sets, encoded (see `check`)."""

    @abstractmethod
    def decode_one(self, part: Array, out: Array) -> None:
        """Write the values that an encoded part stands for into `out` (see `decode`)."""

    @abstractmethod
    def describe(self, value: Any) -> str:
        """What one encoded value is called in a message."""

    def moved(self, name: str, values: Array, by: float) -> Array:
        """Encoded values moved by `by` in the unit of the variable `name`; -1 for a code that is moved onto no label.

        Raises DataError where its values are no numbers, or cannot be moved by so much.
        """
        raise DataError(f"{name} is of kind {self.word}, which cannot be moved by {by}; numbers can")

    def log_slope(self, values: Array) -> Array:
        """Log of d seen / d own at encoded numbers: what a density in their own unit and one of theirs differ by.

        Shape: (rows, dim) -> (rows,); zeros for kinds whose densities are not moved.
        """
        return np.zeros(len(values))

    def warn_moved(self, name: str, values: Array, by: float) -> None:
        """Warn when encoded values that are moved by `by` come to lie beyond those observed; labels never do.

        Raises DataError where values of this kind cannot be moved.
        """
        self.moved(name, values[:1], by)

    def wanted(self, n: int) -> str:
        """What n values of this kind are, for messages."""
        return f"{n} of the kind {self.word}"

    def mended(self, values: Array) -> str:
        """What to do about returned values that are none of this kind, where it can be seen; empty otherwise."""
        return ""

    def lost(self, setting: Setting, values: Array, encoded: Array) -> Array:
        """Which of some values their encoded form does not give back, as nearly as numbers are kept.

        Shape: (rows, ...) -> (rows,) bool.
        """
        return np.zeros(len(values), dtype=bool)

    def told(self, encoded: Array) -> Array:
        """Encoded values as the user knows them.  Shape: (rows, ...) -> (rows, *entries)."""
        out = self.empty(len(encoded))
        self.decode_one(encoded, out)
        return out

    def cycles(self, encoded: Array) -> Iterator[tuple[str, tuple[str, ...], Array]]:
        """What comes round in encoded values and models do not see, as weekdays of dates: its name, places, and where.

        Shape: (rows, ...) -> each (rows,) int64, places of the names. Most kinds have none.
        """
        yield from ()

    def seen(self, name: str, values: Any) -> Array:
        """The user's values as models see them, one for each row.  Raises DataError for what is none."""
        with quietly():
            return self.check_one(Setting("encode", name, len(values)), values)

    def atom(self, name: str, field: str = "") -> PartOf:
        """The part of a variable or field of that name, which knows this kind."""
        return PartOf(replace(self.part(name), kind=self), field, self)

    def atoms(self, name: str) -> tuple[PartOf, ...]:
        return (self.atom(name),)

    def check(self, setting: Setting, value: Any) -> tuple[Array, ...]:
        setting.refuse_mapping(value)
        return (self.check_one(setting, value),)

    def decode(self, parts: Sequence[Array], out: Array) -> None:
        self.decode_one(parts[0], out)

    @property
    def unbounded(self) -> Self:
        return self


class Request(ABC):
    """What somebody says of a column, beyond the word of a kind."""

    __slots__ = ()

    @property
    @abstractmethod
    def kind(self) -> type[Atom]:
        """The kind that is asked for."""

    @abstractmethod
    def of(self, column: Column) -> Atom:
        """The kind of a column of which this is said.  Raises DataError where it cannot be."""


@dataclass(frozen=True, slots=True)
class PartOf:
    """A part of a variable, the field of a composite that it is ("" for a plain variable), and the kind behind it."""

    part: Part
    field: str
    kind: Atom


def check_dtype(dtype: str, kinds: str) -> None:
    """Raise DataError unless a text is a NumPy dtype of one of these kinds."""
    try:
        fits = np.dtype(dtype).kind in kinds
    except (TypeError, ValueError, SyntaxError):  # NumPy reads some texts as lists of fields
        fits = False
    if not fits:
        raise DataError(f"{dtype!r} is no NumPy dtype for values of this type; one of kind {' '.join(kinds)} is needed")
