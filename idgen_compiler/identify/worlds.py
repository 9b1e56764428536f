"""The world of a query with policies: what draws what, and the graph that it is Markov to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from idgen_compiler.errors import GraphError, QueryError
from idgen_compiler.forms.policy import PolicyForm
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query

__all__ = ["World", "natural"]


def natural(name: str) -> str:
    """The instance of a treatment that is its natural value, as kernels call it."""
    return name + "'"


@dataclass(frozen=True)
class World:
    """A graph in which some vertices are set (`hard`) and others drawn by policies (`soft`).

    `graph` is that of P(V), in a topological order in which what a policy reads precedes what it draws.
    """

    graph: ADMG
    hard: frozenset[str]
    soft: dict[str, PolicyForm]

    @classmethod
    def of(cls, query: Query, graph: ADMG) -> World:
        """The world of a query.  Raises QueryError where a treatment affects what its policy reads."""
        soft = dict(query.policies)
        world = cls(graph, frozenset(query.treatments) - soft.keys(), soft)
        read = [(w, x) for x in soft for w in world.read_by(x)]
        for w, x in read:
            if w in graph.descendants([x]):
                path = " -> ".join(_path(graph, x, w))
                raise QueryError(
                    f"{query}: {x} affects {w}, which its policy reads: {path}; a policy reads what its treatment does "
                    "not affect"
                )
        try:
            order = ADMG([*graph.directed, *dict.fromkeys(e for e in read if e not in graph.directed)], (), graph.order)
        except GraphError:
            names = ", ".join(dict.fromkeys(x for _, x in read))
            raise QueryError(
                f"{query}: each of the policies of {names} reads what another one's treatment affects; a first one "
                "has to be drawn before all others"
            ) from None
        if order.order != graph.order:
            world = replace(world, graph=ADMG(graph.directed, graph.bidirected, order.order))
        return world

    def read_by(self, name: str) -> frozenset[str]:
        """The random vertices that a policy reads, also by way of other treatments, whose policies read them.

        Raises QueryError where policies read each other in a circle.
        """
        found, waiting, seen = set[str](), [name], {name}
        while waiting:
            x = waiting.pop()
            for w in self.soft[x].inputs:
                if w == x:
                    found.update({x} - {name})  # the natural value of another treatment
                elif w == name:
                    raise QueryError(f"the policies of {name} and {x} need each other's value; let one come first")
                elif w not in self.soft:
                    found.update({w} - self.hard)
                elif w not in seen:
                    seen.add(w)
                    waiting.append(w)
        return frozenset(found)

    def setting(self, name: str) -> World:
        """The world in which one more vertex is set."""
        return replace(self, hard=self.hard | {name})

    @cached_property
    def naturals(self) -> dict[str, str]:
        """Treatment whose natural value its policy reads -> the vertex that stands for that value in `drawn`."""
        taken = set(self.graph.order)
        found = {}
        for x, policy in self.soft.items():
            if policy.reads_natural(x):
                name = f"natural {x}"
                while name in taken:
                    name = f"natural {name}"
                taken.add(name)
                found[x] = name
        return found

    @cached_property
    def drawn(self) -> ADMG:
        """The graph of this world: a policy's treatment has what it reads as its parents, and nothing else.

        Where the policy reads the natural value, the treatment's vertex is split, as in a single-world intervention
        graph: the natural half keeps what points into the vertex, the other half what it points to (Richardson and
        Robins 2013).
        """
        nodes = [*(v for x in self.graph.order for v in ((self.naturals[x], x) if x in self.naturals else (x,)))]
        into = {x: self.naturals.get(x) for x in (*self.hard, *self.soft)}
        directed = [(a, into.get(b, b)) for a, b in self.graph.directed]
        bidirected = [(into.get(a, a), into.get(b, b)) for a, b in self.graph.bidirected]
        reads = [(self.naturals[x] if w == x else w, x) for x, policy in self.soft.items() for w in policy.inputs]
        return ADMG(
            [*((a, b) for a, b in directed if b is not None), *reads],
            [(a, b) for a, b in bidirected if a is not None and b is not None],
            nodes,
        )


def _path(graph: ADMG, start: str, end: str) -> list[str]:
    """A directed path."""
    on_the_way = graph.ancestors([end])
    path = [start]
    while path[-1] != end:
        path.append(next(_steps(graph, path[-1], on_the_way)))
    return path


def _steps(graph: ADMG, vertex: str, among: frozenset[str]) -> Iterator[str]:
    yield from (child for child in graph.order if child in graph.children([vertex]) & among)
