"""Dates and times of day with their date."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.categorical import few_labels
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting, shown
from idgen_compiler.data.kinds.times.clock import FIRST, LAST, SECONDS, Unit, coarsest, from_seconds, seconds_of
from idgen_compiler.data.kinds.times.digits import Digits, nearest
from idgen_compiler.data.kinds.times.iso import iso_form, iso_times
from idgen_compiler.data.kinds.times.measured import Measured, number_of
from idgen_compiler.data.kinds.times.odd import warn_odd_dates
from idgen_compiler.errors import DataError

__all__ = ["Date"]

_OBJECTS = ("date", "datetime")
_LONG = ("Y", "M", "W")


@register
@dataclass(frozen=True, slots=True)
class Date(Measured):
    """A point in time: a number of days, hours, minutes or seconds since 1970, the longest of which all are whole.

    Columns of datetime64 (with a time zone or without), of Python's dates and datetimes, and of texts in one form of
    ISO 8601 with many different values are dates, and come back as they went in: days as whole days, and times of a
    zone as pandas' Timestamps in it. Whole numbers such as 20200131 and 202001 are dates where somebody says so. A
    caller sets a date, a datetime, a datetime64 or a text in ISO 8601; a time without a zone is one of the column's.

    `form` is a NumPy dtype, "date", "datetime", an example of the texts, or "YYYYMMDD int64" and the like.

    >>> found = Date.of(Column("day", np.array(["2020-01-01", "2020-03-01"], dtype="M8[D]")))
    >>> found.measure
    'days since 1970-01-01'
    """

    word: ClassVar[str] = "date"
    rank: ClassVar[int] = 25

    unit: Unit
    form: str
    zone: str = ""

    def __post_init__(self) -> None:
        known = self.form in _OBJECTS or Digits.read(self.form) or iso_form(self.form) or _dtype(self.form) is not None
        if not known:
            raise DataError(f"{self.form!r:.80} is no form of dates")
        if self.zone and _zoned(np.zeros(1, "M8[s]"), self.zone) is None:
            raise DataError(f"{self.zone!r:.80} is no time zone")

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        if column.blank is not None or column.pictures is not None:
            return None
        values = column.content
        if getattr(values, "ndim", 1) != 1 or not len(values):
            return None
        found = _times(values)
        if found is None or (iso_form(found[1]) is not None and few_labels(column)):
            return None
        return cls._of(column.name, *found)

    @classmethod
    def of(cls, column: Column) -> Self:
        found = None if column.pictures is not None else _times(column.content) or _of_digits(column.plain)
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
            local = _seconds(f"column {name}", _local(times, zone))
            if coarsest(local) == "days":
                return cls(number_of(name, local / SECONDS["days"]), "days", form, zone)
        unit = coarsest(seconds)
        return cls(number_of(name, seconds / SECONDS[unit]), unit, form, zone)

    @property
    def measure(self) -> str:
        return f"{self.unit} since 1970-01-01"

    def numbers(self, column: Column) -> Array:
        """Units since 1970.  Shape: (rows,) float64."""
        found = _of_digits(column.plain) if Digits.read(self.form) else _times(column.content)
        if found is None or bool(found[2]) != bool(self.zone):
            raise DataError(f"column {column.name} holds no dates of the form {self.form}")
        return self._counted(f"column {column.name}", found[0])

    def _counted(self, what: str, times: Array) -> Array:
        local = _local(times, self.zone) if self.zone and self.unit == "days" else times
        return np.asarray(_seconds(what, local) / SECONDS[self.unit])

    def read(self, name: str, text: str) -> str:
        """The text, where it is ISO 8601, or digits as in the column."""
        digits = Digits.read(self.form)
        if digits and Digits.found(np.array([text.strip()], dtype=object)):
            return text.strip()
        if iso_times([text.strip()]) is None:
            raise DataError(f"{text!r:.80} is no date of {name}; write it as 2020-01-31 or 2020-01-31T12:00:00")
        return text.strip()

    def measured(self, setting: Setting, values: Array) -> Array:
        objects = [value.item() if isinstance(value, np.str_) else value for value in values.reshape(-1)]
        found = _times(values.reshape(-1) if values.dtype.kind == "M" else _as_objects(objects))
        if found is None and Digits.read(self.form):
            found = _of_digits(np.array([_digits(value) for value in objects], dtype=object))
        if found is None and len(values):
            found = _each(objects)
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
            placed = _zoned(times, self.zone)
            times = times if placed is None else placed.tz_convert("UTC").tz_localize(None).to_numpy()
        return self._counted(str(setting), times)

    def written(self, numbers: Array) -> Array:
        seconds = numbers * SECONDS[self.unit]
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
        if iso_form(self.form) or Digits.read(self.form):
            return str(self.written(np.array([float(number)]))[0])
        times = from_seconds(np.rint([number * SECONDS[self.unit]]), np.dtype("M8[s]"))
        if self.zone and self.unit != "days":
            times = _local(times, self.zone).astype("M8[s]")
        unit = coarsest(times.astype(np.int64).astype(np.float64))
        return str(np.datetime_as_string(times, unit="D" if unit == "days" else "s" if unit == "seconds" else "m")[0])

    def look(self, column: Column) -> None:
        warn_odd_dates(column.name, self.numbers(column), SECONDS["days"] / SECONDS[self.unit], self.said)

    def _written_in_zone(self, seconds: Array) -> Array:
        times = from_seconds(seconds, np.dtype("M8[us]"))
        iso = iso_form(self.form)
        if self.unit == "days":
            placed = _zoned(times, self.zone)
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


def _as_objects(values: list[Any]) -> Array:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _times(values: Any) -> tuple[Array, str, str] | None:
    """Times without a zone (in UTC where there is one), their form and their zone; None for what is no date.

    Shape: (rows,) datetime64.
    """
    pd = pandas()
    if isinstance(values, pd.Series):
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            zone = _name_of(values.dt.tz)
            return values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), "datetime64[us]", zone
        if values.dtype == "category":
            return None
        values = values.to_numpy()
    if not isinstance(values, np.ndarray):
        return None
    if values.dtype.kind == "M":
        return None if np.datetime_data(values.dtype)[0] == "generic" else (values, values.dtype.str[1:], "")
    if values.dtype.kind not in "OUT" or not len(values):
        return None
    objects = values.tolist()
    if isinstance(objects[0], str):
        return _of_texts(objects)
    if isinstance(objects[0], datetime.date | np.datetime64):
        return _of_objects(objects)
    return None


def _digits(value: Any) -> str:
    """What somebody set as digits, where it is a whole number."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _of_digits(values: Array | None) -> tuple[Array, str, str] | None:
    """Whole numbers, or texts of digits, that are dates."""
    found = Digits.found(values)
    return None if found is None else (found[1], str(found[0]), "")


def _of_texts(texts: list[Any]) -> tuple[Array, str, str] | None:
    found = iso_times(texts) if all(isinstance(text, str) for text in texts) else None
    if found is None:
        return None
    form, times = found
    zone = "UTC" if form.zone == "Z" else f"UTC{form.zone}" if form.zone else ""
    if zone:
        placed = _zoned(times, zone)
        if placed is None:
            return None
        times = placed.tz_convert("UTC").tz_localize(None).to_numpy()
    return times, texts[0], zone


def _of_objects(objects: list[Any]) -> tuple[Array, str, str] | None:
    try:
        if all(isinstance(value, np.datetime64) for value in objects):
            found = np.array(objects)
            return (found, found.dtype.str[1:], "") if found.dtype.kind == "M" else None
        if all(isinstance(value, datetime.datetime) for value in objects):
            zones = {_name_of(value.tzinfo) for value in objects}
            if len(zones) > 1:
                return None
            bare = [v.astimezone(datetime.UTC).replace(tzinfo=None) if v.tzinfo else v for v in objects]
            return np.array(bare, dtype="M8[us]"), "datetime", zones.pop()
        if any(isinstance(value, datetime.datetime) or not isinstance(value, datetime.date) for value in objects):
            return None
        return np.array(objects, dtype="M8[D]"), "date", ""
    except (ValueError, TypeError, OverflowError):
        return None


def _each(objects: list[Any]) -> tuple[Array, str, str] | None:
    """Settings of several kinds side by side, each by itself; all with a zone or none."""
    found = [_times(_as_objects([value])) for value in objects]
    if any(one is None for one in found):
        return None
    known = [one for one in found if one is not None]
    zones = {bool(zone) for _, _, zone in known}
    if len(zones) > 1:
        return None
    return np.concatenate([times.astype("M8[us]") for times, _, _ in known]), "datetime64[us]", known[0][2]


def _name_of(zone: Any) -> str:
    """What a zone is called, where that name finds it again; UTC otherwise."""
    if zone is None:
        return ""
    name = str(zone)
    return name if _zoned(np.zeros(1, "M8[s]"), name) is not None else "UTC"


def _zoned(times: Array, zone: str) -> Any:
    """Times on the clocks of a zone, as a DatetimeIndex; None where there is no such zone.

    An hour that clocks leave out is the one after it, one that they show twice the first.
    """
    try:
        index = pandas().DatetimeIndex(times)
        return index.tz_localize(zone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
    except (ValueError, TypeError, KeyError, OSError, AttributeError):
        return None


def _local(times: Array, zone: str) -> Array:
    """Times of UTC as the clocks of a zone show them."""
    found: Array = pandas().DatetimeIndex(times).tz_localize("UTC").tz_convert(zone).tz_localize(None).to_numpy()
    return found


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
