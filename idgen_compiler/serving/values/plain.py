"""Samples as values of JSON."""

from __future__ import annotations

import base64
import datetime
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.serving.values.pictures import are_pictures, png

__all__ = ["plain_rows", "plain_value"]


def plain_rows(samples: Samples) -> Iterator[dict[str, Any]]:
    """Each sample as an object: labels, numbers and texts, ISO 8601, pictures as PNG in base64, composites as objects.

    >>> list(plain_rows(Samples({"Y": np.array([1, 2]), "day": np.array(["2020-01-31", "NaT"], "M8[D]")})))
    [{'Y': 1, 'day': '2020-01-31'}, {'Y': 2, 'day': None}]
    """
    names, columns = list(samples), [_column(values) for values in samples.values()]
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _column(values: Array) -> list[Any]:
    if values.dtype.names:
        fields = [_column(values[field]) for field in values.dtype.names]
        return [dict(zip(values.dtype.names, row, strict=True)) for row in zip(*fields, strict=True)]
    if are_pictures(values):
        return [base64.b64encode(png(picture)).decode() for picture in values]
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values).tolist()
        return [None if text == "NaT" else text for text in texts]
    if values.dtype.kind == "m":
        return list(map(_duration, values))
    if values.dtype.kind in "biuSU" and values.ndim == 1:
        return list(values.tolist())
    return list(map(plain_value, values.tolist()))


def plain_value(value: Any) -> Any:
    """One value as JSON has it; what is not finite is null.

    >>> plain_value([0.5, float("nan"), Fraction(1, 4)])
    [0.5, None, 0.25]
    """
    if isinstance(value, list | tuple):
        return [plain_value(each) for each in value]
    if isinstance(value, dict):
        return {str(name): plain_value(each) for name, each in value.items()}
    if isinstance(value, np.generic):
        return plain_value(value.item())
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime.timedelta):
        return _duration(np.timedelta64(value, "us"))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _duration(value: Any) -> str | None:
    """A duration in ISO 8601, as P1DT2H; the server reads it again."""
    if np.isnat(value):
        return None
    unit = np.datetime_data(value.dtype)[0]
    whole = int(value.astype("m8[ns]").astype(np.int64)) if unit not in ("Y", "M") else 0
    sign, rest = "-" if whole < 0 else "", abs(whole)
    days, rest = divmod(rest, 86_400_000_000_000)
    hours, rest = divmod(rest, 3_600_000_000_000)
    minutes, nanos = divmod(rest, 60_000_000_000)
    seconds = f"{nanos / 1e9:.9f}".rstrip("0").rstrip(".")
    time = "".join(f"{n}{mark}" for n, mark in ((hours, "H"), (minutes, "M")) if n)
    time += f"{seconds}S" if nanos or not (days or time) else ""
    return f"{sign}P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"
