"""What an ADMG implies for P(V): one constraint for each missing edge that has any.

Two vertices without an edge are independent given some set, which is an ordinary independence; or they are so only in
a law after interventions, which is a functional (Verma) constraint; or the graph says nothing about them, since they
are *densely connected* (Shpitser, Evans and Richardson 2018): then a directed or bidirected edge between them could be
added without changing the observable model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.separation import m_separated_mask

__all__ = ["Fixing", "Implication", "implications", "separator"]

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixing:
    """One intervention on the way to a law: rows weigh policy(vertex) / P(vertex | given), in the law arrived at."""

    vertex: str
    given: Names


@dataclass(frozen=True, slots=True)
class Implication:
    """`a` is independent of `b` given `given`, in the law after `fixings` (in P(V) itself when there are none).

    `a` is the later of the two in the graph's order. `given` separates the two, and no part of it less one does.
    """

    a: str
    b: str
    given: Names = ()
    fixings: tuple[Fixing, ...] = ()

    @property
    def functional(self) -> bool:
        """Whether this is a functional (Verma) constraint and no conditional independence of P(V)."""
        return bool(self.fixings)

    @property
    def variables(self) -> frozenset[str]:
        """The columns that a test of it reads."""
        return frozenset((self.a, self.b, *self.given, *(n for f in self.fixings for n in (f.vertex, *f.given))))

    @property
    def sentence(self) -> str:
        """What it says, in plain words."""
        if not self.fixings:
            known = f" once {_listed(self.given)} {_are(self.given)} known" if self.given else ""
            return f"{self.b} tells nothing about {self.a}{known}"
        hand = tuple(fixing.vertex for fixing in self.fixings)
        rest = tuple(name for name in self.given if name not in hand)
        others = tuple(name for name in hand if name != self.b)
        when = [f"{_listed(others)} {_are(others)} set by hand"] if others else []
        when += [f"{_listed(rest)} {_are(rest)} known"] if rest else []
        once = f" once {' and '.join(when)}" if when else ""
        return f"{'setting ' if self.b in hand else ''}{self.b} does not matter to {self.a}{once}"

    def __str__(self) -> str:
        given = f" | {', '.join(self.given)}" if self.given else ""
        do = f" ; do({', '.join(fixing.vertex for fixing in self.fixings)})" if self.fixings else ""
        return f"{self.a} ⊥ {self.b}{given}{do}"


def implications(graph: ADMG) -> tuple[Implication, ...]:
    """The testable implications of a graph, one for each missing edge that has one.

    For an edge that no set separates, vertices are fixed one at a time (Richardson, Evans, Robins and Shpitser 2023,
    section 3) until m-separation holds in the CADMG that is left; in the napkin graph, W2 does not matter to Y once X
    is set. The constraints of Tian and Pearl (2002) are of this kind.

    Raises GraphError for a graph with fixed vertices.
    """
    if graph.fixed:
        raise GraphError(f"{', '.join(sorted(graph.fixed))} are fixed; data are compared with the graph before that")
    return tuple(_each(graph))


def _each(graph: ADMG) -> Iterator[Implication]:
    for i in bits(graph.mask):
        joined = graph.parents_of_bit(i) | graph.siblings_of_bit(i)
        for j in bits(graph.mask & ((1 << i) - 1) & ~joined):
            a, b = 1 << i, 1 << j
            known = separator(graph, a, b)
            if known is not None:
                yield Implication(graph.names(a)[0], graph.names(b)[0], graph.names(known))
            else:
                yield from _functional(graph, a, b)


def separator(graph: ADMG, a: int, b: int) -> int | None:
    """A set that separates two vertices and of which none can be left out; None when no set does.

    If any set separates them, their ancestors do (Richardson and Spirtes 2002, lemma 3.9, for ADMGs by the same proof).
    """
    known = graph.ancestors_mask(a | b) & ~(a | b)
    if not m_separated_mask(graph, a, b, known):
        return None
    for i in reversed(list(bits(known))):
        if m_separated_mask(graph, a, b, known & ~(1 << i)):
            known &= ~(1 << i)
    return known


def _functional(graph: ADMG, a: int, b: int) -> Iterator[Implication]:
    """The functional constraint on two vertices, if there is one."""
    start = graph.ancestral_mask(a | b)  # the others are summed out
    for first in (0, b):  # b random, as it arises; then b set by hand
        sequence = _sequence(start, a, b, first)
        if sequence is None:
            continue
        sequence = _pruned(start, a, b, sequence)
        left, fixings = _fixed(start, sequence)
        known = separator(left, a, b)
        if known is not None and fixings:
            yield Implication(graph.names(a)[0], graph.names(b)[0], graph.names(known), tuple(fixings))
            return


def _sequence(graph: ADMG, a: int, b: int, first: int) -> list[int] | None:
    """The vertices to fix, in order, until `a` and `b` are separated; None when they never are."""
    sequence: list[int] = []
    while separator(graph, a, b) is None:
        options = [i for i in bits(graph.random_mask & ~a & ~(b & ~first)) if _is_fixable(graph, i)]
        # Setting b by hand tells something only where b has effects left, and where a is not what b is set against.
        options = [i for i in options if 1 << i != b or (graph.children_of_bit(i) and not _blanket(graph, i) & a)]
        if not options:
            return None
        chosen = min(options, key=lambda i: (1 << i != first, bool(graph.children_of_bit(i)), _size(graph, i), i))
        sequence.append(chosen)
        graph = _without(graph, chosen)
    return sequence


def _pruned(graph: ADMG, a: int, b: int, sequence: Sequence[int]) -> list[int]:
    """The sequence without the fixings that separation does not need."""
    kept = list(sequence)
    for i in sequence:
        fewer = [k for k in kept if k != i]
        current: ADMG | None = graph
        for k in fewer:
            current = _without(current, k) if current is not None and _is_fixable(current, k) else None
        # Where nothing is fixed any more, no set separates the two.
        if current is not None and separator(current, a, b) is not None:
            kept = fewer
    return kept


def _fixed(graph: ADMG, sequence: Sequence[int]) -> tuple[ADMG, list[Fixing]]:
    """The CADMG after a sequence, and the fixings that change the law of the others."""
    fixings = []
    for i in sequence:
        given = _blanket(graph, i)
        if (
            graph.children_of_bit(i) and given
        ):  # without children it is summed out; without a blanket, it is set already
            fixings.append(Fixing(graph.names(1 << i)[0], graph.names(given)))
        graph = _without(graph, i)
    return graph, fixings


def _is_fixable(graph: ADMG, i: int) -> bool:
    """Whether no descendant of the i-th vertex shares its district (Richardson et al. 2023, definition 12)."""
    return graph.descendants_mask(1 << i) & graph.district_mask(i) == 1 << i


def _without(graph: ADMG, i: int) -> ADMG:
    """The CADMG with the i-th vertex fixed, or gone when it has no children and so is summed out."""
    return graph.intervened_mask(1 << i) if graph.children_of_bit(i) else graph.restricted(~(1 << i))


def _blanket(graph: ADMG, i: int) -> int:
    """The Markov blanket of a fixable vertex: its district and the parents of the district."""
    district = graph.district_mask(i)
    around = district
    for k in bits(district):
        around |= graph.parents_of_bit(k)
    return around & ~(1 << i)


def _size(graph: ADMG, i: int) -> int:
    return _blanket(graph, i).bit_count()


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
