"""y0's DSL: the expression has the value of the estimand, by y0's scoping of names."""

from __future__ import annotations

import sys
from itertools import islice, product

import pytest

from idgen_compiler.errors import IdgenError
from idgen_compiler.estimand.formulation import FreeVariables
from idgen_compiler.estimand.languages.y0 import to_y0
from idgen_compiler.estimand.network import flatten, unflatten
from idgen_compiler.estimand.nodes import Conditional, EstimandError, Kernel, Marginal, Observed, Product, Renamed
from idgen_compiler.estimand.tables import Joint, contract
from idgen_compiler.graph import ADMG
from idgen_compiler.verify.models import CausalModel
from idgen_compiler.verify.peer import evaluate_y0
from tests.idgen_compiler.estimand.examples import EXAMPLES
from tests.strategies import Case, random_cases

pytest.importorskip("y0")


def check(case: Case, kernel: Kernel, joint: Joint, free: FreeVariables) -> None:
    """The expression's table is the estimand's, whatever its free variables are."""
    estimand = case.identification.estimand
    axes = (*estimand.given, *estimand.targets)
    found = evaluate_y0(to_y0(kernel, free=free), joint)
    extra = [axis for axis in found.axes if axis not in axes]
    assert not (extra and free == "average"), "only the query's variables remain"
    table = contract([found], (*extra, *axes), joint.sizes, joint.exact).values
    truth = estimand.evaluate(joint).table
    for value in product(*(range(joint.sizes[axis]) for axis in extra)):
        assert (table[value] == truth).all(), case


@pytest.mark.parametrize("free", ["keep", "average"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str, free: FreeVariables) -> None:
    case = EXAMPLES[name]
    check(case, case.identification.estimand.kernel, CausalModel.random(case.graph, 5).observational(), free)


@pytest.mark.parametrize("free", ["keep", "average"])
def test_random_queries_also_with_their_sums_moved_outwards(free: FreeVariables) -> None:
    for seed, case in enumerate(islice(random_cases(seed=6), 40)):
        kernel = case.identification.estimand.kernel
        joint = CausalModel.random(case.graph, seed).observational()
        check(case, kernel, joint, free)
        check(case, unflatten(flatten(kernel), kernel.targets, kernel.inputs), joint, free)


def test_names_are_scoped_by_nesting() -> None:
    text = str(to_y0(EXAMPLES["frontdoor"].identification.estimand.kernel))
    assert text == "Sum[M](P(M | X) * Sum[X](P(X) * P(Y | M, X)))"


def test_a_free_variable_stays_or_is_averaged() -> None:
    kernel = EXAMPLES["napkin"].identification.estimand.kernel
    ratio = "(Sum[W1](P(W1) * P(X | W1, W2) * P(Y | W1, W2, X)) / Sum[W1](P(W1) * P(X | W1, W2)))"
    assert ratio in str(to_y0(kernel))
    assert str(to_y0(kernel, free="average")).startswith(f"Sum[W2](P(W2) * ({ratio}")


def test_an_estimand_hands_its_options_on() -> None:
    estimand = EXAMPLES["napkin"].identification.estimand
    assert estimand.to_y0() == to_y0(estimand.kernel)
    assert estimand.to_y0(free="average") == to_y0(estimand.kernel, free="average") != estimand.to_y0()
    with pytest.raises(IdgenError, match="over the limit of 2"):
        estimand.to_y0(limit=2)


def test_two_values_of_one_variable_that_nesting_cannot_part_are_refused() -> None:
    law = Observed(ADMG.parse("X -> Y; X -> Z; Y -> Z"))
    x, y, z = (Conditional(law, (n,), given) for n, given in (("X", ()), ("Y", ("X",)), ("Z", ("X", "Y"))))
    primed = (("X", "X'"), ("Y", "Y'"))
    # Σ_{x', y', x} P(x') P(x) P(y' | x) P(y | x') P(z | x', y'): each of x and y is needed twice within any sum.
    factors = (
        Renamed(x, primed[:1]),
        x,
        Renamed(y, primed[1:]),
        Renamed(y, primed[:1]),
        Renamed(z, primed),
    )
    kernel = Marginal(Product(factors), ("X'", "Y'", "X"))
    with pytest.raises(EstimandError, match="before its sums were moved outwards"):
        to_y0(kernel)


def test_a_name_that_y0_reserves_is_refused() -> None:
    law = Observed(ADMG.parse("P -> Y"))
    with pytest.raises(IdgenError, match="y0 reserves the name P; rename"):
        to_y0(Conditional(law, ("Y",), ("P",)))


def test_without_y0_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "y0", None)
    with pytest.raises(IdgenError, match=r"idgen-compiler\[verify\]"):
        to_y0(EXAMPLES["backdoor"].identification.estimand.kernel)
