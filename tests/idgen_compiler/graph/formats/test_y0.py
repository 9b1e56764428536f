"""y0: what is written is read back, and what has no place in an ADMG is an error."""

from __future__ import annotations

import pytest
from hypothesis import assume, given

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import graphs

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")


@given(graphs())
def test_y0_is_read_back(graph: ADMG) -> None:
    pytest.importorskip("y0")
    assume("P" not in graph)  # a name that y0 keeps for itself
    assert ADMG.from_y0(graph.to_y0()) == graph


def test_y0_errors() -> None:
    pytest.importorskip("y0")
    from y0.dsl import Variable, X, Y
    from y0.graph import NxMixedGraph

    with pytest.raises(GraphError, match="no plain variable"):
        ADMG.from_y0(NxMixedGraph.from_edges(directed=[(X, Y @ X)]))
    with pytest.raises(GraphError, match="cannot name a variable"):
        ADMG.from_y0(NxMixedGraph.from_edges(directed=[(X, Variable("a\nb"))]))
    with pytest.raises(GraphError, match="expected a y0 NxMixedGraph, not ADMG"):
        ADMG.from_y0(NAPKIN)
    with pytest.raises(GraphError, match="y0 takes no variable named 'P'"):
        ADMG.parse("P -> X").to_y0()
    with pytest.raises(GraphError, match=r"no mark for fixed vertices \(X\)"):
        NAPKIN.intervened(["X"]).to_y0()
