"""Columns of a table whose rows are few different ones: these, and which of them each row is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["Few", "narrowest", "some_few", "spread"]


@dataclass(frozen=True, eq=False)
class Few:
    """A column by the rows of its table that differ, in the order in which they first occur.

    content: the column's values in these rows, as a pandas Series; a value may stand there several times.  place: which
    of them each row of the table is; columns of one table have the same array.  Shape: (different rows,), (rows,).
    """

    content: Any
    place: Array

    def __len__(self) -> int:
        return len(self.place)

    def whole(self) -> Any:
        """The values of all rows, as a Series."""
        found = self.content.iloc[self.place].reset_index(drop=True)
        found.attrs.clear()
        return found

    def take(self, rows: Array) -> Any:
        """The values of some rows, by their numbers, as a Series."""
        return self.content.iloc[self.place[rows]].reset_index(drop=True)


def spread(found: Array, place: Array) -> Array:
    """What is true of each different row, of every row; without memory where it is true of none.

    >>> spread(np.array([True, False]), np.array([0, 1, 1], np.uint8)).tolist()
    [True, False, False]
    """
    if not found.any():
        return np.broadcast_to(np.zeros((), dtype=bool), place.shape)
    return np.asarray(found[place])


def some_few(contents: Mapping[str, Any], rows: Array) -> dict[str, Few]:
    """The columns among some that are `Few`, at some rows: numbers, or a mask of shape (rows,).

    Different rows that none of these is are left out, and one array of places serves all columns.
    """
    made: dict[int, tuple[Array, Array]] = {}
    found = {}
    for name, column in contents.items():
        if not isinstance(column, Few):
            continue
        if id(column.place) not in made:
            made[id(column.place)] = _at(column.place, rows, len(column.content))
        place, kept = made[id(column.place)]
        content = column.content.iloc[kept].reset_index(drop=True)
        content.attrs.clear()
        found[name] = Few(content, place)
    return found


def _at(place: Array, rows: Array, count: int) -> tuple[Array, Array]:
    """The places of some rows, counted anew, and which different rows occur there."""
    some = place[rows]
    there = np.bincount(some, minlength=count) > 0
    kept = np.flatnonzero(there)
    return (np.cumsum(there) - 1).astype(narrowest(len(kept)))[some], kept


def narrowest(count: int) -> type[np.integer[Any]]:
    """The narrowest type for numbers below `count` that arrays and tensors both have."""
    kinds: tuple[tuple[int, type[np.integer[Any]]], ...] = ((2**8, np.uint8), (2**15, np.int16), (2**31, np.int32))
    return next((kind for most, kind in kinds if count <= most), np.int64)
