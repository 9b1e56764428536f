"""Dates and times of day with their date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.categorical import few_labels
from idgen_compiler.data.kinds.numbers.cycles import cycles_of
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting, shown
from idgen_compiler.data.kinds.times.calendar import LAST_DAY, Step, calendar_step, days_at, steps_of
from idgen_compiler.data.kinds.times.clock import FIRST, LAST, SECONDS, Unit, coarsest, from_seconds, seconds_of
from idgen_compiler.data.kinds.times.digits import Digits, nearest
from idgen_compiler.data.kinds.times.iso import iso_form, iso_times
from idgen_compiler.data.kinds.times.measured import Measured, number_of
from idgen_compiler.data.kinds.times.moments import as_objects, local_times, times_of, times_of_each, zoned
from idgen_compiler.data.kinds.times.odd import warn_odd_dates
from idgen_compiler.errors import DataError

__all__ = ["Date"]

_OBJECTS = ("date", "datetime")
_LONG = ("Y", "M", "W")


@register
@dataclass(frozen=True, slots=True)
class Date(Measured):
    """A point in time: a number of days, hours, minutes or seconds since 1970, the longest of which all are whole.

    Dates that all are the same day of a month, or its last, are a number of months, and those that all begin or end a
    year a number of years; `day` is that day, and `LAST_DAY` the last. Many dates of which none is on a weekend are a
    number of weekdays.

    Columns of datetime64 (with a time zone or without), of Python's dates and datetimes, and of texts in one form of
    ISO 8601 with many different values are dates, and come back as they went in: days as whole days, and times of a
    zone as pandas' Timestamps in it. Whole numbers such as 20200131 and 202001 are dates where somebody says so. A
    caller sets a date, a datetime, a datetime64 or a text in ISO 8601; a time without a zone is one of the column's.

    `form` is a NumPy dtype, "date", "datetime", an example of the texts, or "YYYYMMDD int64" and the like.

    >>> found = Date.of(Column("day", np.array(["2020-01-01", "2020-03-01"], dtype="M8[D]")))
    >>> found.measure, Date.of(Column("month", np.array(["2020-01", "2020-03"], dtype="M8[M]"))).measure
    ('days since 1970-01-01', 'months since 1970-01')
    """

    word: ClassVar[str] = "date"
    rank: ClassVar[int] = 25

    unit: Unit | Step
    form: str
    zone: str = ""
    day: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.day <= 28:
            raise DataError(f"{self.day} is no day that all months have")
        known = self.form in _OBJECTS or Digits.read(self.form) or iso_form(self.form) or _dtype(self.form) is not None
        if not known:
            raise DataError(f"{self.form!r:.40} is no form of dates")
        if self.zone and zoned(np.zeros(1, "M8[s]"), self.zone) is None:
            raise DataError(f"{self.zone!r:.40} is no time zone")

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        if column.lacks is not None or column.pictures is not None:
            return None
        values = column.stored
        if getattr(values, "ndim", 1) != 1 or not len(values):
            return None
        found = times_of(values)
        if found is None or (iso_form(found[1]) is not None and few_labels(column)):
            return None
        return cls._of(column.name, *found) if column.place is None else cls.of(column)

    @classmethod
    def of(cls, column: Column) -> Self:
        found = None if column.pictures is not None else times_of(column.content) or _of_digits(column.plain)
        if found is None:
            raise DataError(
                f"column {column.name} holds no dates that can be read; give datetime64, dates of Python, texts in one "
                "form of ISO 8601, such as 2020-01-31 or 2020-01-31T12:00:00, or numbers such as 20200131"
            )
        return cls._of(column.name, *found)

    @classmethod
    def _of(cls, name: str, times: Array, form: str, zone: str) -> Self:
        seconds = _seconds(f"column {name}", times)
        if zone:
            local = _seconds(f"column {name}", local_times(times, zone))
            if coarsest(local) == "days":
                return cls._of_days(name, local / SECONDS["days"], form, zone)
        unit = coarsest(seconds)
        if unit == "days" and not zone:
            return cls._of_days(name, seconds / SECONDS[unit], form, zone)
        return cls(number_of(name, seconds / SECONDS[unit]), unit, form, zone)

    @classmethod
    def _of_days(cls, name: str, days: Array, form: str, zone: str) -> Self:
        found = calendar_step(days, _dtype(form))
        if found is None:
            return cls(number_of(name, days), "days", form, zone)
        return cls(number_of(name, steps_of(days, *found)), found[0], form, zone, found[1])

    @property
    def measure(self) -> str:
        since = {"years": "1970", "months": "1970-01"}.get(self.unit, "1970-01-01")
        return f"{self.unit} since {since}"

    @property
    def _of_whole_days(self) -> bool:
        """Whether values are whole days, on the clocks of their zone where they have one."""
        return self.unit not in ("hours", "minutes", "seconds")

    def numbers(self, column: Column) -> Array:
        """Units since 1970.  Shape: (rows,) float64."""
        found = _of_digits(column.plain) if Digits.read(self.form) else times_of(column.content)
        if found is None or bool(found[2]) != bool(self.zone):
            raise DataError(f"column {column.name} holds no dates of the form {self.form}")
        return self._counted(f"column {column.name}", found[0])

    def _counted(self, what: str, times: Array) -> Array:
        local = local_times(times, self.zone) if self.zone and self._of_whole_days else times
        seconds = _seconds(what, local)
        if self.unit == "weekdays" or self.unit == "months" or self.unit == "years":
            return steps_of(seconds / SECONDS["days"], self.unit, self.day)
        return np.asarray(seconds / SECONDS[self.unit])

    def read(self, name: str, text: str) -> str:
        """The text, where it is ISO 8601, or digits as in the column."""
        digits = Digits.read(self.form)
        if digits and Digits.found(np.array([text.strip()], dtype=object)):
            return text.strip()
        if iso_times([text.strip()]) is None:
            raise DataError(f"{text!r:.40} is no date of {name}; write it as 2020-01-31 or 2020-01-31T12:00:00")
        return text.strip()

    def measured(self, setting: Setting, values: Array) -> Array:
        objects = [value.item() if isinstance(value, np.str_) else value for value in values.reshape(-1)]
        found = times_of(values.reshape(-1) if values.dtype.kind == "M" else as_objects(objects))
        if found is None and Digits.read(self.form):
            found = _of_digits(as_objects([_digits(value) for value in objects]))
        if found is None and len(values):
            found = times_of_each(objects)
        if not len(values):
            return np.zeros(0)
        if found is None:
            raise DataError(
                f"{setting} is {shown(objects)}, no date; give a date, a datetime, or a text such as 2020-01-31"
            )
        times, _, zone = found
        if zone and not self.zone:
            raise DataError(f"{setting} has a time zone, and {setting.name} has none in the data; leave it out")
        if self.zone and not zone:
            _seconds(str(setting), times)  # no zone has years that no calendar has
            placed = zoned(times, self.zone)
            times = times if placed is None else placed.tz_convert("UTC").tz_localize(None).to_numpy()
        numbers = self._counted(str(setting), times)
        between = numbers != np.floor(numbers)
        if self.unit == "weekdays" or self.unit == "months" or self.unit == "years":
            self._refuse_between(setting, self.unit, [(objects[k], numbers[k]) for k in np.flatnonzero(between)[:1]])
        return numbers

    def _refuse_between(self, setting: Setting, unit: Step, between: list[tuple[Any, float]]) -> None:
        """Raise DataError for a day between those that the data have."""
        for one, steps in between:
            (before,) = days_at(np.floor([steps]), unit, self.day).astype(np.int64).astype("M8[D]")
            which = "a weekday"
            if unit != "weekdays":
                which = f"{'the last day' if self.day == LAST_DAY else f'day {self.day}'} of a {unit[:-1]}"
            raise DataError(
                f"{setting} is {one!s:.40}, but {setting.name} always is {which}; give such a day, as {before} is"
            )

    def written(self, numbers: Array) -> Array:
        return self._written_at(self._instants(numbers))

    def cycles(self, encoded: Array) -> Iterator[tuple[str, tuple[str, ...], Array]]:
        numbers = self.number.empty(len(encoded))
        self.number.decode_one(encoded, numbers)
        seconds = self._instants(np.asarray(numbers, dtype=np.float64))
        if self.zone and not self._of_whole_days:
            seconds = seconds_of(local_times(from_seconds(seconds, np.dtype("M8[s]")), self.zone))
        yield from cycles_of(seconds)

    def _instants(self, numbers: Array) -> Array:
        """Seconds since 1970 of numbers of units."""
        if self.unit == "weekdays" or self.unit == "months" or self.unit == "years":
            return np.asarray(days_at(numbers, self.unit, self.day) * SECONDS["days"])
        return np.asarray(numbers * SECONDS[self.unit])

    def _written_at(self, seconds: Array) -> Array:
        if self.zone:
            return self._written_in_zone(seconds)
        if self.form in _OBJECTS:
            kept = from_seconds(seconds, np.dtype("M8[D]" if self.form == "date" else "M8[us]"))
            return np.asarray(kept.astype(object))
        iso, digits = iso_form(self.form), Digits.read(self.form)
        if iso is not None:
            return iso.write(from_seconds(seconds, np.dtype("M8[ns]" if iso.digits else "M8[s]")))
        if digits is not None:
            return digits.write(from_seconds(seconds, np.dtype("M8[D]")))
        dtype = np.dtype(self.form)
        if np.datetime_data(dtype)[0] in _LONG:
            return nearest(from_seconds(seconds, np.dtype("M8[D]")), np.datetime_data(dtype)[0]).astype(dtype)
        return from_seconds(seconds, dtype)

    def said(self, number: float) -> str:
        return self._said_at(float(self._instants(np.array([float(number)]))[0]))

    def _said_at(self, seconds: float) -> str:
        if iso_form(self.form) or Digits.read(self.form):
            return str(self._written_at(np.array([seconds]))[0])
        times = from_seconds(np.rint([seconds]), np.dtype("M8[s]"))
        if self.zone and not self._of_whole_days:
            times = local_times(times, self.zone).astype("M8[s]")
        unit = coarsest(times.astype(np.int64).astype(np.float64))
        return str(np.datetime_as_string(times, unit="D" if unit == "days" else "s" if unit == "seconds" else "m")[0])

    def look(self, column: Column) -> None:
        seconds = self._instants(self.numbers(column))
        warn_odd_dates(column.name, seconds, SECONDS["days"], self._said_at)

    def _written_in_zone(self, seconds: Array) -> Array:
        times = from_seconds(seconds, np.dtype("M8[us]"))
        iso = iso_form(self.form)
        if self._of_whole_days:
            placed = zoned(times, self.zone)
        else:
            placed = pandas().DatetimeIndex(times).tz_localize("UTC").tz_convert(self.zone)
        if placed is None:
            raise DataError(f"{self.zone!r} is no time zone here; install tzdata")
        if iso is not None:
            return iso.write(placed.tz_localize(None).to_numpy())
        return np.asarray(placed.astype(object).to_numpy())

    @property
    def layout(self) -> np.dtype[Any]:
        digits = Digits.read(self.form)
        if digits is not None:
            return digits.layout
        plain = None if self.zone else _dtype(self.form)
        return np.dtype(object) if plain is None else plain


def _dtype(form: str) -> np.dtype[Any] | None:
    """The NumPy dtype that a form names; None for any other form."""
    try:
        found = np.dtype(form)
    except (TypeError, ValueError, SyntaxError):
        return None
    return found if found.kind == "M" and np.datetime_data(found)[0] != "generic" else None


def _digits(value: Any) -> str:
    """What somebody set as digits, where it is a whole number."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _of_digits(values: Array | None) -> tuple[Array, str, str] | None:
    """Whole numbers, or texts of digits, that are dates."""
    found = Digits.found(values)
    return None if found is None else (found[1], str(found[0]), "")


def _seconds(what: str, times: Array) -> Array:
    """Seconds since 1970.  Raises DataError for what is missing, and for years that no calendar has."""
    nothing = np.isnat(times)
    if nothing.any():
        raise DataError(f"{what} has {int(nothing.sum())} missing date(s), the first in row {nothing.argmax()}")
    whole = times.astype("M8[s]") if np.datetime_data(times.dtype)[0].endswith("s") else times
    years = whole.astype("M8[Y]").astype(np.int64) + 1970
    if ((years < 1) | (years > 9999)).any():
        raise DataError(f"{what} holds a date beyond the years 1 to 9999; leave it out")
    return np.clip(seconds_of(times), FIRST, LAST)
