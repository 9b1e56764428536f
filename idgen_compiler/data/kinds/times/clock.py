"""Seconds, and the units in which times are counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["FIRST", "LAST", "SECONDS", "coarsest", "from_seconds", "seconds_of"]

SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
"""How long each unit is."""

FIRST, LAST = -62_135_596_800.0, 253_402_300_799.0
"""The first and the last second of the years 1 to 9999, which is what calendars and Python know, since 1970."""

_NANO = 9.2e9
"""So many seconds from 1970, as many as an int64 holds of nanoseconds."""


def coarsest(seconds: Array) -> str:
    """The longest unit of which all times are whole multiples; seconds where none is.

    >>> coarsest(np.array([7200.0, 3600.0]))
    'hours'
    """
    return next((unit for unit, length in SECONDS.items() if (seconds % length == 0).all()), "seconds")


def seconds_of(times: Array) -> Array:
    """Times or durations of any NumPy unit as float64 seconds."""
    kind = times.dtype.kind
    whole = times.astype(f"{kind}8[s]")
    return np.asarray(whole.astype(np.int64) + (times - whole) / np.timedelta64(1, "s"))


def from_seconds(seconds: Array, dtype: np.dtype[Any]) -> Array:
    """The way back, as far as the dtype reaches."""
    unit = np.datetime_data(dtype)[0]
    most = _NANO if unit == "ns" else LAST
    held = np.clip(seconds, max(FIRST, -most), most)
    whole = np.floor(held)
    finer = unit if unit in ("ms", "us", "ns") else "s"
    parts = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[finer]
    rest = np.round((held - whole) * parts).astype(np.int64).astype(f"m8[{finer}]")
    return np.asarray((whole.astype(np.int64).astype(f"{dtype.kind}8[s]").astype(f"{dtype.kind}8[{finer}]") + rest)
                      .astype(dtype))  # fmt: skip
