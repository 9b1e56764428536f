"""Rows that were multiplied, as a join or a copied file leaves them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.warning import warn_data

__all__ = ["warn_copies"]

FEW, SHARE = 50, 0.9
"""So few different rows say nothing; a table has copies where at most this share of its rows are different."""


def warn_copies(
    columns: Mapping[str, Callable[[], Array]], varied: Collection[str] | None = None, count: int | None = None
) -> None:
    """Warn (DataWarning) where one column says the whole row, and has fewer values than there are rows.

    Numbers that are merely rounded occur in different rows; of those in copies each always comes with the same others.
    `varied` are the columns that may have many values. A column is made when it is looked at, and not held.
    `count` is how many rows there are, where the columns have those alone that differ.
    Shape: every column (rows,) or (rows, dim).

    >>> import warnings
    >>> x = np.repeat(np.random.default_rng(0).normal(size=(2, 100)), 2, axis=1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_copies({"X": lambda: x[0], "Y": lambda: x[1]})
    >>> print(str(caught[0].message)[:35])
    only 100 of 200 rows are different:
    """
    best: tuple[str, Array, Array] | None = None
    for name in columns if varied is None else varied:
        for part in _parts(columns[name]):
            codes, values = pandas().factorize(part)
            if best is None or len(values) > len(best[2]):
                best = name, codes, values
    if best is None:
        return
    name, codes, values = best
    rows = len(codes) if count is None else count
    if not FEW <= len(values) <= SHARE * rows or sum(len(_parts(own)) for own in columns.values()) < 2:
        return
    first = np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1))  # values are numbered as they first occur
    if all(bool((part == part[first][codes]).all()) for own in columns.values() for part in _parts(own)):
        warn_data(
            f"only {len(values)} of {rows} rows are different: each value of {name} comes with the same others, "
            "as where a join or a copied file multiplied rows; each counts as if seen anew, so drop the copies"
        )


def _parts(column: Callable[[], Array]) -> Array:
    return np.atleast_2d(column().T)
