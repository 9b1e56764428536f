"""DOT: what is written is read back, and what others write is read with its meaning."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import edge_sets, graphs
from tests.idgen_compiler.transcripts import transcript

FRONT_DOOR = ADMG.parse("X -> M -> Y; X <-> Y")
FIXED = ADMG.parse("W1 -> W2 -> X -> end.y; X <-> W1 <-> end.y").intervened(["X"])


@given(graphs(), st.data())
def test_dot_is_read_back_with_fixed_vertices(graph: ADMG, data: st.DataObject) -> None:
    fixed = data.draw(st.lists(st.sampled_from(graph.order), unique=True)) if graph else []
    graph = graph.intervened(fixed)
    again = ADMG.from_dot(graph.to_dot())
    assert edge_sets(again) == edge_sets(graph)
    assert again.order == graph.order


def test_a_drawing(golden: Callable[[str, str], None]) -> None:
    golden("graph/napkin.dot", FIXED.to_dot())


@pytest.mark.parametrize(
    "text",
    [
        "digraph { X -> M -> Y; X -> Y [dir=both] }",
        'strict digraph "G" { rankdir=LR; node [shape=circle]; edge [color="#000"]; X->M; M->Y; X->Y [dir="both"]; }',
        "digraph { X -> M -> Y edge [dir=both, style=dashed] X -> Y }",
        "digraph { subgraph cluster_0 { edge [dir=both] X -> Y } X -> M -> Y }",
        "digraph { M -> X [dir=back]; M -> Y; Y -> X [dir=both] }",
        "digraph { U [observed=no]; U -> {X Y} [style=dashed]; X -> M -> Y }",
        'digraph { U [label="Unobserved Confounders", observed="no"]; U->X; U->Y; X:e -> M:w -> Y:n:s }',
        "digraph { node [latent=true] U; node [latent=false] U -> X -> M -> Y; U -> Y }",
        "# a comment\ndigraph { /* two\nlines */ X -> M -> Y // end\n X->Y [dir=both]}",
        "digraph { X [label=<<b>X</b>>]; { rank = same; X; M } X -> M -> Y; X -> Y [dir=both] }",
        'digraph { "X" -> "M" -> Y; U [hidden]; U -> X; U -> Y }',
    ],
)
def test_dot_in_other_words(text: str) -> None:
    assert ADMG.from_dot(text) == FRONT_DOOR


def test_dot_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "graph { X -- Y }", "digraph { X -- Y }", "digraph { X -> Y [dir=none] }", "digraph { X -> Y [style=dashed] }",
        "digraph { X [latent=perhaps] }", "digraph { X ->\n  -> Y }", "digraph { X -> Y", "digraph { X -> Y [dir=] }",
        "digraph { X -> Y; X -> Y }", "digraph { subgraph { X }", "X -> Y", "digraph X -> Y", "digraph { X <-> Y }",
        'digraph { "" -> Y }',
    ]  # fmt: skip
    golden("graph/dot_errors.txt", transcript(cases, ADMG.from_dot, GraphError))
