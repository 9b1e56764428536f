"""How much each row of a table counts: survey weights, and frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.reading.missing import lacking
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.errors import DataError

__all__ = ["checked_weights", "scaled", "standing", "thinned"]

MOST_ROWS = 100_000_000
"""Frequencies stand for no more rows than this, since each is a row of its own to the models."""


def checked_weights(name: str, content: Any, how: Reading, rows: int) -> Array:
    """Weights as numbers, once each is one.

    `name` is that of their column, empty where they are none. Raises DataError, naming the first row, for what is
    missing, negative, infinite, no number or, of frequencies, not whole, for weights that are all zero, and for another
    count than `rows`.
    Shape: (rows,) float64.
    """
    called = f"column {name}, which weighs the rows," if name else "weights"
    if len(content) != rows:
        raise DataError(f"{called} has {len(content)} entries and the table {rows} rows; give one for each row")
    blank = lacking(name, content, how)
    if blank.any():
        raise DataError(
            f"{called} lacks {int(blank.sum())} of {rows} weights, the first in row {int(blank.argmax())} (counting "
            "from 0); fill them in, or leave these rows out of the table"
        )
    values = _numbers(called, content)
    _refuse(called, values, values < 0, "a weight is a number from 0")
    _refuse(called, values, np.isinf(values), "give finite weights")
    if not (values > 0).any():
        raise DataError(f"{called} is 0 in every row, so that no row counts; give a weight above 0")
    if how.counted:
        _refuse(
            called,
            values,
            values != np.floor(values),
            "frequencies are whole numbers of equal rows, and weights of a survey go without weights_are='frequency'",
        )
        if values.sum() > MOST_ROWS:
            raise DataError(
                f"{called} stands for {values.sum():.4g} rows, more than the {MOST_ROWS:,} that are trained on; divide "
                "the weights by one number and round them"
            )
    return values


def _numbers(called: str, content: Any) -> Array:
    """Entries as float64.  Raises DataError for a table of them, booleans, texts and whatever else is no number."""
    if np.ndim(content) != 1:
        raise DataError(f"{called} has shape {np.shape(content)}; give one weight for each row")
    series = pandas().Series(content)
    plain = series.astype(object).tolist() if series.dtype.kind not in "iuf" else []
    for row, value in enumerate(plain):
        if isinstance(value, bool | np.bool_ | str | bytes) or not _is_real(value):
            raise DataError(
                f"{called} holds {value!r:.80} in row {row} (counting from 0), of type {type(value).__name__}; a "
                "weight is a number from 0"
            )
    return np.asarray([float(value) for value in plain] if plain else series, dtype=np.float64)


def _is_real(value: Any) -> bool:
    """Whether Python takes a value for a number, as it does Decimal and Fraction."""
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return hasattr(value, "__float__")


def _refuse(called: str, values: Array, bad: Array, remedy: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise DataError(f"{called} holds {values[row]:g} in row {row} (counting from 0); {remedy}")


def standing(weights: Array, how: Reading) -> Array:
    """The rows that count, in order, each as often as it stands there by frequencies.

    >>> standing(np.array([2.0, 0.0, 1.0]), Reading(weights="w", weights_are="frequency")).tolist()
    [0, 0, 2]
    >>> standing(np.array([2.0, 0.0, 1.0]), Reading(weights="w")).tolist()
    [0, 2]

    Shape: weights (rows,) -> (rows that stand there,) int64.
    """
    times = weights.astype(np.int64) if how.counted else (weights > 0).astype(np.int64)
    return np.repeat(np.arange(len(weights)), times)


def scaled(weights: Array) -> Array | None:
    """Weights of mean one, since survey weights have no scale; None where all are equal.  Shape: (rows,) float64."""
    if weights.min() == weights.max():
        return None
    share: Array = weights / weights.max()  # so that no sum is beyond all floats
    return np.asarray(share / share.mean(), dtype=np.float64)


def thinned(weights: Array, generator: np.random.Generator) -> Array:
    """Some rows that are a sample of equal weights from the law that the weights stand for.

    Each row is kept by itself with the probability w / max(w): tests for rows of equal weight hold for them.
    Source: von Neumann (1951), rejection sampling.  Shape: weights (rows,) -> (rows kept,) int64, ascending.
    """
    return np.flatnonzero(generator.random(len(weights)) * weights.max() < weights)
