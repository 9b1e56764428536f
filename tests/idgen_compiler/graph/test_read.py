"""What a person types for a graph: a path or a text, in any of the three languages."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
TEXTS = {"text": str(NAPKIN), "dagitty": NAPKIN.to_dagitty(), "dot": NAPKIN.to_dot()}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("name", ["graph.txt", "graph.dot", "graph.gv", "graph.dagitty", "a graph", "-> graph"])
def test_a_file_is_known_by_what_it_holds(language: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[language], encoding="utf-8")
    assert ADMG.read(path) == ADMG.read(str(path)) == NAPKIN


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("before", ["", "\n  \n", "# a comment\n"])
def test_a_text_is_known_by_its_start(language: str, before: str) -> None:
    assert ADMG.read(before + TEXTS[language]) == NAPKIN


@pytest.mark.parametrize("text", ["dag -> Y", "digraph -> graph", "dag; graph; strict", "x.dot -> y.txt"])
def test_the_words_of_other_languages_may_name_variables(text: str) -> None:
    assert ADMG.read(text) == ADMG.parse(text)


def test_a_byte_order_mark_is_left_aside(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    path.write_text("\ufeffX -> Y", encoding="utf-8")
    assert ADMG.read(path) == ADMG.parse("X -> Y")


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"no graph file 'napkin\.dot'; give an existing file, or a graph such as"):
        ADMG.read("napkin.dot")
    with pytest.raises(GraphError, match=r"cannot read the graph file .*gone\.txt': No such file"):
        ADMG.read(tmp_path / "gone.txt")
    with pytest.raises(GraphError, match="cannot read the graph file"):
        ADMG.read(tmp_path)
    for path in (f"{tmp_path}/", "./nowhere/graph"):
        with pytest.raises(GraphError, match="graph file"):
            ADMG.read(path)
    binary, bad = tmp_path / "binary.txt", tmp_path / "bad.txt"
    binary.write_bytes(b"X -> \xff")
    bad.write_text("X -> Y\nX ->", encoding="utf-8")
    with pytest.raises(GraphError, match=r"binary\.txt' is no UTF-8 text"):
        ADMG.read(binary)
    with pytest.raises(GraphError, match=r"bad.txt': graph, line 2, column 5: expected a name"):
        ADMG.read(str(bad))
    for empty in ("", " \n", "# only a comment"):
        with pytest.raises(GraphError, match="the graph is empty"):
            ADMG.read(empty)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_as_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("X -> Y",))
    writer.start()
    assert ADMG.read(str(pipe)) == ADMG.parse("X -> Y")
    writer.join()


@given(st.text(max_size=60))
def test_any_text_is_a_graph_or_a_graph_error(text: str) -> None:
    with suppress(GraphError):
        assert isinstance(ADMG.read(text), ADMG)


def test_what_is_neither_text_nor_path_needs_its_format() -> None:
    with pytest.raises(GraphError, match=r"from a text such as .* or from a file, not from 5; name the format"):
        ADMG.read(5)
    with pytest.raises(GraphError, match="expected a networkx DiGraph or MultiDiGraph, not int"):
        ADMG.read(5, "networkx")


def test_a_named_format_is_kept_whatever_the_text_looks_like(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    path.write_text("X -> Y", encoding="utf-8")
    assert ADMG.read(path) == ADMG.parse("X -> Y")
    for source in (path, str(path), "X -> Y"):
        with pytest.raises(GraphError, match="DOT, line 1, column"):
            ADMG.read(source, "dot")


def test_a_text_too_long_for_a_path() -> None:
    text = "; ".join(f"V{i} -> V{i + 1}" for i in range(2000))
    assert len(ADMG.read(text)) == 2001


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("dot", "digraph G { X -> Y }"),
        ("dagitty", "dag { X -> Y }"),
        ("tetrad", "Graph Nodes:\nX;Y\n\nGraph Edges:\n1. X --> Y"),
        ("lavaan", "Y ~ X + Z"),
        ("bif", "network unknown {\n}\nvariable X {\n type discrete [ 2 ] { a, b };\n}"),
        ("csv", "from,to\nX,Y"),
    ],
)
def test_the_text_form_names_other_languages(language: str, text: str) -> None:
    with pytest.raises(GraphError, match=f"in the language '{language}', .* read it with ADMG.read"):
        ADMG.parse(text)


@pytest.mark.parametrize("text", ["0 1\n0 0", "0,1,0\n0,0,1\n0,0,0\n", "[[0, 1], [0, 0]]", "0 1; 0 0"])
def test_a_matrix_names_no_variables(text: str) -> None:
    for read in (ADMG.read, ADMG.parse):
        with pytest.raises(GraphError, match="the graph is a matrix, which names no variables"):
            read(text)


@pytest.mark.parametrize("source", [[[0, 1], [0, 0]], np.zeros((2, 2)), [("X", "Y")]])
def test_an_array_is_no_graph(source: object) -> None:
    with pytest.raises(GraphError, match=r"not read from (lists|ndarrays); give edges, as ADMG\(\[\('X', 'Y'\)\]\)"):
        ADMG.read(source)


def test_an_undirected_graph_is_called_dot() -> None:
    with pytest.raises(GraphError, match=r"^DOT, line 1, column 11: graph .* write digraph \{ X -> Y \}"):
        ADMG.read("graph { X -- Y }")
    assert ADMG.read("graph { X -> Y }") == ADMG.parse("X -> Y")
