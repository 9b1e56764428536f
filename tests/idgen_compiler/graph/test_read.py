"""What a person types for a graph: a path or a text, in any of the three languages."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from idgen_compiler.graph.read import read_graph

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
TEXTS = {"text": str(NAPKIN), "dagitty": NAPKIN.to_dagitty(), "dot": NAPKIN.to_dot()}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("name", ["graph.txt", "graph.dot", "graph.gv", "graph.dagitty", "a graph", "-> graph"])
def test_a_file_is_known_by_what_it_holds(language: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[language], encoding="utf-8")
    assert read_graph(path) == read_graph(str(path)) == NAPKIN


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("before", ["", "\n  \n", "# a comment\n"])
def test_a_text_is_known_by_its_start(language: str, before: str) -> None:
    assert read_graph(before + TEXTS[language]) == NAPKIN


@pytest.mark.parametrize("text", ["dag -> Y", "digraph -> graph", "dag; graph; strict", "x.dot -> y.txt"])
def test_the_words_of_other_languages_may_name_variables(text: str) -> None:
    assert read_graph(text) == ADMG.parse(text)


def test_a_byte_order_mark_is_left_aside(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    path.write_text("\ufeffX -> Y", encoding="utf-8")
    assert read_graph(path) == ADMG.parse("X -> Y")


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"no graph file 'napkin\.dot'; give an existing file, or a graph such as"):
        read_graph("napkin.dot")
    with pytest.raises(GraphError, match=r"cannot read the graph file .*gone\.txt': No such file"):
        read_graph(tmp_path / "gone.txt")
    with pytest.raises(GraphError, match="cannot read the graph file"):
        read_graph(tmp_path)
    for path in (f"{tmp_path}/", "./nowhere/graph"):
        with pytest.raises(GraphError, match="graph file"):
            read_graph(path)
    binary, bad = tmp_path / "binary.txt", tmp_path / "bad.txt"
    binary.write_bytes(b"X -> \xff")
    bad.write_text("X -> Y\nX ->", encoding="utf-8")
    with pytest.raises(GraphError, match=r"binary\.txt' is no UTF-8 text"):
        read_graph(binary)
    with pytest.raises(GraphError, match=r"bad.txt': graph, line 2, column 5: expected a name"):
        read_graph(str(bad))
    for empty in ("", " \n", "# only a comment"):
        with pytest.raises(GraphError, match="the graph is empty"):
            read_graph(empty)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_as_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("X -> Y",))
    writer.start()
    assert read_graph(str(pipe)) == ADMG.parse("X -> Y")
    writer.join()


@given(st.text(max_size=60))
def test_any_text_is_a_graph_or_a_graph_error(text: str) -> None:
    with suppress(GraphError):
        assert isinstance(read_graph(text), ADMG)


def test_a_text_too_long_for_a_path() -> None:
    text = "; ".join(f"V{i} -> V{i + 1}" for i in range(2000))
    assert len(read_graph(text)) == 2001
