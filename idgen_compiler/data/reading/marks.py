"""Values that a caller says stand for nothing: where they are, and which are nowhere."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, pandas, timedeltas
from idgen_compiler.data.reading.delimited import missing_words
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.warning import warn_data

__all__ = ["are_times", "marked", "warn_unmet"]

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?", re.ASCII)
_UNIT = re.compile(r"-?\s*[\d.]+\s*[a-z]+.*|-?P.*", re.ASCII)
_TIMES = ("date", "datetime", "datetime64", "time", "timedelta", "timedelta64", "period")
"""What pandas calls columns of dates and durations."""

_NO_LOOKING_UP = (TypeError, ValueError, ArithmeticError)
"""What entries raise that cannot be looked up, such as lists, timedeltas without a unit and signaling NaNs."""

_MOST_NEAR = 10_000
"""So many different values of a column are looked at for one that a mark nearly is."""


def are_times(content: Any) -> bool:
    """Whether a column holds dates or durations, which no label can stand among."""
    column = _series(content)
    return column is None or pandas().api.types.infer_dtype(column, skipna=True) in _TIMES


def marked(content: Any, marks: Sequence[Any]) -> Array:
    """Which entries of a column are marks; of vectors, those with a mark among their numbers.  Shape: (rows,) bool.

    A text that says a number or a date marks that number or date too; in a text table a number marks what says it. A
    truth value is no number, and is marked by itself alone. Numbers of single precision are compared in theirs.

    >>> marked(np.array([1.5, -9999]), ["-9999"]).tolist(), marked(np.array([True, False]), [1]).tolist()
    ([False, True], [False, False])
    """
    found = np.zeros(len(content), dtype=bool)
    if isinstance(content, np.ndarray) and content.ndim > 1:
        if content.ndim == 2 and content.dtype.kind in "iuf":
            for mark in marks:
                found |= _is_number(content, mark).any(1)
        return found
    column, times = _series(content), _times(content)
    for mark in marks:
        if times is not None:
            found |= _is_time(times, mark)
        elif column is not None:
            found |= _is_value(column, mark)
    return found


def warn_unmet(contents: Mapping[str, Any], how: Reading) -> None:
    """Warn (DataWarning) of marks that are no value of any column that is read, and of values that they nearly are."""
    told = []
    for names, mark in _asked(contents, how):
        if any(_was_missing(contents[name], mark) or marked(contents[name], [mark]).any() for name in names):
            continue
        near = next((f" ({text})" for name in names if (text := _near(name, contents[name], mark))), "")
        told.append(f"{_shown(mark)}{f' of {names[0]}' if how.marked else ''}{near}")
    if told:
        warn_data(f"missing_marks names {', '.join(told)}, which no value that is read is; correct it, or leave it out")


def _asked(contents: Mapping[str, Any], how: Reading) -> Iterator[tuple[list[str], Any]]:
    """Each mark, and the columns that it is to be a value of."""
    if how.marked:
        yield from (([name], mark) for name in contents for mark in how.marks(name))
    else:
        yield from ((list(contents), mark) for mark in how.marks(""))


def _series(content: Any) -> Any | None:
    """A column with one value a row as a Series; None for any other, and for times, which a Series may not hold."""
    pd = pandas()
    if isinstance(content, pd.Series):
        return content
    if isinstance(content, np.ndarray):
        if content.ndim > 1 or content.dtype.kind in "Mm":
            return None
        return pd.Series(content, dtype=object if content.dtype.kind in "OUT" else None)
    array = np.empty(len(content), dtype=object)
    array[:] = list(content)
    return pd.Series(array, dtype=object)


def _times(content: Any) -> Array | None:
    """Dates, by the clocks of their zone, or durations; None for any other column.

    Shape: (rows,) datetime64 or timedelta64.
    """
    pd = pandas()
    if isinstance(content, np.ndarray):
        if content.dtype.kind in "Mm":
            return content
        if content.dtype != object or content.ndim > 1:
            return None
        content = pd.Series(content, dtype=object)
    if not isinstance(content, pd.Series):
        return None
    if isinstance(content.dtype, pd.DatetimeTZDtype):
        content = content.dt.tz_localize(None)
    if content.dtype.kind in "Mm":
        return np.asarray(content.to_numpy())
    if content.dtype != object or pd.api.types.infer_dtype(content, skipna=True) not in _TIMES:
        return None
    values = [value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value for value in content]
    for dtype, kinds in (("M8[us]", datetime.date | np.datetime64), ("m8[us]", datetime.timedelta | np.timedelta64)):
        held = [value if isinstance(value, kinds) else None for value in values]
        if any(value is not None for value in held):
            return np.array([_time(value, dtype) for value in held], dtype)
    return None


def _time(value: Any, dtype: str) -> Any:
    """A date or duration; NaT, which no value is, for None and for what has no such length, such as years."""
    try:
        return np.array("NaT" if value is None else value, dtype)[()]
    except (TypeError, ValueError, OverflowError):
        return np.array("NaT", dtype)[()]


def _is_time(times: Array, mark: Any) -> Array:
    dates = times.dtype.kind == "M"
    found: Any = None
    if isinstance(mark, str) and (_DATE if dates else _UNIT).fullmatch(mark.strip()):
        found = _parsed(mark.strip(), dates=dates)
    elif isinstance(mark, datetime.date | np.datetime64) and dates:
        bare = mark.replace(tzinfo=None) if isinstance(mark, datetime.datetime) else mark
        found = _time(bare, "M8[us]")
    elif isinstance(mark, datetime.timedelta | np.timedelta64) and not dates:
        found = _time(mark, "m8[us]")
    return np.zeros(len(times), dtype=bool) if found is None else np.asarray(times == found)


def _parsed(text: str, *, dates: bool) -> Any:
    try:
        return np.datetime64(text) if dates else timedeltas(text)
    except (ValueError, OverflowError):
        return None


def _is_value(column: Any, mark: Any) -> Array:
    """Which entries are this mark, of a column that holds no times."""
    pd, dtype = pandas(), column.dtype
    objects = str(dtype) == "object"
    if dtype == "category":
        among = np.append(_is_value(pd.Series(dtype.categories), mark), False)
        return np.asarray(among[column.cat.codes.to_numpy()])
    truth = isinstance(mark, bool | np.bool_)
    if pd.api.types.is_bool_dtype(dtype):
        same = (column == bool(mark)).fillna(False).to_numpy(dtype=bool) if truth else np.zeros(len(column), dtype=bool)
        return np.asarray(same)
    if pd.api.types.is_numeric_dtype(dtype):
        narrow = column.to_numpy() if isinstance(dtype, np.dtype) else column.to_numpy(dtype="float64", na_value=np.nan)
        if not isinstance(dtype, np.dtype) and "32" in str(dtype):
            narrow = narrow.astype(np.float32)
        return _is_number(narrow, mark)
    if truth and not objects:
        return np.zeros(len(column), dtype=bool)
    try:
        found = column.isin(_spellings(mark, written=bool(column.attrs.get("as_written")))).to_numpy(dtype=bool)
    except _NO_LOOKING_UP:
        return np.zeros(len(column), dtype=bool)
    if objects and found.any():
        found = found & np.array([isinstance(value, bool | np.bool_) == truth for value in column])
    return np.asarray(found)


def _is_number(values: Array, mark: Any) -> Array:
    """Which numbers are this mark, in their own precision."""
    number = None if isinstance(mark, bool | np.bool_) else _number(mark)
    if number is None:
        return np.zeros(values.shape, dtype=bool)
    if values.dtype.kind != "f":
        return np.asarray(values == (int(number) if number.is_integer() else number))
    with np.errstate(over="ignore"):
        return np.asarray(values == values.dtype.type(number))


def _spellings(mark: Any, *, written: bool) -> list[Any]:
    """What may stand for a mark in a column of texts or of several kinds of values."""
    found, number = [mark], _number(mark)
    if isinstance(mark, datetime.datetime):
        found += [mark.isoformat(), mark.isoformat(sep=" ")]
    if isinstance(mark, datetime.date | np.datetime64):
        found += [str(mark), *([str(mark)[:10]] if str(mark)[10:] in ("", " 00:00:00", "T00:00:00") else [])]
    if number is not None and isinstance(mark, str):
        found.append(number)
    elif number is not None and written:
        found += [str(mark), f"{number:.15g}"]
    return found


def _number(mark: Any) -> float | None:
    try:
        return float(mark) if isinstance(mark, str | Real) and not isinstance(mark, np.timedelta64) else None
    except (ValueError, OverflowError):
        return None


def _was_missing(content: Any, mark: Any) -> bool:
    """Whether a text table held the mark, which is read as nothing there."""
    words, number = missing_words(content), _number(mark)
    return str(mark) in words or (number is not None and number in map(_number, words))


def _near(name: str, content: Any, mark: Any) -> str:
    """A value of the column that a mark nearly is, and how it differs."""
    column = _series(content)
    if column is None:
        return ""
    try:
        values = column.dropna().unique()[:_MOST_NEAR]
    except _NO_LOOKING_UP:
        return ""
    number, bare = _number(mark), str(mark).strip().casefold()
    for value in values:
        if isinstance(value, bool | np.bool_):
            if number == float(value) or bare == str(value).casefold():
                return f"{name} holds the truth value {bool(value)}"
        elif isinstance(value, str) and (value.strip().casefold() == bare or (number and _number(value) == number)):
            return f"{name} holds the text {value!r:.40}"
        elif bare[:10] == str(value)[:10] and _DATE.match(bare):
            return f"{name} holds {value!s:.40}"
    return ""


def _shown(mark: Any) -> str:
    return f"{mark!r:.40}" if isinstance(mark, str) else f"{mark!s:.40}"
