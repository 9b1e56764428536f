"""What an agent asks about: graphs and queries as texts."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.catalog import find
from idgen_compiler.errors import GraphError, QueryError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query, observed

__all__ = ["question"]

CATALOG = "catalog:"


def question(queries: str | Sequence[str], graph: str, latent: Sequence[str] = ()) -> tuple[list[Query], ADMG]:
    """The queries and the graph that some texts say, of which a file may hold the second.

    Raises GraphError, QueryError, and IdgenError for an unknown entry of the catalog.

    >>> question("P(Y | do(X))", "X -> Y; X <-> Y")[1]
    ADMG.parse('X -> Y; X <-> Y')
    """
    if not graph.strip():
        raise GraphError("the graph is empty; give a text such as 'Z -> X -> Y; X <-> Y', a file, or catalog:NAME")
    texts = [queries] if isinstance(queries, str) else list(queries)
    if graph.startswith(CATALOG):
        entry = find(graph.removeprefix(CATALOG))
        admg, texts = entry.parsed_graph(), texts if any(texts) else [entry.query]
    else:
        admg = ADMG.read(graph)
    if not any(text.strip() for text in texts):
        raise QueryError("no query is given; give one such as 'P(Y | do(X))'")
    parsed = [Query.parse(text) for text in texts]
    return parsed, observed(parsed, admg, latent)
