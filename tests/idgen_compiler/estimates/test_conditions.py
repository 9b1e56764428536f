"""Events and conditions as they are typed: which label or number a text means, and what is said of others."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from idgen_compiler import Shift
from idgen_compiler.data.kinds.labels import read_label
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.questions.asked import Point
from idgen_compiler.estimates.questions.grammar import parts_of
from tests.idgen_compiler.estimates.standardized import Standardized, drawn_table

LABELS = [
    ("01", "1"),
    ("007", "7"),
    ("1.10", "1.1"),
    ("1.0", "1"),
    ("1e3", "1000.0"),
    ("+1", "1"),
    (" 1", "1"),
    ("-c", "c"),
    ("true", "True"),
    ("nan", "inf"),
    ("it's", "its"),
    ('a "b"', "a"),
    ("`x`", "x"),
    ("P(1)", "P"),
    ("R&D", "R"),
    ("2021-06-01", "2021"),
    ("and", "or"),
]


def of_labels(one: str, other: str, where: str = "Y") -> Standardized:
    table = drawn_table(600, 0)
    table[where] = np.where(table[where] == 1, one, other).astype(object)
    return Standardized(table)


@pytest.mark.parametrize(("one", "other"), LABELS)
def test_a_value_means_the_label_that_is_written_so(one: str, other: str) -> None:
    sampler = of_labels(one, other)
    share = (sampler.table["Y"][sampler.table["X"] == 1] == one).mean()
    assert 0.3 < share < 0.7
    assert share != pytest.approx(0.5, abs=0.001)
    exact = sampler.estimate(("Y", one), do={"X": 1})
    told = exact.what.replace(" | do(X=1)", "")
    asked = [told, told.replace("=", " != ", 1), told.replace("=", " == ", 1)]
    if one.strip() == one and not set(one) & set("'\"`(&"):
        asked += [f"P(Y = {one})", f"P(Y != {one})", f"P(Y={one})"]
    if "'" not in one:
        asked += [f"P(Y = '{one}')", f"P( Y ≠ '{one}')"]
    for text in asked:
        found = sampler.estimate(text, do={"X": 1}).value
        assert found == pytest.approx(1 - exact.value if "!=" in text or "≠" in text else exact.value), text


def test_by_given_and_do_mean_the_label_that_is_written_so() -> None:
    table = drawn_table(900, 0)
    table["Z"] = np.array(["01", "1", "1.0"])[table["Z"]].astype(object)
    sampler = Standardized(table)
    groups = sampler.cate("Y", "X", by="Z")
    assert groups.names == ('Z="01"', 'Z="1"', 'Z="1.0"')
    for name, value in zip(groups.names, groups.values, strict=True):
        assert sampler.cate("Y", "X", by={"a": name})[0].value == pytest.approx(value)
        assert sampler.cate("Y", "X", by=name.replace('"', ""))[0].value == pytest.approx(value)
        assert sampler.cate("Y", "X", by=name.replace('="', ' != "'))[1].value == pytest.approx(value)


def test_what_stands_between_two_marks_is_a_value() -> None:
    parts, told = parts_of("`birth weight` ≥ −2.5e1&code=a/b%,day<2021-06-01 AND s != \"x  'y' and z\"")
    assert [(part.name, part.sign, part.value) for part in parts] == [
        ("birth weight", ">=", "−2.5e1"),
        ("code", "=", "a/b%"),
        ("day", "<", "2021-06-01"),
        ("s", "!=", "x  'y' and z"),
    ]
    assert told == "`birth weight` >= −2.5e1&code=a/b%,day<2021-06-01 AND s != \"x  'y' and z\""
    assert parts_of(told)[0] == parts


def test_numbers_may_have_signs_of_any_kind() -> None:
    sampler = Standardized(drawn_table(500, 0, binary=False))
    values = sampler.table["Y"][sampler.table["X"] == 1]
    cut = float(np.round(np.median(values), 2))
    texts = [f"{cut:+}", f"{cut}", f"{cut}e0", "−0.5", "-0.5"]
    found = sampler.estimate([f"P(Y > {text})" for text in texts], do={"X": 1})
    assert found.values[:3] == pytest.approx([found.values[0]] * 3)
    assert 0 < found.values[0] < found.values[3] == found.values[4]
    assert read_label("X", (-1, 1), "−1") == -1


@pytest.mark.parametrize(
    ("f", "said"),
    [
        ("P(Y > nan)", "compared with nan, which is no number"),
        ("P(Y < NaN)", "compared with nan"),
        ("P(Y < inf)", "compared with inf, which no number reaches"),
        ("P(Y > -inf)", "compared with -inf"),
        ("P(Y > 1e999)", "compared with inf"),
        (("Y", float("nan")), "compared with nan"),
        ("E[Y > 2]", r"write P\(...\), as 'P\(Y > 2\)'"),
        ("P(Y > 2 or Y < 0)", "conditions are joined by 'and'"),
        ("P(Y > 2 || Y < 0)", "conditions are joined by 'and'"),
        ("P(Y=1 or Y=0)", "conditions are joined by 'and'"),
        ("P(Y = a(b and Y > 0)", r"a name or label that is no word stands in quotes|expected 'and'"),
        ("P(Y = very high and Y > 0)", 'quote it: "very high"'),
        ("P(Y=1, Y=0)", "asks for Y twice"),
        ("P(Y > 0 | do(X=1))", "say that in do= and given="),
    ],
)
def test_what_says_nothing_names_the_remedy(f: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Standardized(drawn_table(300, 0)).estimate(f, do={"X": 1})


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.int64(1), "1"),
        (np.float64(0.5), "0.5"),
        (np.bool_(True), "true"),
        (np.str_("01"), '"01"'),
        ("a b", '"a b"'),
        (np.datetime64("2021-06-01"), '"2021-06-01"'),
        (datetime.date(2021, 6, 1), '"2021-06-01"'),
        (Fraction(1, 2), "1/2"),
        (Shift(1.0), str(Shift(1.0))),
    ],
)
def test_values_are_told_as_they_are_typed(value: Any, told: str) -> None:
    assert Point({"X": value}).told("Y") == f"Y | do(X={told})"


def test_labels_have_no_quantiles() -> None:
    with pytest.raises(DataError, match="Y holds labels, which have no quantiles; ask for a share"):
        of_labels("a b", "c").estimate("q0.5(Y)", do={"X": 1})


def test_a_variable_of_unknown_kind_is_not_compared_with_what_it_cannot_be() -> None:
    sampler = Standardized(drawn_table(300, 0))
    sampler.read_value = lambda name, text: text  # type: ignore[method-assign]
    with pytest.raises(DataError, match="Z holds numbers, and 'abc' is none"):
        sampler.cate("Y", "X", by="Z = abc")
