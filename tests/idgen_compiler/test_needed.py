"""Ten queries of docs/optimizer.md whose regeneration stays, each with a proof that no rewrite can spare it."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, islice, product

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.estimand.tables import Table, contract
from tests.strategies import NAPKIN, Case, random_cases

pytest.importorskip("sympy")

from tests.needed import foreign_poles


def _case(graph: str, query: str) -> Case:
    return Case(idgen.ADMG.parse(graph), idgen.Query.parse(query))


POSTERIORS = [
    _case("X -> A -> B; X <-> B", "P(A | do(X), B)"),
    _case("X -> A -> M -> B; X <-> B", "P(A | do(X), B)"),
    _case("X -> B <- A; X <-> A", "P(A | do(X), B)"),
    _case("A -> X -> B; A -> B", "P(A | do(X), B)"),
    _case("X -> A -> B; X <-> B; A -> C", "P(A, C | do(X), B)"),
]
"""What is asked for lies before the condition."""

NAPKINS = [
    _case("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "P(Y | do(X))"),
    _case("W1 -> W2 -> X -> Y; X <-> W1 <-> Y; W2 <-> V -> Y", "P(Y | do(X))"),
    _case("W1 -> W2 -> X -> Y; X <-> W1 <-> Y; Z -> W2; Z -> Y", "P(Y | do(X))"),
    _case("V -> W1 -> W2 -> X -> Y; X <-> W1 <-> Y; V -> X", "P(Y | do(X))"),
    _case("W1 -> W2 -> X -> Y; X <-> W1 <-> Y; X -> Q", "P(Y, Q | do(X))"),
]
"""The napkin inside."""


@pytest.mark.parametrize("case", POSTERIORS + NAPKINS, ids=str)
def test_a_regeneration_stays(case: Case) -> None:
    assert idgen.compile(case.query, case.graph).cost.regenerations == 1


@pytest.mark.parametrize("case", POSTERIORS, ids=str)
def test_a_posterior_has_a_pole_that_no_observed_conditional_has(case: Case) -> None:
    assert foreign_poles(case)


def test_what_is_compiled_without_regeneration_has_no_such_pole() -> None:
    """The proof does not prove too much; and what it proves the compiler respects."""
    conditional = (case for case in random_cases(seed=61, vertices=(3, 4)) if case.query.conditions)
    kept = 0
    for case in islice(conditional, 24):
        regenerations = idgen.compile(case.query, case.graph).cost.regenerations
        assert bool(foreign_poles(case, lines=12 if regenerations else 2)) is bool(regenerations), case
        kept += regenerations
    assert kept > 2


# -- the napkin -------------------------------------------------------------------------------------------------------

HALF = Fraction(1, 2)


def _signed_napkin(shift: Fraction) -> tuple[np.ndarray, np.ndarray]:
    """P(W1, W2, X, Y) and P(Y | do(X)) of a model whose numbers may be negative; hidden: U of W1, X and T of W1, Y.

    The sum over U of P(U) P(X = 1 | W2, U) is zero for each W2, and `shift` moves P(Y | X = 1, T) in a direction that
    P(W1, W2, X, Y) does not see.
    """
    u, t = (Table((name,), np.array([HALF, HALF])) for name in ("U", "T"))
    w1 = np.array([[Fraction(3, 4), HALF], [Fraction(1, 4), Fraction(1, 4)]])  # P(W1 = 0 | U, T)
    w2 = np.array([Fraction(1, 3), Fraction(3, 4)])  # P(W2 = 1 | W1)
    x = np.array([[Fraction(1, 3), Fraction(-1, 3)], [Fraction(1, 5), Fraction(-1, 5)]])  # P(X = 1 | W2, U)
    y = np.array([[Fraction(1, 7), Fraction(2, 7)], [Fraction(2, 5) + shift, Fraction(3, 5) - 2 * shift]])  # ... | X, T
    tables = [
        u,
        t,
        Table(("W1", "U", "T"), np.stack([w1, 1 - w1])),
        Table(("W2", "W1"), np.stack([1 - w2, w2])),
        Table(("X", "W2", "U"), np.stack([1 - x, x])),
        Table(("Y", "X", "T"), np.stack([1 - y, y])),
    ]
    sizes = dict.fromkeys(("U", "T", "W1", "W2", "X", "Y"), 2)
    observed = contract(tables, ("W1", "W2", "X", "Y"), sizes, exact=True).values
    effect = contract([t, tables[-1]], ("X", "Y"), sizes, exact=True).values
    return observed, effect


def test_two_signed_models_of_the_napkin_agree_on_p_v_and_not_on_the_effect() -> None:
    """A sum of products of observed conditionals is a function of P(V) wherever no marginal vanishes.

    Being equal to the effect in all positive models, it would be so in these two as well, as rational functions are;
    but they have one P(V), no marginal of which vanishes, and two effects.
    """
    (observed, effect), (same, other) = _signed_napkin(Fraction(0)), _signed_napkin(Fraction(1, 10))
    assert (observed == same).all()
    assert effect[1, 1] != other[1, 1]
    for count in range(observed.ndim):
        for summed in combinations(range(observed.ndim), count):
            assert np.all(observed.sum(axis=summed) != 0)


@pytest.mark.parametrize("case", NAPKINS, ids=str)
def test_models_of_the_napkin_are_models_of_these_graphs(case: Case) -> None:
    """Without the other edges, and with the other vertices as noise, the napkin and its query are left."""
    assert set(NAPKIN.directed) <= set(case.graph.directed)
    assert {frozenset(e) for e in NAPKIN.bidirected} <= {frozenset(e) for e in case.graph.bidirected}
    assert "Y" in case.query.outcomes
    assert case.query.treatments == ("X",)


def test_states_of_the_signed_models_are_binary() -> None:
    observed, _ = _signed_napkin(Fraction(0))
    assert observed.shape == (2, 2, 2, 2)
    assert sum(observed[state] for state in product((0, 1), repeat=4)) == 1
