"""Formulas as text: what they mean, that printed estimands are among them, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

import idgen_compiler as idgen
from idgen_compiler.catalog.formula import TextbookFormula
from idgen_compiler.verify import CausalModel
from tests.strategies import Case, cases

XY = idgen.Joint(("X", "Y"), [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]])


def value(text: str, query: str) -> list[object]:
    formula = TextbookFormula.parse(text, ("X", "Y"))
    return formula.evaluate(XY, idgen.Query.parse(query)).table.tolist()


def test_probabilities_sums_and_ratios() -> None:
    conditional = [[Fraction(2, 3), Fraction(1, 3)], [Fraction(1, 2), Fraction(1, 2)]]
    assert value("P(y | x)", "P(Y | do(X))") == conditional
    assert value("P(x, y) / P(x)", "P(Y | do(X))") == conditional
    assert value("P(x, y) / [Σ_y' P(x, y')]", "P(Y | do(X))") == conditional
    assert value("Σ_x P(x) P(y | x)", "P(Y)") == [Fraction(5, 8), Fraction(3, 8)]
    assert value("sum_{x} (P(y | x) P(x))", "P(Y)") == [Fraction(5, 8), Fraction(3, 8)]


def test_a_sum_reaches_to_the_end_and_a_bracket_ends_it() -> None:
    assert value("[Σ_x P(x)] P(y)", "P(Y)") == [Fraction(5, 8), Fraction(3, 8)]
    with pytest.raises(idgen.IdgenError, match="X, which neither the query nor a sum has"):
        value("[Σ_x P(x)] P(y | x)", "P(Y)")


def test_a_variable_that_may_take_any_value_is_checked() -> None:
    with pytest.raises(idgen.IdgenError, match="changes with X, which it says may take any value"):
        value("P(y | x) for any x", "P(Y)")
    with pytest.raises(idgen.IdgenError, match="is the query's"):
        value("P(y | x) for any x", "P(Y | do(X))")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("P(y | z)", "unknown variable 'z'"),
        ("P(y | x", "expected '\\)' before the end"),
        ("P(y) )", "nothing may follow"),
        ("P(y | y')", "names a variable twice"),
        ("Σ_", "expected a variable"),
        ("P(y) + P(x)", "column 6: cannot read '\\+'"),
        ("", "expected P"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(idgen.IdgenError, match=message):
        TextbookFormula.parse(text, ("X", "Y"))


def test_a_sum_over_nothing_and_a_division_by_zero_are_refused() -> None:
    with pytest.raises(idgen.IdgenError, match="its body does not mention"):
        value("Σ_x P(y)", "P(Y)")
    never = idgen.Joint(("X", "Y"), [[Fraction(1), Fraction(0)]])
    with pytest.raises(idgen.IdgenError, match="divides by zero"):
        TextbookFormula.parse("P(x) / P(y)", ("X", "Y")).evaluate(never, idgen.Query.parse("P(Y | do(X))"))


@settings(max_examples=60)
@given(cases(most=4))
def test_a_printed_estimand_reads_back_to_its_value(case: Case) -> None:
    text = str(case.identification.estimand)
    if "where" in text:  # named sub-laws are no formula of one line
        return
    model = CausalModel.random(case.graph, 0)
    formula = TextbookFormula.parse(text, case.graph.order)
    assert formula.evaluate(model.observational(), case.query) == model.truth(case.query), text
