"""SymPy expressions: equal to the estimand in value, and SymPy can work with them."""

from __future__ import annotations

import sys
from itertools import product

import pytest

from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.estimand.languages.sympy import evaluate_sympy, to_sympy, to_sympy_laws
from idgen_compiler.estimand.nodes import Conditional, Kernel, Observed, Product
from idgen_compiler.graph import ADMG
from idgen_compiler.verify.models import CausalModel
from tests.idgen_compiler.estimand.examples import EXAMPLES
from tests.strategies import Case, napkin_ladder

sympy = pytest.importorskip("sympy")

SMALL = [name for name in EXAMPLES if name != "ladder_of_two"]


def kernel_of(name: str) -> Kernel:
    return EXAMPLES[name].identification.estimand.kernel


def symbols(names: str) -> list[sympy.Symbol]:
    return [sympy.Symbol(name) for name in names.split()]


@pytest.mark.parametrize("joint", [False, True], ids=["conditionals", "joints"])
@pytest.mark.parametrize("name", SMALL)
def test_the_expression_has_the_value_of_the_estimand(name: str, joint: bool) -> None:
    case = EXAMPLES[name]
    estimand = case.identification.estimand
    law = CausalModel.random(case.graph, 7).observational()
    table = estimand.evaluate(law).table
    expression = to_sympy(estimand.kernel, joint=joint)
    axes = (*estimand.given, *estimand.targets)
    free = {str(s) for s in expression.free_symbols} - {a.lower() for a in axes} - {f"n_{v}" for v in law.variables}
    for states in [(0,) * len(axes), (1,) * len(axes)]:
        values = {axis.lower(): state for axis, state in zip(axes, states, strict=True)}
        for any_value in product((0, 1), repeat=len(free)):
            number = evaluate_sympy(expression, law, {**values, **dict(zip(free, any_value, strict=True))})
            assert (number.p, number.q) == (table[states].numerator, table[states].denominator)


def test_the_average_over_a_free_variable_leaves_the_querys_own() -> None:
    estimand = EXAMPLES["napkin"].identification.estimand
    law = CausalModel.random(EXAMPLES["napkin"].graph, 3).observational()
    expression = to_sympy(estimand.kernel, free="average")
    assert {str(s) for s in expression.free_symbols if not str(s).startswith("n_")} == {"x", "y"}
    value = estimand.evaluate(law).table[0, 1]
    assert evaluate_sympy(expression, law, {"x": 0, "y": 1}) == sympy.Rational(value.numerator, value.denominator)


def test_an_estimand_hands_its_options_on() -> None:
    estimand = EXAMPLES["napkin"].identification.estimand
    names = (*estimand.given, *estimand.targets)
    for joint in (False, True):
        expected = to_sympy(estimand.kernel, joint=joint, free="average", reserved=names)
        assert estimand.to_sympy(joint=joint, free="average") == expected
    assert estimand.to_sympy() != estimand.to_sympy(joint=True)
    with pytest.raises(IdgenError, match="over the limit of 2"):
        estimand.to_sympy(limit=2)


def test_printing() -> None:
    expression = to_sympy(kernel_of("frontdoor"))
    assert str(expression) == "Sum(P(m | x)*Sum(P(x')*P(y | m, x'), (x', 0, n_X - 1)), (m, 0, n_M - 1))"
    assert r"P(m \mid x)" in sympy.latex(expression)
    assert "P(y | m, x')" in sympy.pretty(expression)
    assert sympy.latex(expression.args[0].args[0] ** 2) == r"P(m \mid x)^{2}"


def test_a_substituted_value_still_names_its_variable() -> None:
    (x,) = symbols("x")
    assert str(to_sympy(kernel_of("frontdoor")).subs(x, 1).args[0].args[0]) == "P(m | X=1)"


def test_a_bound_variable_is_not_substituted() -> None:
    z, states = symbols("z n_Z")
    expression = to_sympy(kernel_of("backdoor"))
    assert expression.subs(z, 0) == expression
    written_out = expression.subs(states, 2).doit()
    assert str(written_out) == "P(y | x, Z=0)*P(Z=0) + P(y | x, Z=1)*P(Z=1)"


def test_equal_up_to_bound_names_and_to_the_order_of_what_is_listed() -> None:
    law = Observed(ADMG.parse("Z -> X -> Y; Z -> Y"))
    assert to_sympy(Conditional(law, ("X", "Y"), ("Z",))) == to_sympy(Conditional(law, ("Y", "X"), ("Z",)))
    plain, primed = to_sympy(kernel_of("backdoor")), to_sympy(kernel_of("backdoor"), reserved=["Z"])
    assert plain != primed
    assert plain.as_dummy() == primed.as_dummy()
    assert plain.as_dummy() != to_sympy(kernel_of("frontdoor")).as_dummy()


def test_joint_probabilities_cancel() -> None:
    law = Observed(ADMG.parse("X -> Y -> Z"))
    chain = Product((Conditional(law, ("X",), ()), Conditional(law, ("Y",), ("X",))))
    whole = Conditional(law, ("X", "Y"), ())
    assert to_sympy(chain, joint=True) == to_sympy(whole)
    assert to_sympy(chain).equals(to_sympy(whole)) is not True
    assert sympy.cancel(to_sympy(chain, joint=True) / to_sympy(whole)) == 1
    assert to_sympy(chain, joint=True).equals(to_sympy(whole))


def test_simplifying_keeps_the_value() -> None:
    estimand = EXAMPLES["conditional"].identification.estimand
    law = CausalModel.random(EXAMPLES["conditional"].graph, 2).observational()
    at = {"x": 1, "c": 0, "y": 1}
    expression = to_sympy(estimand.kernel, joint=True)
    simplified = sympy.simplify(expression)
    assert simplified.count_ops() < expression.count_ops()
    assert evaluate_sympy(simplified, law, at) == evaluate_sympy(expression, law, at)


def test_a_ladder_stays_small_with_named_laws() -> None:
    kernel = Case(*napkin_ladder(8)).identification.estimand.kernel
    with pytest.raises(IdgenError, match="over the limit"):
        to_sympy(kernel)
    laws, answer = to_sympy_laws(kernel)
    assert [str(left).split("(")[0] for left, _ in laws] == [f"Q{k}" for k in range(1, 9)]
    assert str(answer).startswith("Q1(y | ")
    assert sympy.latex(answer).startswith("Q_{1}(y")


def test_a_missing_value_and_an_impossible_state_are_named() -> None:
    law = CausalModel.random(EXAMPLES["backdoor"].graph, 0).observational()
    expression = to_sympy(kernel_of("backdoor"))
    with pytest.raises(DataError, match="no value for y"):
        evaluate_sympy(expression, law, {"x": 0})
    with pytest.raises(DataError, match="Y has no state 9"):
        evaluate_sympy(expression, law, {"x": 0, "y": 9})


def test_without_sympy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(IdgenError, match=r"idgen-compiler\[verify\]"):
        to_sympy(kernel_of("backdoor"))
