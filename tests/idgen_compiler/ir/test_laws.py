"""The graphs of laws, from their types and the graph of a program."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import ProgramError
from idgen_compiler.graph import ADMG
from idgen_compiler.ir import LawType, Observe, Realize
from idgen_compiler.ir.laws import graph_of_text, graph_text, law_graph, law_type
from idgen_compiler.program import Program
from tests.idgen_compiler.ir.programs import EVERYTHING

GRAPH = ADMG.parse("Q -> W1; W1 -> W2; W2 -> X; X -> Y; Y -> Z; W1 <-> X; W1 <-> Y")


def _graph(law: LawType) -> ADMG:
    return law_graph(GRAPH, Realize("%law", law, law.targets, ()))


def test_the_observed_law_has_the_graph() -> None:
    assert law_graph(GRAPH, Observe("%obs", ("X",))) is GRAPH


def test_nothing_points_into_what_is_fixed() -> None:
    found = _graph(LawType(("Q", "W1", "X", "Y"), ("W2",)))
    assert found.fixed == {"W2"}
    assert set(found.directed) == {("Q", "W1"), ("W2", "X"), ("X", "Y")}
    assert found.nodes == {"Q", "W1", "W2", "X", "Y"}, "Z, below them all, is dropped"


def test_what_is_not_named_is_hidden() -> None:
    collider = _graph(LawType(("X", "Y"), ("W2",)))
    assert collider.nodes == {"W2", "X", "Y"}
    assert not collider.bidirected, "W1 is caused by what X and by what Y share with it, and causes neither any more"
    common = law_graph(ADMG.parse("F -> X; W -> X; W -> Y"), Realize("%law", LawType(("X", "Y"), ("F",)), ("X",), ()))
    assert {frozenset(edge) for edge in common.bidirected} == {frozenset(("X", "Y"))}


def test_a_law_on_another_graph() -> None:
    found = _graph(LawType(("X", "Y"), ("W2",), "W2 -> X; X -> Y"))
    assert not found.bidirected
    assert found.fixed == {"W2"}


def test_a_type_names_its_graph_only_where_the_program_s_will_not_do() -> None:
    projected = GRAPH.project(["Q"])
    law = projected.intervened(["W2"]).subgraph(["W1", "W2", "X", "Y"])
    assert law_type(law, projected, GRAPH) == LawType(("W1", "X", "Y"), ("W2",))
    assert law_type(law, GRAPH, GRAPH) == LawType(("W1", "X", "Y"), ("W2",))
    other = ADMG.parse("W2 -> X -> Y; X <-> Y; W1")
    cut = other.intervened(["W2"]).subgraph(["W2", "X", "Y"])
    assert law_type(cut, other, ADMG.parse("W2 -> X -> Y")) == LawType(("X", "Y"), ("W2",), graph_text(other))
    assert law_type(cut, other, ADMG.parse("X -> Y")).graph == graph_text(other), "W2 is not even in the graph"
    assert law_type(cut, other, other) == LawType(("X", "Y"), ("W2",))


def test_texts_of_graphs() -> None:
    assert graph_text(GRAPH) == "Q -> W1; W1 -> W2; W2 -> X; X -> Y; Y -> Z; W1 <-> X; W1 <-> Y"
    assert graph_of_text(graph_text(GRAPH)) == GRAPH
    assert graph_of_text("A -> B") is graph_of_text("A -> B")


def test_a_model_has_no_law() -> None:
    program = Program.parse(EVERYTHING)
    assert program.law_of("%obs") is program.graph
    assert program.law_of("%law1").fixed == {"W2"}
    for name, message in (("%m0", "%m0 is no data set"), ("%m9", "defines no %m9")):
        with pytest.raises(ProgramError, match=message):
            program.law_of(name)
