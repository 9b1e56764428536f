"""GML, the graph modeling language that DoWhy, igraph, Gephi and networkx write."""

from __future__ import annotations

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.format import Format, register
from idgen_compiler.graph.formats.networkx import UNREADABLE, needed_networkx, read_networkx, renamed_by, write_networkx

__all__ = ["GML", "parse_gml", "print_gml"]

_START = r"(?:(?:creator|version|comment)\b[^\n]*\n\s*)*graph\s*\["


def parse_gml(text: str) -> EdgeList:
    """The graph of a GML text; vertices are named by `label`, or by `name` as igraph has it.

    Edges and vertices are marked as in networkx: `bidirected 1` or `description "U"`, `hidden 1` or `observed "no"`.

    Raises GraphError for what cannot be read and for undirected graphs, IdgenError where networkx is not installed.

    >>> text = 'graph [directed 1 node [id 0 label "X"] node [id 1 label "Y"] edge [source 0 target 1]]'
    >>> parse_gml(text).directed
    (('X', 'Y'),)
    """
    if not isinstance(text, str):
        raise GraphError(f"a GML graph is read from a text, not from {text!r:.80}")
    networkx = needed_networkx()
    try:
        graph = networkx.parse_gml(text, label="id")
    except (networkx.NetworkXError, *UNREADABLE) as error:
        raise GraphError(f"the GML text cannot be read: {' '.join(str(error).split()):.200}") from None
    return read_networkx(renamed_by(graph, ("label", "name")))


def print_gml(graph: EdgeList) -> str:
    """A graph as GML, bidirected edges with `bidirected 1`.  Raises IdgenError where networkx is not installed."""
    return "\n".join(needed_networkx().generate_gml(write_networkx(graph)))


GML = register(Format("gml", parse_gml, print_gml, _START, (".gml",)))
