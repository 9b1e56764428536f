"""The mixed graph at the core: an immutable value of names, which every other part of this room rests on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, reduce
from itertools import compress
from operator import or_
from typing import Self

from idgen_compiler.errors import GraphError, near_misses
from idgen_compiler.forms.spelling import composed
from idgen_compiler.graph.bits import bits, lowest
from idgen_compiler.graph.edges import Edge, EdgeList, edge_pairs, name_list, reject_bad_edges, topological
from idgen_compiler.graph.masks import MaskGraph
from idgen_compiler.graph.names import check_name
from idgen_compiler.graph.projection import project, reject_fixed

__all__ = ["MixedGraph"]


class MixedGraph(MaskGraph):
    """An acyclic directed mixed graph; with `fixed` vertices, a conditional one (CADMG).

    Its methods take and return frozensets of names, those of `MaskGraph` bitsets; graphs made from it are of its class.

    Raises GraphError for cycles, self-loops, edges given twice, and names that are no identifiers.
    """

    def __init__(
        self,
        directed: Iterable[Edge] = (),
        bidirected: Iterable[Edge] = (),
        nodes: Iterable[str] = (),
    ) -> None:
        directed, bidirected = edge_pairs(directed, "directed"), edge_pairs(bidirected, "bidirected")
        seen = dict.fromkeys(check_name(n) for n in name_list(nodes))
        seen.update(dict.fromkeys(check_name(n) for edge in (*directed, *bidirected) for n in edge))
        reject_bad_edges(directed, bidirected)
        names = topological(tuple(seen), directed)
        index = {name: i for i, name in enumerate(names)}
        parents, siblings = [0] * len(names), [0] * len(names)
        for tail, head in directed:
            parents[index[head]] |= 1 << index[tail]
        for a, b in bidirected:
            siblings[index[a]] |= 1 << index[b]
            siblings[index[b]] |= 1 << index[a]
        super().__init__(names, parents, siblings)

    @classmethod
    def from_edge_list(cls, edges: EdgeList) -> Self:
        """The graph of a list, hidden vertices projected out.  Raises GraphError for what is no ADMG.

        >>> from idgen_compiler import ADMG
        >>> from idgen_compiler.graph import EdgeList
        >>> ADMG.from_edge_list(EdgeList(("X", "Y"), (("X", "Y"),), (), fixed=frozenset({"X"})))
        ADMG.parse('X -> Y').intervened(['X'])
        """
        seen = project(edges)
        made = cls(seen.directed, seen.bidirected, seen.nodes)
        return made.intervened(seen.fixed) if seen.fixed else made

    def edge_list(self, hidden: Iterable[str] = ()) -> EdgeList:
        """The graph as names and edges, some vertices marked as hidden.  Raises GraphError for names that it lacks.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X -> M -> Y; X <-> Y").edge_list().directed
        (('X', 'M'), ('M', 'Y'))
        """
        return EdgeList(self.order, self.directed, self.bidirected, self._names_set(self.mask_of(hidden)), self.fixed)

    # -- names and masks ------------------------------------------------------------------------------------------

    @property
    def order(self) -> tuple[str, ...]:
        """All vertices in the topological order shared by every graph derived from one original.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X -> Y; Z -> X").order
        ('Z', 'X', 'Y')
        """
        return self.names(self.mask)

    @cached_property
    def nodes(self) -> frozenset[str]:
        """All vertices, the fixed ones included.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> Y; Z").nodes)
        ['X', 'Y', 'Z']
        """
        return frozenset(self.order)

    @cached_property
    def fixed(self) -> frozenset[str]:
        """The vertices set by an intervention; nothing points into them.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> Y").intervened(["X"]).fixed)
        ['X']
        """
        return frozenset(self.names(self.fixed_mask))

    @cached_property
    def random(self) -> frozenset[str]:
        """The vertices that are not fixed.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> Y").intervened(["X"]).random)
        ['Y']
        """
        return frozenset(self.names(self.random_mask))

    def names(self, mask: int) -> tuple[str, ...]:
        """The names of a bitset, in topological order.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X -> M -> Y").names(0b101)
        ('X', 'Y')
        """
        if mask.bit_count() < 8:
            names = self._base.names
            return tuple([names[i] for i in bits(mask)])
        return tuple(compress(self._base.names, map(int, reversed(bin(mask)[2:]))))

    def mask_of(self, names: Iterable[str]) -> int:
        """The bitset of names.  Raises GraphError for a name that the graph lacks."""
        names = (names,) if isinstance(names, str) else tuple(names)
        try:
            mask = reduce(or_, map(self._base.bit.__getitem__, names), 0)
        except (KeyError, TypeError):  # names in another spelling, or unknown
            return self._spelled_mask(names)
        return self._spelled_mask(names) if mask & ~self.mask else mask

    def _spelled_mask(self, names: Iterable[str]) -> int:
        """The bitset of names in any spelling.  Raises GraphError for a name that the graph lacks."""
        index, mask = self._base.index, 0
        for name in names:
            i = index.get(name)
            if i is None and isinstance(name, str):
                i = index.get(composed(name))
            if i is None or not self.mask >> i & 1:
                raise GraphError(f"unknown vertex {name!r}{near_misses(str(name), self.order)}")
            mask |= 1 << i
        return mask

    def _names_set(self, mask: int) -> frozenset[str]:
        return frozenset(self.names(mask))

    def sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names in topological order, each once.  Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X -> M -> Y").sorted({"Y", "X"})
        ('X', 'Y')
        """
        return self.names(self.mask_of(names))

    # -- edges ----------------------------------------------------------------------------------------------------

    @property
    def directed(self) -> tuple[Edge, ...]:
        """The directed edges (cause, effect), by the effect's place in the order.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X -> M -> Y").directed
        (('X', 'M'), ('M', 'Y'))
        """
        names = self._base.names
        return tuple((names[p], names[i]) for i in bits(self.mask) for p in bits(self.parents_of_bit(i)))

    @property
    def bidirected(self) -> tuple[Edge, ...]:
        """The bidirected edges, each once, the earlier vertex first.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X -> Y; Y <-> X").bidirected
        (('X', 'Y'),)
        """
        names = self._base.names
        return tuple((names[i], names[s]) for i in bits(self.mask) for s in bits(self.siblings_of_bit(i) >> i << i))

    def parents(self, names: Iterable[str]) -> frozenset[str]:
        """The direct causes of any of the vertices.  Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("A, B -> C -> D").parents(["C", "D"]))
        ['A', 'B', 'C']
        """
        return self._names_set(self._gather(self.mask_of(names), self.parents_of_bit))

    def children(self, names: Iterable[str]) -> frozenset[str]:
        """The direct effects of any of the vertices.  Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("A, B -> C -> D").children("A"))
        ['C']
        """
        return self._names_set(self._gather(self.mask_of(names), self.children_of_bit))

    def siblings(self, names: Iterable[str]) -> frozenset[str]:
        """The vertices joined to any of these by a bidirected edge.  Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> Y; X <-> W1 <-> Y").siblings("W1"))
        ['X', 'Y']
        """
        return self._names_set(self._gather(self.mask_of(names), self.siblings_of_bit))

    # -- closures -------------------------------------------------------------------------------------------------

    def ancestors(self, names: Iterable[str]) -> frozenset[str]:
        """The vertices with a directed path into any of these, these included.

        Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> M -> Y; M -> Z").ancestors("Y"))
        ['M', 'X', 'Y']
        """
        return self._names_set(self.ancestors_mask(self.mask_of(names)))

    def descendants(self, names: Iterable[str]) -> frozenset[str]:
        """The vertices that any of these reach along directed paths, these included.

        Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> M -> Y; M -> Z").descendants("M"))
        ['M', 'Y', 'Z']
        """
        return self._names_set(self.descendants_mask(self.mask_of(names)))

    @property
    def districts(self) -> tuple[frozenset[str], ...]:
        """The districts (c-components): maximal sets of random vertices joined by bidirected edges.

        >>> from idgen_compiler import ADMG
        >>> [sorted(d) for d in ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y").districts]
        [['W1', 'X', 'Y'], ['W2']]
        """
        return tuple(self._names_set(d) for d in self.districts_mask())

    def district_of(self, name: str) -> frozenset[str]:
        """The district of one random vertex.  Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> M -> Y; X <-> Y").district_of("Y"))
        ['X', 'Y']
        """
        return self._names_set(self.district_mask(lowest(self.mask_of([name]))))

    def markov_pillow(self, name: str) -> frozenset[str]:
        """The Markov pillow of a random vertex within the order: what separates it from its other predecessors.

        Raises GraphError for a name that the graph lacks.  Source: Tian and Pearl (2002).

        >>> from idgen_compiler import ADMG
        >>> sorted(ADMG.parse("X -> M -> Y; X <-> Y").markov_pillow("Y"))
        ['M', 'X']
        """
        return self._names_set(self.markov_pillow_mask(lowest(self.mask_of([name]))))

    # -- derived graphs -------------------------------------------------------------------------------------------

    def subgraph(self, names: Iterable[str]) -> Self:
        """The subgraph on some vertices.  Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X -> M -> Y; X <-> Y").subgraph(["X", "Y"])
        ADMG.parse('X <-> Y')
        """
        return self.restricted(self.mask_of(names))

    def mutilated(self, into: Iterable[str] = (), out_of: Iterable[str] = ()) -> Self:
        """The graph without edges (of both kinds) into some vertices and without directed edges out of others.

        G with bars over and under, as in Pearl's do-calculus.  Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("Z -> X -> Y; X <-> Y").mutilated(into=["X"])
        ADMG.parse('Z; X; Y; X -> Y')
        """
        return self.mutilated_mask(self.mask_of(into), self.mask_of(out_of))

    def intervened(self, names: Iterable[str]) -> Self:
        """The CADMG after do(names): these vertices fixed, nothing pointing into them.

        Raises GraphError for a name that the graph lacks.

        >>> from idgen_compiler import ADMG
        >>> after = ADMG.parse("Z -> X -> Y; X <-> Y").intervened(["X"])
        >>> sorted(after.fixed), after.directed, after.bidirected
        (['X'], (('X', 'Y'),), ())
        """
        return self.intervened_mask(self.mask_of(names))

    def project(self, hidden: Iterable[str]) -> Self:
        """The latent projection: the graph of the law of the other vertices, in the same order.

        Raises GraphError for unknown and for fixed vertices.  Source: Verma and Pearl (1990).

        >>> from idgen_compiler import ADMG
        >>> ADMG.parse("X <- U -> Y; X -> M -> Y").project(["U", "M"])
        ADMG.parse('X -> Y; X <-> Y')
        """
        mask = self.mask_of(hidden)
        reject_fixed(self.names(mask & self.fixed_mask))
        return self.projected_mask(mask) if mask else self

    # -- value semantics ------------------------------------------------------------------------------------------

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Order, fixed vertices and edges as plain tuples: equal for graphs that look alike in the same order."""
        return (self.order, self.fixed_mask and self.names(self.fixed_mask), self.directed, self.bidirected)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, MixedGraph):
            return NotImplemented
        if self._base is other._base:
            mine = (self.mask, self.fixed_mask, self._cut_in & self.mask, self._cut_out & self.mask)
            if mine == (other.mask, other.fixed_mask, other._cut_in & other.mask, other._cut_out & other.mask):
                return True
        return (
            self.nodes == other.nodes
            and self.fixed == other.fixed
            and set(self.directed) == set(other.directed)
            and {frozenset(e) for e in self.bidirected} == {frozenset(e) for e in other.bidirected}
        )

    @cached_property
    def _hash(self) -> int:
        """Of the vertices with their numbers of parents and siblings, which tells most graphs apart."""
        if self._is_ancestral and len(self) == len(self._base.names):
            degrees = (map(int.bit_count, edges) for edges in (self._base.parents, self._base.siblings))
            return hash((self.fixed, frozenset(zip(self._base.names, *degrees, strict=True))))
        around = (
            (self._base.names[i], self.parents_of_bit(i).bit_count(), self.siblings_of_bit(i).bit_count())
            for i in bits(self.mask)
        )
        return hash((self.fixed, frozenset(around)))

    def __hash__(self) -> int:
        return self._hash

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __contains__(self, name: object) -> bool:
        i = self._base.index.get(composed(name)) if isinstance(name, str) else None
        return i is not None and bool(self.mask >> i & 1)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self
