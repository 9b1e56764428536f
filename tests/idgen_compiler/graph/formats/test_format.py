"""The registry of formats: each is found by its name, and a new one is one file that registers itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError, IdgenError
from idgen_compiler.graph import ADMG, EdgeList
from idgen_compiler.graph.formats.format import FORMATS, Format, find_format, register
from tests.idgen_compiler.graph.graphs import graphs

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
LIBRARIES = ("networkx", "y0")
BOTH_WAYS = sorted(name for name, known in FORMATS.items() if known.reader and known.writer)
LANGUAGES = [name for name in BOTH_WAYS if name not in LIBRARIES]


@pytest.fixture
def matrix() -> Iterator[Format]:
    """A format of a user's own: rows of zeros and ones, after a line of names."""

    def read(text: str) -> EdgeList:
        names, *rows = (line.split() for line in text.split("\n")[1:])
        pairs = [
            (a, b)
            for a, row in zip(names, rows, strict=True)
            for b, cell in zip(names, row, strict=True)
            if cell == "1"
        ]
        return EdgeList(tuple(names), tuple(pairs), ())

    def write(graph: EdgeList) -> str:
        rows = (" ".join(str(int((a, b) in graph.directed)) for b in graph.nodes) for a in graph.nodes)
        return "\n".join(["matrix", " ".join(graph.nodes), *rows])

    yield register(Format("matrix", read, write, "matrix\n", (".mat",)))
    del FORMATS["matrix"]


def test_the_formats_that_come_with_the_package() -> None:
    assert {"dagitty", "dot", "mermaid", "networkx", "sketch", "text", "y0"} <= FORMATS.keys()
    assert all(find_format(name).name == name for name in FORMATS)


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_what_is_written_is_read_back(name: str) -> None:
    if name in LIBRARIES:
        pytest.importorskip(name)
    assert ADMG.read(NAPKIN.to(name), name) == NAPKIN


@given(graphs(least=1), st.sampled_from(LANGUAGES))
def test_a_language_is_known_by_its_start_or_by_its_name(graph: ADMG, name: str) -> None:
    text = graph.to(name)
    again = ADMG.read(text, name)
    assert ADMG.read(text) == again == graph
    assert again.order == graph.order


def test_no_text_starts_as_that_of_two_languages() -> None:
    for name in LANGUAGES:
        starts = [n for n, known in FORMATS.items() if known.start and re.match(known.start, NAPKIN.to(name))]
        assert starts == ([] if name == "text" else [name])


def test_a_registered_format_is_read_and_written(matrix: Format) -> None:
    graph = ADMG.parse("X -> M -> Y")
    text = graph.to("matrix")
    assert text == "matrix\nX M Y\n0 1 0\n0 0 1\n0 0 0"
    assert ADMG.read(text) == ADMG.read(text, "matrix") == graph
    with pytest.raises(GraphError, match=r"no graph file 'graph\.mat'"):
        ADMG.read("graph.mat")


def test_errors_name_the_formats_that_there_are(matrix: Format) -> None:
    with pytest.raises(GraphError, match=r"a format called 'matrix' is registered already"):
        register(matrix)
    with pytest.raises(
        GraphError, match=r"unknown format 'dott'.*dot.*the known ones are .*dagitty, dot, .*lavaan, matrix, mermaid"
    ):
        NAPKIN.to("dott")
    with pytest.raises(
        GraphError, match=r"no graph is read from the format 'mermaid'; give one of .*dagitty, dot, .*matrix"
    ):
        ADMG.read("flowchart LR", "mermaid")
    with pytest.raises(
        GraphError, match=r"no graph is written in the format 'drawing'; give one of .*dagitty, dot, .*matrix"
    ):
        Format("drawing").write(NAPKIN.edge_list())


@pytest.mark.parametrize(("package", "method"), [("networkx", ADMG.to_networkx), ("y0", ADMG.to_y0)])
def test_a_missing_package_names_the_extra(
    package: str, method: Callable[[ADMG], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [m for m in sys.modules if m == package or m.startswith(package + ".")]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(IdgenError, match=rf"{package} is not installed; pip install 'idgen-compiler\[verify\]'"):
        method(NAPKIN)
