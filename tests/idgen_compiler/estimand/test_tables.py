"""Discrete laws as tables: what they answer, and what they refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Joint, KernelTable, Table, contract, normalize

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("variables", "table", "labels", "message"),
    [
        ("AB", [["x", "y"]], None, "holds .* values; give numbers"),
        ("A", [np.nan, 1.0], None, "holds NaN or infinity"),
        ("A", np.array([HALF, 0.5], dtype=object), None, "holds 0.5; an object array holds only"),
        ("A", np.array([True, HALF], dtype=object), None, "holds True; an object array holds only"),
        ("AA", [[0.5, 0.5]], None, "names a variable twice: A, A"),
        ("AB", [0.5, 0.5], None, "names 2 variables but its table has 1 axes"),
        ("A", [], None, "empty .*every variable needs a category"),
        ("A", [-0.5, 1.5], None, "negative probability"),
        ("A", [0.5, 0.6], None, "sum to 1.1, not 1; divide"),
        ("A", np.array([HALF, Fraction(1, 3)], dtype=object), None, "sum to 5/6, not 1"),
        ("A", [0.5, 0.5], {"a": ["no", "yes"]}, "labels are given for 'a', which the joint lacks"),
        ("A", [0.5, 0.5], {"A": ["no"]}, "A has 2 categories but 1 labels"),
        ("A", [0.5, 0.5], {"A": ["no", "no"]}, "a label of A stands for two categories"),
        ("AB", [[1], [1, 2]], None, "rows of different lengths"),
        ("A", [0.5, 0.5j], None, "complex"),
    ],
)
def test_a_joint_that_is_none(variables: str, table: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Joint(variables, table, labels)


@pytest.mark.parametrize(
    ("columns", "sizes", "message"),
    [
        ({"A": np.array([], dtype=int)}, None, "column A is empty"),
        ({"A": [0.0, 1.0]}, None, "column A must hold codes"),
        ({"A": [0, -1]}, None, "column A must hold codes"),
        ({"A": [0, 2]}, {"A": 2}, "column A holds code 2 but has only 2 categories"),
        ({"A": [0, 1], "B": [0]}, None, r"column B has shape \(1,\) and column A \(2,\)"),
        ({"A": [[0, 1]]}, None, r"column A has shape \(1, 2\)"),
        ({}, None, "there are no columns"),
    ],
)
def test_columns_that_are_no_codes(columns: Any, sizes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Joint.from_samples(columns, sizes)


def test_small_integers_do_not_overflow() -> None:
    assert Joint.from_samples({"X": np.array([0, 255], dtype=np.uint8)}).sizes == {"X": 256}
    assert Joint.from_samples({"X": np.array([0, 127], dtype=np.int8)}).sizes == {"X": 128}


def test_a_kernel_answers_at_its_categories_only() -> None:
    kernel = KernelTable(("X",), ("Y",), np.array([[0.5, 0.5], [0.25, 0.75]]))
    for code in (-1, 2):
        with pytest.raises(DataError, match=f"X = {code} is no category; it has the codes 0 to 1"):
            kernel.at(X=code)


def test_the_empirical_joint_counts_rows() -> None:
    joint = Joint.from_samples({"A": [0, 0, 1, 1], "B": [0, 1, 1, 1]}, {"A": 2, "B": 3})
    assert joint.table.tolist() == [[0.25, 0.25, 0.0], [0.0, 0.5, 0.0]]
    assert repr(joint) == "Joint(A: 2, B: 3; float64)"
    assert joint.marginal("B").values.tolist() == [0.25, 0.75, 0.0]
    with pytest.raises(DataError, match="lacks the variable C"):
        joint.marginal("C")


def test_a_joint_of_whole_numbers_becomes_one_of_fractions() -> None:
    joint = Joint("A", np.array([1, 0], dtype=object))
    assert joint.exact
    assert all(type(value) is Fraction for value in joint.table)
    assert repr(joint) == "Joint(A: 2; Fraction)"


def test_a_product_of_nothing_is_one_and_repeats_over_its_axes() -> None:
    assert contract([], [], {}, exact=True).values[()] == Fraction(1)
    assert contract([], ["A"], {"A": 3}, exact=False).values.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("dtype", [object, float])
def test_a_condition_of_probability_zero_gives_a_uniform_law(dtype: type) -> None:
    values = np.array([[HALF, HALF], [Fraction(), Fraction()]], dtype=object).astype(dtype)
    kernel = normalize(Table(("A", "B"), values), ["B"])
    assert kernel.values.tolist() == [[HALF, HALF], [HALF, HALF]]
    assert kernel.unknown.tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize("dtype", [object, float])
def test_what_rests_on_an_unknown_law_with_positive_weight_is_unknown(dtype: type) -> None:
    values = np.array([[HALF, HALF], [Fraction(), Fraction()]], dtype=object).astype(dtype)
    kernel = normalize(Table(("A", "B"), values), ["B"])
    sure, even = (Table(("A",), np.array(law, dtype=object).astype(dtype)) for law in ([1, 0], [HALF, HALF]))
    sizes = {"A": 2, "B": 2}
    assert contract([kernel, sure], ["B"], sizes, dtype is object).known is None
    mixed = contract([kernel, even], ["B"], sizes, dtype is object)
    assert mixed.unknown.all()
    assert KernelTable.of(mixed, (), ("B",)).defined.tolist() is False
    assert normalize(mixed, ["B"]).unknown.all()
    assert KernelTable.of(kernel, ("A",), ("B",)).defined.tolist() == [True, False]


def test_kernels_that_are_undefined_alike_are_equal() -> None:
    one, same = (KernelTable(("X",), ("Y",), np.array([[0.5, 0.5], [np.nan, np.nan]])) for _ in range(2))
    whole = KernelTable(("X",), ("Y",), np.full((2, 2), 0.5))
    assert one == same != whole
    assert one.distance(same) == 0
    assert np.isnan(one.distance(whole))


def test_kernels_compare_by_value_and_answer_at_a_condition() -> None:
    one = KernelTable(("X",), ("Y",), np.array([[0.5, 0.5], [0.25, 0.75]]))
    same = KernelTable(("X",), ("Y",), one.table.copy())
    other = KernelTable(("X",), ("Y",), np.array([[0.5, 0.5], [0.5, 0.5]]))
    assert one == same != other
    assert one != KernelTable(("Z",), ("Y",), one.table)
    assert one != "a kernel"
    assert one.at(X=1).tolist() == [0.25, 0.75]
    assert one.distance(other) == 0.25
    for wrong in ({}, {"X": 1, "Z": 0}):
        with pytest.raises(DataError, match="the kernel is given X"):
            one.at(**wrong)
