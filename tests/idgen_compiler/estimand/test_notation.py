"""Text and LaTeX say what a textbook would, and what they say is true."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, product

import pytest

from idgen_compiler.estimand import Estimand
from idgen_compiler.estimand.drawing import to_dot, to_mermaid
from idgen_compiler.estimand.formulation import write_named, write_out, written_size
from idgen_compiler.estimand.network import flatten, unflatten
from idgen_compiler.estimand.nodes import Conditional, EstimandError, Marginal, Observed, Product, Renamed
from idgen_compiler.estimand.notation import to_latex, to_text
from idgen_compiler.graph import ADMG
from idgen_compiler.query import Query
from idgen_compiler.verify.models import CausalModel
from tests.idgen_compiler.estimand.examples import EXAMPLES
from tests.idgen_compiler.estimand.formulas import evaluate_written
from tests.strategies import Case, napkin_ladder, random_cases


@pytest.mark.parametrize("name", EXAMPLES)
def test_notations(name: str, golden: Callable[[str, str], None]) -> None:
    case = EXAMPLES[name]
    kernel = case.identification.estimand.kernel
    sections = {
        "text": to_text(kernel),
        "text, every sub-law named": to_text(kernel, limit=0),
        "LaTeX": to_latex(kernel),
        "LaTeX, every sub-law named": to_latex(kernel, limit=0),
    }
    body = "\n\n".join(f"# {title}\n{text}" for title, text in sections.items())
    golden(f"estimand/{name}.txt", f"# {case}\n\n{body}")


def test_pictures(golden: Callable[[str, str], None]) -> None:
    kernel = EXAMPLES["napkin"].identification.estimand.kernel
    golden("estimand/napkin.dot", to_dot(kernel))
    golden("estimand/napkin.mermaid", to_mermaid(kernel))


def test_what_is_written_is_true() -> None:
    """Written out, with named sub-laws, flattened or not: the formula's value is the estimand's, at any free value."""
    for seed, case in enumerate(islice(random_cases(seed=4), 60)):
        estimand = case.identification.estimand
        joint = CausalModel.random(case.graph, seed).observational()
        truth = estimand.evaluate(joint).table
        axes = (*estimand.given, *estimand.targets)
        kernel = estimand.kernel
        for form in (kernel, unflatten(flatten(kernel), kernel.targets, kernel.inputs)):
            for written in (
                write_out(form, limit=10**6, reserved=axes),
                write_out(form, limit=10**6, reserved=axes, free="average"),
                write_named(form, reserved=axes),
                write_named(form, reserved=axes, free="average"),
            ):
                table = evaluate_written(written, joint, axes).values
                for free in product(*map(range, table.shape[len(axes) :])):
                    assert (table[(..., *free)] == truth).all(), case


def test_the_size_bounds_what_is_written() -> None:
    for case in islice(random_cases(seed=5), 60):
        kernel = case.identification.estimand.kernel
        written = to_text(kernel, limit=10**6)
        assert 1 <= written.count("P(") <= written_size(kernel)


def test_a_bound_variable_takes_no_reserved_name() -> None:
    kernel = EXAMPLES["backdoor"].identification.estimand.kernel
    assert to_text(kernel, reserved=["Z"]) == "Σ_z' P(z') P(y | z', x)"


def test_values_are_in_lower_case_unless_two_variables_would_become_one() -> None:
    law = Observed(ADMG.parse("x -> X -> Y"))
    kernel = Conditional(law, ("Y",), ("x", "X"))
    assert to_text(kernel) == "P(y | x, X)"
    assert to_latex(kernel) == r"P(y \mid x, X)"


def test_latex_names_that_would_look_the_same_are_told_apart() -> None:
    kernel = Observed(ADMG.parse("X1 -> X_1 -> Y12; _"))
    assert set(to_latex(kernel)[2:-1].split(", ")) == {
        r"\mathit{x1}",
        r"\mathit{x\_1}",
        "y_{12}",
        r"\mathit{\_}",
    }


def test_brackets_keep_a_sum_from_running_into_the_next() -> None:
    law = Observed(ADMG.parse("A -> X; B -> Y; X -> Y"))
    left = Marginal(Product((Conditional(law, ("A",), ()), Conditional(law, ("X",), ("A",)))), ("A",))
    right = Marginal(Product((Conditional(law, ("B",), ()), Conditional(law, ("Y",), ("B", "X")))), ("B",))
    assert to_text(Product((right, left))) == "[Σ_a P(a) P(x | a)] Σ_b P(b) P(y | b, x)"
    assert to_latex(Product((right, left))).startswith(r"\left[ \sum_{a} P(a) \, P(x \mid a) \right] \, \sum_{b}")


def test_a_renamed_variable_keeps_its_prime() -> None:
    law = Observed(ADMG.parse("X -> Y"))
    first, second = Conditional(law, ("X",), ()), Conditional(law, ("Y",), ("X",))
    kernel = Product((Renamed(first, (("X", "X'"),)), Renamed(second, (("X", "X'"),))))
    assert to_text(Marginal(kernel, ("X'",))) == "Σ_x' P(x') P(y | x')"


def test_a_ladder_of_laws_names_each_law_once() -> None:
    lengths = {}
    for rungs in (20, 40):
        kernel = Case(*napkin_ladder(rungs)).identification.estimand.kernel
        lines = to_text(kernel).splitlines()
        assert len(lines) == rungs + 1
        assert [line.split("(")[0] for line in lines[1:]] == [f"where Q{k}" for k in range(1, rungs + 1)]
        lengths[rungs] = sum(line.count("P(") + line.count("Q") for line in lines)
    # Each conditional of each law once: quadratic in the rungs, as the number of nodes is.
    assert lengths[40] < 4.5 * lengths[20]


def test_what_is_too_large_to_write_out_is_refused_with_a_remedy() -> None:
    kernel = Case(*napkin_ladder(40)).identification.estimand.kernel
    with pytest.raises(EstimandError, match="over the limit of 2,000; use a notation that names sub-laws"):
        write_out(kernel, limit=2000)


def test_a_sum_over_a_treatment_that_does_not_matter_is_not_mistaken_for_it() -> None:
    case = Case(ADMG.parse("X -> Y; Z"), Query.parse("P(X | do(Y))"))
    assert str(case.identification.estimand) == "P(x)"
    estimand = Estimand(Marginal(Observed(ADMG.parse("X -> Y")), ("X",)), ("X",), ("Y",))
    assert str(estimand) == "Σ_x' P(x', y)"
    assert estimand.latex() == r"\sum_{x'} P(x', y)"
