"""What a column of numbers is made of: point masses, a grid, and a support for all else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["FEW_DISTINCT", "FEW_TIMES", "Bounds", "Said", "Shape", "decimals_of", "grid_of", "phase_of", "shape_of"]

Bounds = tuple[float | None, float | None]
"""The ends of a support; None where there is none."""

MOST_MASSES = 20
LARGE_SHARE = 0.1
"""On a grid a value with this share of the rows is a point mass, whatever its neighbors have."""
SMALL_SHARE, FEW_ROWS, TIMES = 0.005, 8, 5.0
"""A point mass has at least this share, so many rows, and so many times what its surroundings let expect."""
MOST_HEAPS, HEAP_TIMES, HEAP_ERRORS = 40, 2.0, 4.0
"""On a grid up to so many values that people round to stand out by less: by so many times as many rows as are nearby,
and so many standard errors more."""
FEW_DISTINCT, FEW_TIMES = 12, 20
"""So few different values, with so many rows each in the median, are all masses."""

ENOUGH = 50
"""Edges are looked for among so many rows or more."""
SHARP, SHARP_AT_LIKELY = 0.6, 0.35
"""How even the spacings at an edge are: 1 where a density stops at once, .4 where it falls to nought linearly, and
.25 in the tail of a normal law. Nought, one and a hundred are ends more likely than other numbers."""

GAIN = 0.1
"""A logarithmic scale has to be nearer to the normal law than the linear one by so many nats a row."""

FINEST = 1e-6
"""A grid finer than this fraction of the values' range is none."""

_DECIMALS = 6
_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class Shape:
    """Point masses in ascending order, the grid (0 for none), the support and the scale of what is no point mass.

    `between` is whether there is anything but masses. `log` and `origin` are those of `Scale`.
    """

    masses: tuple[float, ...]
    between: bool
    grid: float
    support: Bounds
    log: int = 0
    origin: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a column's shape; what is None is found."""

    support: Bounds | None = None
    masses: tuple[float, ...] | None = None
    grid: float | None = None


def shape_of(values: Array, said: Said = Said()) -> Shape:
    """The shape of a column; what is said is taken as it is, and all else is found.

    A point mass is a value with a share of the rows that a density cannot have, such as no income at all, or a cap.
    Shape: values (rows,).

    >>> rng = np.random.default_rng(0)
    >>> income = np.where(rng.random(2000) < 0.4, 0.0, np.exp(rng.normal(10.0, 1.0, 2000)))
    >>> found = shape_of(income)
    >>> found.masses, found.log, found.support
    ((0.0,), 1, (0.0, None))
    """
    wide = values.astype(np.float64)
    step = _resolved(grid_of(values), wide) if said.grid is None else said.grid
    found = _masses_of(wide, step) if said.masses is None else tuple(sorted(set(map(float, said.masses))))
    rest = wide[~np.isin(wide, found)] if found else wide
    if said.masses is None and found and len(rest) < FEW_ROWS:
        found, rest = tuple(sorted({*found, *map(float, rest)})), rest[:0]
    if not len(rest):
        whole = (float(wide.min()), float(wide.max()))
        return Shape(found, False, step, whole if said.support is None else said.support)
    if len(rest) > _SAMPLE:
        rest = np.random.default_rng(0).choice(rest, _SAMPLE, replace=False)
    rest = np.sort(rest)
    ends = (_low_end(rest, step, found), _high_end(rest, step, found))
    low, high = ends if said.support is None else said.support
    log, origin = _logarithm(rest, step, low, high)
    return Shape(found, True, step, (low, high), log, origin)


# -- grid ---------------------------------------------------------------------------------------------------------


def grid_of(values: Array) -> float:
    """The largest number of which all differences are multiples, a multiple of a power of ten; 0 where there is none.

    >>> grid_of(np.arange(40) * 0.25), grid_of(np.arange(40) + 0.99), grid_of(np.sqrt(np.arange(40.0)))
    (0.25, 1.0, 0.0)
    """
    wide = values.astype(np.float64)
    if len(values) < 20 or wide.min() == wide.max():
        return 0.0
    precision = np.finfo(values.dtype if values.dtype.kind == "f" else np.float64).eps
    largest = float(np.abs(wide).max())
    for decimals in range(_DECIMALS + 1):
        size = largest * 10.0**decimals
        if size * precision > 0.01 or size > 2**53:
            return 0.0
        close = 4 * precision * max(size, 1.0)
        if all(_whole(piece * 10.0**decimals, close) for piece in (wide[:1000], wide)):
            whole = np.rint(wide * 10.0**decimals).astype(np.int64)
            return int(np.gcd.reduce(whole - whole[0])) / 10.0**decimals
    return 0.0


def _whole(values: Array, close: float) -> bool:
    return bool((np.abs(values - np.rint(values)) <= close).all())


def _resolved(grid: float, values: Array) -> float:
    """The grid where models can tell its values apart, otherwise none."""
    low, high = np.quantile(values, (0.025, 0.975))
    return grid if grid > FINEST * (high - low) else 0.0


def phase_of(values: Array, grid: float) -> float:
    """By how much all values exceed multiples of a grid, as prices that end in .99 do.

    >>> phase_of(np.array([2.99, 3.99]), 1.0), phase_of(np.array([2.0, 4.0]), 2.0)
    (0.99, 0.0)
    """
    if not grid:
        return 0.0
    exceeding = float(values[0]) - grid * math.floor(float(values[0]) / grid)
    return 0.0 if min(exceeding, grid - exceeding) < 1e-6 * grid else round(exceeding, _DECIMALS)


def decimals_of(grid: float) -> int:
    """How many decimals the multiples of a grid have."""
    exponent = math.floor(math.log10(grid))
    return next((d for d in range(max(0, -exponent), _DECIMALS + 1) if _whole(np.array(grid * 10.0**d), 1e-9)), 9)


# -- masses --------------------------------------------------------------------------------------------------------


def _masses_of(values: Array, grid: float) -> tuple[float, ...]:
    distinct, counts = np.unique(values, return_counts=True)
    usual = float(np.median(counts))
    if len(distinct) == 1:
        return ()
    if len(distinct) <= FEW_DISTINCT and usual >= FEW_TIMES:
        return tuple(map(float, distinct))
    least = max(FEW_ROWS, SMALL_SHARE * len(values), TIMES * usual if not grid else 0.0)
    many = np.flatnonzero(counts >= least)
    if not len(many):
        return ()
    many = many[np.argsort(-counts[many], kind="stable")]
    heaps = _heaps(distinct, counts, many, grid) if grid else set()
    kept = [int(k) for k in many[: 4 * MOST_MASSES]]
    kept = [k for k in kept if not grid or counts[k] > _allowed(distinct, counts, k, grid)][:MOST_MASSES]
    return tuple(sorted(float(distinct[k]) for k in heaps.union(kept)))


def _heaps(distinct: Array, counts: Array, many: Array, grid: float) -> set[int]:
    """Which values of a grid stand out from those beside them, as ages that end in 0 or 5 do; none where most do.

    The law may be as steep as it likes: what counts is the larger of both sides.
    """
    place = np.rint((distinct - distinct[0]) / grid).astype(np.int64)
    where = dict(zip(place.tolist(), counts.tolist(), strict=True))
    last = int(place[-1])
    found = set()
    for k in many.tolist():
        at = int(place[k])
        sides = [
            [where.get(at + sign * step, 0) for step in (1, 2) if 0 <= at + sign * step <= last] for sign in (-1, 1)
        ]
        beside = max(sum(side) / len(side) for side in sides if side)
        if beside and counts[k] > HEAP_TIMES * beside + HEAP_ERRORS * math.sqrt(beside + beside / 2):
            found.add(k)
    return found if len(found) <= MOST_HEAPS else set()


def _allowed(distinct: Array, counts: Array, at: int, grid: float) -> float:
    """How many rows a density could have at one value of a grid: some times as many as around it, or a large share."""
    rows = int(counts.sum())
    around = np.flatnonzero(counts < LARGE_SHARE * rows)
    around = around[around != at]
    wanted = max(FEW_ROWS, 0.02 * rows)
    expected = 0.0
    for side in (around[around < at][::-1], around[around > at]):
        if len(side):
            reached = np.cumsum(counts[side])
            last = min(int(np.searchsorted(reached, wanted)), len(side) - 1)
            cells = max(1.0, abs(distinct[side[last]] - distinct[at]) / grid)
            expected = max(expected, float(reached[last]) / cells)
    return min(TIMES * expected, LARGE_SHARE * rows)


# -- support ------------------------------------------------------------------------------------------------------


def _low_end(rest: Array, grid: float, masses: Sequence[float], likely: Sequence[float] = (0.0,)) -> float | None:
    """Where the law of what is no point mass ends below; values ascend.  `likely` are ends that people know."""
    first, half = float(rest[0]), grid / 2
    below = max((mass for mass in masses if mass < first), default=None)
    if below is not None and first - below <= max(float(rest[len(rest) // 2]) - first, grid):
        return below + half
    if len(rest) < ENOUGH or first == rest[-1]:
        return None
    for end in likely:
        own = end - half if first == end else end
        if end <= first and _evenness(rest, own) >= SHARP_AT_LIKELY:
            return own
    if _evenness(rest, first - half) >= SHARP:
        count = max(20, len(rest) // 20)
        return first - (half or float(rest[count] - first) / count)
    return None


def _high_end(rest: Array, grid: float, masses: Sequence[float]) -> float | None:
    """The same above."""
    end = _low_end(-rest[::-1], grid, [-mass for mass in masses], (-1.0, -100.0, 0.0))
    return None if end is None else 0.0 - end


def _evenness(rest: Array, end: float) -> float:
    """How the distance between the k-th and the 2k-th value compares with that of the k-th from the end."""
    count = max(20, len(rest) // 20)
    first, second = rest[count - 1], rest[min(2 * count, len(rest)) - 1]
    return float((second - first) / (first - end)) if first > end else math.inf


def _logarithm(rest: Array, grid: float, low: float | None, high: float | None) -> tuple[int, float]:
    """Whether a logarithmic scale is nearer to the normal law than the linear one, and its origin."""
    if len(rest) < ENOUGH or rest[0] == rest[-1]:
        return 0, 0.0
    cut = len(rest) // 100
    core = rest[cut : len(rest) - cut]
    linear = _log_deviation(core)
    best = (GAIN, 0, 0.0)
    for sign, end, nearest in ((1, low, rest[0]), (-1, high, -rest[-1])):
        origin = end if end is not None else (-sign * grid / 2 if nearest == 0 else 0.0)
        distance = sign * (core - origin)
        if (nearest < 0 and end is None) or distance.min() < 0:
            continue
        logs = np.log(np.maximum(distance, _least(distance)))
        gain = linear - _log_deviation(logs) - float(logs.mean())
        best = max(best, (gain, sign, float(origin)), key=lambda entry: entry[0])
    return best[1], best[2]


def _least(distance: Array) -> float:
    some = distance[distance > 0]
    return float(some.min()) / 2 if len(some) else 1.0


def _log_deviation(values: Array) -> float:
    unit = float(np.abs(values).max()) or 1.0  # squares of what float64 still holds
    deviation = float((values / unit).std())
    return math.log(deviation) + math.log(unit) if deviation > 0 else -math.inf
