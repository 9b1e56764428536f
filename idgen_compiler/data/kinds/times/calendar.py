"""Weekdays, months and years: steps of the calendar, which have no one length."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["LAST_DAY", "Step", "calendar_step", "days_at", "steps_of"]

Step = Literal["weekdays", "months", "years"]

LAST_DAY = 0
"""Stands for the last day of a month or a year, of whatever length."""

FEWEST, FEWEST_DATES = 20, 3
"""In fewer rows, or of fewer dates, one day of the month may be chance."""

_SAME = 28
"""The last day that all months have."""

FEWEST_WEEKDAYS = 40
"""Of fewer dates it may be chance that none is on a weekend."""

_CODES: dict[Step, str] = {"months": "M", "years": "Y"}
_FIRST = {"weekdays": -513_687, "months": -23_628, "years": -1969}
_LAST = {"weekdays": 2_094_924, "months": 96_358, "years": 8028}
"""The first and the last step of the years 1 to 9999, from 1970 on, but for one."""


_ZERO = np.datetime64("1970-01-01")


def calendar_step(days: Array, dtype: np.dtype[Any] | None = None) -> tuple[Step, int] | None:
    """The longest step of which all dates are one day, and which day of it; None where they are on several.

    The day is 1 to 28, or `LAST_DAY`; years begin or end with the calendar's, and weekdays are those of many weeks.
    NumPy's dates of months and years say so themselves.  Shape: days since 1970 (rows,).

    >>> days = np.arange("1990-01", "1992-01", dtype="M8[M]").astype("M8[D]").astype(float)
    >>> calendar_step(days), calendar_step(days - 1), calendar_step(np.arange(100.0))
    (('months', 1), ('months', 0), None)
    """
    said = np.datetime_data(dtype)[0] in _CODES.values() if dtype is not None and dtype.kind == "M" else False
    distinct = np.unique(days)
    if not said and (len(days) < FEWEST or len(distinct) < FEWEST_DATES):
        return None
    if (distinct != np.floor(distinct)).any():
        return None
    dates = distinct.astype(np.int64).astype("M8[D]")
    months = dates.astype("M8[M]")
    places = (dates - months.astype("M8[D]")).astype(np.int64) + 1
    lengths = ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(np.int64)
    of_year = months.astype(np.int64) % 12
    if (places == places[0]).all() and places[0] <= _SAME:
        yearly = places[0] == 1 and (of_year == 0).all()
        return ("years" if yearly else "months"), int(places[0])
    if (places == lengths).all():
        return ("years" if (of_year == 11).all() else "months"), LAST_DAY
    of_week = np.unique(dates.astype("M8[D]").astype(np.int64) % 7)  # 0 is a Thursday
    if len(distinct) >= FEWEST_WEEKDAYS and of_week.tolist() == [0, 1, 4, 5, 6]:
        return "weekdays", 1
    return None


def steps_of(days: Array, step: Step, day: int) -> Array:
    """How many steps since 1970 there are, with the part of the step that has passed.  Shape: (rows,) float64.

    What lies on a weekend counts half a weekday less than the one after it.
    """
    dates = np.floor(days).astype(np.int64).astype("M8[D]")
    if step == "weekdays":
        count = np.busday_count(_ZERO, dates)
        return np.asarray(count - np.where(np.is_busday(dates), 0, 0.5) + (days - np.floor(days)), dtype=np.float64)
    count = dates.astype(f"M8[{_CODES[step]}]").astype(np.int64)
    count -= _start(count, step, day) > days
    start = _start(count, step, day)
    return np.asarray(count + (days - start) / (_start(count + 1, step, day) - start))


def days_at(steps: Array, step: Step, day: int) -> Array:
    """The way back, in whole days where the steps are whole.  Shape: (rows,) float64."""
    held = np.clip(steps, _FIRST[step], _LAST[step])
    if step == "weekdays":
        days = np.busday_offset(_ZERO, np.floor(held).astype(np.int64))
        return np.asarray(days.astype(np.int64), dtype=np.float64)
    whole = np.floor(held).astype(np.int64)
    start = _start(whole, step, day)
    return np.asarray(start + np.rint((held - whole) * (_start(whole + 1, step, day) - start)))


def _start(count: Array, step: Step, day: int) -> Array:
    """The day since 1970 that stands for a step."""
    code = _CODES[step]
    first = (count + (day == LAST_DAY)).astype(f"M8[{code}]").astype("M8[D]").astype(np.int64)
    return np.asarray(first + day - 1, dtype=np.float64)
