"""The graph that users hold: the mixed graph, read from and written to every format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.drawing.svg import draw_admg
from idgen_compiler.graph.edges import Edge, edge_list_of, name_list
from idgen_compiler.graph.formats.dagitty import parse_dagitty, print_dagitty
from idgen_compiler.graph.formats.dot import parse_dot, print_dot
from idgen_compiler.graph.formats.format import find_format
from idgen_compiler.graph.formats.mermaid import print_mermaid
from idgen_compiler.graph.formats.networkx import read_networkx, write_networkx
from idgen_compiler.graph.formats.sketch import print_sketch
from idgen_compiler.graph.formats.text import parse_text, print_text
from idgen_compiler.graph.formats.y0 import read_y0, write_y0
from idgen_compiler.graph.mixed import MixedGraph
from idgen_compiler.graph.projection import project
from idgen_compiler.graph.read import read_graph, reject_language

__all__ = ["ADMG"]


class ADMG(MixedGraph):
    """An acyclic directed mixed graph; with `fixed` vertices, a conditional one (CADMG).

    A directed edge is a direct cause, a bidirected edge a hidden common cause. Fixed vertices have no edges into
    them; they arise from interventions (Richardson, Evans, Robins and Shpitser 2023, section 2.3).

    Vertices are those of `nodes` and those of the edges. `latent` are causes that no table holds: they are projected
    out, so that what they confound is joined by bidirected edges.

    Methods on names take and return frozensets of names; those of `MaskGraph`, for algorithms, bitsets.

    Raises GraphError for cycles, self-loops, edges given twice, names that no text can hold, and unknown latent ones.

    >>> graph = ADMG(directed=[("X", "M"), ("M", "Y")], bidirected=[("X", "Y")])
    >>> graph
    ADMG.parse('X -> M; M -> Y; X <-> Y')
    >>> graph == ADMG.parse("X -> M -> Y; X <-> Y")
    True
    >>> graph == ADMG([("X", "M"), ("M", "Y"), ("U", "X"), ("U", "Y")], latent=["U"])
    True
    """

    def __init__(
        self,
        directed: Iterable[Edge] = (),
        bidirected: Iterable[Edge] = (),
        nodes: Iterable[str] = (),
        latent: Iterable[str] = (),
    ) -> None:
        if latent := tuple(name_list(latent)):
            seen = project(edge_list_of(directed, bidirected, nodes, latent))
            directed, bidirected, nodes = seen.directed, seen.bidirected, seen.nodes
        super().__init__(directed, bidirected, nodes)

    @classmethod
    def parse(cls, text: str, latent: Iterable[str] = ()) -> Self:
        """Read the text form: chains of `->`, `<-` and `<->`, and lone names, split by `;` or newlines, `#` comments.

        Names that are no words stand in quotes. Vertices marked `[latent]`, and those of `latent`, are projected out.

        Raises GraphError with the line and the place of what cannot be read, for texts of other languages, which
        `read` reads, and for unknown latent vertices.

        >>> ADMG.parse("X -> M -> Y; X <-> Y  # smoking, tar, cancer").order
        ('X', 'M', 'Y')
        >>> ADMG.parse('U [latent] -> smoking, "lung cancer"; smoking -> "lung cancer"')
        ADMG.parse('smoking -> "lung cancer"; smoking <-> "lung cancer"')
        """
        try:
            return cls.from_edge_list(parse_text(text)).without(latent)
        except GraphError:
            if isinstance(text, str):
                reject_language(text)
            raise

    @classmethod
    def read(cls, source: Any, format: str = "", latent: Iterable[str] = ()) -> Self:
        """Read a file (its path), a text in any language, or a library's graph whose `format` is named.

        Without a format the language is known by how the text starts: `dag {` is DAGitty, `digraph {` is DOT, a line
        `from,to` an edge list, what starts as no other is the text form. A string is a path when a file of that name
        exists, or when it ends like one; a file that starts as no other is in the language of its suffix. Hidden
        vertices, and those of `latent`, are projected out.

        Raises GraphError for a missing or unreadable file, an unknown format, unknown latent vertices, and with the
        place for what cannot be read.

        >>> ADMG.read("dag { U [latent]  U -> X  U -> Y  X -> Y }")
        ADMG.parse('X -> Y; X <-> Y')
        >>> ADMG.read("digraph { X -> Y }", format="dot")
        ADMG.parse('X -> Y')
        """
        return read_graph(cls, source, format).without(latent)

    def without(self, latent: Iterable[str]) -> Self:
        """The graph with some vertices projected out as hidden; the graph itself for none.

        Raises GraphError for a name that the graph lacks, and for fixed vertices.

        >>> ADMG.parse("X <- U -> Y").without(["U"])
        ADMG.parse('X <-> Y')
        """
        hidden = tuple(name_list(latent))
        return self.project(hidden) if hidden else self

    def to(self, format: str) -> Any:
        """The graph in dagitty, dot, gml, graphml, mermaid, networkx, sketch, text, y0, or a format registered.

        Raises GraphError for an unknown format and for what has no place in it, IdgenError where a library is missing.

        >>> ADMG.parse("X -> Y").to("text")
        'X -> Y'
        """
        return find_format(format).write(self.edge_list())

    @classmethod
    def from_dag(
        cls,
        directed: Iterable[Edge],
        hidden: Iterable[str] = (),
        bidirected: Iterable[Edge] = (),
        nodes: Iterable[str] = (),
    ) -> Self:
        """The latent projection of a DAG (or ADMG) with hidden vertices, which may have parents and many children.

        Raises GraphError for what is no ADMG, and for hidden names that it lacks.

        >>> print(ADMG.from_dag([("U", "X"), ("U", "Y"), ("X", "Y")], hidden=["U"]))
        X -> Y
        X <-> Y
        """
        return cls.from_edge_list(edge_list_of(directed, bidirected, nodes, hidden))

    @classmethod
    def from_networkx(cls, graph: Any) -> Self:
        """Read a networkx DiGraph or MultiDiGraph, hidden vertices projected out.

        An edge is bidirected by `bidirected=True`, `dir="both"` or the key "bidirected"; a vertex hidden by
        `hidden=True`, `latent=True` or `observed=False`, and fixed by `fixed=True`.

        Raises GraphError for another type, undirected graphs, and vertices that are no names.

        >>> import networkx
        >>> ADMG.from_networkx(networkx.DiGraph([("X", "M"), ("M", "Y")]))
        ADMG.parse('X -> M; M -> Y')
        """
        return cls.from_edge_list(read_networkx(graph))

    def to_networkx(self, *, canonical: bool = False) -> Any:
        """A networkx MultiDiGraph, or with `canonical` the DiGraph with explicit hidden causes.

        Raises IdgenError where networkx is not installed.

        >>> import networkx
        >>> dag = ADMG.parse("X -> Y; X <-> Y").to_networkx(canonical=True)
        >>> list(dag.edges), networkx.is_d_separator(dag, {"X"}, {"Y"}, set())
        ([('X', 'Y'), ('U_X_Y', 'X'), ('U_X_Y', 'Y')], False)
        """
        return write_networkx(self.edge_list(), canonical=canonical)

    @classmethod
    def from_y0(cls, graph: Any) -> Self:
        """Read a y0 NxMixedGraph.  Raises GraphError for another type and for counterfactual vertices.

        >>> from y0.graph import NxMixedGraph
        >>> ADMG.from_y0(NxMixedGraph.from_str_edges(directed=[("X", "Y")], undirected=[("X", "Y")]))
        ADMG.parse('X -> Y; X <-> Y')
        """
        return cls.from_edge_list(read_y0(graph))

    def to_y0(self) -> Any:
        """A y0 NxMixedGraph.  Raises IdgenError where y0 is not installed, GraphError for fixed vertices.

        >>> import y0
        >>> sorted(map(str, ADMG.parse("X -> Y").to_y0().nodes()))
        ['X', 'Y']
        """
        return write_y0(self.edge_list())

    @classmethod
    def from_dagitty(cls, text: str) -> Self:
        """Read DAGitty's `dag { ... }`, latent variables projected out.  Raises GraphError with the place.

        >>> ADMG.from_dagitty("dag { X [exposure]  Y [outcome]  X -> Y  X <-> Y }")
        ADMG.parse('X -> Y; X <-> Y')
        """
        return cls.from_edge_list(parse_dagitty(text))

    def to_dagitty(self) -> str:
        """The graph in DAGitty's text form, which has no mark for fixed vertices.

        >>> ADMG.parse("X <-> Y").to_dagitty().split()
        ['dag', '{', 'X', 'Y', 'X', '<->', 'Y', '}']
        """
        return print_dagitty(self.edge_list())

    @classmethod
    def from_dot(cls, text: str) -> Self:
        """Read a DOT `digraph`, hidden vertices projected out.  Raises GraphError with the place.

        An edge is bidirected with `dir=both`; a vertex is hidden with `hidden=yes`, fixed with `fixed=yes`.

        >>> ADMG.from_dot("digraph { X -> M -> Y; X -> Y [dir=both] }")
        ADMG.parse('X -> M; M -> Y; X <-> Y')
        """
        return cls.from_edge_list(parse_dot(text))

    def to_dot(self) -> str:
        """The graph in DOT, the language of Graphviz.

        >>> print(ADMG.parse("X -> Y; X <-> Y").to_dot())
        digraph {
          X;
          Y;
          X -> Y;
          X -> Y [dir=both, style=dashed];
        }
        """
        return print_dot(self.edge_list())

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart.

        >>> print(ADMG.parse("X -> Y").to_mermaid())
        flowchart LR
          v0(["X"])
          v1(["Y"])
          v0 --> v1
        """
        return print_mermaid(self.edge_list())

    def sketch(self, labels: Mapping[str, str] | None = None) -> str:
        """A drawing in plain text, one line for each vertex; `labels` are shown in the place of names.

        >>> print(ADMG.parse("X -> M -> Y; X <-> Y").sketch())
        ┌▸ X ─┐
        ┆  M ◂┴─┐
        └▸ Y ──◂┘
        """
        return print_sketch(self.edge_list(), labels)

    def to_svg(self) -> str:
        """A picture from left to right, in the colors of what is around it; no other program draws it.

        >>> ADMG.parse("X -> Y").to_svg()[:27]
        '<svg class="drawing admg" x'
        """
        return draw_admg(self)

    def _repr_html_(self) -> str:
        return self.to_svg()

    def __str__(self) -> str:
        return print_text(self.edge_list())

    def __repr__(self) -> str:
        fixed = f".intervened({sorted(self.fixed)})" if self.fixed else ""
        return f"ADMG.parse({str(self).replace(chr(10), '; ')!r}){fixed}"
