"""networkx: what is written is read back, and what others build is read with its meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import edge_sets, graphs

FRONT_DOOR = ADMG.parse("X -> M -> Y; X <-> Y")


@given(graphs(), st.booleans(), st.data())
def test_networkx_is_read_back_with_fixed_vertices(graph: ADMG, canonical: bool, data: st.DataObject) -> None:
    pytest.importorskip("networkx")
    graph = graph.intervened(data.draw(st.lists(st.sampled_from(graph.order), unique=True)) if graph else [])
    assert edge_sets(ADMG.from_networkx(graph.to_networkx(canonical=canonical))) == edge_sets(graph)


def test_networkx_in_other_words() -> None:
    networkx = pytest.importorskip("networkx")
    marked = networkx.DiGraph([("X", "M"), ("M", "Y")])
    marked.add_edge("X", "Y", dir="both")
    twice = networkx.DiGraph([("X", "M"), ("M", "Y")])
    twice.add_edge("X", "Y", bidirected=True)
    twice.add_edge("Y", "X", bidirected=True)
    keyed = networkx.MultiDiGraph([("X", "M"), ("M", "Y"), ("X", "Y", "bidirected")])
    latent = networkx.DiGraph([("X", "M"), ("M", "Y"), ("U", "X"), ("U", "Y")])
    for graph in (marked, twice, keyed):
        assert ADMG.from_networkx(graph) == FRONT_DOOR
    for mark in ({"hidden": True}, {"latent": True}, {"observed": False}, {"observed": "no"}):
        latent.nodes["U"].clear()
        latent.nodes["U"].update(mark)
        assert ADMG.from_networkx(latent) == FRONT_DOOR


def test_networkx_errors() -> None:
    networkx = pytest.importorskip("networkx")
    with pytest.raises(GraphError, match="undirected networkx graph"):
        ADMG.from_networkx(networkx.Graph([("X", "Y")]))
    with pytest.raises(GraphError, match=r"vertex 0 is no string; name the vertices by networkx\.relabel_nodes"):
        ADMG.from_networkx(networkx.DiGraph([(0, 1)]))
    with pytest.raises(GraphError, match="contradictory edges"):
        ADMG.from_networkx(networkx.DiGraph([("X", "Y"), ("Y", "X")]))
    with pytest.raises(GraphError, match="cycle: A -> B -> C -> A"):
        ADMG.from_networkx(networkx.DiGraph([("A", "B"), ("B", "C"), ("C", "A")]))
    with pytest.raises(GraphError, match="expected a networkx DiGraph or MultiDiGraph, not str"):
        ADMG.from_networkx("X -> Y")
