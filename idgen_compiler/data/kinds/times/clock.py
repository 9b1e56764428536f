"""Seconds, and the units in which times are counted."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["FIRST", "LAST", "SECONDS", "Unit", "coarsest", "from_seconds", "seconds_of"]

Unit = Literal["days", "hours", "minutes", "seconds"]

SECONDS: dict[Unit, int] = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
"""How long each unit is."""

FIRST, LAST = -62_135_596_800.0, 253_402_300_799.0
"""The first and the last second of the years 1 to 9999, which is what calendars and Python know, since 1970."""

_LONG = {"W": 604_800, "D": 86_400, "h": 3_600, "m": 60, "s": 1}
_PARTS = {"ms": 10**3, "us": 10**6, "ns": 10**9, "ps": 10**12, "fs": 10**15, "as": 10**18}
"""NumPy's units of time: how many seconds each has, or how many a second has."""

_MOST = 9.2e18
"""What an int64 holds."""


def coarsest(seconds: Array) -> Unit:
    """The longest unit of which all times are whole multiples; seconds where none is.

    >>> coarsest(np.array([7200.0, 3600.0]))
    'hours'
    """
    return next((unit for unit, length in SECONDS.items() if (seconds % length == 0).all()), "seconds")


def seconds_of(times: Array) -> Array:
    """Times or durations of any NumPy unit as float64 seconds."""
    unit, count = np.datetime_data(times.dtype)
    if unit in ("Y", "M"):
        times, unit, count = times.astype("M8[D]"), "D", 1
    whole = times.astype(np.int64)
    if unit in _LONG:
        return np.asarray(whole.astype(np.float64) * _LONG[unit] * count)
    seconds, rest = np.divmod(whole, _PARTS[unit])
    return np.asarray((seconds + rest / _PARTS[unit]) * count)


def from_seconds(seconds: Array, dtype: np.dtype[Any]) -> Array:
    """The way back, as far as the dtype reaches."""
    unit = np.datetime_data(dtype)[0]
    most = _MOST / _PARTS.get(unit, 1)
    held = np.clip(seconds, max(FIRST, -most), min(LAST, most))
    whole = np.floor(held)
    finer = unit if unit in ("ms", "us", "ns") else "ns" if unit in _PARTS else "s"
    rest = np.round((held - whole) * _PARTS.get(finer, 1)).astype(np.int64).astype(f"m8[{finer}]")
    return np.asarray((whole.astype(np.int64).astype(f"{dtype.kind}8[s]") + rest).astype(dtype))
