"""Edge lists as CSV, which are never read as vertices without edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG

CHAIN = ADMG.parse("X -> M -> Y")


@pytest.mark.parametrize(
    "text",
    [
        "from,to\nX,M\nM,Y",
        "source;target\r\nX;M\r\nM;Y\r\n",
        "Cause\tEffect\nX\tM\nM\tY",
        '"","from","to"\n"1","X","M"\n"2","M","Y"',
        "weight,parent,child\n0.5,X,M\n1.5,M,Y",
        "from,to,type\nX,M,->\nY,M,<-",
        "from,arrow,to\nX,-->,M\nM,directed,Y",
        "# edges\nfrom, to\n X , M\n M , Y",
    ],
)
def test_a_header_makes_an_edge_list(text: str) -> None:
    assert ADMG.read(text) == CHAIN


@pytest.mark.parametrize("text", ["X,M\nM,Y", "X;M;->\nM;Y;->", "X,M\n\nM,Y\nX"])
def test_without_a_header_the_format_or_the_suffix_says_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    path.write_text(text, encoding="utf-8")
    assert ADMG.read(text, "csv") == ADMG.read(path) == ADMG.read(str(path)) == CHAIN


@pytest.mark.parametrize("text", ["X,M\nM,Y", "X;M\nM;Y", "X, M", "X;M\nY;Z", "from,to", "X; X"])
def test_without_either_it_is_refused(text: str) -> None:
    for read in (ADMG.read, ADMG.parse):
        with pytest.raises(GraphError, match="may be a row of an edge list or vertices without edges; write"):
            read(text)


def test_vertices_without_edges_remain() -> None:
    for text in ("X; Y; Z", "X\nY\nZ", "X"):
        assert ADMG.read(text).directed == ADMG.parse(text).bidirected == ()


def test_the_text_form_may_have_vertices_called_so() -> None:
    assert ADMG.read("from; to\nfrom -> to") == ADMG([("from", "to")])
    assert ADMG.read('cause, effect -> "a"') == ADMG([("cause", "a"), ("effect", "a")])


def test_kinds_of_edges_and_odd_names() -> None:
    text = 'from,to,type\nbirth weight,"a, b",directed\n"a, b",2nd,<->\n2nd,"a, b",bidirected\nalone,,'
    assert ADMG.read(text) == ADMG.parse('"birth weight" -> "a, b"; "a, b" <-> "2nd"; alone')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("from,to,type\nX,Y,o->", "line 2: X o-> Y is an uncertain edge"),
        ("from,to,type\nX,Y,---", "line 2: X --- Y is an undirected edge"),
        ("from,to,type\nX,Y,undirected", "undirected edge"),
        ("from,to,type\nX,Y,maybe", "'maybe' is no kind of edge; write directed or ->"),
        ("from,to,type\n,,->", "line 2: a row without names"),
        ("from,to\nX,X", "self-loop"),
    ],
)
def test_csv_errors(text: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        ADMG.read(text)
    with pytest.raises(GraphError, match="is no row"):
        ADMG.read("X -> Y\nY -> Z", "csv")
