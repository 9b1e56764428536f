"""Known graphs with a query each: to try things out, to compare with books, and to test against.

An entry is one record in the file of its source; `ENTRIES` gathers the files. On the command line a graph of the
catalogue is called `catalog:NAME`.
"""

from __future__ import annotations

from idgen_compiler.catalog import (
    applied,
    book_of_why,
    districts,
    good_controls,
    id_gen,
    ladders,
    pearl,
    pruning,
    shpitser_pearl,
    textbook,
)
from idgen_compiler.catalog.entry import Entry
from idgen_compiler.catalog.formula import TextbookFormula
from idgen_compiler.errors import IdgenError, near_misses

__all__ = ["ENTRIES", "Entry", "TextbookFormula", "find"]

ENTRIES: tuple[Entry, ...] = (
    *textbook.ENTRIES,
    *id_gen.ENTRIES,
    *pearl.ENTRIES,
    *book_of_why.ENTRIES,
    *good_controls.ENTRIES,
    *shpitser_pearl.ENTRIES,
    *districts.ENTRIES,
    *pruning.ENTRIES,
    *ladders.ENTRIES,
    *applied.ENTRIES,
)


def find(name: str) -> Entry:
    """The entry of a name.  Raises IdgenError for one that the catalogue does not have."""
    for entry in ENTRIES:
        if entry.name == name:
            return entry
    raise IdgenError(f"the catalogue has no entry {name!r}{near_misses(name, (entry.name for entry in ENTRIES))}")
