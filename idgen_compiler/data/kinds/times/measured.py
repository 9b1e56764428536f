"""What is a number in some unit inside, and something else outside: the base of dates and durations."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom
from idgen_compiler.data.kinds.numbers.continuous import Continuous
from idgen_compiler.data.kinds.numbers.integer import Integer
from idgen_compiler.data.kinds.numbers.levels import Levels
from idgen_compiler.data.kinds.numbers.limits import SLACK
from idgen_compiler.data.kinds.numbers.number import FEW_MOVED
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.spread import Spread
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.warning import quietly, warn_overlap

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
        self.number.look(Column(self._named(column.name), self.numbers(column)))

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        return self.number.encode(Column(column.name, self.numbers(column)), generator)

    def check_one(self, setting: Setting, value: Any) -> Array:
        numbers = self.measured(setting, setting.one_each(value))
        broken = numbers[numbers != np.round(numbers)]
        if len(broken) and isinstance(self.number, Integer):
            unit = self.measure.split()[0]
            raise DataError(
                f"{setting} is {self.said(broken[0])}, but {setting.name} holds whole {unit}; give one, such as "
                f"{self.said(np.floor(broken[0]))}"
            )
        one = len(numbers) == 1 and setting.n != 1
        with quietly():  # what lies beyond the data is told in words of this kind
            found = self.number.check_one(
                replace(setting, name=self._named(setting.name)), numbers[0] if one else numbers
            )
        self._warn_beyond(setting, numbers)
        return found

    def said(self, number: float) -> str:
        """A number as a person would write it, for messages; one between whole ones in its unit."""
        if number != np.round(number) and isinstance(self.number, Integer):
            return f"{number:.10g} {self.measure}"
        return str(self.written(np.array([float(number)]))[0])

    def _warn_beyond(self, setting: Setting, numbers: Array) -> None:
        """Warn (OverlapWarning) where a value lies beyond the observed range.  Shape: (n,)."""
        low, high = float(self.number.low), float(self.number.high)
        beyond = np.maximum(numbers - high, low - numbers) / self.number.deviation
        if not len(numbers) or beyond.max() <= SLACK:
            return
        often = "" if len(numbers) == 1 else f" ({int((beyond > SLACK).sum())} of {len(numbers)} values lie outside)"
        warn_overlap(
            f"{setting.role}({setting.name} = {self.said(numbers[beyond.argmax()])}) lies {beyond.max():.1f} standard "
            f"deviations beyond the data: {setting.name} was observed in [{self.said(low)}, {self.said(high)}]{often}; "
            "the answer there is extrapolation"
        )

    def lost(self, setting: Setting, values: Array, encoded: Array) -> Array:
        return self.number.lost(setting, self.measured(setting, values), encoded)

    def decode_one(self, part: Array, out: Array) -> None:
        numbers = self.number.empty(len(part))
        self.number.decode_one(part, numbers)
        out[...] = self.written(np.asarray(numbers, dtype=np.float64)).reshape(out.shape)

    @property
    def unbounded(self) -> Self:
        return replace(self, number=self.number.unbounded)

    def moved(self, name: str, values: Array, by: float) -> Array:
        """Encoded values moved by so many units."""
        return self.number.moved(self._named(name), values, by)

    def warn_moved(self, name: str, values: Array, by: float) -> None:
        with quietly():
            self.number.warn_moved(self._named(name), values, by)
        moved = self.number.own(values.reshape(-1)) + by
        if ((moved < self.number.low) | (moved > self.number.high)).mean() > FEW_MOVED:
            self._warn_beyond(Setting("policy", name, len(moved)), moved)

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
