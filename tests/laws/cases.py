"""A frozen selection of queries in which every line of the algorithm and every rewrite has something to do.

Chosen out of several hundred random queries for variety: the lines visited, what each rewrite changes, which laws are
left. Small graphs, so that each is worked out in milliseconds. One case a line: a query, the word in, a graph.
"""

from __future__ import annotations

from pathlib import Path

from idgen_compiler.graph import ADMG
from idgen_compiler.query import Query
from tests.strategies import Case

__all__ = ["IDENTIFIABLE", "NOT_IDENTIFIABLE"]


def _cases(file: str) -> tuple[Case, ...]:
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines()
    parted = (line.split(" in ") for line in lines)
    return tuple(Case(ADMG.parse(graph), Query.parse(query)) for query, graph in parted)


IDENTIFIABLE = _cases("identifiable.txt")
NOT_IDENTIFIABLE = _cases("not_identifiable.txt")
