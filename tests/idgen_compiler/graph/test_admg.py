"""The graph that users hold: a mixed graph in all that it does, and what is made from it is such a graph again."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.graph import ADMG
from idgen_compiler.graph.mixed import MixedGraph
from tests.idgen_compiler.graph.graphs import graphs

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")

DERIVED: list[Callable[[ADMG], ADMG]] = [
    lambda g: g.subgraph(["X", "Y"]),
    lambda g: g.mutilated(into=["X"]),
    lambda g: g.intervened(["W2"]),
    lambda g: g.project(["W1"]),
    lambda g: g.restricted(0b11),
    lambda g: g.ancestral_mask(0b111),
    lambda g: g.mutilated_mask(1, 2),
    lambda g: g.intervened_mask(1),
    lambda g: ADMG.from_edge_list(g.edge_list()),
    lambda g: ADMG.from_edge_list(g.intervened(["X"]).edge_list()),
    lambda g: ADMG.from_dag(g.directed, ["W1"], g.bidirected),
    lambda g: ADMG.read(str(g)),
]


@pytest.mark.parametrize("derive", DERIVED)
def test_what_is_made_from_an_admg_is_one(derive: Callable[[ADMG], ADMG]) -> None:
    assert type(derive(NAPKIN)) is ADMG


def test_users_may_derive_a_class_of_their_own() -> None:
    class Mine(ADMG):
        """A user's own graph."""

    assert type(Mine.parse("X -> Y").intervened(["X"]).project([])) is Mine


@given(graphs())
def test_the_printed_form_is_read_back(graph: ADMG) -> None:
    assert eval(repr(graph), {"ADMG": ADMG}) == graph  # noqa: S307 - a repr that this test has just made


@given(graphs(), st.data())
def test_an_admg_equals_its_core(graph: ADMG, data: st.DataObject) -> None:
    fixed = data.draw(st.lists(st.sampled_from(graph.order), unique=True)) if graph else []
    core = MixedGraph(graph.directed, graph.bidirected, graph.order).intervened(fixed)
    graph = graph.intervened(fixed)
    assert graph == core
    assert hash(graph) == hash(core)
    assert graph.key == core.key
    assert ADMG.from_edge_list(core.edge_list()).key == graph.key


def test_copies_are_the_graph_itself() -> None:
    assert copy.copy(NAPKIN) is copy.deepcopy(NAPKIN) is NAPKIN
