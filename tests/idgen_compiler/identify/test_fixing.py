"""The second opinion agrees with identification, and knows the classics by itself."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import idgen_compiler as idgen
from idgen_compiler.identify.fixing import exchanged, identifiable
from tests.strategies import NAPKIN, Case, admgs, napkin_ladder, queries, random_admg, random_query


@pytest.mark.parametrize(
    ("graph", "query", "verdict"),
    [
        ("X -> Y; X <-> Y", "P(Y | do(X))", False),
        ("X -> M -> Y; X <-> Y", "P(Y | do(X))", True),
        ("X -> M -> Y; X <-> M", "P(Y | do(X))", False),
        (str(NAPKIN), "P(Y | do(X))", True),
        (str(NAPKIN), "P(Y | do(X), W1)", False),
        ("X -> Z -> Y; X <-> Z", "P(Y | do(X), Z)", True),
        ("W <-> Z <-> Y", "P(Y | Z, W)", True),
    ],
)
def test_classics(graph: str, query: str, verdict: bool) -> None:
    assert identifiable(idgen.Query.parse(query), idgen.ADMG.parse(graph)) is verdict


def test_ladders() -> None:
    graph, query = napkin_ladder(12)
    assert identifiable(query, graph)
    broken = idgen.ADMG(graph.directed, [*graph.bidirected, ("V1", "X")], graph.order)
    assert not identifiable(query, broken)


def test_agrees_on_random_queries() -> None:
    random = Random(5)
    refused = 0
    for _ in range(1500):
        size = random.randint(2, 7)
        graph = random_admg(random, size, random.uniform(0.2, 0.8), random.uniform(0.1, 0.6))
        case = Case(graph, random_query(random, graph))
        assert identifiable(case.query, case.graph) == case.identifiable, case
        refused += not case.identifiable
    assert 100 < refused < 1400


@settings(max_examples=200)
@given(st.data())
def test_agrees_around_the_napkin(data: st.DataObject) -> None:
    graph = data.draw(admgs(most=6, core=NAPKIN))
    case = Case(graph, data.draw(queries(graph)))
    assert identifiable(case.query, graph) == case.identifiable


def test_exchange_moves_what_rule_2_allows() -> None:
    graph = idgen.ADMG.parse("X -> M -> Y; X <-> Y")
    assert exchanged(idgen.Query.parse("P(Y | do(X), M)"), graph) == idgen.Query.parse("P(Y | do(X, M))")
    chain = idgen.ADMG.parse("A -> B -> Y; A <-> B")
    assert exchanged(idgen.Query.parse("P(Y | A, B)"), chain) == idgen.Query.parse("P(Y | do(A, B))")
    bow = idgen.ADMG.parse("A -> Y; A <-> Y")
    assert exchanged(idgen.Query.parse("P(Y | A)"), bow) == idgen.Query.parse("P(Y | A)")


def test_questions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(idgen.QueryError, match="unknown vertex"):
        identifiable(idgen.Query("Q", "X"), NAPKIN)
    with pytest.raises(idgen.GraphError, match="fixed"):
        identifiable(idgen.Query("Y", "X"), NAPKIN.intervened(["W2"]))
