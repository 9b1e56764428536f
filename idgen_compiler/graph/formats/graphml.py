"""GraphML, the XML that igraph (and so R's causaleffect), yEd and networkx write."""

from __future__ import annotations

import re

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.format import Format, register
from idgen_compiler.graph.formats.networkx import UNREADABLE, needed_networkx, read_networkx, renamed_by, write_networkx

__all__ = ["GRAPHML", "parse_graphml", "print_graphml"]


def parse_graphml(text: str) -> EdgeList:
    """The graph of a GraphML text; vertices are named by `name`, as igraph has it, by `label`, or by their ids.

    A bidirected edge is one marked so, as networkx writes it, or a pair of edges with `description="U"`, the convention
    of causaleffect. Documents that declare entities are not read: nothing in a graph needs them.

    Raises GraphError for what cannot be read and for undirected graphs, IdgenError where networkx is not installed.

    >>> edge = '<node id="X"/><node id="Y"/><edge source="X" target="Y"/>'
    >>> parse_graphml(f'<graphml><graph edgedefault="directed">{edge}</graph></graphml>').directed
    (('X', 'Y'),)
    """
    from xml.etree.ElementTree import ParseError

    if not isinstance(text, str):
        raise GraphError(f"a GraphML graph is read from a text, not from {text!r:.80}")
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise GraphError("the GraphML text declares a document type or entities; leave the declaration out")
    if "<graphml" not in text:
        root = re.search(r"<([A-Za-z][\w:.-]{0,40})", text)
        raise GraphError(
            f"the XML is no GraphML but {root[1] if root else 'nothing known'}; export GraphML, GML or DOT"
        )
    networkx = needed_networkx()
    bare = re.sub(r"<graphml\b[^<>]*>", _with_namespace, text, count=1)
    try:
        graph = networkx.parse_graphml(bare)
    except (networkx.NetworkXError, ParseError, *UNREADABLE) as error:
        raise GraphError(f"the GraphML text cannot be read: {' '.join(str(error).split()):.200}") from None
    return read_networkx(renamed_by(graph, ("name", "label")))


def _with_namespace(root: re.Match[str]) -> str:
    """The opening tag with GraphML's namespace, which some writers leave out and networkx asks for."""
    if "xmlns" in root[0]:
        return root[0]
    return root[0].replace("<graphml", '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"', 1)


def print_graphml(graph: EdgeList) -> str:
    """A graph as GraphML, bidirected edges marked so.

    Raises GraphError for a name that XML cannot hold, IdgenError where networkx is not installed.
    """
    return "\n".join(needed_networkx().generate_graphml(write_networkx(graph)))


GRAPHML = register(Format("graphml", parse_graphml, print_graphml, r"<\?xml|<graphml\b", (".graphml", ".xml")))
