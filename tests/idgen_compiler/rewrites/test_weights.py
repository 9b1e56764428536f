"""Weights realize an intervened law where its targets are whole districts, and nowhere else."""

from __future__ import annotations

from idgen_compiler.rewrites.weights import weights_of
from tests.idgen_compiler.rewrites.kernels import after, observed, of
from tests.strategies import Case, napkin_ladder

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


def test_the_napkin_divides_by_one_propensity() -> None:
    law = after(observed(NAPKIN), "W2", "W1 |", "X | W1, W2", "Y | W1, W2, X")
    weights = weights_of(law)
    assert weights is not None
    assert weights.law is observed(NAPKIN)
    assert weights.by == (of(observed(NAPKIN), "W2 | W1"),)


def test_propensities_condition_on_predecessors_that_matter() -> None:
    """P(x2 | x1, z), with W, which tells nothing about X2, left out."""
    graph = "W; Z -> X1 -> X2 -> Y; Z -> X2; Z -> Y"
    weights = weights_of(after(observed(graph), "X1, X2", "Z |", "Y | Z, X1, X2"))
    assert weights is not None
    assert weights.by == (of(observed(graph), "X1 | Z"), of(observed(graph), "X2 | Z, X1"))


def test_a_district_that_is_fixed_in_part_has_no_weights() -> None:
    """X and B share a hidden cause: under do(X), P(b | ...) is none of the observed law's conditionals."""
    law = after(observed("X -> A -> B; X <-> B"), "X", "A | X", "B | A")
    assert weights_of(law) is None


def test_an_observed_law_needs_none() -> None:
    assert weights_of(observed(NAPKIN)) is None


def test_every_law_of_a_ladder_has_weights() -> None:
    """After line 7 the targets always are a district."""
    estimand = Case(*napkin_ladder(3)).identification.estimand
    assert len(estimand.laws) == 3
    assert all(weights_of(law) is not None for law in estimand.laws)
