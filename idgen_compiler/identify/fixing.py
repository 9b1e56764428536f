"""A second opinion on whether a query is identifiable: the one-line form of ID, by fixing.

P(Y | do(X)) is identifiable if and only if every district of the graph on the ancestors of Y that X leaves can be
reached by fixing vertices one at a time (Richardson, Evans, Robins and Shpitser 2023, section 4, after Shpitser,
Evans and Richardson 2018). A vertex may be fixed when none of its descendants shares its district.

Nothing here is shared with the algorithm whose verdict it checks: sets of names instead of bitsets, districts and
separation worked out anew, no recursion over laws. It gives a verdict and no estimand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from idgen_compiler.errors import GraphError, QueryError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query

__all__ = ["exchanged", "identifiable"]

Neighbors = Mapping[str, Collection[str]]


def identifiable(query: Query, graph: ADMG) -> bool:
    """Whether the query is a function of P(V) in every model of the graph.

    Conditions are first exchanged for interventions as far as rule 2 of the do-calculus allows; a conditional query is
    identifiable exactly when the joint of its outcomes and remaining conditions is (Shpitser and Pearl 2006).

    Raises QueryError for a query that does not fit the graph, GraphError for a graph with fixed vertices.
    """
    query = exchanged(query, graph)
    whole = _Mixed.of(graph)
    left = whole.without(query.treatments)
    ancestral = left.restricted(_closure({*query.outcomes, *query.conditions}, left.parents))
    return all(whole.reachable(district) == district for district in ancestral.districts())


def exchanged(query: Query, graph: ADMG) -> Query:
    """The query with every condition that rule 2 allows moved into do(...).

    Raises QueryError for a query that does not fit the graph, GraphError for a graph with fixed vertices.
    """
    query.check(graph)
    if query.policies:
        raise QueryError(f"{query} has policies; ask about the kernel that they multiply, P(..., W | do(...))")
    if graph.fixed:
        raise GraphError(f"{', '.join(sorted(graph.fixed))} are fixed; a query is about the graph before interventions")
    mixed = _Mixed.of(graph)
    treatments, conditions = list(query.treatments), list(query.conditions)
    for z in query.conditions * len(query.conditions):  # one that moves may let an earlier one move
        if z not in conditions:
            continue
        others = [c for c in conditions if c != z]
        cut = mixed.cut(into=treatments, out_of=[z])
        if not cut.connected({z}, set(query.outcomes), {*treatments, *others}):
            treatments, conditions = [*treatments, z], others
    return Query(query.outcomes, treatments, conditions)


@dataclass(frozen=True)
class _Mixed:
    """A mixed graph on `random` vertices; those that are fixed are only found among the parents of others."""

    random: frozenset[str]
    parents: Mapping[str, frozenset[str]]
    siblings: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, graph: ADMG) -> _Mixed:
        parents = {v: frozenset(a for a, b in graph.directed if b == v) for v in graph.order}
        siblings = {v: frozenset(w for e in graph.bidirected if v in e for w in e if w != v) for v in graph.order}
        return cls(frozenset(graph.order), parents, siblings)

    def restricted(self, keep: Iterable[str]) -> _Mixed:
        kept = frozenset(keep)
        return _Mixed(
            kept,
            {v: self.parents[v] & kept for v in kept},
            {v: self.siblings[v] & kept for v in kept},
        )

    def without(self, names: Iterable[str]) -> _Mixed:
        return self.restricted(self.random - set(names))

    def cut(self, into: Collection[str], out_of: Collection[str]) -> _Mixed:
        """Without the edges into some vertices and the directed edges out of others."""
        return _Mixed(
            self.random,
            {v: frozenset() if v in into else p - set(out_of) for v, p in self.parents.items()},
            {v: frozenset() if v in into else s - set(into) for v, s in self.siblings.items()},
        )

    def fixed(self, name: str) -> _Mixed:
        """After fixing a vertex: nothing points into it, and it points to what it did."""
        kept = self.random - {name}
        return _Mixed(kept, {v: self.parents[v] for v in kept}, {v: self.siblings[v] - {name} for v in kept})

    @property
    def children(self) -> Neighbors:
        found: dict[str, set[str]] = {v: set() for v in self.random}
        for v in self.random:
            for p in self.parents[v] & self.random:
                found[p].add(v)
        return found

    def districts(self) -> set[frozenset[str]]:
        return {frozenset(_closure({v}, self.siblings)) for v in self.random}

    def reachable(self, target: frozenset[str]) -> frozenset[str]:
        """The reachable closure: what is left when every vertex outside the target that can be fixed is.

        The order does not matter (Richardson et al. 2023, section 3.3).
        """
        graph, waiting = self, True
        while waiting:
            waiting = False
            children = graph.children
            for v in sorted(graph.random - target):
                if _closure({v}, children) & _closure({v}, graph.siblings) == {v}:
                    graph, waiting = graph.fixed(v), True
                    break
        return graph.random

    def connected(self, a: set[str], b: set[str], given: set[str]) -> bool:
        """Whether some path between two sets is open: a path in the moral graph of their ancestors.

        Each bidirected edge becomes a hidden parent of its ends (Lauritzen et al. 1990; Richardson 2003).
        """
        kept = _closure(a | b | given, self.parents)
        neighbors: dict[str, set[str]] = {v: set() for v in kept}
        for v in kept:
            hidden = {"{" + min(v, w) + "," + max(v, w) + "}" for w in self.siblings[v] & kept}
            family = {v, *self.parents[v], *hidden}
            for member in family:
                neighbors.setdefault(member, set()).update(family - {member})
        open_ways = {v: near - given for v, near in neighbors.items()}
        return not _closure(a, open_ways).isdisjoint(b)


def _closure(start: Iterable[str], neighbors: Neighbors) -> set[str]:
    reached, frontier = set(start), list(start)
    while frontier:
        fresh = set(neighbors[frontier.pop()]) - reached
        reached |= fresh
        frontier.extend(fresh)
    return reached
