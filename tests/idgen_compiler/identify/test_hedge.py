"""The hedge, drawn."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.identify.hedge import hedge_dot, sketch_hedge

GRAPH = idgen.ADMG.parse("W -> X -> Y; X <-> Y")
HEDGE = (frozenset({"X", "Y"}), frozenset({"Y"}))


def test_text() -> None:
    assert sketch_hedge(GRAPH, HEDGE).splitlines() == [
        "    W  ─┐",
        "┌▸ (X) ◂┴─┐",
        "└▸ [Y] ──◂┘",
        "[ ] in F' and F, ( ) in F only",
    ]


def test_dot_marks_the_hedge_and_reads_back() -> None:
    text = hedge_dot(GRAPH, HEDGE)
    assert idgen.ADMG.from_dot(text) == GRAPH
    red = [line.strip() for line in text.splitlines() if "red" in line]
    assert [line.split(" [")[0] for line in red] == ["X", "Y", "X -> Y", "X -> Y"]
    assert [line for line in red if "filled" in line] == ['Y [style="filled,bold", color=red, fillcolor=mistyrose];']


def test_a_hedge_of_another_graph_is_refused() -> None:
    known, stranger = frozenset({"X", "Y"}), frozenset({"Q"})
    for hedge in ((stranger, stranger), (known, stranger), (stranger, known)):
        for draw in (sketch_hedge, hedge_dot):
            with pytest.raises(idgen.GraphError, match="unknown vertex 'Q'"):
                draw(GRAPH, hedge)
