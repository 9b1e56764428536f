"""Numbers that a caller sets, held against those observed: what numbers and vectors share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError
from idgen_compiler.warning import warn_overlap

__all__ = [
    "GRAIN",
    "check_distance",
    "check_said",
    "check_statistics",
    "check_support",
    "far_apart",
    "finite_remedy",
    "warn_outside",
]

SLACK = 0.25
"""How many standard deviations beyond the observed range pass without a warning."""

FARTHEST = 1e12
"""At so many standard deviations from the mean the float32 of a model, squared and summed, begins to overflow."""


WIDEST = 1e150
"""No number in its own unit that a caller sets lies beyond this."""

GRAIN = 1e-3
"""A value that comes back this many spreads apart is another one."""


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


def check_said(support: Sequence[float | None], masses: Sequence[float], grid: float) -> None:
    """Raise DataError for a support, point masses or a grid that no column has."""
    try:
        finite = all(math.isfinite(entry) for entry in (*support, *masses, grid) if entry is not None)
    except (TypeError, OverflowError):
        finite = False
    if not finite or len(support) != 2:
        raise DataError(
            f"support, masses or grid are {support!r:.80}, {masses!r:.80}, {grid!r:.40}; give two ends, None for an "
            "open one, and finite numbers"
        )
    low, high = support
    if (low is not None and high is not None and low > high) or grid < 0:
        raise DataError(f"the support {support} is upside down, or the grid {grid} is negative")


def check_support(name: str, values: Array, support: Sequence[float | None]) -> None:
    """Raise DataError for a value beyond a support.  Shape: (rows,)."""
    low, high = support
    outside = np.zeros(len(values), dtype=bool)
    outside |= False if low is None else values < low
    outside |= False if high is None else values > high
    if outside.any():
        raise DataError(
            f"column {name} holds {values[outside.argmax()]}, beyond the support {support} that types says it has; "
            "widen it, or name the value among the masses"
        )


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


def far_apart(values: Array, back: Array, spread: Any) -> Array:
    """Which numbers come back as others, by more than the precision in which models see them.  Shape: (...) bool."""
    wide = values.astype(np.float64)
    return np.asarray(np.abs(wide - back) > GRAIN * (np.asarray(spread) + np.abs(wide - np.median(wide, axis=0))))


def finite_remedy(values: Array) -> str:
    """What to do about returned values that are no finite numbers; empty where they are."""
    if values.dtype.kind not in "biufO" or (values.dtype.kind == "O" and any(isinstance(v, str) for v in values.flat)):
        return "return numbers"
    try:
        return "" if np.isfinite(values.astype(np.float64)).all() else "return finite numbers"
    except (TypeError, ValueError):
        return "return numbers"


def _short(number: float) -> str:
    return f"{number:.4g}" if math.isfinite(number) else str(number)
