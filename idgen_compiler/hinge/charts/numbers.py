"""A histogram and a smooth density of numbers, at each of several settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["Density", "density_of", "time_unit"]

BINS, POINTS, TAIL, SPIKE = 40, 160, 0.005, 0.05
"""Bins and points of a picture; the share at each end that may lie beyond it; the share of one value from which on a
smooth curve would hide it."""

_FAR = 1e150
"""No picture goes further: widths of more could not be counted with."""

_DAY = 86_400.0
_UNITS = {"years": 365.25 * _DAY, "days": _DAY, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}


@dataclass(frozen=True, slots=True)
class Density:
    """Numbers as a histogram and a curve, for each of `groups`.

    edges: of the bins, in the variable's own unit; milliseconds since 1970 where it is a `time`.
    shares: of each group's numbers in each bin.  curve: the smooth density at `grid`, in shares of one bin; empty where
    some value is taken so often that a curve would hide it.
    means: of each group's numbers, all of them.
    """

    variable: str
    groups: tuple[str, ...]
    edges: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    grid: tuple[float, ...]
    curve: tuple[tuple[float, ...], ...]
    means: tuple[float, ...]
    time: bool = False
    unit: str = ""
    notes: tuple[str, ...] = ()


def time_unit(seconds: Array) -> str:
    """The unit in which durations read well: the largest that is shorter than their middle size."""
    size = float(np.median(np.abs(seconds))) if len(seconds) else 0.0
    return next((unit for unit, length in _UNITS.items() if size >= length), "seconds")


def density_of(variable: str, columns: Mapping[str, Array]) -> Density:
    """The picture of a numeric variable, by the samples of each setting.

    Where a few numbers lie far out, the picture ends before them, and says so.

    >>> found = density_of("Y", {"": np.array([*np.linspace(0, 1, 999), 1e6])})
    >>> round(found.edges[-1]), found.notes
    (1, ('1 of 1,000 values of Y lie beyond the picture, up to 1e+06',))
    """
    with np.errstate(all="ignore"):  # sums of numbers near the largest ones there are
        return _density(variable, columns)


def _density(variable: str, columns: Mapping[str, Array]) -> Density:
    kind = next(iter(columns.values())).dtype.kind
    unit, numbers = "", {group: _floats(column) for group, column in columns.items()}
    finite = {group: values[np.isfinite(values)] for group, values in numbers.items()}
    every = np.concatenate(list(finite.values()))
    if kind == "m":
        unit = time_unit(every)
        finite = {group: values / _UNITS[unit] for group, values in finite.items()}
        every = every / _UNITS[unit]
    lost = sum(len(values) for values in numbers.values()) - len(every)
    notes = [f"{lost:,} values of {variable} are missing or not finite and left out"] if lost else []
    low, high = _range(every)
    edges = np.linspace(low, high, BINS + 1)
    beyond = every[(every < low) | (every > high)]
    if len(beyond):
        ends = [f"down to {beyond.min():.4g}"] * bool((beyond < low).any())
        ends += [f"up to {beyond.max():.4g}"] * bool((beyond > high).any())
        told = f"{len(beyond):,} of {len(every):,} values of {variable} lie beyond the picture, {' and '.join(ends)}"
        notes.append(told if kind != "M" else told.split(", ")[0])
    shares = [np.histogram(values, edges)[0] / max(len(values), 1) for values in finite.values()]
    grid = np.linspace(low, high, POINTS)
    smooth = all(_is_smooth(values) for values in finite.values())
    curves = [_smoothed(values, grid, edges[1] - edges[0]) for values in finite.values()] if smooth else []
    return Density(
        variable,
        tuple(columns),
        tuple(edges.tolist()),
        tuple(tuple(row.tolist()) for row in shares),
        tuple(grid.tolist()) if curves else (),
        tuple(tuple(row.tolist()) for row in curves),
        tuple(float(values.mean()) if len(values) else float("nan") for values in finite.values()),
        kind == "M",
        unit,
        tuple(notes),
    )


def _floats(column: Array) -> Array:
    """Numbers as they are, times in milliseconds since 1970, durations in seconds; NaN where they are missing."""
    if column.dtype.kind not in "mM":
        return np.asarray(column, np.float64)
    found = column.astype("M8[ms]" if column.dtype.kind == "M" else "m8[us]")
    numbers = found.astype(np.int64).astype(np.float64)
    numbers[np.isnat(column)] = np.nan
    return numbers if column.dtype.kind == "M" else numbers / 1e6


def _range(values: Array) -> tuple[float, float]:
    """From where to where a picture goes: all of the numbers, unless a few of them would make the others invisible."""
    if not len(values):
        return 0.0, 1.0
    ends = float(values.min()), float(values.max())
    if len(values) >= 20:
        low, high = (float(end) for end in np.quantile(values, [TAIL, 1 - TAIL]))
        width = high - low
        if width > 0:
            ends = max(ends[0], low - width / 2), min(ends[1], high + width / 2)
    ends = max(ends[0], -_FAR), min(ends[1], _FAR)
    if ends[0] == ends[1]:
        room = abs(ends[0]) * 1e-3 or 0.5
        return ends[0] - room, ends[1] + room
    return ends


def _is_smooth(values: Array) -> bool:
    if len(values) < 20:
        return False
    return bool(np.unique(values, return_counts=True)[1].max() <= max(SPIKE * len(values), 2))


def _smoothed(values: Array, grid: Array, bin: float) -> Array:
    """The mean of normal densities around the numbers, in shares of a bin, by their counts in cells of the grid.

    The width is Silverman's rule (Silverman 1986, equation 3.31).
    """
    spread = min(float(values.std()), float(np.subtract(*np.quantile(values, [0.75, 0.25]))) / 1.34) or values.std()
    step = grid[1] - grid[0]
    width = max(0.9 * spread * len(values) ** -0.2, step)
    cells = np.concatenate([[-np.inf], (grid[1:] + grid[:-1]) / 2, [np.inf]])
    counts = np.histogram(values, cells)[0].astype(np.float64)
    counts[0] -= np.count_nonzero(values < grid[0] - step / 2)
    counts[-1] -= np.count_nonzero(values > grid[-1] + step / 2)
    kernel = np.exp(-0.5 * ((grid[:, None] - grid[None, :]) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    found: Array = kernel @ counts / len(values) * bin
    return found
