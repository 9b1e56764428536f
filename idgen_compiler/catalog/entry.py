"""One entry of the catalog, and the file of entries."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from idgen_compiler.errors import IdgenError
from idgen_compiler.forms.record import read_record
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query

__all__ = ["Entry", "read_entries"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A graph with a query that somebody has made a point with.

    `graph` and `query` are in the text forms of `ADMG.parse` and `Query.parse`; `identifiable` is what the literature
    says about the query, `source` where it says so, and `lesson` what there is to learn from it, in a sentence.
    `formula` is the estimand as the source writes it, in the text form of `catalog.formula`, or empty where the source
    prints none. A source that begins with "after" is one whose drawing may differ in letters or details.
    """

    name: str
    title: str
    graph: str
    query: str
    identifiable: bool
    source: str
    lesson: str
    formula: str = ""
    tags: tuple[str, ...] = ()

    def parsed_graph(self) -> ADMG:
        """The graph."""
        return ADMG.parse(self.graph)

    def parsed_query(self) -> Query:
        """The query."""
        return Query.parse(self.query)


@dataclass(frozen=True, slots=True)
class _File:
    """What a file of the catalog holds: `[[entries]]`, one table an entry, its keys the fields of `Entry`."""

    entries: tuple[Entry, ...]


def read_entries(path: Path) -> tuple[Entry, ...]:
    """The entries of a file.

    Raises IdgenError, naming the file and the place, for what is no TOML or lacks a field, has an unknown one or one
    of another type.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise IdgenError(f"{path.name} cannot be read as TOML: {error}") from None
    return read_record(_File, tables, path.name).entries
