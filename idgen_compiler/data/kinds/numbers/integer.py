"""Whole numbers of which there are many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.numbers.number import Number, numbers_of, one_number
from idgen_compiler.data.kinds.numbers.shape import Said, Shape, grid_of, shape_of
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError

__all__ = ["Integer"]


@register
@dataclass(frozen=True, slots=True)
class Integer(Number):
    """A whole number with many values: a real number on the grid of whole ones.

    Where no observed value is negative, none is handed back.
    """

    word: ClassVar[str] = "integer"
    rank: ClassVar[int] = 40
    dtypes: ClassVar[str] = "iuf"

    low: int
    high: int
    dtype: str = "int64"

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if one_number(column, "iu") else None

    @classmethod
    def values_of(cls, column: Column) -> Array:
        values = numbers_of(column, cls.word)
        if values.dtype.kind == "b":
            raise DataError(f"column {column.name} holds booleans and cannot be integer; use categorical")
        broken = values != np.round(values)
        if broken.any():
            row = int(broken.argmax())
            raise DataError(
                f"column {column.name} holds {values[row]} in row {row} and cannot be integer; use continuous"
            )
        return np.asarray(values.astype(np.float64))

    @classmethod
    def _shape(cls, column: Column, numbers: Array, said: Said) -> Shape:
        step = max(1.0, grid_of(numbers)) if said.grid is None else said.grid
        return shape_of(numbers, replace(said, grid=step))

    @classmethod
    def _ends(cls, column: Column, numbers: Array) -> tuple[Any, Any]:
        return int(column.values.min()), int(column.values.max())

    @classmethod
    def _dtype(cls, column: Column) -> str:
        return column.values.dtype.name

    def checked(self, setting: Setting, numbers: Array) -> Array:
        broken = numbers[numbers != np.round(numbers)]
        if len(broken):
            raise DataError(f"{setting} is {broken[0]}, but {setting.name} holds whole numbers")
        return numbers

    def own(self, seen: Array) -> Array:
        wide = Number.own(self, seen)
        if self.low >= 0:
            wide = np.maximum(wide, 0)
        if self.layout.kind in "iu":
            bounds = np.iinfo(self.layout)
            # 2**63 - 1 is no float64; the next one below is.
            most = float(bounds.max) if bounds.bits < 64 else np.nextafter(float(bounds.max), 0)
            wide = np.clip(wide, float(bounds.min), most)
        return np.asarray(wide)

    def _cell(self) -> tuple[float, float]:
        """A whole number is a cell of width one around it."""
        return self.low - 0.5, self.high + 0.5
