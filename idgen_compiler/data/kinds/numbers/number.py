"""One number: what real and whole ones share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom, check_dtype
from idgen_compiler.data.kinds.numbers.absurd import warn_absurd
from idgen_compiler.data.kinds.numbers.cycles import cycles_of, stamps
from idgen_compiler.data.kinds.numbers.limits import (
    GRAIN,
    WIDEST,
    check_distance,
    check_said,
    check_statistics,
    check_support,
    far_apart,
    finite_remedy,
    warn_outside,
)
from idgen_compiler.data.kinds.numbers.scale import Scale, center_and_width, check_size
from idgen_compiler.data.kinds.numbers.shape import Bounds, Said, Shape, decimals_of, phase_of, shape_of
from idgen_compiler.data.kinds.setting import Setting, finite_numbers
from idgen_compiler.data.kinds.spread import Interval, Points, Spread
from idgen_compiler.data.kinds.texts import read_number
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.forms.shown import cut

__all__ = ["Number", "numbers_of", "one_number"]

FEW_MOVED = 0.01
"""This fraction of moved values may lie beyond the observed range without a warning: the tails always do."""

INSIDE = 1e-6
"""So far inside an edge of the support, in cells of the grid, a number is kept."""

FINE = 1e-3
"""A grid finer than this many spreads is no matter to a density."""


@dataclass(frozen=True, slots=True)
class Number(Atom):
    """One number: a mixture of point masses, and of a density on a support.

    All is found in the data, or said by a `Numeric`; in the number's own unit:

    low, high: observed.  support: the ends of what can occur beside the masses, None for none.  masses: the values with
    a probability of their own.  grid: of what all values are multiples, 0 for none, plus the phase;
    values that are handed back are.
    between: whether there is anything but masses.  center, width, log, origin, least: of the scale (see `Scale`).
    dtype: in which values are handed back.
    """

    dtypes: ClassVar[str] = "f"
    """The kinds of NumPy dtypes in which values may be handed back."""

    center: float
    width: float
    low: float
    high: float
    dtype: str = "float64"
    support: Bounds = (None, None)
    masses: tuple[float, ...] = ()
    grid: float = 0.0
    between: bool = True
    log: int = 0
    origin: float = 0.0
    least: float = 0.0
    phase: float = 0.0

    def __post_init__(self) -> None:
        check_dtype(self.dtype, self.dtypes)
        check_statistics((self.width,), (self.low,), (self.high,))
        check_said(self.support, self.masses, self.grid)
        if self.log not in (-1, 0, 1) or self.least < 0 or not (self.between or self.masses):
            raise DataError("there is a scale or a set of point masses that no column has")

    # -- columns --------------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, column: Column, said: Said | None = None) -> Self:
        """The kind of a column, by what is said of it."""
        numbers = cls.values_of(column)
        check_size(column.name, _as_they_came(column, numbers))
        shape = cls._shape(column, numbers, said or Said())
        rest = numbers[~np.isin(numbers, shape.masses)] if shape.between and shape.masses else numbers
        check_support(column.name, rest, shape.support)
        bare = Scale(0.0, 1.0, shape.log, shape.origin, _least(rest, shape))
        center, width = center_and_width(bare.straight(rest))
        scale = replace(bare, center=float(center), width=float(width))
        low, high = cls._ends(column, numbers)
        return cls(
            scale.center, scale.width, low, high, cls._dtype(column), shape.support, shape.masses, shape.grid,
            shape.between, scale.log, scale.origin, scale.least, phase_of(numbers, shape.grid),
        )  # fmt: skip

    @classmethod
    def values_of(cls, column: Column) -> Array:
        """The values of a column of this kind.  Shape: (rows,) float64.  Raises DataError where it is none."""
        return np.asarray(numbers_of(column, cls.word).astype(np.float64))

    @classmethod
    def _shape(cls, column: Column, numbers: Array, said: Said) -> Shape:
        """What the column is made of."""
        return shape_of(_as_they_came(column, numbers), said)

    @classmethod
    def _ends(cls, column: Column, numbers: Array) -> tuple[Any, Any]:
        """The least and the largest number."""
        return float(numbers.min()), float(numbers.max())

    @classmethod
    def _dtype(cls, column: Column) -> str:
        """In what values are handed back."""
        came = _as_they_came(column, np.empty(0))
        return came.dtype.name if came.dtype.kind == "f" else "float64"

    def numbers(self, column: Column) -> Array:
        """The values.  Shape: (rows,) float64."""
        return self.values_of(column)

    def look(self, column: Column) -> None:
        warn_absurd(column.name, self.numbers(column), self.scale, self.masses)

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        numbers = self.numbers(column)
        seen = self.scale.seen(self._spread_over_cells(numbers, generator)).astype(np.float32)
        return self._with_masses(numbers, seen)[:, None]

    def _spread_over_cells(self, numbers: Array, generator: np.random.Generator) -> Array:
        """Values of a coarse grid spread evenly over their cells, within the support.

        Source: uniform dequantization as in Theis et al. (2016), section 3.1.
        """
        if not self.grid or self.low == self.high or (not self.log and self.grid < FINE * self.width):
            return numbers
        moved = numbers + self.grid * generator.uniform(-0.5, 0.5, len(numbers))
        low, high = self.support
        return np.clip(moved, low, high) if low is not None or high is not None else moved

    def _with_masses(self, numbers: Array, seen: Array) -> Array:
        """Seen values with those of the masses in their places, and no other value where a mass is."""
        for mass, place in zip(self.masses, self._places(), strict=True):
            here = numbers == mass
            seen[here] = place
            seen[~here & (seen == place)] = np.nextafter(place, np.float32(np.inf))
        return seen

    def _places(self) -> tuple[np.float32, ...]:
        """Where models see the masses: in their order, those beyond the origin of a logarithm one step apart."""
        masses = np.array(self.masses, dtype=np.float64)
        places = self.scale.seen(masses)
        if self.log:
            beyond = np.flatnonzero(self.log * (masses - self.origin) <= self.least)
            steps = np.arange(len(beyond), 0, -1) if self.log > 0 else np.arange(1, len(beyond) + 1)
            places[beyond] -= self.log * steps
        return tuple(np.float32(place) for place in places)

    # -- values ---------------------------------------------------------------------------------------------------

    def read(self, name: str, text: str) -> Any:
        return read_number(name, text)

    def check_one(self, setting: Setting, value: Any) -> Array:
        numbers = self.checked(setting, finite_numbers(setting, setting.one_each(value)))
        check_distance(setting, numbers, self.middle, self.deviation)
        warn_outside(setting, numbers[:, None], self.low, self.high, self.deviation)
        return self.on_scale(numbers)[:, None]

    def on_scale(self, numbers: Array) -> Array:
        """Numbers in their own unit as models see them, none spread over its cell.  Shape: (rows,), float32 then."""
        return self._with_masses(numbers, self.scale.seen(numbers).astype(np.float32))

    def checked(self, setting: Setting, numbers: Array) -> Array:
        """The numbers that a caller sets, where a variable of this kind can take them.  Raises DataError otherwise."""
        return numbers

    def decode_one(self, part: Array, out: Array) -> None:
        out[...] = self.own(part.reshape(-1)).reshape(out.shape)

    def cycles(self, encoded: Array) -> Iterator[tuple[str, tuple[str, ...], Array]]:
        if (seconds := stamps(self.own(encoded.reshape(-1)).astype(np.float64))) is not None:
            yield from cycles_of(seconds)

    def wanted(self, n: int) -> str:
        low, high = self.support
        ends = "" if low is None and high is None else f" from {'any' if low is None else f'{low:g}'}"
        return f"{n} finite numbers{ends}{'' if high is None else f' to {high:g}'} in one axis"

    def mended(self, values: Array) -> str:
        return finite_remedy(values) if values.ndim == 1 else "return one number for each row, in one axis"

    def lost(self, setting: Setting, values: Array, encoded: Array) -> Array:
        # A number off the grid goes to its nearest place, and one near the origin of a logarithm stands for all nearer.
        slack = self.deviation + (self.grid + self.least) / GRAIN
        return far_apart(values.astype(np.float64), self.own(encoded.reshape(-1)), slack)

    def own(self, seen: Array) -> Array:
        """Seen values in the number's own unit: on the grid, within the support, and masses as they are.

        Shape: (rows,) -> (rows,) float64.
        """
        least, most = self.scale.reach(self.low, self.high)
        numbers = self.scale.own(np.clip(seen.astype(np.float64), least, most))
        low, high = self.support
        inside = self.grid * INSIDE  # what lies on the edge of a cell belongs to the support
        if low is not None or high is not None:
            numbers = np.clip(numbers, None if low is None else low + inside, None if high is None else high - inside)
        if self.grid:
            decimals = max(decimals_of(self.grid), decimals_of(self.phase) if self.phase else 0)
            numbers = np.round(np.rint((numbers - self.phase) / self.grid) * self.grid + self.phase, decimals)
        for mass, place in zip(self.masses, self._places(), strict=True):
            numbers[seen == place] = mass
        if self.layout.kind == "f":
            numbers = np.clip(numbers, np.finfo(self.layout).min, np.finfo(self.layout).max)
        return np.asarray(numbers)

    @property
    def unbounded(self) -> Self:
        return replace(self, low=min(self.low, -WIDEST), high=max(self.high, WIDEST), support=(None, None))

    def moved(self, name: str, values: Array, by: float) -> Array:
        self.checked(Setting("move", name, 1), np.array([by]))
        return self.on_scale(self.own(values.reshape(-1)) + by).reshape(values.shape)

    def log_slope(self, values: Array) -> Array:
        """Log of d seen / d own at seen values, in which two units' densities differ.  Shape: (rows, 1) -> (rows,)."""
        return self.scale.log_slope(values.reshape(-1))

    def warn_moved(self, name: str, values: Array, by: float) -> None:
        own = self.own(values.reshape(-1))[:, None] + by
        check_distance(Setting("policy", name, len(own)), own, self.middle, self.deviation)
        if ((own < self.low) | (own > self.high)).mean() <= FEW_MOVED:
            return
        warn_outside(Setting("policy", name, len(own)), own, self.low, self.high, self.deviation)

    def describe(self, value: Any) -> str:
        return repr(self.low)

    # -- what others need to know -----------------------------------------------------------------------------------

    @property
    def scale(self) -> Scale:
        """How models see the numbers."""
        return Scale(self.center, self.width, self.log, self.origin, self.least)

    @property
    def middle(self) -> float:
        """The median of what is no point mass, in the number's own unit."""
        return float(self.scale.own(np.array(0.0)))

    @property
    def deviation(self) -> float:
        """The larger distance from there to one width above or below, in the number's own unit."""
        return float(np.abs(self.scale.own(np.array([-1.0, 1.0])) - self.middle).max())

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(self.dtype)

    def part(self, name: str) -> Part:
        low, high = (None if end is None else self._edge(end) for end in self.support)
        return Part(name, masses=tuple(map(float, self._places())), between=self.between, low=low, high=high)

    def _edge(self, end: float) -> float | None:
        """Where models see an end of the support; None where a logarithm never reaches it."""
        return None if self.log and end == self.origin else float(self.scale.seen(np.array(end)))

    @property
    def spread(self) -> Spread:
        if not self.between:
            return Points(tuple(map(float, self._places())))
        low, high = self.scale.seen(np.array(self._cell(), dtype=np.float64))
        return Interval(float(low), float(high))

    def _cell(self) -> tuple[float, float]:
        """What a uniform law spreads over."""
        return self.low, self.high


def _least(rest: Array, shape: Shape) -> float:
    """The distance from the origin that stands for all smaller ones: those of a cell are spread evenly."""
    if not shape.log:
        return 0.0
    if shape.grid:
        return shape.grid / 100
    distance = shape.log * (rest - shape.origin)
    some = distance[distance > 0]
    return float(some.min()) / 2 if len(some) else 1.0


def _as_they_came(column: Column, numbers: Array) -> Array:
    """The numbers in the precision of the column, where it holds numbers."""
    return column.plain if column.plain is not None and column.plain.dtype.kind in "iuf" else numbers


def one_number(column: Column, dtypes: str) -> bool:
    """Whether a column holds one number a row, of these kinds of dtypes."""
    values = column.plainly_held
    return values is not None and values.ndim == 1 and values.dtype.kind in dtypes


def numbers_of(column: Column, wanted: str) -> Array:
    """The values of a column that is to hold one number a row.  Raises DataError where it does not."""
    values = column.values
    if values.ndim != 1:
        raise DataError(f"column {column.name} holds vectors and cannot be {wanted}; leave it out of types")
    if values.dtype.kind == "O":
        raise DataError(
            f"column {column.name} holds strings such as {cut(values[0])} and cannot be {wanted}; convert it to numbers"
        )
    return values
