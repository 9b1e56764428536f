"""Graphs and programs as SVG: complete, well formed, and with whatever names they have."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

import idgen_compiler as idgen
from idgen_compiler.graph.drawing.layout import placed
from idgen_compiler.graph.drawing.svg import draw_admg, told_admg

SVG = "{http://www.w3.org/2000/svg}"


def classes(drawing: str, tag: str) -> list[str]:
    return [each.attrib.get("class", "") for each in ElementTree.fromstring(drawing).iter(f"{SVG}{tag}")]


def test_what_an_intervention_cuts_is_pale_and_in_its_place() -> None:
    graph = idgen.ADMG.parse("Z -> X -> Y; X <-> Y")
    drawing = draw_admg(graph.intervened(["X"]), {"X": "treatment"}, graph)
    edges = [kind for kind in classes(drawing, "path") if kind.startswith("edge")]
    assert sorted(edges) == ["edge", "edge gone", "edge hidden gone"]
    assert "vertex treatment fixed" in classes(drawing, "rect")
    whole = ElementTree.fromstring(draw_admg(graph)).iter(f"{SVG}text")
    after = ElementTree.fromstring(drawing).iter(f"{SVG}text")
    assert [each.attrib["x"] for each in whole] == [each.attrib["x"] for each in after]


def test_vertices_that_are_gone_are_pale() -> None:
    graph = idgen.ADMG.parse("W -> X -> Y")
    drawing = draw_admg(graph.subgraph(["X", "Y"]), before=graph)
    assert classes(drawing, "rect").count("vertex gone") == 1


@pytest.mark.parametrize("name", ["a<b", 'say "x"', "a&b", "x" * 200, "Größe", "变量", "]]>"])
def test_any_name_is_drawn(name: str) -> None:
    graph = idgen.ADMG([(name, "Y"), ("Z", name), ("Z", "Y")])
    words = "".join(ElementTree.fromstring(graph.to_svg()).itertext())
    assert name in words
    program = idgen.compile(idgen.Query(["Y"], [name]), graph)
    assert "train %obs" in "".join(ElementTree.fromstring(program.to_svg()).itertext())


def test_vertices_of_long_names_are_apart() -> None:
    at = placed(idgen.ADMG.parse("a_rather_long_name -> another_rather_long_name -> b"))
    places = sorted(at.values(), key=lambda each: each.x)
    assert all(b.x - b.half - a.x - a.half > 20 for a, b in pairwise(places))


def test_an_empty_and_a_large_graph_are_drawn() -> None:
    assert draw_admg(idgen.ADMG()).startswith("<svg")
    names = [f"V{k}" for k in range(120)]
    large = idgen.ADMG(list(pairwise(names)), [("V0", "V9"), ("V4", "V100")])
    assert len(draw_admg(large)) < 200_000


def test_a_graph_is_told_in_words() -> None:
    assert told_admg(idgen.ADMG.parse("X -> Y; X <-> Y; W")) == (
        "Graph. X causes Y; X and Y share a hidden cause; W stands alone."
    )
