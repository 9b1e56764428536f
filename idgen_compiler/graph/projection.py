"""Latent projection: a graph with hidden vertices becomes an ADMG over the others, and back to a canonical DAG."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idgen_compiler.errors import GraphError, near_misses
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.edges import Edge, reject_bad_edges, topological
from idgen_compiler.graph.names import check_name

if TYPE_CHECKING:
    from idgen_compiler.graph.admg import ADMG

__all__ = ["LatentGraph", "canonical_dag", "hide", "project"]


@dataclass(frozen=True, slots=True)
class LatentGraph:
    """A mixed graph as other tools hand it over: some vertices may be hidden, and may have causes of their own.

    `nodes` holds every vertex that an edge names. The names of hidden vertices are free, those of the others must be
    variables' names.
    """

    nodes: tuple[str, ...]  #: in the order of their appearance, each once
    directed: tuple[Edge, ...]
    bidirected: tuple[Edge, ...]
    hidden: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()  #: vertices set by an intervention


def project(graph: LatentGraph) -> LatentGraph:
    """The latent projection: the same law over the vertices that are not hidden, with none hidden.

    a -> b where a directed path leads from a to b through hidden vertices only; a <-> b where a path without a
    collider does, with arrowheads at both ends. A hidden cause of k vertices joins each two of them. Where a vertex is
    hidden, the others stand in the topological order of the whole graph, so that projecting keeps a graph's order.

    Raises GraphError for a cycle, a bad edge, or an unknown or fixed vertex among the hidden.
    Source: Verma and Pearl (1990); Evans (2016), definition 7 and section 3.  Linear in the edges but for the pairs.
    """
    for name in graph.nodes:
        if name not in graph.hidden:
            check_name(name)
    for name in sorted(graph.hidden - set(graph.nodes)):
        raise GraphError(f"hidden vertex {name!r} is not in the graph{near_misses(name, graph.nodes)}")
    if clash := sorted(graph.hidden & graph.fixed):
        raise GraphError(f"{', '.join(clash)}: a fixed vertex cannot be hidden; hide it before the intervention")
    reject_bad_edges(graph.directed, graph.bidirected)
    names = topological(graph.nodes, graph.directed)
    if not graph.hidden:
        return graph
    index = {name: i for i, name in enumerate(names)}
    hidden = sum(1 << index[name] for name in graph.hidden)
    children, siblings = [0] * len(names), [0] * len(names)
    for tail, head in graph.directed:
        children[index[tail]] |= 1 << index[head]

    reached = [1 << i for i in range(len(names))]  # of a hidden vertex: what it causes through hidden ones only
    caused = [0] * len(names)  # the children of a vertex in the projection
    orphan = hidden  # the hidden vertices without a hidden parent: their pairs include those of the hidden below
    for i in reversed(range(len(names))):
        for child in bits(children[i]):
            caused[i] |= reached[child]
        if hidden >> i & 1:
            reached[i] = caused[i]
            orphan &= ~children[i]
    for i in bits(orphan):
        _confound(siblings, reached[i], reached[i])
    for a, b in graph.bidirected:
        _confound(siblings, reached[index[a]], reached[index[b]])

    kept = [i for i in range(len(names)) if not hidden >> i & 1]
    return LatentGraph(
        nodes=tuple(names[i] for i in kept),
        directed=tuple((names[i], names[c]) for i in kept for c in bits(caused[i])),
        bidirected=tuple((names[i], names[s]) for i in kept for s in bits(siblings[i] >> i << i)),
        fixed=graph.fixed,
    )


def _confound(siblings: list[int], left: int, right: int) -> None:
    """Join every vertex of one bitset to every other vertex of a second."""
    for i in bits(left):
        siblings[i] |= right & ~(1 << i)
    if left != right:
        for i in bits(right):
            siblings[i] |= left & ~(1 << i)


def canonical_dag(graph: ADMG) -> LatentGraph:
    """The DAG with one hidden cause in place of every bidirected edge, U_X_Y for X <-> Y.

    Its d-separations among the vertices of `graph` are the m-separations of `graph`, and its projection is `graph`.
    Source: Richardson and Spirtes (2002), section 6.
    """
    hidden: dict[str, Edge] = {}
    for a, b in graph.bidirected:
        name = f"U_{a}_{b}"
        while name in graph or name in hidden:
            name += "_"
        hidden[name] = (a, b)
    edges = tuple((u, child) for u, pair in hidden.items() for child in pair)
    return LatentGraph(
        nodes=(*graph.order, *hidden),
        directed=(*graph.directed, *edges),
        bidirected=(),
        hidden=frozenset(hidden),
        fixed=graph.fixed,
    )


def hide(graph: ADMG, hidden: Iterable[str] = ()) -> LatentGraph:
    """A graph with some vertices hidden.  Raises GraphError for a name that the graph lacks."""
    return LatentGraph(
        graph.order, graph.directed, graph.bidirected, frozenset(graph.names(graph.mask_of(hidden))), graph.fixed
    )
