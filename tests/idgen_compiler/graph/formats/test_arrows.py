"""Arrows: every spelling of the three edges of an ADMG, and what is said of the others."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG


@pytest.mark.parametrize("arrow", ["->", "-->", "--->", "→", "⟶", "–>", "—>", "\u2212>", "➜"])
def test_spellings_of_a_cause(arrow: str) -> None:
    assert ADMG.parse(f"X {arrow} Y") == ADMG.parse(f"X{arrow}Y") == ADMG([("X", "Y")])


@pytest.mark.parametrize(("arrow", "edge"), [("<--", "<-"), ("←", "<-"), ("<-->", "<->"), ("↔", "<->"), ("⟷", "<->")])
def test_spellings_of_the_others(arrow: str, edge: str) -> None:
    assert ADMG.parse(f"X {arrow} Y") == ADMG.parse(f"X {edge} Y")


@pytest.mark.parametrize(
    ("arrow", "stands_for"),
    [
        ("o->", "X -> Y, X <-> Y or both"),
        ("<-o", "X <- Y, X <-> Y or both"),
        ("o-o", "X -> Y, X <- Y or X <-> Y"),
        ("o-", "X -> Y, X <- Y or X <-> Y"),
    ],
)
def test_uncertain_edges(arrow: str, stands_for: str) -> None:
    with pytest.raises(GraphError, match="uncertain edge, as in a PAG: it stands for " + stands_for):
        ADMG.parse(f"X {arrow} Y")


def test_a_vertex_may_be_called_o() -> None:
    assert ADMG.parse("o->Y; X -> o; X <-> o").order == ("X", "o", "Y")
    assert ADMG.read("digraph { X -> o; o->Y }") == ADMG.parse("X -> o -> Y")


@pytest.mark.parametrize("arrow", ["--", "---", "-", "–"])
def test_undirected_edges(arrow: str) -> None:
    with pytest.raises(GraphError, match=f"X {arrow} Y is an undirected edge, as in a CPDAG"):
        ADMG.parse(f"X {arrow} Y")


@pytest.mark.parametrize("arrow", ["=>", "-+", "+-", "<=", "⇒", "x->"])
def test_what_is_no_arrow(arrow: str) -> None:
    with pytest.raises(GraphError, match="is no edge of an ADMG; write X -> Y"):
        ADMG.parse(f"X {arrow} Y")
