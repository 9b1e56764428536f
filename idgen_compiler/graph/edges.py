"""Graphs as lists of edges: what makes them acyclic graphs, and the topological order that they give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from idgen_compiler.errors import GraphError
from idgen_compiler.forms.spelling import composed, spelled

__all__ = ["Edge", "EdgeList", "edge_list_of", "edge_pairs", "name_list", "reject_bad_edges", "topological"]

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class EdgeList:
    """A mixed graph as names and edges, unchecked: what every format is read to and written from.

    Some vertices may be hidden, and may have causes of their own. `nodes` holds every vertex that an edge names. The
    names of hidden vertices are free, those of the others must be variables' names. Composed and decomposed accents
    make one name.
    """

    nodes: tuple[str, ...]  #: in the order of their appearance, each once
    directed: tuple[Edge, ...]
    bidirected: tuple[Edge, ...]
    hidden: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()  #: vertices set by an intervention

    def __post_init__(self) -> None:
        """Compose the names' accents."""
        if all(not isinstance(name, str) or name.isascii() for name in (*self.nodes, *self.hidden, *self.fixed)):
            return
        object.__setattr__(self, "nodes", tuple(dict.fromkeys(name_list(self.nodes))))
        for field in ("directed", "bidirected"):
            object.__setattr__(self, field, tuple((composed(a), composed(b)) for a, b in getattr(self, field)))
        for field in ("hidden", "fixed"):
            object.__setattr__(self, field, frozenset(name_list(getattr(self, field))))


def edge_pairs(edges: Iterable[Edge], kind: str) -> list[Edge]:
    """The edges as a list of pairs; `kind` names them in the error.  Raises GraphError for what is no pair of names."""
    found = []
    for edge in edges:
        is_pair = isinstance(edge, Sequence) and not isinstance(edge, str) and len(edge) == 2
        a, b = edge if is_pair else (None, None)
        if not (isinstance(a, str) and isinstance(b, str)):
            raise GraphError(f"a {kind} edge is a pair of names, not {edge!r}; write e.g. ('X', 'Y')")
        found.append((composed(a), composed(b)))
    return found


def edge_list_of(
    directed: Iterable[Edge], bidirected: Iterable[Edge], nodes: Iterable[str], hidden: Iterable[str]
) -> EdgeList:
    """What a user gives as a list: the vertices of `nodes` and those of the edges.  Raises GraphError for bad edges."""
    edges, arcs = tuple(edge_pairs(directed, "directed")), tuple(edge_pairs(bidirected, "bidirected"))
    seen = dict.fromkeys((*name_list(nodes), *(name for edge in (*edges, *arcs) for name in edge)))
    return EdgeList(tuple(seen), edges, arcs, frozenset(name_list(hidden)))


def name_list(names: Iterable[str]) -> list[str]:
    """The names as a list, their accents composed; one string is one name, not its letters."""
    given = [names] if isinstance(names, str) else names
    return [composed(name) if isinstance(name, str) else name for name in given]


def reject_bad_edges(directed: Sequence[Edge], bidirected: Sequence[Edge]) -> None:
    """Raise GraphError for a self-loop, an edge given twice, and two edges that contradict each other."""
    for arrow, edges in (("->", directed), ("<->", bidirected)):
        seen: set[Edge] = set()
        for a, b in edges:
            key = (a, b) if arrow == "->" else (min(a, b), max(a, b))
            if a != b and key not in seen and (arrow == "<->" or (b, a) not in seen):
                seen.add(key)
                continue
            x, y = spelled(a), spelled(b)
            if a == b:
                raise GraphError(f"self-loop {x} {arrow} {y}: a variable cannot cause or confound itself; drop it")
            if key in seen:
                raise GraphError(f"edge {x} {arrow} {y} is given twice; keep one")
            raise GraphError(f"contradictory edges {y} -> {x} and {x} -> {y}; keep one, or write {x} <-> {y}")


def topological(nodes: tuple[str, ...], directed: Sequence[Edge]) -> tuple[str, ...]:
    """Kahn's algorithm, ties broken by the order of `nodes`; nodes in a topological order keep it.

    Raises GraphError that shows a cycle.
    """
    place = {name: i for i, name in enumerate(nodes)}
    children: list[list[int]] = [[] for _ in nodes]
    waiting = [0] * len(nodes)
    for tail, head in directed:
        children[place[tail]].append(place[head])
        waiting[place[head]] += 1
    ready = [i for i, n in enumerate(waiting) if n == 0]
    heapify(ready)
    order = []
    while ready:
        i = heappop(ready)
        order.append(i)
        for child in children[i]:
            waiting[child] -= 1
            if waiting[child] == 0:
                heappush(ready, child)
    if len(order) < len(nodes):
        cycle = _find_cycle(nodes, children, {i for i, n in enumerate(waiting) if n})
        raise GraphError(
            f"the directed edges form a cycle: {' -> '.join(map(spelled, cycle))}; an ADMG is acyclic, drop one of them"
        )
    return tuple(nodes[i] for i in order)


def _find_cycle(nodes: tuple[str, ...], children: list[list[int]], stuck: set[int]) -> list[str]:
    """A cycle among the vertices that Kahn's algorithm could not place, by walking backwards."""
    parent = {c: i for i in stuck for c in children[i] if c in stuck}
    path, i = [], next(iter(sorted(stuck)))
    while i not in path:
        path.append(i)
        i = parent[i]
    loop = [*path[path.index(i) :], i]
    return [nodes[j] for j in reversed(loop)]
