"""One entry of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A graph with a query that somebody has made a point with.

    `graph` and `query` are in the text forms of `ADMG.parse` and `Query.parse`; `identifiable` is what the literature
    says about the query, `source` where it says so, and `lesson` what there is to learn from it, in a sentence.
    """

    name: str
    title: str
    graph: str
    query: str
    identifiable: bool
    source: str
    lesson: str

    def parsed_graph(self) -> ADMG:
        """The graph."""
        return ADMG.parse(self.graph)

    def parsed_query(self) -> Query:
        """The query."""
        return Query.parse(self.query)
