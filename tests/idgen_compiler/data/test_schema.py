from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from idgen_compiler.data.kinds import Categorical, Composite, Continuous, Integer, Kind, Vector
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError


def infer(values: Any, **requests: Any) -> Kind:
    return infer_schema(read_sources({"X": values}, ["X"]), requests)["X"]


RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("values", "labels", "dtype"),
    [
        (["b", "a", "b"], ("a", "b"), "object"),
        (np.array(["b", "a"]), ("a", "b"), "object"),
        ([True, False], (False, True), "bool"),
        (pd.Series(["lo", "hi", "lo"]).astype(pd.CategoricalDtype(["lo", "mid", "hi"])), ("lo", "hi"), "object"),
        (pd.Series([1, 2, 1], dtype="Int64"), (1, 2), "int64"),
        (pd.Series(range(50)).astype("category"), tuple(range(50)), "int64"),
        (pd.Series([0.1, 0.5] * 9).astype("category"), (0.1, 0.5), "float64"),
        (pd.Series([True, False], dtype="boolean"), (False, True), "bool"),
        (np.array([3, 1, 3], dtype=np.uint8), (1, 3), "uint8"),
        (np.array([0.0, 1.0, 2.0]), (0.0, 1.0, 2.0), "float64"),
        ([np.int64(3), 4], (3, 4), "int64"),
        (np.repeat(np.arange(30), 10), tuple(range(30)), "int64"),
        ([7, 7, 7], (7,), "int64"),
        (np.array([1, 2], dtype=">i4"), (1, 2), "int32"),
        (torch.tensor([1, 2]), (1, 2), "int64"),
        (torch.tensor([1.0, 2.0], requires_grad=True), (1.0, 2.0), "float32"),
    ],
)
def test_categories_keep_their_labels_and_dtype(values: Any, labels: tuple[Any, ...], dtype: str) -> None:
    assert infer(values) == Categorical(labels, dtype)


def test_numbers_are_integer_or_continuous() -> None:
    assert isinstance(infer(np.arange(11)), Integer)
    assert isinstance(infer(np.repeat(np.arange(33), 10)), Integer)
    assert isinstance(infer(np.arange(11.0)), Continuous)
    assert isinstance(infer([0.5, 1.5]), Continuous)
    found = infer(np.array([1.0, 2.0, 6.5], dtype=np.float32))
    assert (found.center, found.low, found.high, found.dtype) == (2.0, 1.0, 6.5, "float32")


def test_a_constant_real_column_has_width_one() -> None:
    found = infer([0.1, 0.1, 0.1])
    assert isinstance(found, Continuous)
    assert (found.width, found.low, found.high) == (1.0, 0.1, 0.1)


@pytest.mark.parametrize("values", [RANDOM.normal(size=(5, 3)), [[1, 2, 3]] * 5, pd.Series([np.arange(3)] * 5)])
def test_two_axes_and_lists_are_vectors(values: Any) -> None:
    found = infer(values)
    assert isinstance(found, Vector)
    assert found.dim == 3


def test_requests_override_the_rules() -> None:
    assert isinstance(infer([0, 1, 1], X="continuous"), Continuous)
    assert isinstance(infer([0, 1, 1], X="integer"), Integer)
    assert infer(np.arange(40), X="categorical") == Categorical(tuple(range(40)), "int64")
    assert infer(["b", "a"], X=Categorical(("b", "a", "c"))) == Categorical(("b", "a", "c"), "object")


def test_the_columns_of_a_composite_have_types_of_their_own() -> None:
    sources = read_sources({"W.digit": [1, 2], "W.ink": [0.5, 0.6], "hue": ["r", "g"]}, ["W"])
    found = infer_schema(sources, {"W.digit": "continuous"})["W"]
    assert isinstance(found, Composite)
    assert [(name, type(kind)) for name, kind in found.fields] == [("digit", Continuous), ("ink", Continuous)]
    with pytest.raises(DataError, match=r"W is a composite of W\.digit, W\.ink; give the types of these"):
        infer_schema(sources, {"W": "continuous"})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan, np.nan], r"column X has 2 NaN value\(s\) in 3 rows, the first in row 1"),
        (np.array([1.0, 2.0, np.inf]), r"column X has 1 infinite value\(s\) in 3 rows, the first in row 2"),
        (np.array([[1.0, 2.0], [np.nan, 0.0]]), r"1 NaN value\(s\) in 2 rows, the first in row 1"),
        (["a", None, "b"], r"1 missing value\(s\) in 3 rows, the first in row 1"),
        (pd.Series([1, None], dtype="Int64"), r"1 missing value\(s\)"),
        (pd.Series(["a", None], dtype="category"), r"1 missing value\(s\)"),
        (np.array([1 + 2j]), "split complex numbers"),
        (np.array([b"a"]), "decode bytes"),
        (["a", 1, 2], r"holds mixed values: int \(2 rows\), str \(1 rows\)"),
        ([{"a": 1}, {"a": 2}], r"unreadable values: dict"),
        ([[1, 2], [1]], r"lists of different lengths \(1, 2"),
        ([["a"], ["b"]], "lists that are not numbers"),
        (np.array([["a", "c"], ["b", "c"]]), "has two axes but holds no numbers"),
        (np.zeros((4, 2, 3)), r"shape \(4, 2, 3\).*\(4, 6\)"),
        (np.zeros((4, 0)), "no entries"),
        ([2**70, 1], "beyond 64 bits"),
        ([f"id{k}" for k in range(200)], "200 different strings in 200 rows"),
        ([1e308, -1e308, 0.5], "too large for a difference"),
        (np.arange(60) + 2**62, "varies by less than its values' precision; subtract an offset"),
        (np.ma.array([1, 2], mask=[True, False]), r"1 missing value\(s\) in 2 rows, the first in row 0"),
    ],
)
def test_columns_that_cannot_be_modelled_name_the_remedy(values: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        infer(values)


@pytest.mark.parametrize(
    ("values", "request_", "message"),
    [
        (["a", "b"], "continuous", "holds strings such as 'a'"),
        ([0.5, 1.5], "integer", "holds 0.5 in row 0"),
        ([0.5, 1.5], "vector", "one value a row"),
        (np.zeros((2, 2)), "categorical", "holds vectors"),
        (["a", "z"], Categorical(("a", "b")), "holds 'z'.*'a', 'b'"),
        ([1, 2], "ordinal", "choose categorical, continuous, date, duration, image, integer, levels, text, vector, or"),
    ],
)
def test_requests_that_do_not_fit_say_so(values: Any, request_: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        infer(values, X=request_)


def test_a_request_for_an_unknown_variable_has_near_misses() -> None:
    with pytest.raises(DataError, match=r"types names 'Xs'.*did you mean X"):
        infer([1, 2], Xs="continuous")


@pytest.mark.parametrize("labels", [(), ("a", "a"), (None,), ((1, 2),)])
def test_labels_are_distinct_plain_values(labels: tuple[Any, ...]) -> None:
    with pytest.raises(DataError, match="label"):
        Categorical(labels)
