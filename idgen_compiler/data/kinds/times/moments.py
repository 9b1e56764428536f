"""Points in time, in whatever form they come, as NumPy's."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.kinds.times.iso import iso_form, iso_times

__all__ = ["as_objects", "local_times", "times_of", "times_of_each", "zoned"]


def as_objects(values: list[Any]) -> Array:
    """Any values, as an array of objects with one axis."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def times_of(values: Any) -> tuple[Array, str, str] | None:
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


def _of_texts(texts: list[Any]) -> tuple[Array, str, str] | None:
    if iso_form(texts[0]) is None or not all(isinstance(text, str) for text in texts):
        return None
    found = iso_times(texts)
    if found is None:
        return None
    form, times = found
    zone = "UTC" if form.zone == "Z" else f"UTC{form.zone}" if form.zone else ""
    if zone:
        placed = zoned(times, zone)
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


def times_of_each(objects: list[Any]) -> tuple[Array, str, str] | None:
    """Settings of several kinds side by side, each by itself; all with a zone or none."""
    found = [times_of(as_objects([value])) for value in objects]
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
    return name if zoned(np.zeros(1, "M8[s]"), name) is not None else "UTC"


def zoned(times: Array, zone: str) -> Any:
    """Times on the clocks of a zone, as a DatetimeIndex; None where there is no such zone.

    An hour that clocks leave out is the one after it, one that they show twice the first.
    """
    try:
        index = pandas().DatetimeIndex(times)
        return index.tz_localize(zone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
    except (ValueError, TypeError, KeyError, OSError, AttributeError):
        return None


def local_times(times: Array, zone: str) -> Array:
    """Times of UTC as the clocks of a zone show them."""
    found: Array = pandas().DatetimeIndex(times).tz_localize("UTC").tz_convert(zone).tz_localize(None).to_numpy()
    return found
