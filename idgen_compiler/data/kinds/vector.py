"""Vectors: a fixed number of reals in each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
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
from idgen_compiler.data.kinds.setting import Setting, real_numbers
from idgen_compiler.data.kinds.texts import read_number, split
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError

__all__ = ["Vector"]


@register
@dataclass(frozen=True, slots=True)
class Vector(Atom):
    """A fixed number of reals that belong together; each entry has its own mean, scale and observed range.

    Arrays with two axes, and columns of equally long lists of numbers, are vectors.
    """

    word: ClassVar[str] = "vector"
    rank: ClassVar[int] = 20

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    dtype: str = "float64"

    def __post_init__(self) -> None:
        check_dtype(self.dtype, "f")
        if not self.mean or len({len(self.mean), len(self.scale), len(self.low), len(self.high)}) > 1:
            raise DataError("a vector needs a mean, a scale, a low and a high for each of its entries")
        check_statistics(self.scale, self.low, self.high)

    @property
    def dim(self) -> int:
        """How many entries a value has."""
        return len(self.mean)

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if column.plain is not None and column.plain.ndim == 2 else None

    @classmethod
    def of(cls, column: Column) -> Self:
        values = column.values
        if values.ndim != 2:
            raise DataError(f"column {column.name} has one value a row and cannot be a vector; use continuous")
        statistics = (*moments(column.name, values), values.min(0), values.max(0))
        mean, scale, low, high = (tuple(map(float, entry)) for entry in statistics)
        return cls(mean, scale, low, high, values.dtype.name if values.dtype.kind == "f" else "float64")

    def numbers(self, column: Column) -> Array:
        """The values.  Shape: (rows, dim)."""
        return column.values

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        return standardized(column.values, self.mean, self.scale)

    def read(self, name: str, text: str) -> list[float]:
        numbers = [read_number(name, part) for part in split(text)]
        if len(numbers) != self.dim:
            raise DataError(f"{name}={text} has {len(numbers)} entries, {name} is a vector of {self.dim}")
        return numbers

    def check_one(self, setting: Setting, value: Any) -> Array:
        try:
            found = np.asanyarray(as_numpy(value))
            numbers = real_numbers(setting, np.ma.getdata(found))
            numbers = np.where(np.ma.getmaskarray(found), np.nan, numbers)  # masked is missing
        except (TypeError, ValueError, OverflowError, DataError):
            raise DataError(
                f"{setting} is no array of numbers; {setting.name} is a vector of {self.dim} entries"
            ) from None
        if numbers.shape == (self.dim,):
            numbers = numbers[None]
        if numbers.shape not in ((1, self.dim), (setting.n, self.dim)):
            raise DataError(
                f"{setting} has shape {numbers.shape}; give one vector ({self.dim},), or one for each sample "
                f"({setting.n}, {self.dim})"
            )
        if not np.isfinite(numbers).all():
            raise DataError(f"{setting} holds NaN or infinity; give finite numbers")
        check_distance(setting, numbers, self.mean, self.scale)
        warn_outside(setting, numbers, self.low, self.high, self.scale)
        return standardized(numbers, self.mean, self.scale)

    def decode_one(self, part: Array, out: Array) -> None:
        out[...] = restored(part, self.mean, self.scale).reshape(out.shape)

    def describe(self, value: Any) -> str:
        return "one vector"

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(self.dtype)

    @property
    def entries(self) -> tuple[int, ...]:
        return (self.dim,)

    def part(self, name: str) -> Part:
        return Part(name, dim=self.dim)

    @property
    def spread(self) -> None:
        """None: a box of entries that belong together is no law worth its name."""
        return None
