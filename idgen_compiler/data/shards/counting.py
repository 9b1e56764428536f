"""One pass over the shards of a table: which rows differ, and which of them each row is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.holding.few import narrowest

__all__ = ["MOST_DIFFERENT", "MOST_VALUES", "Counting"]

MOST_VALUES, MOST_FLOATS = 2**14, 2**8
"""A column of more different values is not counted; one of floats is a scale long before."""

MOST_DIFFERENT = 2**20
"""So many rows of a table may differ; beyond, columns are left out, those of the most values first."""

_BITS = 62
_FLOATS = ("halffloat", "float", "double")


class _Nan:
    """What stands for NaN, which does not equal itself, among the values of a column."""


@dataclass
class _Values:
    """The values of one column so far, in the order in which they first occur; None is what is missing."""

    known: dict[Any, int] = field(default_factory=dict)
    values: list[Any] = field(default_factory=list)

    def codes(self, column: Any) -> Array | None:
        """The code of each entry of an Arrow array; None where there are too many different values.

        Shape: (rows,) int64.
        """
        coded = column if hasattr(column, "dictionary") else column.dictionary_encode()
        most = MOST_FLOATS if str(coded.dictionary.type) in _FLOATS else MOST_VALUES
        if len(coded.dictionary) > most:
            return None
        index = coded.indices
        lacks = index.null_count > 0
        place = index.fill_null(len(coded.dictionary)).to_numpy() if lacks else index.to_numpy()
        entries = [*coded.dictionary.to_pylist(), *([None] if lacks else [])]
        if hasattr(column, "dictionary"):  # whose entries need not occur
            occurs = np.bincount(place, minlength=len(entries)) > 0
            table = np.array(
                [self._code(e) if there else 0 for e, there in zip(entries, occurs, strict=True)], np.int64
            )
        else:
            table = np.array([self._code(entry) for entry in entries], dtype=np.int64)
        return None if len(self.values) > most else table[place]

    def _code(self, value: Any) -> int:
        key = _Nan if isinstance(value, float) and value != value else value
        if key not in self.known:
            self.known[key] = len(self.values)
            self.values.append(value)
        return self.known[key]

    @property
    def bits(self) -> int:
        """So many bits number the values, with room for some more."""
        return max(1, (2 * len(self.values) - 1).bit_length())


class Counting:
    """The rows of some columns that differ, while batches of a table go by; nothing but them and places is kept."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.rows = 0
        self._values = {name: _Values() for name in names}
        self._found = np.empty((0, len(names)), dtype=np.int64)  # (different rows, names): codes
        self._places: list[Array] = []
        self._shifts: tuple[int, ...] = ()
        self._index: Any = None

    def add(self, batch: Any) -> None:
        """Look at a batch of rows.  What has too many values is left out from there on (see `names`)."""
        count = batch.num_rows
        self.rows += count
        if not count or not self.names:
            return
        codes = {}
        for name in list(self.names):
            own = self._values[name].codes(batch.column(name))
            if own is None:
                self._leave_out(name)
            else:
                codes[name] = own
        while self.names and sum(self._values[name].bits for name in self.names) > _BITS:
            self._leave_out(self._widest())
        if self.names:
            self._number(codes)
        while self.names and len(self._found) > MOST_DIFFERENT:
            self._leave_out(self._widest())

    def values(self, name: str) -> list[Any]:
        """The values of a column, in the order in which they first occur; None is what is missing."""
        return self._values[name].values

    def codes(self, name: str) -> Array:
        """Which value each different row has.  Shape: (different rows,) int64."""
        return self._found[:, self.names.index(name)]

    def place(self, out: Array) -> Array:
        """Which of the different rows each row is, written into `out` of shape (rows,)."""
        start = 0
        for piece in self._places:
            out[start : start + len(piece)] = piece
            start += len(piece)
        self._places.clear()
        return out

    @property
    def dtype(self) -> type[np.integer[Any]]:
        """That of places."""
        return narrowest(len(self._found))

    def _widest(self) -> str:
        return max(self.names, key=lambda name: len(self._values[name].values))

    def _number(self, codes: dict[str, Array]) -> None:
        pd = pandas()
        shifts = tuple(np.cumsum([0, *(self._values[name].bits for name in self.names)])[:-1].tolist())
        if shifts != self._shifts or self._index is None:
            self._shifts = shifts
            self._index = pd.Index(_keys(list(self._found.T), shifts))
        own, keys = pd.factorize(_keys([codes[name] for name in self.names], shifts))
        known = self._index.get_indexer(keys)
        new = np.flatnonzero(known < 0)
        if len(new):
            known[new] = len(self._found) + np.arange(len(new))
            first = np.full(len(keys), len(own), dtype=np.int64)
            np.minimum.at(first, own, np.arange(len(own)))
            more = np.column_stack([codes[name][first[new]] for name in self.names])
            self._found = np.concatenate([self._found, more])
            self._index = self._index.append(pd.Index(keys[new]))
        self._places.append(known.astype(narrowest(len(self._found)))[own])

    def _leave_out(self, name: str) -> None:
        """Count the other columns alone; rows that differ in this one only become one."""
        kept = [k for k, other in enumerate(self.names) if other != name]
        self.names = [self.names[k] for k in kept]
        self._index = None
        del self._values[name]
        if not kept:
            self._found, self._places = self._found[:, :0], []
            return
        left, first, place = np.unique(self._found[:, kept], axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first, kind="stable")
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        moved = back[place.reshape(-1)].astype(narrowest(max(len(left), 1)))
        self._found = left[order]
        self._places = [moved[piece] for piece in self._places]


def _keys(codes: Sequence[Array], shifts: Sequence[int]) -> Array:
    """One number for each row that differs where a code does."""
    keys = np.zeros(len(codes[0]), dtype=np.int64)
    for own, shift in zip(codes, shifts, strict=True):
        keys |= own << shift
    return keys
