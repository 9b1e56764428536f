"""Vectors: a fixed number of reals in each row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom, check_dtype
from idgen_compiler.data.kinds.numbers.limits import (
    WIDEST,
    check_distance,
    check_statistics,
    far_apart,
    finite_remedy,
    warn_outside,
)
from idgen_compiler.data.kinds.numbers.scale import Scale, center_and_width, check_size
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting, real_numbers
from idgen_compiler.data.kinds.texts import read_number, split
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError

__all__ = ["Vector"]


@register
@dataclass(frozen=True, slots=True)
class Vector(Atom):
    """A fixed number of reals that belong together; each entry has its own center, width and observed range.

    Arrays with two axes, and columns of equally long lists of numbers, are vectors.
    """

    word: ClassVar[str] = "vector"
    rank: ClassVar[int] = 20

    center: tuple[float, ...]
    width: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    dtype: str = "float64"

    def __post_init__(self) -> None:
        check_dtype(self.dtype, "f")
        if not self.center or len({len(self.center), len(self.width), len(self.low), len(self.high)}) > 1:
            raise DataError("a vector needs a center, a width, a low and a high for each of its entries")
        check_statistics(self.width, self.low, self.high)

    @property
    def scale(self) -> Scale:
        """How models see the entries."""
        return Scale(np.asarray(self.center), np.asarray(self.width))

    @property
    def dim(self) -> int:
        """How many entries a value has."""
        return len(self.center)

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if column.plainly_held is not None and column.plainly_held.ndim == 2 else None

    @classmethod
    def of(cls, column: Column) -> Self:
        values = column.values
        if values.ndim != 2:
            raise DataError(f"column {column.name} has one value a row and cannot be a vector; use continuous")
        check_size(column.name, values)
        statistics = (*center_and_width(values), values.min(0), values.max(0))
        center, width, low, high = (tuple(map(float, entry)) for entry in statistics)
        return cls(center, width, low, high, values.dtype.name if values.dtype.kind == "f" else "float64")

    def numbers(self, column: Column) -> Array:
        """The values.  Shape: (rows, dim)."""
        return column.values

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        return np.asarray(self.scale.seen(column.values).astype(np.float32))

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
        check_distance(setting, numbers, self.center, self.width)
        warn_outside(setting, numbers, self.low, self.high, self.width)
        return np.asarray(self.scale.seen(numbers).astype(np.float32))

    def wanted(self, n: int) -> str:
        return f"finite numbers of shape {(n, self.dim)}"

    def mended(self, values: Array) -> str:
        return finite_remedy(values) if values.shape[1:] == (self.dim,) else "return one vector for each row"

    def lost(self, setting: Setting, values: Array, encoded: Array) -> Array:
        back = np.empty(encoded.shape)
        self.decode_one(encoded, back)
        return np.asarray(far_apart(values.reshape(back.shape), back, self.width).any(1))

    def decode_one(self, part: Array, out: Array) -> None:
        least, most = self.scale.reach(self.low, self.high)
        out[...] = self.scale.own(np.clip(part.astype(np.float64), least, most)).reshape(out.shape)

    @property
    def unbounded(self) -> Self:
        return replace(self, low=(-WIDEST,) * self.dim, high=(WIDEST,) * self.dim)

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
