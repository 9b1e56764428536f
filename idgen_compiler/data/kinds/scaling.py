"""Numbers in their own unit and standardized: what numbers and vectors share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError
from idgen_compiler.warning import warn_overlap

__all__ = ["check_distance", "check_statistics", "moments", "restored", "standardized", "warn_outside"]

SLACK = 0.25
"""How many standard deviations beyond the observed range pass without a warning."""

FARTHEST = 1e12
"""At so many standard deviations from the mean the float32 of a model, squared and summed, begins to overflow."""


def moments(name: str, values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each entry, the latter 1 where it does not vary.

    Raises DataError where float64 cannot hold them, or values of that precision cannot tell the entries apart.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        wide = values.astype(np.float64)
        mean, scale = wide.mean(0), wide.std(0)
    if not (np.isfinite(mean).all() and np.isfinite(scale).all()):
        raise DataError(
            f"column {name} holds values up to {np.abs(wide).max():.3g}, too large for a variance; rescale it"
        )
    constant = values.min(0) == values.max(0)
    if (~constant & (scale <= 1e-13 * np.abs(mean))).any():
        raise DataError(
            f"column {name} varies by less than its values' precision; subtract an offset from it, or rescale it"
        )
    return mean, np.where(constant, 1.0, scale)


def check_statistics(scale: tuple[float, ...], low: tuple[float, ...], high: tuple[float, ...]) -> None:
    """Raise DataError for statistics that no column has."""
    try:
        sizes = [abs(float(number)) for number in (*scale, *low, *high)]
    except OverflowError:  # a whole number beyond all floats
        sizes = [math.inf]
    if not all(map(math.isfinite, sizes)):
        raise DataError("there is a scale or a range that is no finite number")
    if any(s <= 0 for s in scale) or any(a > b for a, b in zip(low, high, strict=True)):
        raise DataError("there is a scale that is not positive or a range that is upside down")


def standardized(values: Array, mean: Any, scale: Any) -> Array:
    """Values in their own unit as models see them.  Shape: (rows,) or (rows, dim) -> (rows, dim) float32."""
    wide = np.asarray(values, dtype=np.float64)
    wide = wide[:, None] if wide.ndim == 1 else wide
    return np.asarray(((wide - np.asarray(mean)) / np.asarray(scale)).astype(np.float32))


def restored(values: Array, mean: Any, scale: Any) -> Array:
    """The way back.  Shape: (rows, dim) -> (rows, dim) float64."""
    return np.asarray(values.astype(np.float64) * np.asarray(scale) + np.asarray(mean))


def check_distance(setting: Setting, values: Array, mean: Any, scale: Any) -> None:
    """Raise DataError for a value so far from the data that a model's numbers cannot hold it."""
    with np.errstate(over="ignore"):
        far = np.abs((values - np.asarray(mean)) / np.asarray(scale)) > FARTHEST
    if far.any():
        raise DataError(
            f"{setting} is {values[far][0]:.4g}, more than {FARTHEST:.0g} standard deviations from the data of "
            f"{setting.name}; give it in the unit of the data"
        )


def warn_outside(setting: Setting, values: Array, low: Any, high: Any, scale: Any) -> None:
    """Warn when a value lies beyond the observed range.  Shape: values (rows, entries)."""
    if not values.size:
        return
    low, high, scale = (np.atleast_1d(np.asarray(entry)) for entry in (low, high, scale))
    beyond = np.maximum(values - high, low - values) / scale
    row, entry = np.unravel_index(int(beyond.argmax()), beyond.shape)
    if beyond[row, entry] <= SLACK:
        return
    which = f"entry {entry} of {setting.name}" if values.shape[1] > 1 else setting.name
    often = "" if len(values) == 1 else f" ({int((beyond > SLACK).any(1).sum())} of {len(values)} values lie outside)"
    warn_overlap(
        f"{setting.role}({setting.name} = {_short(values[row, entry])}) lies {beyond[row, entry]:.1f} standard "
        f"deviations beyond the data: {which} was observed in [{_short(low[entry])}, {_short(high[entry])}]{often}; "
        "the answer there is extrapolation"
    )


def _short(number: float) -> str:
    return f"{number:.4g}" if math.isfinite(number) else str(number)
