"""What is asked for, what comes back, and how it is shown."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from idgen_compiler import DataError, Samples
from idgen_compiler.estimates import Answers, Asking, Estimate, Estimates, Functional
from tests.idgen_compiler.estimates.standardized import Standardized, drawn_table


@pytest.fixture(scope="module")
def sampler() -> Standardized:
    return Standardized(drawn_table(2_000, 0))


@pytest.fixture(scope="module")
def colored() -> Standardized:
    table = drawn_table(2_000, 0)
    table["Y"] = np.array(["<b>red</b>", "blue"])[table["Y"]]
    return Standardized(table)


@pytest.mark.parametrize(
    ("f", "what"),
    [
        ("Y", "E[Y | do(X=1)]"),
        ("E[Y]", "E[Y | do(X=1)]"),
        (("Y", 1), "P(Y=1 | do(X=1))"),
        ("P(Y=1)", "P(Y=1 | do(X=1))"),
        ("P(Y > 0.5)", "P(Y > 0.5 | do(X=1))"),
        ("P(Y>0)", "P(Y>0 | do(X=1))"),
        ("Pr( Y ≥ 1 and Y ≠ 0 )", "P(Y >= 1 and Y != 0 | do(X=1))"),
        (lambda samples: samples["Y"], "E[f | do(X=1)]"),
        (Functional("mine", lambda samples: samples["Y"]), "E[mine | do(X=1)]"),
    ],
)
def test_one_number_in_many_words(sampler: Standardized, f: Any, what: str) -> None:
    found = sampler.estimate(f, do={"X": 1})
    assert isinstance(found, Estimate)
    assert found.what == what
    assert found.value == pytest.approx(sampler.estimate("Y", do={"X": 1}).value)
    assert repr(found).startswith(f"{what} = {found.value:.4g} [")


def test_labels_are_not_compared_by_size(colored: Standardized) -> None:
    with pytest.raises(DataError, match="Y holds no numbers, which > compares; ask for its labels by ="):
        colored.estimate("P(Y > 0)", do={"X": 1})


def test_a_label_is_compared_as_it_is_written() -> None:
    table = drawn_table(2_000, 0)
    table["Y"] = np.array(["a ≤ b", "a  b"])[table["Y"]]
    sampler = Standardized(table)
    shares = sampler.estimate(["P(Y != 'a ≤ b')", "P(Y != 'a  b')", "P(Y='a  b')"], do={"X": 1})
    assert shares[0].value == pytest.approx(shares[2].value)
    assert shares[0].value + shares[1].value == pytest.approx(1)


def test_several_are_a_list_or_a_dict(sampler: Standardized) -> None:
    found = sampler.estimate(["Y", ("Y", 0)], do={"X": 1})
    assert isinstance(found, Estimates)
    assert found.names == ("E[Y | do(X=1)]", "P(Y=0 | do(X=1))")
    named = sampler.estimate({"risk": "Y", "rest": ("Y", 0)}, do={"X": 1})
    assert named["risk"].value == named[0].value == next(iter(named)).value == named[-2].value
    assert [each.what for each in named[1:]] == ["P(Y=0 | do(X=1))"]
    with pytest.raises(KeyError, match="did you mean risk"):
        named["risc"]
    with pytest.raises(IndexError):
        named[2]


def test_the_backend_is_asked_once_for_all(sampler: Standardized) -> None:
    sampler.contrast(["Y", ("Y", 0)], {"X": 1}, {"X": 0}, n=100)
    assert [(m.functional.columns, dict(m.do)) for m in sampler.asked] == [(("Y",), {"X": x}) for x in (1, 1, 0, 0)]


def test_estimates_of_one_call_are_added_and_subtracted(sampler: Standardized) -> None:
    one, other = sampler.dose_response("Y", "X", [1, 0])
    difference = one - other
    ate = sampler.ate("Y", "X")
    assert (difference.value, difference.se) == pytest.approx((ate.value, ate.se))
    assert difference.what == ate.what
    assert (one + other).value == pytest.approx(one.value + other.value)
    with pytest.raises(DataError, match="different calls"):
        one - ate
    with pytest.raises(DataError, match="an estimate of the same call"):
        one - 1  # type: ignore[operator]


def test_sums_have_weights(sampler: Standardized) -> None:
    found = sampler.dose_response("Y", "X", [0, 1])
    assert found.contrast([0.5, 0.5], "the middle").what == "the middle"
    assert found.contrast([0.5, 0.5]).value == pytest.approx(found.values.mean())
    for wrong in ([1.0], [np.nan, 1.0], [[1.0, 2.0]]):
        with pytest.raises(DataError, match="need 2 finite weights"):
            found.contrast(wrong)  # type: ignore[arg-type]


def test_a_law_has_a_share_for_each_label(colored: Standardized) -> None:
    found = colored.estimate_law("Y", do={"X": 1})
    assert found.names == ("<b>red</b>", "blue")
    assert found.values.sum() == pytest.approx(1)
    assert found[0].se == pytest.approx(found[1].se)
    assert (found.bands[:, 0] >= 0).all()


def test_a_curve_over_a_grid(sampler: Standardized) -> None:
    found = sampler.dose_response("Y", "X", [0, 1])
    assert found.names == (0, 1)
    assert found[1].what == "E[Y | do(X=1)]"
    with pytest.raises(DataError, match="no values"):
        sampler.dose_response("Y", "X", [])


@pytest.mark.parametrize(
    ("f", "said"),
    [
        ("Yy", "'Yy' is no outcome of the query; did you mean Y"),
        ("Z", "'Z' is no outcome"),
        ("P(Z=1)", "'Z' is no outcome"),
        ("P(Y=7)", "no label '7'"),
        ("P(Y)", "leaves the value of Y open"),
        ("P(Y=1 | do(X=1))", "say that in do= and given="),
        ("P(Y=1", "cannot be read as the share"),
        ("P(Z > 1)", "'Z' is no outcome"),
        ("P(Y > a)", "compares with 'a', which is no number"),
        ("P(1 < Y)", "expected"),
        ("P(Y > )", "expected a value"),
        ("P(Y > 0 | X = 1)", "say that in do= and given="),
        (("Y", 7), "no label '7'"),
        (("Y", "1"), "did you mean 1"),
        (3, "3 cannot be averaged"),
        (None, "cannot be averaged"),
        ([], "nothing is asked for"),
        ({}, "nothing is asked for"),
        (lambda samples: 1 / 0, "f raises ZeroDivisionError: division by zero; it is called with samples of Y"),
        (lambda samples: samples["Q"], "f raises KeyError"),
        (lambda samples: samples["Y"][:3], r"f gives an array of shape \(3,\) for 251 samples"),
        (lambda samples: samples["Y"] / 0.0, "f is not finite for"),
        (lambda samples: samples["Y"].astype(str), "which are no numbers"),
        (lambda: 1, "f raises TypeError"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*encountered in divide")
def test_what_cannot_be_asked(sampler: Standardized, f: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        sampler.estimate(f, do={"X": 1})
    assert (
        "\n" not in str(caught.value)
        or "cannot be read" in said
        or said in ("expected", "cannot read", "expected a value")
    )


def test_labels_have_no_mean_but_shares(colored: Standardized) -> None:
    with pytest.raises(DataError, match=r"Y holds labels, which have no mean; ask for a share, as \('Y', 'blue'\)"):
        colored.estimate("Y", do={"X": 1})
    assert colored.estimate(("Y", "blue"), do={"X": 1}).value > 0.4


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((251, 2)), "arrays or several fields"),
        (np.zeros(251, dtype="M8[D]"), "dates or durations"),
        (np.zeros(251, dtype=[("a", int), ("b", int)]), "arrays or several fields"),
    ],
)
def test_columns_that_are_no_numbers(sampler: Standardized, values: Any, said: str) -> None:
    other = Standardized(sampler.table)
    other.sample = lambda n, **_: Samples({"Y": values})  # type: ignore[method-assign]
    with pytest.raises(DataError, match=said):
        other.estimate("Y", do={"X": 1})


def test_one_point_of_a_line_has_no_share() -> None:
    sampler = Standardized(drawn_table(500, 0, binary=False))
    rare = float(sampler.table["Y"][sampler.table["X"] == 0][0])  # never seen at X = 1
    with pytest.raises(DataError, match="a real number, which has probability 0 of any one value"):
        sampler.estimate(("Y", rare), do={"X": 1})


def test_values_that_a_query_states_need_not_be_said_again(sampler: Standardized) -> None:
    stated = Standardized(sampler.table, "P(Y | do(X=1))")
    assert stated.estimate("Y").what == "E[Y | do(X=1)]"
    assert stated.estimate("Y").value == sampler.estimate("Y", do={"X": 1}).value
    assert stated.estimate("Y", do={"X": 0}).value == sampler.estimate("Y", do={"X": 0}).value
    assert sampler.estimate("Y", query="P(Y | do(X=1))").what == "E[Y | do(X=1)]"
    assert stated.att("Y", "X").value == pytest.approx(sampler.att("Y", "X").value)


def test_every_point_is_tried(sampler: Standardized) -> None:
    with pytest.raises(DataError, match="needs other values"):
        sampler.dose_response("Y", "Q", [0, 1])
    with pytest.raises(DataError, match="needs other values"):
        sampler.contrast("Y", {}, {})


def test_truth_values_are_shares_and_objects_may_be_numbers(sampler: Standardized) -> None:
    table = {**sampler.table, "Y": sampler.table["Y"] == 1}
    assert Standardized(table).estimate("Y", do={"X": 1}).low > 0
    table["Y"] = sampler.table["Y"].astype(object)
    assert Standardized(table).estimate("Y", do={"X": 1}).value == sampler.estimate("Y", do={"X": 1}).value


def test_it_is_a_value(sampler: Standardized) -> None:
    found = sampler.estimate("Y", do={"X": 1}, level=0.9)
    with pytest.raises(FrozenInstanceError):
        found.value = 3
    assert float(found) == found.value
    assert (found.level, found.method, found.correction) == (0.9, "closed form", 0)
    assert 300 < found.effective_rows < (sampler.table["X"] == 1).sum()
    odds = [math.log(share / (1 - share)) for share in (found.value, found.high)]
    assert odds[1] - odds[0] == pytest.approx(1.6449 * found.se / (found.value * (1 - found.value)), rel=1e-4)
    assert found.p_value(found.value) == 1.0
    assert found.p_value(found.value - 1.959964 * found.se) == pytest.approx(0.05, abs=1e-6)


def test_it_is_shown(colored: Standardized) -> None:
    found = colored.estimate_law("Y", do={"X": 1})
    page = found._repr_html_()
    assert "&lt;b&gt;red&lt;/b&gt;" in page
    assert "<b>red" not in page
    assert "&lt;b&gt;" in found[0]._repr_html_()
    assert repr(found).splitlines()[0].split() == ["value", "95", "%", "all", "at", "once"]
    frame = found.to_pandas()
    assert list(frame) == [
        "name", "what", "value", "se", "low", "high", "band_low", "band_high", "level", "method", "effective_rows",
    ]  # fmt: skip
    assert len(found[0].to_pandas()) == 1
    records = json.loads(found.to_json())
    assert [set(r) >= {"value", "low", "high", "band", "warnings"} for r in records] == [True, True]
    assert json.loads(found[0].to_json())["value"] == found[0].value


def test_it_is_drawn(sampler: Standardized, colored: Standardized) -> None:
    axes = colored.estimate_law("Y", do={"X": 1}).plot().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["<b>red</b>", "blue"]
    assert len(sampler.ate("Y", "X").plot().axes) == 1
    curve = Estimates(some(), Asking(), ("a", "b", "c"), (0.0, 0.5, 1.0)).plot().axes[0]
    assert curve.lines[0].get_xdata().tolist() == [0.0, 0.5, 1.0]


def some(**change: Any) -> Answers:
    generator = np.random.default_rng(0)
    influence = generator.normal(size=(50, 3))
    made = Answers(
        np.array([0.1, 0.2, 1.1]), influence, None, False, None, "one-step", np.array([0.0, 0.1, 0.0]),
        np.full(3, 50.0), np.full(3, 0.02), np.zeros((3, 3)), ("look out",), ("five folds",),
    )  # fmt: skip
    return replace(made, **change)


def test_warnings_and_corrections_come_along() -> None:
    found = Estimates(some(), Asking(), ("a", "b", "c"))
    assert "  warning: look out" in repr(found[1]).splitlines()
    assert "five folds" in found[0]._repr_html_()
    assert found[1].correction == pytest.approx(0.1 / found[1].se)
    assert found.answers.at([2, 0]).values.tolist() == [1.1, 0.1]
    assert found.at([2, 0]).covariance == pytest.approx(found.covariance[np.ix_([2, 0], [2, 0])])


def test_a_share_beyond_its_ends_is_said() -> None:
    from idgen_compiler.estimates.scales import Share

    found = Estimates(some(), Asking(), ("a", "b", "c"), scales=(Share(),) * 3)
    assert found[2].value == 1.0
    assert "was 1.1, outside 0 to 1" in found[2].warnings[-1]
    assert found[2].high == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"influence": np.zeros((50, 2))}, r"influence of shape \(50, 2\)"),
        ({"drawn": np.zeros(3)}, "drawn of shape"),
        ({"weights": np.ones(3)}, "weights of shape"),
        ({"values": np.array([np.nan, 0, 0])}, "values are not finite"),
        ({"draws": np.zeros((20, 2))}, "draws of shape"),
    ],
)
def test_answers_that_do_not_fit_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        some(**change)


def test_an_estimate_by_hand_says_what_it_lacks() -> None:
    alone = Estimate("a", 1.0, 0.1, 0.8, 1.2, 0.95, "mine", 10, 0.1, 0.0)
    with pytest.raises(DataError, match="made by hand"):
        alone.p_value()
    assert repr(alone) == "a = 1 [0.8, 1.2] (95 %, mine)"
