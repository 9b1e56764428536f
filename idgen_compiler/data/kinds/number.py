"""Numbers: real ones, and whole ones of which there are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom, check_dtype
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.scaling import (
    check_distance,
    check_statistics,
    moments,
    restored,
    standardized,
    warn_outside,
)
from idgen_compiler.data.kinds.setting import Setting, finite_numbers
from idgen_compiler.data.kinds.spread import Interval
from idgen_compiler.data.kinds.texts import read_number
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError

__all__ = ["Continuous", "Integer", "Number"]

FEW_MOVED = 0.01
"""This fraction of moved values may lie beyond the observed range without a warning: the tails always do."""


@dataclass(frozen=True, slots=True)
class Number(Atom):
    """One number. `mean`, `scale` (its sd, 1 for a constant), `low` and `high` (observed) are in its own unit."""

    dtypes: ClassVar[str] = "f"
    """The kinds of NumPy dtypes in which values may be handed back."""

    mean: float
    scale: float
    low: float
    high: float
    dtype: str = "float64"

    def __post_init__(self) -> None:
        check_dtype(self.dtype, self.dtypes)
        check_statistics((self.scale,), (self.low,), (self.high,))

    def numbers(self, column: Column) -> Array:
        """The values.  Shape: (rows,) float64."""
        return np.asarray(column.values.astype(np.float64))

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        return standardized(self.numbers(column), self.mean, self.scale)

    def read(self, name: str, text: str) -> float:
        return read_number(name, text)

    def check_one(self, setting: Setting, value: Any) -> Array:
        numbers = self.checked(setting, finite_numbers(setting, setting.one_each(value)))
        check_distance(setting, numbers, self.mean, self.scale)
        warn_outside(setting, numbers[:, None], self.low, self.high, self.scale)
        return standardized(numbers, self.mean, self.scale)

    def checked(self, setting: Setting, numbers: Array) -> Array:
        """The numbers that a caller sets, where a variable of this kind can take them.  Raises DataError otherwise."""
        return numbers

    def decode_one(self, part: Array, out: Array) -> None:
        out[...] = restored(part, self.mean, self.scale).reshape(out.shape)

    def moved(self, name: str, values: Array, by: float) -> Array:
        self.checked(Setting("move", name, 1), np.array([by]))
        return np.asarray(values + np.float32(by / self.scale))

    def warn_moved(self, name: str, values: Array, by: float) -> None:
        own = restored(values, self.mean, self.scale) + by
        check_distance(Setting("policy", name, len(own)), own, self.mean, self.scale)
        if ((own < self.low) | (own > self.high)).mean() <= FEW_MOVED:
            return
        warn_outside(Setting("policy", name, len(own)), own, self.low, self.high, self.scale)

    def describe(self, value: Any) -> str:
        return repr(self.low)

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(self.dtype)

    def part(self, name: str) -> Part:
        return Part(name)

    @property
    def spread(self) -> Interval:
        return Interval((self.low - self.mean) / self.scale, (self.high - self.mean) / self.scale)


@register
@dataclass(frozen=True, slots=True)
class Continuous(Number):
    """A real number: a column of floats that are no categories."""

    word: ClassVar[str] = "continuous"
    rank: ClassVar[int] = 50

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if _one_number(column, "f") else None

    @classmethod
    def of(cls, column: Column) -> Self:
        values = _numbers_of(column, cls.word)
        mean, scale = moments(column.name, values)
        dtype = values.dtype.name if values.dtype.kind == "f" else "float64"
        return cls(float(mean), float(scale), float(values.min()), float(values.max()), dtype)


@register
@dataclass(frozen=True, slots=True)
class Integer(Number):
    """A whole number with many values: the real number x + U(-1/2, 1/2) inside, rounded on the way out.

    Source: uniform dequantization as in Theis et al. (2016), section 3.1. Where no observed value is negative,
    none is handed back.
    """

    word: ClassVar[str] = "integer"
    rank: ClassVar[int] = 40
    dtypes: ClassVar[str] = "iuf"

    low: int
    high: int
    dtype: str = "int64"

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if _one_number(column, "iu") else None

    @classmethod
    def of(cls, column: Column) -> Self:
        values = _numbers_of(column, cls.word)
        if values.dtype.kind == "b":
            raise DataError(f"column {column.name} holds booleans and cannot be integer; use categorical")
        broken = values != np.round(values)
        if broken.any():
            row = int(broken.argmax())
            raise DataError(
                f"column {column.name} holds {values[row]} in row {row} and cannot be integer; use continuous"
            )
        mean, scale = moments(column.name, values)
        return cls(float(mean), float(scale), int(values.min()), int(values.max()), values.dtype.name)

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        numbers = self.numbers(column)
        return standardized(numbers + generator.uniform(-0.5, 0.5, len(numbers)), self.mean, self.scale)

    def checked(self, setting: Setting, numbers: Array) -> Array:
        broken = numbers[numbers != np.round(numbers)]
        if len(broken):
            raise DataError(f"{setting} is {broken[0]}, but {setting.name} holds whole numbers")
        return numbers

    def decode_one(self, part: Array, out: Array) -> None:
        wide = np.round(restored(part, self.mean, self.scale))
        if self.low >= 0:
            wide = np.maximum(wide, 0)
        if self.layout.kind in "iu":
            bounds = np.iinfo(self.layout)
            # 2**63 - 1 is no float64; the next one below is.
            most = float(bounds.max) if bounds.bits < 64 else np.nextafter(float(bounds.max), 0)
            wide = np.clip(wide, float(bounds.min), most)
        out[...] = wide.reshape(out.shape)

    @property
    def spread(self) -> Interval:
        """A whole number is a cell of width one around it."""
        return Interval((self.low - 0.5 - self.mean) / self.scale, (self.high + 0.5 - self.mean) / self.scale)


def _one_number(column: Column, dtypes: str) -> bool:
    values = column.plain
    return values is not None and values.ndim == 1 and values.dtype.kind in dtypes


def _numbers_of(column: Column, wanted: str) -> Array:
    """The values of a column that is to hold one number a row.  Raises DataError where it does not."""
    values = column.values
    if values.ndim != 1:
        raise DataError(f"column {column.name} holds vectors and cannot be {wanted}; leave it out of types")
    if values.dtype.kind == "O":
        raise DataError(
            f"column {column.name} holds strings such as {values[0]!r} and cannot be {wanted}; convert it to numbers"
        )
    return values
