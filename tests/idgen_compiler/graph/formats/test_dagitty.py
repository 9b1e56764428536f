"""DAGitty: what is written is read back, and what others write is read with its meaning."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import graphs
from tests.idgen_compiler.transcripts import transcript

FRONT_DOOR = ADMG.parse("X -> M -> Y; X <-> Y")
FIXED = ADMG.parse("W1 -> W2 -> X -> end.y; X <-> W1 <-> end.y").intervened(["X"])


@given(graphs())
def test_dagitty_is_read_back(graph: ADMG) -> None:
    again = ADMG.from_dagitty(graph.to_dagitty())
    assert again == graph
    assert again.order == graph.order


def test_a_drawing(golden: Callable[[str, str], None]) -> None:
    golden("graph/napkin.dagitty", FIXED.to_dagitty())


def test_dagitty_with_positions_roles_and_a_latent_variable() -> None:
    text = """
    // from a drawing
    dag {
      bb="-2,-2,2,2"
      X [exposure,pos="-1.000,0.5"]
      Y [outcome, pos="1,.5"]
      M [adjusted,pos="0,-1"]
      U [latent,pos="0,1"]
      U -> X [pos="0.1,0.2"]
      U -> Y
      X -> M -> Y
    }
    """
    assert ADMG.from_dagitty(text) == FRONT_DOOR


@pytest.mark.parametrize(
    "text",
    [
        "dag{X->M->Y;X<->Y}",
        "dag { X -> M Y <- M X <-> Y }",
        'dag "front door" { "X" -> "M"; "M" -> "Y"; "Y" <-> "X" };',
        "graph { X -> M\nM -> Y\nX <-> Y }",
        "DAG { X Y M; {X} -> {M}; M -> {Y}; X <- {U [u]} -> Y }",
        "dag { U [l]; V [l]; V -> U -> {X Y}; X -> M -> Y }",
    ],
)
def test_dagitty_in_other_words(text: str) -> None:
    assert ADMG.from_dagitty(text) == FRONT_DOOR


def test_groups_join_each_with_each() -> None:
    assert ADMG.from_dagitty("dag { {A B} -> {C D} }") == ADMG.parse("A, B -> C, D")


def test_dagitty_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "dag { X -> }", "dag { X -> Y", "dag { X -- Y }", "dag {\n  X -> Y\n  X @-> Z\n}", "mag { X -> Y }",
        "pdag { X -- Y }", "dag { X o-> Y }", "dag { X <-o Y }", "dag { X @-@ Y }",
        "X -> Y", "dag { X [selected] }", 'dag { "" -> Y }', 'dag { "X -> Y }',
        "dag { X -> Y } dag", "dag { X [ }", "dag { X -> Y; Y -> X }", "dag { X -> Y -> Z -> X }", "dag { X & Y }",
        "dag { U [latent] U -> U }", "",
    ]  # fmt: skip
    golden("graph/dagitty_errors.txt", transcript(cases, ADMG.from_dagitty, GraphError))
