"""Acyclic directed mixed graphs, with or without fixed vertices."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import compress
from typing import Any, Self

from idgen_compiler.errors import GraphError, near_misses
from idgen_compiler.graph.bits import bits, lowest
from idgen_compiler.graph.edges import Edge, edge_list, name_list, reject_bad_edges, topological
from idgen_compiler.graph.masks import MaskGraph
from idgen_compiler.graph.names import check_name
from idgen_compiler.graph.projection import LatentGraph, hide, project
from idgen_compiler.graph.text import parse_edges, print_graph

__all__ = ["ADMG"]


class ADMG(MaskGraph):
    """An acyclic directed mixed graph; with `fixed` vertices, a conditional one (CADMG).

    A directed edge is a direct cause, a bidirected edge a hidden common cause. Fixed vertices have no edges into
    them; they arise from interventions (Richardson, Evans, Robins and Shpitser 2023, section 2.3).

    Vertices are those of `nodes` and those of the edges.

    Methods on names take and return frozensets of names; those of `MaskGraph`, for algorithms, bitsets.

    Raises GraphError for cycles, self-loops, edges given twice, and names that are no identifiers.
    """

    def __init__(
        self,
        directed: Iterable[Edge] = (),
        bidirected: Iterable[Edge] = (),
        nodes: Iterable[str] = (),
    ) -> None:
        directed, bidirected = edge_list(directed, "directed"), edge_list(bidirected, "bidirected")
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
    def parse(cls, text: str) -> ADMG:
        """Read the text form: chains of `->`, `<-` and `<->`, and lone names, split by `;` or newlines, `#` comments.

        Raises GraphError with the line and the place of what cannot be read.
        """
        if not isinstance(text, str):
            raise GraphError(f"a graph is read from a text such as 'X -> Y; X <-> Y', not from {text!r:.80}")
        nodes, directed, bidirected = parse_edges(text)
        return cls(directed, bidirected, nodes)

    @classmethod
    def from_dag(
        cls,
        directed: Iterable[Edge],
        hidden: Iterable[str] = (),
        bidirected: Iterable[Edge] = (),
        nodes: Iterable[str] = (),
    ) -> ADMG:
        """The latent projection of a DAG (or ADMG) with hidden vertices, which may have parents and many children.

        Raises GraphError for what is no ADMG, and for hidden names that it lacks.
        """
        edges, arcs = tuple(edge_list(directed, "directed")), tuple(edge_list(bidirected, "bidirected"))
        seen = dict.fromkeys((*name_list(nodes), *(name for edge in (*edges, *arcs) for name in edge)))
        return cls._projected(LatentGraph(tuple(seen), edges, arcs, frozenset(name_list(hidden))))

    @classmethod
    def _projected(cls, graph: LatentGraph) -> ADMG:
        seen = project(graph)
        made = cls(seen.directed, seen.bidirected, seen.nodes)
        return made.intervened(seen.fixed) if seen.fixed else made

    def project(self, hidden: Iterable[str]) -> ADMG:
        """The latent projection: the graph of the law of the other vertices, in the same order.

        Raises GraphError for unknown and for fixed vertices.  Source: Verma and Pearl (1990).
        """
        return self._projected(hide(self, hidden))

    # -- other tools' graphs --------------------------------------------------------------------------------------

    @classmethod
    def from_networkx(cls, graph: Any) -> ADMG:
        """Read a networkx DiGraph or MultiDiGraph, hidden vertices projected out; see `graph.networkx`."""
        from idgen_compiler.graph.networkx import read_networkx

        return cls._projected(read_networkx(graph))

    def to_networkx(self, *, canonical: bool = False) -> Any:
        """A networkx MultiDiGraph, or with `canonical` the DiGraph with explicit hidden causes.

        Raises IdgenError where networkx is not installed.
        """
        from idgen_compiler.graph.networkx import write_networkx

        return write_networkx(self, canonical=canonical)

    @classmethod
    def from_y0(cls, graph: Any) -> ADMG:
        """Read a y0 NxMixedGraph.  Raises GraphError for counterfactual vertices."""
        from idgen_compiler.graph.y0 import read_y0

        return cls._projected(read_y0(graph))

    def to_y0(self) -> Any:
        """A y0 NxMixedGraph.  Raises IdgenError where y0 is not installed, GraphError for fixed vertices."""
        from idgen_compiler.graph.y0 import write_y0

        return write_y0(self)

    @classmethod
    def from_dagitty(cls, text: str) -> ADMG:
        """Read DAGitty's `dag { ... }`, latent variables projected out.  Raises GraphError with the place."""
        from idgen_compiler.graph.dagitty import parse_dagitty

        return cls._projected(parse_dagitty(text))

    def to_dagitty(self) -> str:
        """The graph in DAGitty's text form."""
        from idgen_compiler.graph.dagitty import print_dagitty

        return print_dagitty(self)

    @classmethod
    def from_dot(cls, text: str) -> ADMG:
        """Read a DOT `digraph`, hidden vertices projected out; see `graph.dot`.  Raises GraphError with the place."""
        from idgen_compiler.graph.dot import parse_dot

        return cls._projected(parse_dot(text))

    def to_dot(self) -> str:
        """The graph in DOT, the language of Graphviz."""
        from idgen_compiler.graph.dot import print_dot

        return print_dot(self)

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart."""
        from idgen_compiler.graph.mermaid import print_mermaid

        return print_mermaid(self)

    # -- names and masks ------------------------------------------------------------------------------------------

    @property
    def order(self) -> tuple[str, ...]:
        """All vertices in the topological order shared by every graph derived from one original."""
        return self.names(self.mask)

    @cached_property
    def nodes(self) -> frozenset[str]:
        """All vertices, the fixed ones included."""
        return frozenset(self.order)

    @cached_property
    def fixed(self) -> frozenset[str]:
        """The vertices set by an intervention; nothing points into them."""
        return frozenset(self.names(self.fixed_mask))

    @cached_property
    def random(self) -> frozenset[str]:
        """The vertices that are not fixed."""
        return frozenset(self.names(self.random_mask))

    def names(self, mask: int) -> tuple[str, ...]:
        """The names of a bitset, in topological order."""
        if mask.bit_count() < 8:
            names = self._base.names
            return tuple([names[i] for i in bits(mask)])
        return tuple(compress(self._base.names, map(int, reversed(bin(mask)[2:]))))

    def mask_of(self, names: Iterable[str]) -> int:
        """The bitset of names.  Raises GraphError for a name that the graph lacks."""
        index, mask = self._base.index, 0
        for name in (names,) if isinstance(names, str) else names:
            i = index.get(name)
            if i is None or not self.mask >> i & 1:
                raise GraphError(f"unknown vertex {name!r}{near_misses(str(name), self.order)}")
            mask |= 1 << i
        return mask

    def _names_set(self, mask: int) -> frozenset[str]:
        return frozenset(self.names(mask))

    def sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names in topological order, each once."""
        return self.names(self.mask_of(names))

    # -- edges ----------------------------------------------------------------------------------------------------

    @property
    def directed(self) -> tuple[Edge, ...]:
        """The directed edges (cause, effect), by the effect's place in the order."""
        names = self._base.names
        return tuple((names[p], names[i]) for i in bits(self.mask) for p in bits(self.parents_of_bit(i)))

    @property
    def bidirected(self) -> tuple[Edge, ...]:
        """The bidirected edges, each once, the earlier vertex first."""
        names = self._base.names
        return tuple((names[i], names[s]) for i in bits(self.mask) for s in bits(self.siblings_of_bit(i) >> i << i))

    def parents(self, names: Iterable[str]) -> frozenset[str]:
        """The direct causes of any of the vertices."""
        return self._names_set(self._gather(self.mask_of(names), self.parents_of_bit))

    def children(self, names: Iterable[str]) -> frozenset[str]:
        """The direct effects of any of the vertices."""
        return self._names_set(self._gather(self.mask_of(names), self.children_of_bit))

    def siblings(self, names: Iterable[str]) -> frozenset[str]:
        """The vertices joined to any of these by a bidirected edge."""
        return self._names_set(self._gather(self.mask_of(names), self.siblings_of_bit))

    # -- closures -------------------------------------------------------------------------------------------------

    def ancestors(self, names: Iterable[str]) -> frozenset[str]:
        """The vertices with a directed path into any of these, these included."""
        return self._names_set(self.ancestors_mask(self.mask_of(names)))

    def descendants(self, names: Iterable[str]) -> frozenset[str]:
        """The vertices that any of these reach along directed paths, these included."""
        return self._names_set(self.descendants_mask(self.mask_of(names)))

    @property
    def districts(self) -> tuple[frozenset[str], ...]:
        """The districts (c-components): maximal sets of random vertices joined by bidirected edges."""
        return tuple(self._names_set(d) for d in self.districts_mask())

    def district_of(self, name: str) -> frozenset[str]:
        """The district of one random vertex."""
        return self._names_set(self.district_mask(lowest(self.mask_of([name]))))

    def markov_pillow(self, name: str) -> frozenset[str]:
        """The Markov pillow of a random vertex within the order."""
        return self._names_set(self.markov_pillow_mask(lowest(self.mask_of([name]))))

    # -- derived graphs -------------------------------------------------------------------------------------------

    def subgraph(self, names: Iterable[str]) -> ADMG:
        """The subgraph on some vertices."""
        return self.restricted(self.mask_of(names))

    def mutilated(self, into: Iterable[str] = (), out_of: Iterable[str] = ()) -> ADMG:
        """The graph without edges (of both kinds) into some vertices and without directed edges out of others.

        G with bars over and under, as in Pearl's do-calculus.
        """
        return self.mutilated_mask(self.mask_of(into), self.mask_of(out_of))

    def intervened(self, names: Iterable[str]) -> ADMG:
        """The CADMG after do(names): these vertices fixed, nothing pointing into them."""
        return self.intervened_mask(self.mask_of(names))

    # -- value semantics ------------------------------------------------------------------------------------------

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Order, fixed vertices and edges as plain tuples: equal for graphs that look alike in the same order."""
        return (self.order, self.fixed_mask and self.names(self.fixed_mask), self.directed, self.bidirected)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, ADMG):
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
        i = self._base.index.get(name) if isinstance(name, str) else None
        return i is not None and bool(self.mask >> i & 1)

    def __str__(self) -> str:
        return print_graph(self)

    def __repr__(self) -> str:
        fixed = f".intervened({sorted(self.fixed)})" if self.fixed else ""
        return f"ADMG.parse({str(self).replace(chr(10), '; ')!r}){fixed}"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self
