"""Graphs to and from networkx; reading needs no import of it, writing needs the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idgen_compiler.errors import GraphError, IdgenError
from idgen_compiler.graph.edges import Edge, EdgeList
from idgen_compiler.graph.formats.format import Format, register
from idgen_compiler.graph.names import check_name
from idgen_compiler.graph.projection import canonical_dag

__all__ = ["NETWORKX", "UNREADABLE", "needed_networkx", "read_networkx", "renamed_by", "write_networkx"]


UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What networkx' readers of texts raise, beside its own error, for texts that are damaged."""


def read_networkx(graph: Any) -> EdgeList:
    """The graph of a networkx DiGraph or MultiDiGraph.

    An edge is bidirected by `bidirected=True`, `dir="both"`, `description="U"` (as in R's causaleffect), or the key
    "bidirected" in a MultiDiGraph; given in both directions, it counts once. A vertex is hidden by `hidden=True`,
    `latent=True` or `observed=False` (or "no"), and fixed by `fixed=True`.

    Raises GraphError for what is no directed graph of networkx, and for vertices that are not strings.
    """
    try:
        is_directed, is_multigraph = graph.is_directed(), graph.is_multigraph()
    except AttributeError:
        raise GraphError(f"expected a networkx DiGraph or MultiDiGraph, not {type(graph).__name__}") from None
    if not is_directed:
        raise GraphError(
            "an undirected networkx graph says nothing about causes; give a DiGraph, with bidirected=True on the edges "
            "that stand for a hidden common cause"
        )
    nodes, hidden, fixed = [], set[str](), set[str]()
    for node, attributes in graph.nodes(data=True):
        if not isinstance(node, str):
            raise GraphError(f"vertex {node!r} is no string; name the vertices by networkx.relabel_nodes")
        nodes.append(node)
        if _is_hidden(attributes):
            hidden.add(node)
        else:
            check_name(node)
        if attributes.get("fixed"):
            fixed.add(node)
    directed: list[Edge] = []
    bidirected: dict[Edge, None] = {}
    edges = graph.edges(keys=True, data=True) if is_multigraph else ((a, b, 0, d) for a, b, d in graph.edges(data=True))
    for tail, head, key, attributes in edges:
        if key == "bidirected" or _is_bidirected(attributes):
            bidirected[min(tail, head), max(tail, head)] = None
        else:
            directed.append((tail, head))
    return EdgeList(tuple(nodes), tuple(directed), tuple(bidirected), frozenset(hidden), frozenset(fixed))


def _is_bidirected(attributes: Mapping[str, Any]) -> bool:
    unobserved = str(attributes.get("description", "")).strip().upper() == "U"
    return bool(attributes.get("bidirected")) or attributes.get("dir") == "both" or unobserved


def _is_hidden(attributes: Mapping[str, Any]) -> bool:
    observed = attributes.get("observed", True)
    return bool(
        attributes.get("hidden") or attributes.get("latent") or not observed or str(observed).lower() in ("no", "false")
    )


def write_networkx(graph: EdgeList, *, canonical: bool = False) -> Any:
    """A MultiDiGraph with the keys "directed" and "bidirected" (and that attribute); fixed vertices have `fixed=True`.

    networkx takes every edge of it for a directed one. With `canonical` the result is a DiGraph with an explicit vertex
    (`hidden=True`) in place of every bidirected edge, on which networkx's own d-separation is right.

    Raises IdgenError where networkx is not installed.
    """
    networkx = needed_networkx()
    if canonical:
        dag, plain = canonical_dag(graph), networkx.DiGraph()
        for node in dag.nodes:
            plain.add_node(node, **_attributes(hidden=node in dag.hidden, fixed=node in dag.fixed))
        plain.add_edges_from(dag.directed)
        return plain
    mixed = networkx.MultiDiGraph()
    for node in graph.nodes:
        mixed.add_node(node, **_attributes(fixed=node in graph.fixed))
    mixed.add_edges_from((a, b, "directed") for a, b in graph.directed)
    mixed.add_edges_from((a, b, "bidirected", {"bidirected": True}) for a, b in graph.bidirected)
    return mixed


def needed_networkx() -> Any:
    """The package.  Raises IdgenError where it is not installed."""
    try:
        import networkx
    except ImportError:
        raise IdgenError("networkx is not installed; pip install 'idgen-compiler[verify]'") from None
    return networkx


def renamed_by(graph: Any, attributes: Sequence[str]) -> Any:
    """The graph with its vertices named by the first of the attributes that all of them have, or by their ids as texts.

    Raises GraphError for two vertices of one name.
    """
    marks = dict(graph.nodes(data=True))
    chosen = next(
        (key for key in attributes if marks and all(own.get(key) not in (None, "") for own in marks.values())), ""
    )
    names = {node: str(own[chosen] if chosen else node) for node, own in marks.items()}
    if len(set(names.values())) < len(names):
        twice = next(name for name in names.values() if list(names.values()).count(name) > 1)
        raise GraphError(f"two vertices are called {twice!r:.80}; give each a name of its own")
    return needed_networkx().relabel_nodes(graph, names)


def _attributes(**marks: bool) -> dict[str, bool]:
    return {key: True for key, holds in marks.items() if holds}


NETWORKX = register(Format("networkx", read_networkx, write_networkx))
