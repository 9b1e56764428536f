"""What comes round in a calendar: hours, weekdays, days of a month and months, which a date as a number hides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["cycles_of", "stamps"]

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_LAST_DAYS = (5, 10, 15, 20, 25, 31)
_HOUR, _DAY = 3_600, 86_400  #: seconds
_FIRST_WEEKDAY = 3
"""1970 began on a Thursday."""

_FROM, _TO, _SPAN = 8.5e8, 2.3e9, 0.5
"""Numbers that are seconds of 1996 to 2042, and near each other for their size, may be time stamps."""


def stamps(numbers: Array) -> Array | None:
    """Numbers that may be time stamps, in seconds since 1970 or thousandths, millionths or billionths of them.

    Returns them in seconds, and None where they cannot be any.

    >>> stamps(np.array([1.7e9, 1.7003e9])), stamps(np.array([3.0, 1.7e9]))
    (array([1.7000e+09, 1.7003e+09]), None)
    """
    low, high = float(numbers.min(initial=np.inf)), float(numbers.max(initial=-np.inf))
    for unit in (1.0, 1e3, 1e6, 1e9):
        if _FROM * unit <= low < high <= min(_TO * unit, low * (1 + _SPAN)):
            return np.asarray(numbers / unit)
    return None


def cycles_of(seconds: Array) -> Iterator[tuple[str, tuple[str, ...], Array]]:
    """What comes round at least twice within some times, in seconds since 1970.

    Of each its name, its places in words, and the place of each time, (n,) int64.

    >>> name, places, at = next(cycles_of(np.arange(28) * 86400.0))
    >>> name, places[at[0]]
    ('weekday', 'on a Thursday')
    """
    if not len(seconds):
        return
    days = np.floor(seconds / _DAY).astype(np.int64)
    long = int(days.max() - days.min())
    hours = np.floor(seconds / _HOUR).astype(np.int64) % 24
    if long >= 2 and len(np.unique(hours)) > 1:
        yield "hour", tuple(f"at {hour:02}h" for hour in range(24)), hours
    if long >= 14:
        yield "weekday", tuple(f"on a {day}" for day in _WEEKDAYS), (days + _FIRST_WEEKDAY) % 7
    dates = days.astype("M8[D]")
    months = dates.astype("M8[M]")
    if long >= 60:
        first = (1, *(day + 1 for day in _LAST_DAYS[:-1]))
        places = tuple(f"on days {a} to {b} of a month" for a, b in zip(first, _LAST_DAYS, strict=True))
        day = (dates - months.astype("M8[D]")).astype(np.int64) + 1
        yield "day of the month", places, np.searchsorted(_LAST_DAYS, day)
    if long >= 730:
        yield "month", tuple(f"in {month}" for month in _MONTHS), months.astype(np.int64) % 12
