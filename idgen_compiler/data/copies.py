"""Rows that were multiplied, as a join or a copied file leaves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.kinds.numbers.shape import grid_of
from idgen_compiler.warning import warn_data

__all__ = ["copies_among", "warn_copies"]

FEW, SHARE, MOST = 50, 0.9, 20
"""So few different rows say nothing; a table has copies where at most this share of its rows are different, and not
so many rows to each, which are levels."""


def copies_among(columns: Mapping[str, Callable[[], Array]]) -> Array | None:
    """Numbers from 0 on, equal for rows that are copies of each other; None for a table that was not multiplied.

    It was where one number, with all its digits, says the whole row, and has fewer values than there are rows. Numbers
    that are merely rounded occur in different rows; of those in copies each always comes with the same others. A column
    is made when it is looked at, and not held.
    Shape: every column (rows,) or (rows, dim) -> (rows,) int64.

    >>> x = np.repeat(np.random.default_rng(0).normal(size=(2, 100)), 2, axis=1)
    >>> copies_among({"X": lambda: x[0], "Y": lambda: x[1]})[:4].tolist()
    [0, 0, 1, 1]
    """
    best: tuple[Array, int] | None = None
    for column in columns.values():
        for part in _parts(column):
            if part.dtype.kind != "f":
                continue
            codes, values = pandas().factorize(part)
            if (best is None or len(values) > best[1]) and not grid_of(part):
                best = codes, len(values)
    if best is None or sum(len(_parts(own)) for own in columns.values()) < 2:
        return None
    codes, count = best
    if not max(FEW, len(codes) / MOST) <= count <= SHARE * len(codes):
        return None
    first = np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1))  # values are numbered as they first occur
    alike = all(bool((part == part[first][codes]).all()) for own in columns.values() for part in _parts(own))
    return np.asarray(codes, dtype=np.int64) if alike else None


def warn_copies(copies: Array | None) -> None:
    """Warn (DataWarning) of a table that was multiplied.  Shape: (rows,), as `copies_among` tells them."""
    if copies is not None:
        warn_data(
            f"only {int(copies.max()) + 1} of {len(copies)} rows are different, as where a join, a copied file or "
            "draws with replacement multiplied rows; each counts as if seen anew, so drop the copies, or say how often "
            "each row stands there (weights='column', weights_are='frequency')"
        )


def _parts(column: Callable[[], Array]) -> Array:
    return np.atleast_2d(column().T)
