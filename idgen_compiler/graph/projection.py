"""Latent projection: a graph with hidden vertices becomes one over the others, and back to a canonical DAG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.errors import GraphError, near_misses
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.edges import Edge, EdgeList, reject_bad_edges, topological
from idgen_compiler.graph.names import check_name

__all__ = ["canonical_dag", "marginal", "project", "reject_fixed"]


def project(graph: EdgeList) -> EdgeList:
    """The latent projection: the same law over the vertices that are not hidden, with none hidden.

    a -> b where a directed path leads from a to b through hidden vertices only; a <-> b where a path without a
    collider does, with arrowheads at both ends. A hidden cause of k vertices joins each two of them. Where a vertex is
    hidden, the others stand in the topological order of the whole graph, so that projecting keeps a graph's order.
    A list without hidden vertices comes back as it is, unchecked.

    Raises GraphError for a cycle, a bad edge, or an unknown or fixed vertex among the hidden.
    Source: Verma and Pearl (1990); Evans (2016), definition 7 and section 3.  Linear in the edges but for the pairs.
    """
    if not graph.hidden:
        return graph
    names = _checked_order(graph)
    index = {name: i for i, name in enumerate(names)}
    hidden = sum(1 << index[name] for name in graph.hidden)
    children = [0] * len(names)
    for tail, head in graph.directed:
        children[index[tail]] |= 1 << index[head]
    caused, siblings = marginal(children, ((index[a], index[b]) for a, b in graph.bidirected), hidden)
    kept = [i for i in range(len(names)) if not hidden >> i & 1]
    return EdgeList(
        nodes=tuple(names[i] for i in kept),
        directed=tuple((names[i], names[c]) for i in kept for c in bits(caused[i])),
        bidirected=tuple((names[i], names[s]) for i in kept for s in bits(siblings[i] >> i << i)),
        fixed=graph.fixed,
    )


def marginal(children: Sequence[int], arcs: Iterable[tuple[int, int]], hidden: int) -> tuple[list[int], list[int]]:
    """The children and the siblings of each vertex in the projection, as bitsets; see `project`.

    Vertices are numbered in topological order; `children` are bitsets, `arcs` the bidirected edges. What is found of
    the `hidden` vertices themselves means nothing.
    """
    reached = [1 << i for i in range(len(children))]  # of a hidden vertex: what it causes through hidden ones only
    caused, siblings = [0] * len(children), [0] * len(children)
    orphan = hidden  # the hidden vertices without a hidden parent: their pairs include those of the hidden below
    for i in reversed(range(len(children))):
        for child in bits(children[i]):
            caused[i] |= reached[child]
        if hidden >> i & 1:
            reached[i] = caused[i]
            orphan &= ~children[i]
    for i in bits(orphan):
        _confound(siblings, reached[i], reached[i])
    for a, b in arcs:
        _confound(siblings, reached[a], reached[b])
    return caused, siblings


def _checked_order(graph: EdgeList) -> tuple[str, ...]:
    """The vertices in topological order.  Raises GraphError for what is no mixed graph with hidden vertices."""
    for name in graph.nodes:
        if name not in graph.hidden:
            check_name(name)
    for name in sorted(graph.hidden - set(graph.nodes)):
        raise GraphError(f"hidden vertex {name!r} is not in the graph{near_misses(name, graph.nodes)}")
    reject_fixed(sorted(graph.hidden & graph.fixed))
    reject_bad_edges(graph.directed, graph.bidirected)
    return topological(graph.nodes, graph.directed)


def reject_fixed(hidden: Sequence[str]) -> None:
    """Raise GraphError for fixed vertices that are to be hidden."""
    if hidden:
        raise GraphError(f"{', '.join(hidden)}: a fixed vertex cannot be hidden; hide it before the intervention")


def _confound(siblings: list[int], left: int, right: int) -> None:
    """Join every vertex of one bitset to every other vertex of a second."""
    for i in bits(left):
        siblings[i] |= right & ~(1 << i)
    if left != right:
        for i in bits(right):
            siblings[i] |= left & ~(1 << i)


def canonical_dag(graph: EdgeList) -> EdgeList:
    """The DAG with one hidden cause in place of every bidirected edge, U_X_Y for X <-> Y.

    Its d-separations among the vertices of `graph` are the m-separations of `graph`, and its projection is `graph`.
    Source: Richardson and Spirtes (2002), section 6.

    >>> canonical_dag(EdgeList(("X", "Y"), (("X", "Y"),), (("X", "Y"),))).directed
    (('X', 'Y'), ('U_X_Y', 'X'), ('U_X_Y', 'Y'))
    """
    taken, causes = set(graph.nodes), list[Edge]()
    added: list[str] = []
    for a, b in graph.bidirected:
        name = f"U_{a}_{b}"
        while name in taken:
            name += "_"
        taken.add(name)
        added.append(name)
        causes += ((name, a), (name, b))
    return EdgeList(
        nodes=(*graph.nodes, *added),
        directed=(*graph.directed, *causes),
        bidirected=(),
        hidden=graph.hidden.union(added),
        fixed=graph.fixed,
    )
