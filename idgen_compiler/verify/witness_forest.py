"""From a hedge to the two C-forests that it is made of, and to the paths on which they reach the outcomes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.edges import Edge

__all__ = ["Forest", "Hedge", "routes"]


@dataclass(frozen=True)
class Hedge:
    """The vertex sets of two C-forests, F' inside F, with the same roots (Shpitser and Pearl 2006, definition 6)."""

    outer: frozenset[str]
    inner: frozenset[str]


@dataclass(frozen=True)
class Forest:
    """The two forests of a hedge, edge by edge: every vertex but a root has one child.

    `child` are the directed edges, `arcs` the bidirected ones: a tree over F whose part inside F' is a tree over F'.
    """

    hedge: Hedge
    roots: frozenset[str]
    child: Mapping[str, str]
    arcs: tuple[Edge, ...]

    @classmethod
    def of(cls, hedge: Hedge, graph: ADMG) -> Forest:
        """Choose the edges of both forests among those of the graph."""
        inner = graph.subgraph(hedge.inner)
        roots = frozenset(v for v in inner.order if not inner.children([v]))
        # Inside F' each vertex goes to a child in F', outside to one on a shortest way into F'.
        child = routes(inner, roots) | routes(graph.subgraph(hedge.outer), hedge.inner)
        return cls(hedge, roots, child, _spanning_tree(graph, hedge))

    def parents(self, name: str) -> tuple[str, ...]:
        """The parents of a vertex in the outer forest."""
        return tuple(v for v, w in self.child.items() if w == name)


def routes(graph: ADMG, ends: Collection[str], avoiding: Collection[str] = ()) -> dict[str, str]:
    """The next vertex on a shortest directed path to the ends, for each vertex that has one and is none of them."""
    following: dict[str, str] = {}
    frontier = [v for v in graph.order if v in ends]
    while frontier:
        reached = []
        for w in frontier:
            for v in graph.sorted(graph.parents([w])):
                if v not in following and v not in ends and v not in avoiding:
                    following[v] = w
                    reached.append(v)
        frontier = reached
    return following


def _spanning_tree(graph: ADMG, hedge: Hedge) -> tuple[Edge, ...]:
    """Bidirected edges that make a tree over F, those inside F' first, by joining components (Kruskal 1956)."""
    component = {v: v for v in hedge.outer}
    tree: list[Edge] = []
    inside = [edge for edge in graph.bidirected if set(edge) <= hedge.inner]
    others = [edge for edge in graph.bidirected if set(edge) <= hedge.outer and edge not in inside]
    for a, b in (*inside, *others):
        old, new = component[a], component[b]
        if old != new:
            tree.append((a, b))
            component = {v: new if c == old else c for v, c in component.items()}
    return tuple(tree)
