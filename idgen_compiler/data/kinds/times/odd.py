"""Dates that hardly belong to their column: those that stand for a missing one, and mistyped ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.warning import warn_data

__all__ = ["warn_odd_dates"]

FEW = 20
"""So few dates do not say what is usual."""

FAR = 100.0
"""So many interquartile ranges beyond the quartiles a date is told."""

OFTEN = 10
"""A mark among the others stands in so many rows, and so many times as often as any other date."""

OTHERS = 3
"""So few different dates beside one do not say that it lies apart; nor does one in so few rows, near the others."""

_MARKS = np.array(
    ["0001-01-01", "1582-10-14", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1900-01-02", "1901-01-01",
     "1904-01-01", "1960-01-01", "1970-01-01", "1980-01-01", "2000-01-01", "2038-01-19", "2099-12-31", "2100-01-01",
     "2262-04-11", "2999-12-31", "3000-01-01", "4000-01-01", "9998-12-31", "9999-01-01", "9999-12-30", "9999-12-31"],
    dtype="M8[D]",
)  # fmt: skip
"""Where calendars of programs begin and end, and what people write for never."""


def warn_odd_dates(name: str, dates: Array, day: float, said: Callable[[float], str]) -> None:
    """Warn (DataWarning) of a date that looks like a mark for *missing*, and of dates that are absurdly far out.

    The dates are numbers since 1970, `day` how long a day is among them, and `said` how one is printed. Shape: (rows,).
    """
    if len(dates) < FEW:
        return
    distinct, first, counts = np.unique(dates, return_index=True, return_counts=True)
    days = np.floor(distinct / day).astype(np.int64).astype("M8[D]")
    marks = [int(k) for k in np.flatnonzero(np.isin(days, _MARKS)) if _is_mark(distinct, counts, int(k), day)]
    for k in marks:
        told = said(float(distinct[k]))
        warn_data(
            f"column {name} holds {told} in {counts[k]} of {len(dates)} rows, first in row {first[k]} (counting from "
            f"0), apart from all other dates: it looks like a mark for missing; if it is one, say "
            f"missing_marks=[{told!r}] and what becomes of missing values, for it counts as a date"
        )
    low, high = np.quantile(dates, (0.25, 0.75))
    apart = np.maximum(distinct - high, low - distinct)
    far = apart > FAR * max(high - low, day)
    far[marks] = False
    if far.any():
        worst = int(np.where(far, apart, -np.inf).argmax())
        others = int(counts[far].sum()) - 1
        also = f"; {others} more row(s) have such dates" if others else ""
        warn_data(
            f"column {name} holds {said(float(distinct[worst]))} in row {first[worst]} (counting from 0), where half "
            f"of the dates lie in [{said(float(low))}, {said(float(high))}]{also}; correct it if it is a mistake: "
            "models see it drawn in, and the rows keep it"
        )


def _is_mark(distinct: Array, counts: Array, at: int, day: float) -> bool:
    """Whether a date that programs write for none lies apart from the others, or stands in far more rows than any."""
    others = np.delete(distinct, at)
    if len(others) < OTHERS:
        return False
    gap, span = max(others[0] - distinct[at], distinct[at] - others[-1]), others[-1] - others[0]
    if gap > max(span, day) or (gap > max(span / 4, day) and counts[at] >= OTHERS):
        return True
    return bool(counts[at] >= OFTEN and counts[at] > OFTEN * np.delete(counts, at).max())
