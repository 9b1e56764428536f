"""Hoisting leaves one sum over one product of single conditionals, and drops what sums to one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from idgen_compiler.denote import denote
from idgen_compiler.estimand import Estimand
from idgen_compiler.estimand.nodes import Conditional, Free, Intervened, Kernel, Marginal, Product, Renamed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.rewrites import Hoist
from tests.idgen_compiler.rewrites.kernels import after, answer, equal, observed, of
from tests.strategies import Case, cases
from tests.truth import lowered


def test_a_sum_moves_outwards_under_a_fresh_name() -> None:
    law = observed("X -> M -> Y; X <-> Y")
    inner = Marginal(Product((of(law, "X |"), of(law, "Y | X, M"))), ("X",))
    kernel = Marginal(Product((of(law, "M | X"), inner)), ("M",))
    found = Hoist().apply(kernel)
    assert isinstance(found, Marginal)
    assert set(found.over) == {"M", "X'"}
    assert isinstance(found.body, Product)
    assert str(Estimand(found, ("X",), ("Y",))) == "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)"
    assert equal(kernel, found, "X -> M -> Y; X <-> Y")


def test_what_sums_to_one_goes() -> None:
    law = observed("A -> B; X -> Y")
    kernel = Marginal(Product((of(law, "A |"), of(law, "B | A"), of(law, "Y | X"))), ("A", "B"))
    assert Hoist().apply(kernel) is of(law, "Y | X")


def test_a_summed_variable_that_is_needed_stays() -> None:
    law = observed("A -> B -> C")
    kernel = Marginal(Product((of(law, "A |"), of(law, "B | A"), of(law, "C | B"))), ("A", "B"))
    found = Hoist().apply(kernel)
    assert isinstance(found, Marginal)
    assert set(found.over) == {"A", "B"}


def test_factors_that_need_each_other_in_a_circle() -> None:
    """ID-GEN, figure 8: whole factors cannot be ordered, single conditionals can."""
    graph = "X -> W1 -> W2 -> Y; X -> Y; W1 <-> Y; X <-> W2"
    kernel = answer("P(Y | do(X))", graph)
    found = Hoist().apply(kernel)
    assert _is_flat(found)
    assert equal(kernel, found, graph)


def test_laws_are_hoisted_too() -> None:
    """Factors of a law with hidden parts become one sum, and keep the names that are free outside."""
    origin = observed("A -> B -> C; A <-> C; H -> B; H -> C")
    hidden = Marginal(Product((of(origin, "H |"), of(origin, "B | A, H"), of(origin, "C | A, H, B"))), ("H",))
    law = Intervened(origin, ("A",), (hidden,))
    plain = after(origin, "A", "H |", "B | A, H", "C | A, H, B")
    (found,) = (n for n in walk(Hoist().apply(of(law, "C | A, B"))) if isinstance(n, Intervened))
    assert len(found.factors) == 1
    (same,) = (n for n in walk(Hoist().apply(of(plain, "C | A, B"))) if isinstance(n, Intervened))
    assert same is plain


@given(cases(most=5))
def test_one_sum_over_one_product(case: Case) -> None:
    found = Hoist().apply(case.identification.estimand.kernel)
    assert _is_flat(found)
    assert Hoist().apply(found) is found, "nothing is left to hoist"


@given(cases(most=5, conditional=False))
def test_lowering_is_undone(case: Case) -> None:
    """The program of a hoisted estimand denotes that estimand, as the same node.

    Without conditions: a conditional query's law is made of effects, and a program does not say of which law.
    """
    kernel = Hoist().apply(case.identification.estimand.kernel)
    (estimand,) = denote(lowered(case, [Hoist()])).values()
    assert estimand == replace(case.identification.estimand, kernel=kernel)


@pytest.mark.parametrize("graph", ["X -> Y", "X -> Y; X <- Z -> Y"])
def test_an_observed_conditional_is_flat(graph: str) -> None:
    node = of(observed(graph), "Y | X")
    assert Hoist().apply(node) is node


def _is_flat(kernel: Kernel) -> bool:
    """Any free variables around at most one sum around at most one product of single conditionals."""
    for kind in (Free, Marginal):
        kernel = kernel.parts[0] if isinstance(kernel, kind) else kernel
    factors = kernel.factors if isinstance(kernel, Product) else (kernel,)
    bare = [f.body if isinstance(f, Renamed) else f for f in factors]
    return all(isinstance(f, Conditional) and len(f.to) == 1 for f in bare)


def test_a_law_by_itself_is_what_it_is() -> None:
    law = observed("X -> Y")
    assert Hoist().apply(law) is law
