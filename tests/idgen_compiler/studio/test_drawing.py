"""Drawings: what is read comes out equal, with its places and marks."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.errors import GraphError
from idgen_compiler.studio.drawing import Drawing, Line, Point
from idgen_compiler.studio.reading import read_drawing
from idgen_compiler.studio.writing import FORMS, write_drawing

DAGITTY = """\
dag {
bb="-3.1,-2.9,2.7,2.4"
"birth weight" [outcome,pos="1.300,1.200"]
A [adjusted,pos="-2.200,-1.520"]
E [exposure,pos="-2.200,1.400"]
U [latent,pos="0.100,-2.000"]
A -> E
A <-> "birth weight"
E -> "birth weight"
U -> "birth weight"
U -> E
}
"""


def test_a_dagitty_text_comes_out_equal() -> None:
    drawn = read_drawing(DAGITTY)
    assert drawn.query == 'P("birth weight" | do(E))'
    assert write_drawing(drawn, "dagitty") == DAGITTY


def test_every_graph_of_the_catalog_comes_out_of_dagittys_form_equal() -> None:
    for entry in ENTRIES:
        drawn = read_drawing(entry.graph)
        text = write_drawing(Drawing(drawn.points, drawn.lines, entry.query), "dagitty")
        assert write_drawing(read_drawing(text), "dagitty") == text, entry.name


def test_places_of_dagitty_are_apart_on_the_page() -> None:
    drawn = read_drawing(DAGITTY)
    assert 20 < drawn.unit < 200
    assert next(p for p in drawn.points if p.name == "A") == Point("A", -2.2, -1.52, marks=("adjusted",))


def test_half_a_question_is_kept_as_marks() -> None:
    text = "dag {\nX [exposure]\nY\nX -> Y\n}\n"
    drawn = read_drawing(text)
    assert drawn.query == ""
    assert write_drawing(drawn, "dagitty") == text


@pytest.mark.parametrize("form", ["dagitty", "dot", "text", "json"])
def test_what_is_written_is_read_again(form: str) -> None:
    for entry in ENTRIES:
        drawn = read_drawing(entry.graph).with_hidden_causes()
        text = write_drawing(drawn, form)
        if form == "json":
            import json

            assert Drawing.read(json.loads(text)) == drawn
            continue
        again = read_drawing(text)
        assert again.edges() == drawn.edges(), entry.name


@pytest.mark.parametrize("form", ["gml", "graphml"])
def test_formats_without_hidden_vertices_get_the_projection(form: str) -> None:
    drawn = read_drawing("U [latent] -> X, Y; X -> Y")
    assert read_drawing(write_drawing(drawn, form)).graph() == idgen.ADMG.parse("X -> Y; X <-> Y")


def test_hidden_causes_come_and_go() -> None:
    for entry in ENTRIES:
        drawn = read_drawing(entry.graph)
        opened = drawn.with_hidden_causes()
        assert not any(line.both for line in opened.lines)
        assert opened.graph() == entry.parsed_graph()
        closed = opened.without_latent()
        assert closed.graph() == entry.parsed_graph()
        assert not any(point.latent for point in closed.points)


def test_places_of_hidden_causes_are_between_what_they_join() -> None:
    drawn = Drawing((Point("X", 0, 100), Point("Y", 200, 100), Point("U1")), (Line("X", "Y", both=True),))
    assert drawn.with_hidden_causes().points[-1] == Point("U2", 100, 40, latent=True)


@pytest.mark.parametrize(
    "text",
    [
        "digraph { X -> Y; X -> Y [dir=both] }",
        "dag { X -> Y  X <-> Y }",
        "X -> Y; X <-> Y",
        "from,to,type\nX,Y,->\nX,Y,<->",
        "Y ~ X\nX ~~ Y",
        'graph [directed 1 multigraph 1 node [id 0 label "X"] node [id 1 label "Y"] edge [source 0 target 1] '
        "edge [source 0 target 1 bidirected 1]]",
        "g = NxMixedGraph.from_edges(directed=[(X, Y)], undirected=[(X, Y)])",
        'NxMixedGraph.from_str_adj(directed={"X": ["Y"]}, undirected={"X": ["Y"]})',
        "from y0 import X, Y\nNxMixedGraph.from_edges(nodes=[X], directed=[(X, Y)], undirected=[(Variable('X'),Y)])",
    ],
)
def test_every_language_is_read(text: str) -> None:
    assert read_drawing(text).graph() == idgen.ADMG.parse("X -> Y; X <-> Y")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NxMixedGraph.from_edges(directed=[(X,)])", "pair of variables"),
        ("NxMixedGraph.from_edges(directed=[(X @ Z, Y)])", "plain variables"),
        ("NxMixedGraph.from_edges(", "no Python"),
        ("NxMixedGraph()", "is written NxMixedGraph.from_edges"),
    ],
)
def test_y0_that_is_no_graph_is_refused(text: str, words: str) -> None:
    with pytest.raises(GraphError, match=words):
        read_drawing(text)


def test_fixed_vertices_are_refused() -> None:
    with pytest.raises(GraphError, match="X are fixed"):
        read_drawing("digraph { X [fixed=yes]; X -> Y }")


def test_python_that_is_exported_runs(capsys: pytest.CaptureFixture[str]) -> None:
    for text, query in (("U [latent] -> X, Y; X -> M -> Y", "P(Y | do(X))"), ('"a b" -> Y', 'P(Y | do("a b"))')):
        drawn = read_drawing(text)
        code = write_drawing(Drawing(drawn.points, drawn.lines, query), "python")
        exec(compile(code, "exported", "exec"), {})
        assert "verified" in capsys.readouterr().out


def test_every_form_is_written() -> None:
    drawn = read_drawing(DAGITTY)
    for form in FORMS:
        assert write_drawing(drawn, form).strip(), form
    assert write_drawing(drawn, "latex").count(r"\draw") == len(drawn.lines)
