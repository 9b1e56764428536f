"""Durations: lengths of time."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, pandas, timedeltas
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import check_dtype
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting, shown
from idgen_compiler.data.kinds.times.clock import SECONDS, Unit, coarsest, from_seconds, seconds_of
from idgen_compiler.data.kinds.times.measured import Measured, number_of
from idgen_compiler.errors import DataError

__all__ = ["Duration"]

_CALENDAR = re.compile(r"\s*[+-]?P[^T]*?[\d.]+[MY].*|\s*[+-]?[\d.]+\s*(M|mo|months?|y|Y|years?)\s*", re.ASCII)
"""Months and years, whose lengths differ."""
_NUMBER = re.compile(r"\s*[+-]?[\d_.]*(e[+-]?\d+)?\s*", re.IGNORECASE)


@register
@dataclass(frozen=True, slots=True)
class Duration(Measured):
    """A length of time: a number of days, hours, minutes or seconds, the longest of which all are whole.

    Columns of timedelta64 and of Python's timedeltas are durations and come back as they went in. A caller sets a
    timedelta, a timedelta64, or a text with a unit, such as "90 min" or "P1DT12H".

    `form` is a NumPy dtype, or "timedelta".

    >>> Duration.of(Column("wait", np.array([60, 120], dtype="m8[s]"))).measure
    'minutes'
    """

    word: ClassVar[str] = "duration"
    rank: ClassVar[int] = 25

    unit: Unit
    form: str

    def __post_init__(self) -> None:
        if self.form != "timedelta":
            check_dtype(self.form, "m")
            if np.datetime_data(np.dtype(self.form))[0] in ("generic", "Y", "M"):
                raise DataError(f"{self.form!r} is no form of durations; days, hours and seconds have a length")

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        if column.lacks is not None or column.pictures is not None:
            return None
        found = _spans(column.stored)
        if found is None:
            return None
        return cls._of(column.name, *found) if column.place is None else cls.of(column)

    @classmethod
    def of(cls, column: Column) -> Self:
        found = None if column.pictures is not None else _spans(column.content) or _typed(column)
        if found is None:
            raise DataError(
                f"column {column.name} holds no durations that can be read; give timedelta64, timedeltas, or texts "
                "with a unit, such as '90 min'"
            )
        return cls._of(column.name, *found)

    @classmethod
    def _of(cls, name: str, spans: Array, form: str) -> Self:
        seconds = _seconds(f"column {name}", spans)
        unit = coarsest(seconds)
        return cls(number_of(name, seconds / SECONDS[unit]), unit, form)

    @property
    def measure(self) -> str:
        return self.unit

    def said(self, number: float) -> str:
        seconds = round(float(number) * SECONDS[self.unit], 6)
        unit = coarsest(np.array([seconds])) if number != round(number) else self.unit
        return f"{seconds / SECONDS[unit]:.10g} {unit}"

    def numbers(self, column: Column) -> Array:
        """The durations in their unit.  Shape: (rows,) float64."""
        found = _spans(column.content) or _typed(column)
        if found is None:
            raise DataError(f"column {column.name} holds no durations")
        return np.asarray(_seconds(f"column {column.name}", found[0]) / SECONDS[self.unit])

    def read(self, name: str, text: str) -> Any:
        """The duration that a person typed, with its unit."""
        found = _parsed([text])
        if found is None:
            raise DataError(f"{text!r:.40} is no duration of {name}; write it with a unit, as in '90 min' or 'P1DT12H'")
        return found[0]

    def measured(self, setting: Setting, values: Array) -> Array:
        if not len(values):
            return np.zeros(0)
        objects = values.tolist() if values.dtype.kind in "OUT" else None
        found = _spans(values)
        if found is None and objects is not None:
            if all(isinstance(value, str) for value in objects):
                typed = _parsed(objects)
                found = None if typed is None else (typed, "")
            else:
                each = [_spans(np.array([value])) for value in objects]
                known = [one[0].astype("m8[us]") for one in each if one is not None]
                found = (np.concatenate(known), "") if len(known) == len(each) else None
        if found is None:
            raise DataError(
                f"{setting} is {shown(values)}, no duration; give a timedelta, or a text with a unit such as '90 min'"
            )
        return np.asarray(_seconds(str(setting), found[0]) / SECONDS[self.unit])

    def written(self, numbers: Array) -> Array:
        seconds = numbers * SECONDS[self.unit]
        if self.form == "timedelta":
            return np.asarray(from_seconds(seconds, np.dtype("m8[us]")).astype(object))
        return from_seconds(seconds, np.dtype(self.form))

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(object if self.form == "timedelta" else self.form)


def _spans(values: Any) -> tuple[Array, str] | None:
    """Durations and their form; None for what is none.  Shape: (rows,) timedelta64."""
    if isinstance(values, pandas().Series):
        if values.dtype == "category":
            return None
        values = values.to_numpy()
    if not isinstance(values, np.ndarray) or values.ndim != 1 or not len(values):
        return None
    if values.dtype.kind == "m":
        return None if np.datetime_data(values.dtype)[0] in ("generic", "Y", "M") else (values, values.dtype.str[1:])
    if values.dtype.kind != "O":
        return None
    objects = list(values)
    try:
        if all(isinstance(value, datetime.timedelta) for value in objects):
            return np.array(objects, dtype="m8[us]"), "timedelta"
        if all(isinstance(value, np.timedelta64) for value in objects):
            found = np.array(objects)
            return _spans(found) if found.dtype.kind == "m" else None
    except (ValueError, TypeError, OverflowError):
        return None
    return None


def _typed(column: Column) -> tuple[Array, str] | None:
    """A column of texts that says durations."""
    values = column.plain
    if values is None or values.ndim != 1 or values.dtype.kind != "O":
        return None
    found = _parsed(values.tolist())
    return None if found is None else (found, "timedelta64[ns]")


def _parsed(texts: list[Any]) -> Array | None:
    """Texts with a unit as durations; None where one is none.  A bare number has no unit.

    Raises DataError for months and years, which have no fixed length: pandas takes P1M for a minute.
    """
    if not all(isinstance(text, str) and not _NUMBER.fullmatch(text) for text in texts):
        return None
    if calendar := next((text for text in texts if _CALENDAR.fullmatch(text)), None):
        raise DataError(
            f"{calendar.strip()!r:.80} counts months or years, which have no fixed length; give days, as P30D, and "
            "minutes as PT1M or '1 min'"
        )
    try:
        found: Array = timedeltas(texts)
    except (ValueError, OverflowError, TypeError):
        return None
    return None if np.isnat(found).any() else found


def _seconds(what: str, spans: Array) -> Array:
    nothing = np.isnat(spans)
    if nothing.any():
        raise DataError(f"{what} has {int(nothing.sum())} missing duration(s), the first in row {nothing.argmax()}")
    return seconds_of(spans)
