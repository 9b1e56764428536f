"""GML, as networkx, igraph and DoWhy write it."""

from __future__ import annotations

import pytest
from hypothesis import given

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import graphs

pytest.importorskip("networkx")


@given(graphs())
def test_gml_is_read_back(graph: ADMG) -> None:
    again = ADMG.read(graph.to("gml"), "gml")
    assert again == graph
    assert again.order == graph.order


def test_what_dowhy_writes() -> None:
    text = (
        'graph[directed 1 node[ id "Z" label "Z"] node[ id "X" label "X"] node[ id "Y" label "Y"] '
        'node[ id "U" label "U" observed "no"] edge[source "Z" target "X"] edge[source "X" target "Y"] '
        'edge[source "U" target "X"] edge[source "U" target "Y"]]'
    )
    assert ADMG.read(text) == ADMG.parse("Z -> X -> Y; X <-> Y")


def test_what_igraph_writes() -> None:
    text = (
        'Creator "igraph version 0.10.4 Fri"\nVersion 1\ngraph\n[\n  directed 1\n  node\n  [\n    id 0\n'
        '    name "birth weight"\n'
        '  ]\n  node\n  [\n    id 1\n    name "death"\n  ]\n  edge\n  [\n    source 0\n    target 1\n  ]\n'
        '  edge\n  [\n    source 0\n    target 1\n    description "U"\n  ]\n  edge\n  [\n    source 1\n    target 0\n'
        '    description "U"\n  ]\n  multigraph 1\n]\n'
    )
    assert ADMG.read(text) == ADMG.parse('"birth weight" -> death; "birth weight" <-> death')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('graph [ node [ id 0 label "X" ] ]', "undirected"),
        ("graph [ directed 1 node [ id 0 ", "the GML text cannot be read"),
        ('graph [ directed 1 node [ id 0 label "X" ] node [ id 1 label "X" ] ]', "two vertices are called 'X'"),
        ("graph [ directed 1 node [ id " + "9" * 5000 + " ] ]", "GML"),
        ("graph [ directed 1 " + "a [ " * 5000, "GML"),
    ],
)
def test_gml_errors(text: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        ADMG.read(text)
