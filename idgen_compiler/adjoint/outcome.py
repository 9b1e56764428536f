"""What is averaged: a function of a query's outcomes, as a table over their categories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from idgen_compiler.discrete.sources import Source
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimand.tables import Array, Table
from idgen_compiler.hinge.samples import Samples

__all__ = ["Outcome", "outcome_table"]

Outcome = str | tuple[str, Any] | Callable[[Samples], Any] | Any
"""A variable (its mean), (variable, label) (the share of the label), a function of samples, or an array."""


def outcome_table(f: Outcome, outcomes: Sequence[str], source: Source) -> Table:
    """A function of the outcomes as a table.  Axes: the outcomes that it reads, or all, sorted by name.

    f: a variable, whose labels are numbers or truth values; a pair of a variable and one of its labels; a function that
    takes samples of the outcomes (`Samples`) to an array (n,); or an array with an axis for each outcome, sorted.

    Raises DataError for what is none of these, a variable that is no outcome, labels that are no numbers, and for what
    a function raises.
    """
    names = tuple(sorted(outcomes))
    if isinstance(f, str):
        return _mean(_known(f, names), source)
    if isinstance(f, tuple) and len(f) == 2 and isinstance(f[0], str):
        return _share(_known(f[0], names), f[1], source)
    shape = tuple(len(source.labels(name)) for name in names)
    if callable(f):
        values = _array(_called(f, _cells(names, source)))
        if values.shape != (int(np.prod(shape)),):
            raise DataError(f"f gives an array of shape {values.shape}; give one number for each of the samples")
        values = values.reshape(shape)
    else:
        values = _array(f)
    if values.shape != shape:
        raise DataError(f"f has shape {values.shape}; an array over {', '.join(names)} has shape {shape}")
    return Table(names, _numbers(values, source.exact, "f"))


def _called(f: Callable[[Samples], Any], cells: Samples) -> Any:
    try:
        return f(cells)
    except Exception as error:
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise DataError(
            f"f raises {' '.join(told.split())[:300]}; it is called with samples of {', '.join(cells)}, an array each"
        ) from error


def _array(values: Any) -> Array:
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError("f has rows of different lengths; give an axis for each outcome") from None


def _known(name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise DataError(f"f is of {name!r}, which is no outcome of the query{near_misses(name, names)}")
    return name


def _mean(name: str, source: Source) -> Table:
    labels = source.labels(name)
    for label in labels:
        if not isinstance(label, bool | int | float | Fraction | np.number | np.bool_):
            raise DataError(
                f"{name} has the label {label!r}, which has no mean; ask for a share, ({name!r}, {label!r})"
            )
    return Table((name,), _numbers(np.asarray(list(labels)), source.exact, name))


def _share(name: str, label: Any, source: Source) -> Table:
    labels = list(source.labels(name))
    if np.ndim(label) or label not in labels:
        hint = near_misses(str(label), [str(each) for each in labels])
        raise DataError(f"{name} has no label {label!r}{hint}")
    return Table((name,), _numbers(np.array([int(each == label) for each in labels]), source.exact, name))


def _numbers(values: Array, exact: bool, what: str) -> Array:
    try:
        if values.dtype.kind == "c":
            raise TypeError
        if exact:
            return np.asarray(np.frompyfunc(Fraction, 1, 1)(values.astype(object)), dtype=object)
        found = values.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{what} holds what is no finite number") from None
    if not np.isfinite(found).all():
        raise DataError(f"{what} holds NaN or infinity; give finite numbers")
    return np.asarray(found)


def _cells(names: Sequence[str], source: Source) -> Samples:
    """One sample for each cell of the outcomes, the last counting fastest."""
    labels = [list(source.labels(name)) for name in names]
    cells = list(product(*labels))
    columns: Mapping[str, Array] = {name: np.array([cell[k] for cell in cells]) for k, name in enumerate(names)}
    return Samples(columns)
