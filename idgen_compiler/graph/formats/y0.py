"""Graphs to and from y0's NxMixedGraph; reading needs no import of y0, writing needs the package."""

from __future__ import annotations

from typing import Any

from idgen_compiler.errors import GraphError, IdgenError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.format import Format, register
from idgen_compiler.graph.names import check_name

__all__ = ["Y0", "read_y0", "write_y0"]


def read_y0(graph: Any) -> EdgeList:
    """The graph of a y0 NxMixedGraph, whose undirected part holds the bidirected edges.

    Raises GraphError for another type and for counterfactual vertices.
    """
    try:
        nodes, directed, bidirected = graph.directed.nodes, graph.directed.edges, graph.undirected.edges
    except AttributeError:
        raise GraphError(f"expected a y0 NxMixedGraph, not {type(graph).__name__}") from None
    return EdgeList(
        nodes=tuple(_name(node) for node in nodes),
        directed=tuple((_name(a), _name(b)) for a, b in directed),
        bidirected=tuple((_name(a), _name(b)) for a, b in bidirected),
    )


def _name(variable: Any) -> str:
    """The name of a plain variable; an interventional or counterfactual one prints as more than its name."""
    name = getattr(variable, "name", None)
    if name is None or str(variable) != name:
        raise GraphError(f"{variable} is no plain variable of y0; an ADMG has one vertex for each variable")
    return check_name(name)


def write_y0(graph: EdgeList) -> Any:
    """A y0 NxMixedGraph.

    Raises GraphError for fixed vertices, which y0's graphs have no mark for, and for names that y0 keeps for itself;
    IdgenError where y0 is not installed.
    """
    if fixed := [name for name in graph.nodes if name in graph.fixed]:
        raise GraphError(f"y0's graphs have no mark for fixed vertices ({', '.join(fixed)})")
    try:
        from y0.dsl import Variable
        from y0.graph import NxMixedGraph
    except ImportError:
        raise IdgenError("y0 is not installed; pip install 'idgen-compiler[verify]'") from None
    variable = {}
    for name in graph.nodes:
        try:
            variable[name] = Variable(name)
        except ValueError:  # P, Q and PP are its distributions
            raise GraphError(f"y0 takes no variable named {name!r}; rename it") from None
    mixed = NxMixedGraph()
    for name in graph.nodes:
        mixed.add_node(variable[name])
    for a, b in graph.directed:
        mixed.add_directed_edge(variable[a], variable[b])
    for a, b in graph.bidirected:
        mixed.add_undirected_edge(variable[a], variable[b])
    return mixed


Y0 = register(Format("y0", read_y0, write_y0))
