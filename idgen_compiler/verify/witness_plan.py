"""How the two models that prove a query not identifiable are made, bit by bit.

The construction is that of Shpitser and Pearl (2006), theorem 4. Every bidirected edge of the outer forest F is a fair
coin, and every vertex of F the parity of its parents and coins in F, so that every coin is counted twice at the roots
and their parity is even. In the second model the vertices of the inner forest F' listen to nothing outside F', and the
parity is even again: P(V) is the same. An intervention that cuts F outside F' leaves a coin counted once in the first
model, where the parity becomes a fair coin, and nothing in the second. The parity is then carried down to the outcomes.

Roots and carriers are flipped with probability 1/4 in both models alike, so that P(V) is positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod

import numpy as np

from idgen_compiler.errors import IdgenError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query
from idgen_compiler.verify.models import CausalModel
from idgen_compiler.verify.parity import Bit, BitSource, Law, TableLaw, Xor, bit_model
from idgen_compiler.verify.witness_forest import Forest, routes

__all__ = ["Construction", "WitnessPlan"]

FLIP = Fraction(1, 4)
CELLS = 2**14
"""The largest joint that is worked out exactly."""

SEEDS = 6
"""How many random side models are tried for a condition that lies below the hedge."""


@dataclass(frozen=True)
class Construction:
    """What a model is made of: the bits of every vertex, and the names of the hidden causes, each a fair coin."""

    vertices: Mapping[str, Sequence[Bit]]
    causes: tuple[str, ...]

    def model(self, graph: ADMG) -> CausalModel:
        """The structural model."""
        return bit_model(graph, self.vertices, self.causes)

    def described(self, graph: ADMG) -> dict[str, str]:
        """How each vertex is made, by its name or the name of its bit."""
        return {str(BitSource(v, bit.part)): str(bit.law) for v in graph.order for bit in self.vertices[v]}


@dataclass(frozen=True)
class WitnessPlan:
    """The models of a query whose conditions cannot be exchanged, up to what is tried for its conditions."""

    query: Query
    graph: ADMG
    forest: Forest

    @cached_property
    def following(self) -> dict[str, str]:
        """Where each carrier hands its parity on, to an outcome if one can be reached past the conditions."""
        query, cut = self.query, self.graph.mutilated(into=self.query.treatments)
        ways = routes(cut, {*query.outcomes, *query.conditions})
        ways |= routes(cut, query.outcomes, avoiding=query.conditions)
        used: dict[str, str] = {}
        for v in self.forest.roots:
            while v in ways and v not in used:
                used[v] = ways[v]
                v = ways[v]
        return used

    @cached_property
    def ends(self) -> tuple[str, ...]:
        """The outcomes and conditions at which parities end."""
        return self.graph.sorted({*self.forest.roots, *self.following.values()} - self.following.keys())

    def pairs(self) -> Iterator[tuple[Construction, Construction]]:
        """Pairs of models: the plain one if a parity ends at an outcome, then some seen through a condition."""
        attempts: list[tuple[str | None, int]] = []
        if set(self.ends) & set(self.query.outcomes):
            attempts.append((None, 0))
        attempts += [(v, s) for s in range(SEEDS) for v in self.ends if v in self.query.conditions]
        for blurred, seed in attempts:
            side = Side(self.query, self.graph, blurred, seed) if blurred else None
            yield self.model(side, loose=False), self.model(side, loose=True)

    def model(self, side: Side | None, loose: bool) -> Construction:
        """The bits of every vertex and the hidden causes; `loose` is the model whose inner forest stands by itself."""
        laws = {v: self.laws(v, side, loose) for v in self.graph.order}
        cells = prod(2 ** len(own) for own in laws.values())
        if cells > CELLS:
            raise IdgenError(
                f"the models that prove it have {cells:,} cells, more than the {CELLS:,} that are worked out exactly; "
                "ask on a smaller graph"
            )
        parts = {v: tuple(own) for v, own in laws.items()}
        vertices = {v: [Bit(_part(p, own), _named(law, parts)) for p, law in own.items()] for v, own in laws.items()}
        causes = [_coin(a, b) for a, b in self.forest.arcs] + (side.causes if side else [])
        return Construction(vertices, tuple(causes))

    def laws(self, v: str, side: Side | None, loose: bool) -> dict[str, Law]:
        """The laws of one vertex's bits by part."""
        found: dict[str, Law] = {}
        if v in self.forest.hedge.outer:
            found["hedge"] = self.in_forest(v, loose)
        carriers = [p for p, w in self.following.items() if w == v]
        if carriers:
            found["carried"] = Xor(tuple(s for p in sorted(carriers) for s in self.parity(p)), FLIP)
        if side is None or v not in side.vertices:
            return found
        plus = None
        if v == side.blurred:  # its parity is only seen through the side model
            blurred = [found.pop(s.part) for s in self.parity(v)]
            plus = Xor(tuple(s for law in blurred for s in law.sources), FLIP)
        return {**found, "side": side.law(v, plus)}

    def in_forest(self, v: str, loose: bool) -> Xor:
        """The parity of a vertex's parents and coins in the outer forest, or in the inner one."""
        inner = self.forest.hedge.inner
        inside = inner if loose and v in inner else self.forest.hedge.outer
        parents = tuple(BitSource(p, "hedge") for p in sorted(self.forest.parents(v)) if p in inside)
        coins = tuple(BitSource(_coin(a, b)) for a, b in self.forest.arcs if v in (a, b) and {a, b} <= inside)
        return Xor((*parents, *coins), FLIP if v in self.forest.roots else Fraction(0))

    def parity(self, v: str) -> tuple[BitSource, ...]:
        """What a carrier hands on: its bit if it is a root, and what was handed to it."""
        own = (BitSource(v, "hedge"),) if v in self.forest.roots else ()
        return (*own, *((BitSource(v, "carried"),) if v in self.following.values() else ()))


@dataclass(frozen=True)
class Side:
    """A random model beside the forests, the same in both: it makes a condition depend on the outcomes.

    The condition `blurred` shows the parity that ends there only through its bit of this model, so that what it says
    about the outcomes depends on how even the parity is.
    """

    query: Query
    graph: ADMG
    blurred: str
    seed: int

    @cached_property
    def vertices(self) -> frozenset[str]:
        """The ancestors of outcomes and conditions under the intervention."""
        query = self.query
        cut = self.graph.mutilated(into=query.treatments)
        return cut.ancestors((*query.outcomes, *query.conditions)) - set(query.treatments)

    @property
    def causes(self) -> list[str]:
        """The hidden causes."""
        return [_coin(a, b, "V") for a, b in self.graph.bidirected if {a, b} <= self.vertices]

    def law(self, v: str, plus: Xor | None) -> TableLaw:
        """The law of a vertex's side bit, drawn from the seed."""
        parents = [BitSource(p, "side") for p in self.graph.sorted(self.graph.parents([v])) if p in self.vertices]
        coins = [
            BitSource(_coin(a, b, "V")) for a, b in self.graph.bidirected if v in (a, b) and {a, b} <= self.vertices
        ]
        sources = (*parents, *coins)
        generator = np.random.default_rng((self.seed, self.graph.order.index(v)))
        table = {key: Fraction(int(generator.integers(1, 12)), 12) for key in product((0, 1), repeat=len(sources))}
        return TableLaw(sources, table, plus)


def _coin(a: str, b: str, letter: str = "U") -> str:
    return f"{letter}[{a}, {b}]"


def _part(part: str, own: Mapping[str, Law]) -> str:
    return part if len(own) > 1 else ""


def _named(law: Law, parts: Mapping[str, Sequence[str]]) -> Law:
    """The law with the sources of vertices that have one bit called by the vertex alone."""

    def plain(sources: Sequence[BitSource]) -> tuple[BitSource, ...]:
        return tuple(BitSource(s.name) if len(parts.get(s.name, ())) == 1 else s for s in sources)

    if isinstance(law, Xor):
        return Xor(plain(law.sources), law.flip)
    plus = Xor(plain(law.plus.sources), law.plus.flip) if law.plus else None
    return TableLaw(plain(law.sources_of_table), law.table, plus)
