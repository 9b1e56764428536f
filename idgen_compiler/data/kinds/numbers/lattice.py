"""Whether a column of numbers holds but a few values over and over, so that it has levels and no density."""

from __future__ import annotations

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.numbers.codes import SOME_VALUES
from idgen_compiler.data.kinds.numbers.shape import FEW_DISTINCT, FEW_TIMES, grid_of

__all__ = ["MOST_LEVELS", "lattice_of", "levels_among"]

MOST_LEVELS = 300
"""More levels than this are never found, but for even steps."""

FEWEST, ROWS_PER_LEVEL, USUAL = 3, 10, 5
"""So many levels at least, so many rows for each on average, and so many in the median."""

FEWEST_EVEN, MOST_STEPS, ROWS_PER_STEP = 6, 1000, 2
"""Levels an even step apart, in whatever unit, say more: fewer rows for each do, but not fewer levels."""

OCCUPIED, OCCUPIED_STEPS = 0.75, 0.5
"""A grid of decimals of which the middle of the data takes a smaller part is none, and so is one of other steps."""
MIDDLE = (0.01, 0.99)

_SOME = 10_000
"""So many rows show that a long column has a density."""

IRREGULAR = 0.8
"""Gaps that change by so much from each to the next, in logarithms and in the median, are chance (1.1 where they are
those of a uniform law): a trait of a hundred clinics, say. To count such levels would bend a scale for nothing."""

_EVEN = 1e-6
"""How far from an even step levels may be, in steps, beside what their precision leaves."""


def lattice_of(values: Array) -> Array | None:
    """The levels, ascending, of a column that has no density and no grid of decimals; None for any other.

    Values that an even step separates, as standardized scores are, have all steps from the least to the largest as
    their levels. More than some dozens whose gaps are chance are left alone. Up to a dozen values in many rows each
    are point masses, and have no need of levels.
    Shape: (rows,) -> (levels,) float64.

    >>> score = np.random.default_rng(0).integers(0, 40, 1000)
    >>> lattice_of(np.sqrt(score)).round(2)[:4], lattice_of(score), len(lattice_of((score - 20) / 3.7))
    (array([0.  , 1.  , 1.41, 1.73]), None, 40)
    """
    some = len(np.unique(values[:_SOME]))
    if len(values) < FEWEST_EVEN * ROWS_PER_STEP or some > min(len(values) / ROWS_PER_STEP, MOST_STEPS + 1):
        return None
    levels, counts = levels_among(values)
    rows, usual = len(values), float(np.median(counts))
    if len(levels) < FEWEST or (len(levels) <= FEW_DISTINCT and usual >= FEW_TIMES):
        return None
    step = grid_of(values)
    if step and _occupied(levels, values, step) >= OCCUPIED:
        return None
    if len(levels) >= FEWEST_EVEN and rows >= ROWS_PER_STEP * len(levels):
        even = _evenly(levels, values)
        if even is not None:
            return even
    if len(levels) > MOST_LEVELS or rows < ROWS_PER_LEVEL * len(levels) or usual < USUAL:
        return None
    return levels if len(levels) <= SOME_VALUES or _jumps(levels) < IRREGULAR else None


def levels_among(values: Array) -> tuple[Array, Array]:
    """The different values, ascending, and in how many rows each is; those that only rounding tells apart are one.

    Shape: (rows,) -> (levels,) float64, (levels,).
    """
    distinct, counts = np.unique(values.astype(np.float64), return_counts=True)
    first = np.concatenate([[True], np.diff(distinct) > 8 * _precision(values)])
    if first.all():
        return distinct, counts
    group = np.cumsum(first) - 1
    order = np.lexsort((counts, group))
    last = np.flatnonzero(np.diff(group[order], append=group[-1] + 1))
    return distinct[order[last]], np.bincount(group, weights=counts)


def _precision(values: Array) -> float:
    """By how much rounding moves a value."""
    kind = values.dtype if values.dtype.kind == "f" else np.dtype("float64")
    return float(np.finfo(kind).eps) * float(np.abs(values.astype(np.float64)).max())


def _occupied(levels: Array, values: Array, step: float) -> float:
    """The part of a grid that the middle of the data takes."""
    low, high = np.quantile(values.astype(np.float64), MIDDLE, method="nearest")
    inside = int(((levels >= low) & (levels <= high)).sum())
    return float(inside / (round((high - low) / step) + 1))


def _jumps(levels: Array) -> float:
    """By how much the gaps between levels change from each to the next."""
    return float(np.median(np.abs(np.diff(np.log(np.diff(levels))))))


def _evenly(levels: Array, values: Array) -> Array | None:
    """All steps from the least level to the largest, where one step of any size separates them."""
    step = float(np.diff(levels).min())
    if levels[-1] - levels[0] > MOST_STEPS * step:
        return None
    place = np.rint((levels - levels[0]) / step)
    step = float(place @ (levels - levels[0]) / (place @ place))
    off = np.abs(levels - levels[0] - step * place)
    if off.max() > _EVEN * step + 8 * _precision(values) or _occupied(levels, values, step) < OCCUPIED_STEPS:
        return None
    found = levels[0] + step * np.arange(int(place[-1]) + 1)
    found[place.astype(np.int64)] = levels
    return np.asarray(found)
