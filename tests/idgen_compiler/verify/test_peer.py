"""y0's answers: read right, and their faults reported as y0's."""

from __future__ import annotations

import sys
from fractions import Fraction

import pytest

import idgen_compiler as idgen
from idgen_compiler.verify.peer import ask_y0, evaluate_y0
from tests.strategies import NAPKIN

JOINT = idgen.Joint(("X", "Y"), [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]])

y0_dsl = pytest.importorskip("y0.dsl", exc_type=ImportError)


def test_probabilities_products_and_fractions() -> None:
    P, X, Y = y0_dsl.P, y0_dsl.X, y0_dsl.Y
    conditional = [[Fraction(2, 3), Fraction(1, 3)], [Fraction(1, 2), Fraction(1, 2)]]
    expected = [
        (P(Y | X), conditional),
        (P(X) * P(Y | X), JOINT.table.tolist()),
        (P(X, Y) / P(X), conditional),
        (y0_dsl.One(), 1),
        (y0_dsl.Zero(), 0),
    ]
    for expression, values in expected:
        assert evaluate_y0(expression, JOINT).values.tolist() == values, expression


def test_a_bound_name_is_bound_inside_its_sum_only() -> None:
    """In P(X) * sum over X of P(X) P(Y | X) the first X is free."""
    P, Sum, X, Y = y0_dsl.P, y0_dsl.Sum, y0_dsl.X, y0_dsl.Y
    table = evaluate_y0(y0_dsl.Product((P(X), Sum(P(X) * P(Y | X), frozenset([X])))), JOINT)
    assert table.axes == ("X", "Y")
    assert table.values.tolist() == [
        [Fraction(3, 4) * Fraction(5, 8), Fraction(3, 4) * Fraction(3, 8)],
        [Fraction(1, 4) * Fraction(5, 8), Fraction(1, 4) * Fraction(3, 8)],
    ]


def test_a_sum_over_what_does_not_occur_counts_its_values() -> None:
    table = evaluate_y0(y0_dsl.Sum(y0_dsl.P(y0_dsl.Y), frozenset([y0_dsl.X])), JOINT)
    assert table.values.tolist() == [Fraction(5, 4), Fraction(3, 4)]


def test_what_is_no_function_of_the_joint_is_refused() -> None:
    with pytest.raises(idgen.IdgenError, match="no variable of P"):
        evaluate_y0(y0_dsl.P(y0_dsl.Z), JOINT)
    with pytest.raises(idgen.IdgenError, match="no variable of P"):
        evaluate_y0(y0_dsl.P(y0_dsl.Y @ y0_dsl.X), JOINT)
    with pytest.raises(idgen.IdgenError, match="QFactor, which is no function"):
        evaluate_y0(y0_dsl.Q[y0_dsl.X](y0_dsl.Y), JOINT)
    never = idgen.Joint(("X", "Y"), [[Fraction(1), Fraction(0)]])
    with pytest.raises(idgen.IdgenError, match="divides by zero"):
        evaluate_y0(y0_dsl.P(y0_dsl.X) / y0_dsl.P(y0_dsl.Y), never)


def test_y0_drops_the_law_of_the_napkin() -> None:
    """If this fails, y0 has repaired its lines 6 and 7: celebrate, and update the docs."""
    answer = ask_y0(idgen.Query("Y", "X"), NAPKIN)
    assert answer.version == "0.2.11"
    assert str(answer) == "P(Y | X)"


def test_what_y0_raises_is_kept_as_its_failure() -> None:
    answer = ask_y0(idgen.Query(["Y1", "Y2"], "X"), idgen.ADMG.parse("Y1 -> X -> Y2"))
    assert answer.installed
    assert answer.expression is None
    assert answer.failure.startswith("y0 raised ")


def test_a_query_that_y0_refuses() -> None:
    answer = ask_y0(idgen.Query("Y", "X"), idgen.ADMG.parse("X -> Y; X <-> Y"))
    assert answer.failure == "y0 says that the query is not identifiable"


def test_y0_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "y0.dsl", None)
    answer = ask_y0(idgen.Query("Y", "X"), NAPKIN)
    assert not answer.installed
    assert "y0 is not installed" in str(answer)
