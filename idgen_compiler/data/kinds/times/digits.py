"""Dates written as whole numbers: 20200131, and 202001 for a month."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.warning import warn_data

__all__ = ["Digits", "nearest", "warn_digits"]

FEW = 10
"""So few different numbers may be dates by chance."""

FIRST, LAST = 1800, 2200
"""Numbers of other years are not said to be dates."""

_FORM = re.compile(r"(?P<letters>YYYYMMDD|YYYYMM) (?P<dtype>u?int(?:8|16|32|64)|float(?:16|32|64)|object)")
_TEXT = re.compile(r"\d{6}|\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Digits:
    """Dates as digits in a column of some dtype; prints as the form of a `Date`.

    >>> print(Digits.found(np.array([20200131, 20191201]))[0])
    YYYYMMDD int64
    >>> Digits.found(np.array([20200231])) is None
    True
    """

    letters: str
    dtype: str

    def __str__(self) -> str:
        return f"{self.letters} {self.dtype}"

    @classmethod
    def read(cls, form: str) -> Self | None:
        """What `str` wrote; None for any other text."""
        found = _FORM.fullmatch(form)
        return None if found is None else cls(found["letters"], found["dtype"])

    @classmethod
    def found(cls, values: Array | None) -> tuple[Self, Array] | None:
        """The form of whole numbers or texts of digits that are dates, and their days; None where one is none.

        Shape: (rows,) -> (rows,) datetime64[D].
        """
        numbers = _whole(values)
        if numbers is None or values is None or not len(numbers):
            return None
        letters = {6: "YYYYMM", 8: "YYYYMMDD"}.get(len(str(numbers[0])))
        days = None if letters is None else _days(numbers, letters)
        return None if days is None or letters is None else (cls(letters, values.dtype.name), days)

    @property
    def layout(self) -> np.dtype[Any]:
        """The dtype of what `write` gives."""
        return np.dtype(self.dtype)

    def write(self, days: Array) -> Array:
        """Days as they were found.  Shape: (n,) datetime64[D] -> (n,)."""
        kept = days.astype("M8[D]") if self.letters == "YYYYMMDD" else nearest(days.astype("M8[D]"), "M")
        texts = [text.replace("-", "") for text in np.datetime_as_string(kept).tolist()]
        return np.array(texts, dtype=object) if self.dtype == "object" else np.array(texts, dtype=self.dtype)


def nearest(days: Array, unit: str) -> Array:
    """The nearest beginnings of longer units (weeks, months, years).  Shape: (n,) datetime64[D] -> (n,).

    >>> nearest(np.array(["2020-02-28", "2020-02-03"], dtype="M8[D]"), "M").tolist()
    [datetime.date(2020, 3, 1), datetime.date(2020, 2, 1)]
    """
    before = days.astype(f"M8[{unit}]")
    after = before + 1
    return np.asarray(np.where(after.astype("M8[D]") - days < days - before.astype("M8[D]"), after, before))


def warn_digits(name: str, values: Array | None) -> None:
    """Warn (DataWarning) of whole numbers that are all dates, between which numbers lie that are none."""
    found = Digits.found(values)
    if found is None or values is None:
        return
    form, days = found
    distinct = np.unique(days)
    years, months = distinct.astype("M8[Y]").astype(np.int64) + 1970, distinct.astype("M8[M]").astype(np.int64) % 12
    varied = len(distinct) > FEW and len(np.unique(months)) > 1 and years[0] >= FIRST and years[-1] <= LAST
    if form.letters == "YYYYMMDD":
        varied = varied and len(np.unique(distinct - distinct.astype("M8[M]"))) > 1
    if varied:
        impossible = "20200269" if form.letters == "YYYYMMDD" else "202014"
        warn_data(
            f"column {name} holds whole numbers such as {values[0]:.0f}, all of which are dates ({form.letters}); as "
            f"numbers they have no even steps, and draws may be none, such as {impossible}; say "
            f"types={{{name!r}: 'date'}}, and they are read and given back so"
        )


def _whole(values: Array | None) -> Array | None:
    """The values as int64, where they are whole numbers or texts of six or eight digits."""
    if values is None or values.ndim != 1:
        return None
    if values.dtype == object:
        texts = values.tolist()
        if not all(isinstance(text, str) and _TEXT.fullmatch(text) for text in texts):
            return None
        return np.array(texts, dtype=np.int64) if len(set(map(len, texts))) == 1 else None
    if values.dtype.kind not in "iuf" or not len(values):
        return None
    wide = values.astype(np.float64)
    return values.astype(np.int64) if (np.abs(wide) < 1e8).all() and (wide == np.rint(wide)).all() else None


def _days(numbers: Array, letters: str) -> Array | None:
    """The days that numbers of these letters name; None where one names none."""
    monthly, day = (numbers, np.ones_like(numbers)) if letters == "YYYYMM" else np.divmod(numbers, 100)
    year, month = np.divmod(monthly, 100)
    if ((year < 1000) | (year > 9999) | (month < 1) | (month > 12) | (day < 1) | (day > 31)).any():
        return None
    begin = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    days = begin.astype("M8[D]") + (day - 1)
    return np.asarray(days) if (days.astype("M8[M]") == begin).all() else None
