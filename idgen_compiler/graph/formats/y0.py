"""Graphs to and from y0's NxMixedGraph, and the Python that makes one; reading needs no import of y0."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from idgen_compiler.errors import GraphError, IdgenError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.format import Format, register
from idgen_compiler.graph.names import check_name

__all__ = ["Y0", "read_y0", "write_y0"]


def read_y0(graph: Any) -> EdgeList:
    """The graph of a y0 NxMixedGraph, whose undirected part holds the bidirected edges.

    A text is that of Python: a call of `NxMixedGraph.from_edges`, `from_str_edges` or `from_adj` and their like, its
    arguments names in quotes or variables.

    Raises GraphError for another type, another text, and for counterfactual vertices.

    >>> read_y0("NxMixedGraph.from_edges(directed=[(X, Y)], undirected=[(X, Y)])").bidirected
    (('X', 'Y'),)
    """
    if isinstance(graph, str):
        return _parse(graph)
    try:
        nodes, directed, bidirected = graph.directed.nodes, graph.directed.edges, graph.undirected.edges
    except AttributeError:
        raise GraphError(f"expected a y0 NxMixedGraph, not {type(graph).__name__}") from None
    return EdgeList(
        nodes=tuple(_name(node) for node in nodes),
        directed=tuple((_name(a), _name(b)) for a, b in directed),
        bidirected=tuple((_name(a), _name(b)) for a, b in bidirected),
    )


def _parse(text: str) -> EdgeList:
    try:
        calls = [node for node in ast.walk(ast.parse(text.strip())) if isinstance(node, ast.Call) and node.keywords]
    except SyntaxError as error:
        raise GraphError(f"y0's graph is no Python: {error.msg}, line {error.lineno}") from None
    parts = {word.arg: word.value for word in calls[0].keywords} if calls else {}
    if not parts or parts.keys() - {"nodes", "directed", "undirected"}:
        raise GraphError("y0's graph is written NxMixedGraph.from_edges(directed=[(X, Y)], undirected=[(X, Y)])")
    directed, bidirected = (_pairs(parts.get(part)) for part in ("directed", "undirected"))
    named = (*_names(parts.get("nodes")), *(name for edge in (*directed, *bidirected) for name in edge))
    return EdgeList(tuple(dict.fromkeys(named)), directed, bidirected)


def _pairs(node: ast.expr | None) -> tuple[tuple[str, str], ...]:
    """Edges: pairs in a list, or the ends by their beginning in a dictionary."""
    if isinstance(node, ast.Dict):
        rows = zip(_names_of(node.keys), map(_names, node.values), strict=True)
        return tuple((tail, head) for tail, heads in rows for head in heads)
    pairs = tuple(map(_names, getattr(node, "elts", ())))
    if any(len(pair) != 2 for pair in pairs):
        raise GraphError("an edge of y0's graph is a pair of variables, as in directed=[(X, Y)]")
    return tuple((a, b) for a, b in pairs)


def _names(node: ast.expr | None) -> tuple[str, ...]:
    return _names_of(getattr(node, "elts", ()))


def _names_of(nodes: Iterable[ast.expr | None]) -> tuple[str, ...]:
    found = []
    for node in nodes:
        name = node.id if isinstance(node, ast.Name) else node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):  # Variable("X")
            name = node.args[0].value
        if not isinstance(name, str):
            raise GraphError("the vertices of y0's graph are plain variables, as X or Variable('X')")
        found.append(check_name(name))
    return tuple(found)


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


Y0 = register(
    Format("y0", read_y0, write_y0, r"(?:(?:from|import)\s[^\n]*\n\s*)*(?:\w+\s*=\s*)?(?:y0\.graph\.)?NxMixedGraph\b")
)
