"""One column of any table as plain values: booleans, numbers, strings or vectors, with nothing missing."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, nothing, pandas
from idgen_compiler.errors import DataError

__all__ = ["plain_column"]


def plain_column(name: str, column: Any) -> Array:
    """The values as booleans, whole numbers, floats or Python strings (rows,), or numbers (rows, dim).

    Vectors of one entry are numbers.
    Raises DataError for missing or infinite values, dates, and mixed or nested objects.
    """
    pd = pandas()
    values: Array
    if isinstance(column, pd.Series):
        _refuse_missing(name, nothing(name, column), "missing")
        values = column.astype(object).to_numpy() if column.dtype == "category" else column.to_numpy()
        if values.dtype == object and pd.api.types.is_numeric_dtype(column.dtype):
            values = _stacked(name, values)
    else:
        values = np.asarray(column)
    if values.dtype.kind in "OUT":
        values = _from_objects(name, values)
    if values.ndim > 2:
        raise DataError(
            f"column {name} has shape {values.shape}; a vector has two axes (rows, entries): reshape it, for example "
            f"to ({len(values)}, {int(np.prod(values.shape[1:]))}), or say types={{{name!r}: 'image'}} for gray images"
        )
    if values.ndim == 2 and values.dtype.kind in "OUS":
        raise DataError(f"column {name} has two axes but holds no numbers; only numbers can be a vector")
    if values.ndim == 2 and values.shape[1] == 0:
        raise DataError(f"column {name} holds vectors with no entries")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.dtype.kind not in "biufO":
        raise DataError(f"column {name} holds {values.dtype} values; {_remedy(values.dtype.kind)}")
    if values.dtype.kind in "iuf":
        # pandas reads the machine's own byte order only, and no file format holds more than 64 bits.
        native = np.dtype(np.float64) if values.dtype.itemsize > 8 else values.dtype.newbyteorder("=")
        with np.errstate(over="ignore"):
            values = values.astype(native, copy=False)
    if values.dtype.kind == "f":
        rows = values.reshape(len(values), -1)
        _refuse_missing(name, np.asarray(np.isnan(rows).any(1)), "NaN")
        _refuse_missing(name, np.asarray(np.isinf(rows).any(1)), "infinite")
    return values


def _remedy(kind: str) -> str:
    remedies = {
        "M": "leave a column of dates out of types, or make them strings",
        "m": "leave a column of durations out of types, or make them strings",
        "c": "split complex numbers into two columns",
        "S": "decode bytes to strings",
    }
    return remedies.get(kind, "give strings, booleans or numbers")


def _refuse_missing(name: str, bad: Array, what: str) -> None:
    if bad.any():
        raise DataError(
            f"column {name} has {int(bad.sum())} {what} value(s) in {len(bad)} rows, the first in row "
            f"{int(bad.argmax())} (counting from 0); drop these rows or fill them in before fitting"
        )


def _stacked(name: str, values: Array) -> Array:
    """Objects in the dtype that holds all of them.  Raises DataError for numbers and nests that none does."""
    try:
        found = np.asarray([float(v) if isinstance(v, Decimal | Fraction) else v for v in values.tolist()])
    except (ValueError, OverflowError, RecursionError):
        found = np.empty(0, dtype=object)
    if found.dtype.kind == "O":
        raise DataError(
            f"column {name} holds numbers beyond 64 bits, or lists within lists of different lengths; rescale them, or "
            "split it into columns of their own"
        )
    return found


def _from_objects(name: str, values: Array) -> Array:
    """Python objects as strings, numbers or vectors."""
    if values.ndim > 1:
        return values
    values = values.astype(object, copy=False)
    _refuse_missing(name, nothing(name, values), "missing")
    if pandas().api.types.infer_dtype(values, skipna=False) == "string":
        return values
    found = Counter(map(type, values))
    if all(issubclass(kind, str) for kind in found):
        return values
    if all(issubclass(kind, bool | np.bool_) for kind in found):
        return values.astype(bool)
    numbers = int | float | np.integer | np.floating | Decimal | Fraction
    if all(issubclass(kind, numbers) and not issubclass(kind, bool) for kind in found):
        return _stacked(name, values)
    if all(issubclass(kind, list | tuple | np.ndarray) for kind in found):
        lengths = Counter(len(value) if getattr(value, "shape", (1,)) else 0 for value in values)
        if len(lengths) > 1:
            raise DataError(
                f"column {name} holds lists of different lengths ({', '.join(map(str, sorted(lengths)[:5]))}, ...); "
                "a vector has the same number of entries in every row"
            )
        stacked = _stacked(name, values)
        if stacked.dtype.kind in "biuf":
            return stacked
        raise DataError(f"column {name} holds lists that are not numbers; split it into columns of their own")
    raise DataError(_unreadable(name, values, found))


def _unreadable(name: str, values: Array, found: Counter[type]) -> str:
    kinds = ", ".join(f"{kind.__name__} ({count} rows)" for kind, count in found.most_common(4))
    if len(found) > 1:
        rarest = min(found, key=found.__getitem__)
        row = next(k for k, value in enumerate(values) if type(value) is rarest)
        kinds += f", such as {values[row]!r:.40} in row {row} (counting from 0)"
    remedies = {
        "bytes": "decode them to strings",
        "time": "make times of day numbers, such as seconds since midnight",
        "Interval": "name intervals by strings, for example with .cat.rename_categories(str)",
        "datetime": "bring them to one time zone, for example with pandas.to_datetime(..., utc=True)",
        "Period": "make periods dates with .dt.to_timestamp(), or strings",
    }
    remedy = remedies.get(next(iter(found)).__name__, "") if len(found) == 1 else ""
    return f"column {name} holds {'mixed' if len(found) > 1 else 'unreadable'} values: {kinds}; " + (
        remedy or "convert it to one kind: strings, booleans or numbers"
    )
