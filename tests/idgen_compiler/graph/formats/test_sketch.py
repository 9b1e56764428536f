"""Drawings in plain text."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given

import idgen_compiler as idgen
from tests.strategies import NAPKIN, admgs


def test_the_napkin() -> None:
    assert NAPKIN.sketch().splitlines() == ["┌▸┬▸ W1 ─┐", "┆ ┆  W2 ◂┴─┐", "┆ └▸ X  ─┬◂┘", "└▸── Y  ◂┘"]


def test_labels_stand_for_names() -> None:
    assert idgen.ADMG.parse("X -> Y").sketch({"Y": "[Y]"}).splitlines() == [" X   ─┐", " [Y] ◂┘"]


def test_without_edges_and_without_vertices() -> None:
    assert idgen.ADMG(nodes=["A", "B"]).sketch() == " A\n B"
    assert idgen.ADMG().sketch() == ""


def test_a_large_graph(golden: Callable[[str, str], None]) -> None:
    graph = idgen.ADMG.parse("A -> B -> D; A -> C -> D; B -> E; C -> E; A <-> D; B <-> C; B <-> E")
    golden("graph/sketch.txt", graph.sketch())


@given(admgs(most=6))
def test_every_edge_has_its_ends(graph: idgen.ADMG) -> None:
    text = graph.sketch()
    assert len(text.splitlines()) == len(graph)
    assert text.count("◂") == len(graph.directed)
    assert text.count("▸") == 2 * len(graph.bidirected)
