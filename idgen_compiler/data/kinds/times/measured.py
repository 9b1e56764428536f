"""What is a number in some unit inside, and something else outside: the base of dates and durations."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom
from idgen_compiler.data.kinds.numbers.continuous import Continuous
from idgen_compiler.data.kinds.numbers.integer import Integer
from idgen_compiler.data.kinds.numbers.levels import Levels
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.spread import Spread
from idgen_compiler.data.part import Part

__all__ = ["Measured", "number_of"]


@dataclass(frozen=True, slots=True)
class Measured(Atom):
    """A kind whose values are measured: `number` is the kind of what comes out, whole or not.

    One of a user's own says how its values are measured (`numbers` of a column, `measured` of a setting), how numbers
    are written back (`written`), and in which unit they are.
    """

    number: Continuous | Integer | Levels

    @property
    @abstractmethod
    def measure(self) -> str:
        """The unit, for messages."""

    @abstractmethod
    def measured(self, setting: Setting, values: Array) -> Array:
        """What a caller sets, as numbers.  Shape: (1,) or (n,).  Raises DataError for what is no value."""

    @abstractmethod
    def written(self, numbers: Array) -> Array:
        """Numbers as the user knows them.  Shape: (n,)."""

    def look(self, column: Column) -> None:
        self.number.look(Column(column.name, self.numbers(column)))

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        return self.number.encode(Column(column.name, self.numbers(column)), generator)

    def check_one(self, setting: Setting, value: Any) -> Array:
        numbers = self.measured(setting, setting.one_each(value))
        one = len(numbers) == 1 and setting.n != 1
        return self.number.check_one(replace(setting, name=self._named(setting.name)), numbers[0] if one else numbers)

    def lost(self, setting: Setting, values: Array, encoded: Array) -> Array:
        return self.number.lost(setting, self.measured(setting, values), encoded)

    def decode_one(self, part: Array, out: Array) -> None:
        numbers = self.number.empty(len(part))
        self.number.decode_one(part, numbers)
        out[...] = self.written(np.asarray(numbers, dtype=np.float64)).reshape(out.shape)

    def moved(self, name: str, values: Array, by: float) -> Array:
        """Encoded values moved by so many units."""
        return self.number.moved(self._named(name), values, by)

    def warn_moved(self, name: str, values: Array, by: float) -> None:
        self.number.warn_moved(self._named(name), values, by)

    def log_slope(self, values: Array) -> Array:
        return self.number.log_slope(values)

    def describe(self, value: Any) -> str:
        out = self.empty(1)
        self.decode_one(np.asarray(as_numpy(value)).reshape(1, -1), out)
        return str(out[0])

    def part(self, name: str) -> Part:
        return self.number.part(name)

    @property
    def spread(self) -> Spread | None:
        return self.number.spread

    def _named(self, name: str) -> str:
        return f"{name} ({self.measure})"


def number_of(name: str, numbers: Array) -> Continuous | Integer | Levels:
    """The kind of measured numbers: levels where they are few, otherwise whole ones where all are."""
    column = Column(name, numbers)
    levels = Levels.infer(column)
    if levels is not None:
        return levels
    return Integer.of(column) if (numbers == np.round(numbers)).all() else Continuous.of(column)
