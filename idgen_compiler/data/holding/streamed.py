"""Columns that are gone through from the first row to the last, and never held as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

__all__ = ["Streamed"]


@dataclass(frozen=True, eq=False)
class Streamed(Sequence[Any]):
    """A column of so many rows whose entries are read anew whenever it is gone through, such as encoded pictures.

    >>> column = Streamed(lambda: iter("abc"), 3)
    >>> list(column), column[1], column[1:]
    (['a', 'b', 'c'], 'b', ['b', 'c'])
    """

    entries: Callable[[], Iterator[Any]]
    rows: int

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[Any]:
        return self.entries()

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            chosen = range(self.rows)[place]
            return [entry for k, entry in enumerate(self) if k in chosen]
        wanted = range(self.rows)[place]
        return next(entry for k, entry in enumerate(self) if k == wanted)
