"""Two models that prove a query not identifiable: equal P(V), different answers, both checked exactly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES, Entry
from idgen_compiler.verify.witness import Witness, witness
from idgen_compiler.verify.witness_forest import Forest, Hedge
from tests.strategies import Case, any_cases


def proved(query: idgen.Query, graph: idgen.ADMG) -> Witness:
    """The witness, its claims checked here once more and not by itself."""
    found = witness(query, graph)
    first, second = found.first.observational(), found.second.observational()
    assert first.variables == second.variables
    assert (first.table == second.table).all()
    assert (first.table > 0).all()
    assert found.first.truth(query) != found.second.truth(query)
    assert found.difference == found.first.truth(query).distance(found.second.truth(query))
    for model in (found.first, found.second):
        for v, table in model.mechanisms.items():
            causes = {cause for cause in table.axes if cause not in graph}
            assert {p for p in table.axes[1:] if p in graph} <= graph.parents([v])
            assert np.all(table.values.sum(axis=0) == 1)
            # Each hidden cause acts on the two ends of one bidirected edge.
            for cause in causes:
                ends = {w for w, other in model.mechanisms.items() if cause in other.axes}
                assert len(ends) <= 2
                assert ends - {v} <= graph.siblings([v])
    return found


def test_the_bow(golden: Callable[[str, str], None]) -> None:
    found = proved(idgen.Query("Y", "X"), idgen.ADMG.parse("X -> Y; X <-> Y"))
    assert found.difference == Fraction(1, 4)
    golden("verify/witness-bow.txt", str(found))


@pytest.mark.parametrize("entry", [e for e in ENTRIES if not e.identifiable], ids=lambda entry: entry.name)
def test_catalog(entry: Entry) -> None:
    found = proved(entry.parsed_query(), entry.parsed_graph())
    text = str(found)
    assert text.count("model 1") == text.count("model 2")
    assert "is the same in both" in text


@pytest.mark.parametrize(("kind", "count"), [("plain", 250), ("napkin", 120)])
def test_random_queries(kind: str, count: int) -> None:
    refused = [case for case in islice(any_cases(4, kind, (4, 5)), count) if not case.identifiable]
    assert len(refused) > 20
    assert any(case.query.conditions for case in refused)
    for case in refused:
        proved(case.query, case.graph)


def test_a_condition_that_only_sees_the_hedge() -> None:
    """The parity ends at Z, which says something about Y through a hidden cause that is no part of the hedge."""
    case = Case(idgen.ADMG.parse("X -> W -> Z; X <-> W; Z <-> Y"), idgen.Query.parse("P(Y | do(X), Z)"))
    found = proved(case.query, case.graph)
    assert "by (" in found.laws[0]["Z"]


def test_a_hedge_of_six_vertices() -> None:
    graph = idgen.ADMG.parse("A -> B -> C -> D -> E -> F; A <-> C <-> E <-> B <-> D <-> F")
    found = proved(idgen.Query("F", "A"), graph)
    assert found.hedge.outer == graph.nodes


def test_forests_have_one_child_a_vertex_and_end_in_the_roots() -> None:
    graph = idgen.ADMG.parse("X -> A -> Y; X -> B -> Y; A <-> X; B <-> X; Y <-> A; A -> B")
    hedge = Hedge(frozenset("XABY"), frozenset("ABY"))
    forest = Forest.of(hedge, graph)
    assert forest.roots == {"Y"}
    assert set(forest.child) == {"X", "A", "B"}
    assert set(forest.child.items()) <= set(graph.directed)
    assert len(forest.arcs) == 3


def test_what_is_identifiable_has_no_witness() -> None:
    with pytest.raises(idgen.IdgenError, match="is identifiable in this graph"):
        witness(idgen.Query("Y", "X"), idgen.ADMG.parse("X -> M -> Y; X <-> Y"))
    with pytest.raises(idgen.QueryError, match="unknown vertex"):
        witness(idgen.Query("Q", "X"), idgen.ADMG.parse("X -> Y"))


def test_a_graph_that_is_too_large_says_so() -> None:
    names = [f"V{k}" for k in range(16)]
    chain = [*pairwise(names)]
    with pytest.raises(idgen.IdgenError, match="65,536 cells"):
        witness(idgen.Query(names[-1], names[0]), idgen.ADMG(chain, chain))
