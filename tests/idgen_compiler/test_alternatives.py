"""Every other posing of a query has the same answer, and each rule is used where it holds only."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings

from idgen_compiler.compile.posings import Posing, moves
from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.graph import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.query import Query
from tests.strategies import Case, cases, random_cases
from tests.truth import Truth


def _why(query: str, graph: str) -> list[str]:
    """The last step of every posing one move away, orders left out."""
    found = moves(Posing(Query.parse(query), ADMG.parse(graph)))
    return [posing.why[-1] for posing in found if "in the order" not in posing.why[-1]]


@pytest.mark.parametrize(
    ("query", "graph", "step", "possible"),
    [
        # Rule 1: Z tells nothing about Y once X is set.
        ("P(Y | do(X), Z)", "Z -> X -> Y", "drop the condition Z (rule 1)", True),
        ("P(Y | do(X), Z)", "Z -> X -> Y; Z -> Y", "drop the condition Z (rule 1)", False),
        ("P(Y | do(X), Z)", "X -> Y -> Z", "drop the condition Z (rule 1)", False),
        ("P(Y | do(X), Z)", "Z -> X -> Y; X <-> Y", "drop the condition Z (rule 1)", True),  # X is no collider when set
        # Rule 3: setting X does nothing to Y.
        ("P(Y | do(X))", "Y -> X", "leave X alone (rule 3)", True),
        ("P(Y | do(X))", "X -> Y", "leave X alone (rule 3)", False),
        ("P(Y | do(X), C)", "X -> C <- Y", "leave X alone (rule 3)", False),  # X is an ancestor of the condition
        ("P(Y | do(X), C)", "X -> C; C -> Y", "leave X alone (rule 3)", True),  # and here C blocks it
        ("P(Y | do(X), C)", "X -> C; X <-> Y", "leave X alone (rule 3)", False),  # C tells about X, when it is not set
        # Rule 2: setting X and seeing it agree.
        ("P(Y | do(X))", "X -> Y", "see X instead of setting it (rule 2)", True),
        ("P(Y | do(X))", "X -> Y; X <- Z -> Y", "see X instead of setting it (rule 2)", False),
        ("P(Y | do(X))", "X -> M -> Y; X <-> Y", "see X instead of setting it (rule 2)", False),
        ("P(Y | do(X), Z)", "X -> Y; X <- Z -> Y", "see X instead of setting it (rule 2)", True),
    ],
)
def test_rules_of_the_do_calculus(query: str, graph: str, step: str, possible: bool) -> None:
    assert (step in _why(query, graph)) is possible


def test_only_what_the_query_does_not_name_is_hidden() -> None:
    assert [w for w in _why("P(Y | do(X), Z)", "Z -> X -> M -> Y") if w.startswith("without")] == ["without M"]


def test_conditions_may_stay_conditions() -> None:
    assert "keep the conditions as conditions" in _why("P(Y | do(X), Z)", "Z -> X -> Y; Z -> Y")
    assert "keep the conditions as conditions" not in _why("P(Y | do(X))", "X -> Y")


def test_orders_are_different_and_topological() -> None:
    graph = ADMG.parse("A; B; A -> C; B -> C")
    orders = [p.graph.order for p in moves(Posing(Query("C", "A"), graph)) if "in the order" in p.why[-1]]
    assert ("B", "A", "C") in orders
    assert graph.order not in orders
    assert len(set(orders)) == len(orders)


def test_steps_are_told_in_their_order() -> None:
    posing = Posing(Query.parse("P(Y | do(X), Z)"), ADMG.parse("Z -> X -> M -> Y"))
    assert str(posing) == "as posed"
    first = next(moves(posing))
    second = next(m for m in moves(first) if m.why[-1] == "without M")
    assert str(second) == "drop the condition Z (rule 1); without M"


def _check(truth: Truth, posing: Posing) -> None:
    try:
        found = identify(posing.query, posing.graph, exchange=posing.exchange)
    except NotIdentifiable:  # a projection may hide what identifies the query
        return
    estimand = replace(truth.case.identification.estimand, kernel=found.estimand.kernel)
    assert truth.of_estimand(estimand), (truth.case, str(posing))


def test_every_posing_has_the_same_answer() -> None:
    for seed, case in enumerate(islice(random_cases(seed=41, vertices=(3, 5)), 60)):
        truth = Truth(case, seed)
        for posing in moves(Posing(case.query, case.graph)):
            _check(truth, posing)


@settings(max_examples=15)
@given(cases(most=4))
def test_two_moves_away_too(case: Case) -> None:
    truth = Truth(case, 0)
    for first in islice(moves(Posing(case.query, case.graph)), 6):
        for second in islice(moves(first), 6):
            _check(truth, second)
