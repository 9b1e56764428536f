"""The vertices of a graph as bits, and the algorithms on them.

Vertices are numbered along ONE topological order of the graph that the user gave, and every graph made from it
(subgraphs, mutilations, graphs after interventions) keeps that numbering: bit i of a vertex set is the i-th vertex
of the order, in every one of them. So sets are integers, predecessors are the bits below, and a subgraph costs
a few masks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from idgen_compiler.graph.bits import bits, highest, lowest
from idgen_compiler.graph.projection import marginal

__all__ = ["MaskGraph"]

Neighbors = Callable[[int], int]  # a vertex's number -> the bitset of its neighbors


class _Base:
    """The shared part of a family of graphs: names in topological order and the adjacency of the original."""

    __slots__ = ("ancestors", "bit", "children", "index", "names", "parents", "siblings")

    def __init__(self, names: tuple[str, ...], parents: list[int], siblings: list[int]) -> None:
        self.names = names
        self.index = {name: i for i, name in enumerate(names)}
        self.bit = {name: 1 << i for i, name in enumerate(names)}
        self.parents = parents
        self.siblings = siblings
        self.children = [0] * len(names)
        self.ancestors: list[int] = []  # of each vertex in the original graph, itself included
        for i, mask in enumerate(parents):
            closure = 1 << i
            for p in bits(mask):
                self.children[p] |= 1 << i
                closure |= self.ancestors[p]
            self.ancestors.append(closure)


class MaskGraph:
    """A mixed graph whose vertex sets are integer bitsets over one topological order.

    Methods ending in `_mask` take and return bitsets, those ending in `_of_bit` take a vertex's number.
    """

    def __init__(self, names: tuple[str, ...], parents: list[int], siblings: list[int]) -> None:
        """`names` in topological order, with the bitset of each one's parents and of its siblings."""
        self._base = _Base(names, parents, siblings)
        self.mask = (1 << len(names)) - 1  #: all vertices, fixed ones included
        self.fixed_mask = 0  #: the fixed vertices
        self._cut_in = 0
        self._cut_out = 0
        self._ancestral: bool | None = True

    def _derive(self, mask: int, fixed: int, cut_in: int, cut_out: int, ancestral: bool | None = None) -> Self:
        graph = object.__new__(type(self))
        graph._ancestral = ancestral
        graph._base = self._base
        graph.mask = mask
        graph.fixed_mask = fixed
        graph._cut_in = cut_in
        graph._cut_out = cut_out
        return graph

    def in_order(self, names: Sequence[str]) -> Self:
        """The same graph with all its vertices in another topological order, where none is fixed."""
        n, order = len(self._base.names), [self._base.index[name] for name in names]
        parents, siblings = [0] * n, [0] * n
        for i in order:
            parents[i], siblings[i] = self.parents_of_bit(i), self.siblings_of_bit(i)
        return self._rebuilt(order, parents, siblings)

    def projected_mask(self, hidden: int) -> Self:
        """The latent projection (see `graph.projection`), where no fixed vertex is hidden."""
        n, kept = len(self._base.names), self.mask & ~hidden
        children, siblings = [0] * n, [0] * n
        for i in bits(self.mask):
            children[i], siblings[i] = self.children_of_bit(i), self.siblings_of_bit(i)
        arcs = ((i, k) for i in bits(self.mask) for k in bits(siblings[i] >> i << i))
        caused, joined = marginal(children, arcs, hidden)
        parents = [0] * n
        for i in bits(kept):
            for child in bits(caused[i]):
                parents[child] |= 1 << i
        graph = self._rebuilt(list(bits(kept)), parents, joined)
        fixed = sum(1 << place for place, i in enumerate(bits(kept)) if self.fixed_mask >> i & 1)
        return graph._derive(graph.mask, fixed, 0, 0) if fixed else graph

    def _rebuilt(self, order: Sequence[int], parents: Sequence[int], siblings: Sequence[int]) -> Self:
        """Some vertices in a topological order, with edges of their own among them, by their numbers here."""
        bit = {i: 1 << place for place, i in enumerate(order)}

        def moved(mask: int) -> int:
            return sum(bit[i] for i in bits(mask))

        graph = object.__new__(type(self))
        names = tuple([self._base.names[i] for i in order])
        MaskGraph.__init__(graph, names, [moved(parents[i]) for i in order], [moved(siblings[i]) for i in order])
        return graph

    @property
    def random_mask(self) -> int:
        """The vertices that are not fixed, as a bitset."""
        return self.mask & ~self.fixed_mask

    # -- edges ----------------------------------------------------------------------------------------------------

    def parents_of_bit(self, i: int) -> int:
        """The parents of the i-th vertex, as a bitset."""
        if (self._cut_in | self.fixed_mask) >> i & 1:
            return 0
        return self._base.parents[i] & self.mask & ~self._cut_out

    def siblings_of_bit(self, i: int) -> int:
        """The vertices that share a hidden cause with the i-th, as a bitset."""
        severed = self._cut_in | self.fixed_mask
        return 0 if severed >> i & 1 else self._base.siblings[i] & self.mask & ~severed

    def children_of_bit(self, i: int) -> int:
        """The children of the i-th vertex, as a bitset."""
        if self._cut_out >> i & 1:
            return 0
        return self._base.children[i] & self.mask & ~(self._cut_in | self.fixed_mask)

    @property
    def adjacency(self) -> tuple[list[int], list[int], list[int], int, int]:
        """Parents, children and siblings of each vertex in the original graph, for loops that ask for many.

        Of these the graph has no arrowheads at the vertices of the fourth bitset, no tails at those of the fifth, and
        nothing outside `mask`.
        """
        base = self._base
        return base.parents, base.children, base.siblings, self._cut_in | self.fixed_mask, self._cut_out

    def children_mask(self, mask: int) -> int:
        """The children of any of a bitset, as a bitset."""
        return self._gather(mask, self.children_of_bit)

    @staticmethod
    def _gather(mask: int, neighbors: Neighbors) -> int:
        out = 0
        for i in bits(mask):
            out |= neighbors(i)
        return out

    # -- closures -------------------------------------------------------------------------------------------------

    @staticmethod
    def _closure(mask: int, neighbors: Neighbors) -> int:
        reached, frontier = mask, mask
        while frontier:
            i = lowest(frontier)
            frontier &= frontier - 1
            fresh = neighbors(i) & ~reached
            reached |= fresh
            frontier |= fresh
        return reached

    @property
    def _is_ancestral(self) -> bool:
        """Whether closures of the original graph hold here: nothing cut, and every vertex's ancestors kept."""
        if self._ancestral is None:
            ancestors = self._base.ancestors
            self._ancestral = not (self._cut_in | self._cut_out | self.fixed_mask) and not any(
                ancestors[i] & ~self.mask for i in bits(self.mask)
            )
        return self._ancestral

    def ancestors_mask(self, mask: int) -> int:
        """An(mask): the vertices with a directed path into the set, the set included."""
        if self._is_ancestral:
            closure = 0
            while rest := mask & ~closure:
                closure |= self._base.ancestors[highest(rest)]
            return closure
        reached, frontier = mask, mask
        while frontier:  # highest first: a vertex is expanded after everything below that it could be reached from
            i = highest(frontier)
            frontier ^= 1 << i
            fresh = self.parents_of_bit(i) & ~reached
            reached |= fresh
            frontier |= fresh
        return reached

    def descendants_mask(self, mask: int) -> int:
        """De(mask): the vertices reached from the set along directed paths, the set included."""
        return self._closure(mask, self.children_of_bit)

    def district_mask(self, i: int) -> int:
        """The district of the i-th vertex among the random vertices, as a bitset."""
        return self._closure(1 << i, self.siblings_of_bit)

    def districts_mask(self) -> list[int]:
        """The districts of the random vertices, by their first vertex in the order, as bitsets."""
        found, rest = [], self.random_mask
        while rest:
            district = self.district_mask(lowest(rest))
            found.append(district)
            rest &= ~district
        return found

    def markov_pillow_mask(self, i: int) -> int:
        """The Markov pillow of the i-th vertex within the order, as a bitset.

        Its district among its predecessors (itself left out) and the parents of that district, which together
        separate it from its other predecessors (Tian and Pearl 2002; Richardson et al. 2023, definition 24).
        """
        before = self.restricted((2 << i) - 1)
        district = before.district_mask(i)
        return (district | self._gather(district, before.parents_of_bit)) & ~(1 << i)

    # -- derived graphs -------------------------------------------------------------------------------------------

    def restricted(self, keep: int) -> Self:
        """The subgraph on a bitset of vertices (other bits are ignored)."""
        return self._derive(self.mask & keep, self.fixed_mask & keep, self._cut_in, self._cut_out)

    def ancestral_mask(self, mask: int) -> Self:
        """The subgraph on the ancestors of a bitset."""
        keep = self.ancestors_mask(mask)
        return self._derive(keep, self.fixed_mask & keep, self._cut_in, self._cut_out, self._ancestral)

    def mutilated_mask(self, into: int = 0, out_of: int = 0) -> Self:
        """The graph without the edges into one bitset and without the directed edges out of another."""
        return self._derive(self.mask, self.fixed_mask, self._cut_in | into, self._cut_out | out_of)

    def intervened_mask(self, fixed: int) -> Self:
        """The CADMG in which a bitset of vertices is fixed as well."""
        return self._derive(self.mask, self.fixed_mask | fixed & self.mask, self._cut_in, self._cut_out)
