"""Known graphs with a query each: to try things out, to compare with books, and to test against.

An entry is one record in the file of its source; `ENTRIES` gathers the files. On the command line a graph of the
catalogue is called `catalog:NAME`.
"""

from __future__ import annotations

from idgen_compiler.catalog import id_gen, textbook
from idgen_compiler.catalog.entry import Entry
from idgen_compiler.errors import IdgenError, near_misses

__all__ = ["ENTRIES", "Entry", "find"]

ENTRIES: tuple[Entry, ...] = (*textbook.ENTRIES, *id_gen.ENTRIES)


def find(name: str) -> Entry:
    """The entry of a name.  Raises IdgenError for one that the catalogue does not have."""
    for entry in ENTRIES:
        if entry.name == name:
            return entry
    raise IdgenError(f"the catalogue has no entry {name!r}{near_misses(name, (entry.name for entry in ENTRIES))}")
