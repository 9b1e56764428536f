"""Numbers of a few levels, in order, and of nothing between."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom, check_dtype
from idgen_compiler.data.kinds.numbers.absurd import warn_absurd
from idgen_compiler.data.kinds.numbers.codes import ROWS_PER_VALUE, SOME_VALUES
from idgen_compiler.data.kinds.numbers.integer import Integer
from idgen_compiler.data.kinds.numbers.lattice import lattice_of, levels_among
from idgen_compiler.data.kinds.numbers.limits import check_distance, finite_remedy, warn_outside
from idgen_compiler.data.kinds.numbers.number import FEW_MOVED, numbers_of, one_number
from idgen_compiler.data.kinds.numbers.scale import Scale, center_and_width, check_size
from idgen_compiler.data.kinds.numbers.shape import Said
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting, finite_numbers
from idgen_compiler.data.kinds.spread import Spread
from idgen_compiler.data.kinds.texts import read_number
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.warning import warn_overlap

__all__ = ["Levels"]

MOST = 2000
"""More levels than this are refused even to those who ask for them."""

_LAST_GAPS = 5
"""Beyond the levels one more is as far away as the last ones are from each other."""

SAME = 0.01
"""A number so near to a level, in gaps, is that level in another precision, or as somebody writes it."""

_SHOWN = 3


@register
@dataclass(frozen=True, slots=True)
class Levels(Atom):
    """A number that takes but a few values, such as the root of a score: models see which one it is, counted from 0.

    The levels have an order and are no categories; between them lies nothing, and every value that is handed back is
    one of them. A level with a share of its own is a point mass, as of any number, and all are where they are no more
    than whole numbers that are categories. A column of numbers is taken to
    have levels where its values occur over and over and are no whole numbers or decimals side by side (see
    `lattice_of`). A caller may set a number between two levels, and is told.

    levels: ascending.  place: of the level, a whole number.  dtype: in which values are handed back.

    >>> found = Levels.of(Column("Y", np.sqrt([0.0, 1, 2, 3] * 50)))
    >>> found.levels[:2], len(found.levels), found
    ((0.0, 1.0), 4, Levels(4 from 0 to 1.732))
    """

    word: ClassVar[str] = "levels"
    rank: ClassVar[int] = 35

    levels: tuple[float, ...]
    place: Integer
    dtype: str = "float64"

    def __post_init__(self) -> None:
        check_dtype(self.dtype, "iuf")
        if len(self.levels) < 2 or not all(map(math.isfinite, self.levels)):
            raise DataError("levels are two or more finite numbers")
        if any(a >= b for a, b in zip(self.levels, self.levels[1:], strict=False)):
            raise DataError("levels are different numbers in ascending order")
        if self.place.low < 0 or self.place.high >= len(self.levels):
            raise DataError(f"places from {self.place.low} to {self.place.high} are not those of the levels")

    def __repr__(self) -> str:
        return f"Levels({len(self.levels)} from {self.levels[0]:.4g} to {self.levels[-1]:.4g})"

    # -- columns --------------------------------------------------------------------------------------------------

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        if not one_number(column, "iuf"):
            return None
        levels = lattice_of(np.asarray(column.plain))
        return None if levels is None else cls._of(column, levels)

    @classmethod
    def of(cls, column: Column) -> Self:
        numbers = numbers_of(column, "numbers of some levels")
        check_size(column.name, numbers)
        found = lattice_of(numbers)
        levels = levels_among(numbers)[0] if found is None else found
        if not 2 <= len(levels) <= MOST:
            raise DataError(
                f"column {column.name} has {len(levels)} different values, and levels are 2 to {MOST}; use continuous"
            )
        return cls._of(column, levels)

    @classmethod
    def _of(cls, column: Column, levels: Array) -> Self:
        dtype = column.values.dtype
        places = _nearest(levels, column.values.astype(np.float64))
        said = Said(masses=tuple(np.unique(places).tolist())) if _are_few(len(levels), len(places)) else None
        place = Integer.of(Column(column.name, places), said)
        return cls(tuple(levels.tolist()), place, dtype.name if dtype.kind in "iuf" else "float64")

    def numbers(self, column: Column) -> Array:
        return np.asarray(numbers_of(column, "numbers of some levels").astype(np.float64))

    def look(self, column: Column) -> None:
        numbers = self.numbers(column)
        center, width = center_and_width(numbers)
        warn_absurd(column.name, numbers, Scale(float(center), float(width)), self.masses)

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        numbers, levels = self.numbers(column), np.array(self.levels)
        places = _nearest(levels, numbers)
        off = np.abs(numbers - levels[places]) > SAME * np.diff(levels).min()
        if off.any():
            row = int(off.argmax())
            raise DataError(
                f"column {column.name} holds {numbers[row]} in row {row}, which is none of its levels {self._named()}"
            )
        return self.place.encode(Column(column.name, places), generator)

    # -- values ---------------------------------------------------------------------------------------------------

    def read(self, name: str, text: str) -> Any:
        return read_number(name, text)

    def check_one(self, setting: Setting, value: Any) -> Array:
        numbers = finite_numbers(setting, setting.one_each(value))
        check_distance(setting, numbers, self._at(self.place.middle), self.deviation)
        low, high = self.levels[0], self.levels[-1]
        warn_outside(setting, numbers[:, None], low, high, self.deviation)
        places = self._places(numbers)
        between = (places != np.rint(places)) & (numbers > low) & (numbers < high)
        if between.any():
            one = float(numbers[between.argmax()])
            below, above = (self._at(end(places[between.argmax()])) for end in (math.floor, math.ceil))
            answer = "is read off between them" if self.place.between else "is that at the nearer one"
            warn_overlap(
                f"{setting.role}({setting.name} = {one:.4g}) lies between two levels of {setting.name}, "
                f"{below:.4g} and {above:.4g}, and no row is there; the answer {answer}"
            )
        return self._seen(places)[:, None]

    def wanted(self, n: int) -> str:
        return f"{n} of the levels {self._named()} in one axis"

    def mended(self, values: Array) -> str:
        return finite_remedy(values) if values.ndim == 1 else "return one number for each row, in one axis"

    def lost(self, setting: Setting, values: Array, encoded: Array) -> Array:
        apart = np.abs(values.astype(np.float64) - self.own(encoded.reshape(-1)))
        return np.asarray(apart > SAME * np.diff(np.array(self.levels)).min())

    def decode_one(self, part: Array, out: Array) -> None:
        out[...] = self.own(part.reshape(-1)).reshape(out.shape)

    def own(self, seen: Array) -> Array:
        """The levels that seen values stand for.  Shape: (rows,) -> (rows,) float64."""
        places = np.clip(np.rint(self.place.own(seen)), 0, len(self.levels) - 1)
        return np.array(self.levels)[places.astype(np.int64)]

    def moved(self, name: str, values: Array, by: float) -> Array:
        return self._seen(self._places(self.own(values.reshape(-1)) + by)).reshape(values.shape)

    def warn_moved(self, name: str, values: Array, by: float) -> None:
        own = self.own(values.reshape(-1))[:, None] + by
        setting = Setting("policy", name, len(own))
        check_distance(setting, own, self._at(self.place.middle), self.deviation)
        if ((own < self.levels[0]) | (own > self.levels[-1])).mean() > FEW_MOVED:
            warn_outside(setting, own, self.levels[0], self.levels[-1], self.deviation)

    def log_slope(self, values: Array) -> Array:
        """That of the places: shares of levels are not spread over the gaps between them."""
        return self.place.log_slope(values)

    def describe(self, value: Any) -> str:
        return f"{self.own(np.asarray(as_numpy(value)).reshape(-1))[0]:.4g}"

    # -- what others need to know -----------------------------------------------------------------------------------

    @property
    def masses(self) -> tuple[float, ...]:
        """The levels that are point masses."""
        return tuple(self.levels[int(place)] for place in self.place.masses)

    @property
    def low(self) -> float:
        """The lowest level."""
        return self.levels[0]

    @property
    def high(self) -> float:
        """The highest level."""
        return self.levels[-1]

    @property
    def whole(self) -> bool:
        """Whether all levels are whole numbers."""
        return all(level == round(level) for level in self.levels)

    @property
    def deviation(self) -> float:
        """The larger distance from the median to one width above or below, in the number's own unit."""
        middle, width = self.place.middle, self.place.deviation
        return max(abs(self._at(middle + side * width) - self._at(middle)) for side in (-1, 1))

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(self.dtype)

    def part(self, name: str) -> Part:
        return self.place.part(name)

    @property
    def spread(self) -> Spread:
        return self.place.spread

    def _seen(self, places: Array) -> Array:
        """Places as models see them; where all are point masses, nothing lies between."""
        inside = (places > 0) & (places < len(self.levels) - 1)
        return self.place.on_scale(places if self.place.between else np.where(inside, np.rint(places), places))

    def _places(self, numbers: Array) -> Array:
        """Places of any numbers: between levels between them, and beyond as far as the last levels are apart."""
        levels = np.array(self.levels)
        last, gaps = len(levels) - 1, np.diff(levels)
        below, above = gaps[:_LAST_GAPS].mean(), gaps[-_LAST_GAPS:].mean()
        places = np.interp(numbers, levels, np.arange(len(levels), dtype=np.float64))
        places += np.minimum((numbers - levels[0]) / below, 0) + np.maximum((numbers - levels[last]) / above, 0)
        return np.asarray(np.where(np.abs(places - np.rint(places)) <= SAME, np.rint(places), places))

    def _at(self, place: float) -> float:
        """The number at a place between levels."""
        return float(np.interp(place, np.arange(len(self.levels)), self.levels))

    def _named(self) -> str:
        ends = [f"{level:.4g}" for level in (*self.levels[:_SHOWN], self.levels[-1])]
        return f"{', '.join(ends[:-1])}, ..., {ends[-1]}"


def _are_few(levels: int, rows: int) -> bool:
    """Whether all levels are point masses: where whole numbers would be categories."""
    return levels <= SOME_VALUES and levels * ROWS_PER_VALUE <= rows


def _nearest(levels: Array, numbers: Array) -> Array:
    """The place of the nearest level.  Shape: (rows,) int64."""
    middles = (levels[:-1] + levels[1:]) / 2
    return np.searchsorted(middles, numbers).astype(np.int64)
