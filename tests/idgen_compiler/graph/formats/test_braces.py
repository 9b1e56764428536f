"""The grammar that DAGitty and DOT share: every text is a graph or an error with its place."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG

WORDS = """X Y "a" "b_c" -> <- <-> -- @-> { } [ ] = ; , : + latent dir=both subgraph edge node graph dag digraph strict
/* */ " <b> 1.5 '"""


@given(
    st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join) | st.text(max_size=30),
    st.sampled_from(["dag {", "digraph {", ""]),
)
@example("{" * 5000, "digraph {")
@example('"' + "\\" * 5000, "dag {")
@example("<" * 5000, "dag {")
@example("/*" * 5000, "dag {")
def test_any_text_is_a_graph_or_a_graph_error(text: str, start: str) -> None:
    for read in (ADMG.from_dagitty, ADMG.from_dot):
        for whole in (start + text, f"{start}{text}}}"):
            try:
                graph = read(whole)
            except GraphError:
                continue
            assert ADMG.from_dot(graph.to_dot()) == graph


@pytest.mark.parametrize("kind", ["dag", "digraph"])
def test_a_list_between_arrows_is_refused_with_both_readings(kind: str) -> None:
    with pytest.raises(GraphError, match=r"write Z -> X; W -> Y  or  Z -> \{X W\} -> Y"):
        ADMG.read(f"{kind} {{ Z -> X, W -> Y }}")
    with pytest.raises(GraphError, match="a comma ends no statement; write A -> B; B -> C; C -> D"):
        ADMG.read(f"{kind} {{ A -> B, B -> C, C -> D }}")


@pytest.mark.parametrize("kind", ["dag", "digraph"])
def test_a_list_at_an_end_of_a_chain_is_one_as_in_the_text_form_and_in_graphviz(kind: str) -> None:
    assert ADMG.read(f"{kind} {{ A, B -> C, D }}") == ADMG.parse("A, B -> C, D")
    assert ADMG.read(f"{kind} {{ {{A, B}} -> C -> {{D, E}} }}") == ADMG.parse("A, B -> C -> D, E")


@pytest.mark.parametrize(
    "body", ["\nX, Y\nX -> Y\n", "X [a], Y [b=1], X -> Y", "X -> Y,\n", "X -> Y [b=1], Y", "X; Y; X -> Y, rankdir=LR"]
)
def test_commas_that_end_a_statement(body: str) -> None:
    assert ADMG.read(f"dag {{{body}}}") == ADMG.parse("X -> Y")


def test_lists_that_could_hide_another_vertex_or_lead_to_themselves_are_refused() -> None:
    with pytest.raises(GraphError, match="end the names before it by ;"):
        ADMG.read("digraph { X, U [latent] }")
    with pytest.raises(GraphError, match="X stands on both sides of an arrow"):
        ADMG.read("dag { X, Y, U -> X }")
