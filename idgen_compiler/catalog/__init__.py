"""Known graphs with a query each: to try things out, to compare with books, and to test against.

An entry is one table in the TOML file of its source; `ENTRIES` are those of all files. On the command line a graph of
the catalog is called `catalog:NAME`.
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry
from idgen_compiler.catalog.formula import TextbookFormula
from idgen_compiler.catalog.shelf import ENTRIES, find

__all__ = ["ENTRIES", "Entry", "TextbookFormula", "find"]
