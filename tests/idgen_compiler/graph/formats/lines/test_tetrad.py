"""The text of Tetrad and causal-learn."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG

HEAD = "Graph Nodes:\nX;M;Y\n\nGraph Edges:\n"


def test_what_causal_learn_prints() -> None:
    assert ADMG.read(HEAD + "1. X --> M\n2. M --> Y\n3. X <-> Y\n") == ADMG.parse("X -> M -> Y; X <-> Y")


def test_what_tetrad_prints() -> None:
    text = "Graph Nodes:\nbirth weight,M,(L)\n\nGraph Edges:\n"
    text += "1. birth weight --> M nl dd\n2. M <-- L\n3. L --> birth weight\n"
    text += "\nGraph Attributes:\nBIC: -2.5\n\nGraph Node Attributes:\nBIC: [X: -1]\n"
    assert ADMG.read(text) == ADMG.parse('"birth weight" -> M; "birth weight" <-> M')


@pytest.mark.parametrize("nodes", ["X;Y;(birth weight)", "X;Y;birth weight"])
def test_parentheses_hide_a_vertex_on_the_lines_of_edges_too(nodes: str) -> None:
    edges = "1. (birth weight) --> X\n2. Y <-- (birth weight) dd nl\n3. X --> Y"
    assert ADMG.read(f"Graph Nodes:\n{nodes}\n\nGraph Edges:\n{edges}") == ADMG.parse("X -> Y; X <-> Y")


@pytest.mark.parametrize(
    ("edge", "message"),
    [
        ("1. X o-> Y", "line 5: X o-> Y is an uncertain edge, as in a PAG: it stands for X -> Y, X <-> Y or both"),
        ("1. X <-o Y", "X <-o Y is an uncertain edge"),
        ("1. X o-o Y", "X o-o Y is an uncertain edge"),
        ("1. X --- Y", "X --- Y is an undirected edge, as in a CPDAG"),
        ("1. X --> Y pd nl", "marked pd, possibly direct"),
        ("1. X --> Q", "'Q' is not among the vertices"),
        ("1. (Q) --> X", r"'\(Q\)' is not among the vertices"),
        ("1. X Y", "is no edge; write one such as 1. X --> Y"),
        ("X-->Y", "is no edge"),
    ],
)
def test_tetrad_errors(edge: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        ADMG.read(HEAD + edge)


def test_an_empty_name() -> None:
    with pytest.raises(GraphError, match="line 2: an empty name"):
        ADMG.read("Graph Nodes:\nX;;Y")
