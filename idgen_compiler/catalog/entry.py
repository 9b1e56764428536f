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
