"""The files of the catalog, each read when one of its entries is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import overload

from idgen_compiler.catalog.entry import Entry, read_entries
from idgen_compiler.errors import IdgenError, near_misses

__all__ = ["ENTRIES", "FILES", "find"]

FILES = (
    "textbook",
    "id_gen",
    "pearl",
    "book_of_why",
    "good_controls",
    "shpitser_pearl",
    "districts",
    "pruning",
    "ladders",
    "applied",
)
"""The files, in the order in which the catalog is listed."""


class _Shelf(Sequence[Entry]):
    """The entries of all files: a sequence that opens no file before it is looked into."""

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        return _read()[index]

    def __len__(self) -> int:
        return len(_read())

    def __iter__(self) -> Iterator[Entry]:
        return iter(_read())


@cache
def _read() -> tuple[Entry, ...]:
    folder = Path(__file__).parent
    return tuple(entry for name in FILES for entry in read_entries(folder / f"{name}.toml"))


ENTRIES: Sequence[Entry] = _Shelf()


def find(name: str) -> Entry:
    """The entry of a name.  Raises IdgenError for one that the catalog does not have.

    >>> find("front-door").query
    'P(Y | do(X))'
    """
    for entry in ENTRIES:
        if entry.name == name:
            return entry
    raise IdgenError(f"the catalog has no entry {name!r}{near_misses(name, (entry.name for entry in ENTRIES))}")
