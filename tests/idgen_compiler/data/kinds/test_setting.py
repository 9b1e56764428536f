"""Values in a question: one for all samples or one for each, whatever kind of array holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Continuous, Vector
from idgen_compiler.data.kinds.labels import label_codes, read_label
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError

SETTING = Setting("do", "X", 3)


@pytest.mark.parametrize(
    "value",
    [
        ["a", "b", "a"],
        ("a", "b", "a"),
        np.array(["a", "b", "a"]),
        np.array(["a", "b", "a"], dtype=object),
        pytest.param("pandas", id="pandas"),
    ],
)
def test_one_for_each(value: Any) -> None:
    if isinstance(value, str):
        value = pytest.importorskip("pandas").Series(["a", "b", "a"], index=[5, 6, 7])
    assert label_codes(SETTING, value, ("b", "a")).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("value", "labels", "code"),
    [("a", ("b", "a"), 1), (np.int8(5), (1, 5), 1), (5.0, (1, 5), 1), (True, (0, 1), 1), (1, (False, True), 1)],
)
def test_one_for_all(value: Any, labels: tuple[Any, ...], code: int) -> None:
    assert label_codes(SETTING, value, labels).tolist() == [code]


def test_tensors_are_arrays() -> None:
    torch = pytest.importorskip("torch")
    assert label_codes(SETTING, torch.tensor([2, 1, 2]), (1, 2)).tolist() == [1, 0, 1]
    assert label_codes(SETTING, torch.tensor(2), (1, 2)).tolist() == [1]


def test_labels_are_listed_up_to_a_point() -> None:
    with pytest.raises(idgen.DataError, match=r"the labels of X are 0, 1, 2 and 37 more$"):
        label_codes(SETTING, 99, tuple(range(40)))


@pytest.mark.parametrize(
    ("labels", "text", "label"),
    [(("a", "b c"), "b c", "b c"), ((0.0, 1.0), "1", 1.0), ((False, True), " TRUE", True), ((" a", "a"), " a", " a")],
)
def test_typed_labels(labels: tuple[Any, ...], text: str, label: Any) -> None:
    found = read_label("X", labels, text)
    assert (found, type(found)) == (label, type(label))


def test_a_text_that_is_no_label() -> None:
    with pytest.raises(idgen.DataError, match="'rd' is no label of X; it has red, green"):
        read_label("X", ("red", "green"), "rd")
    with pytest.raises(idgen.DataError, match=r"'level 5x' is no label of X; did you mean level 5"):
        read_label("X", tuple(f"level {k}" for k in range(40)), "level 5x")


def test_a_masked_value_is_no_value() -> None:
    hidden = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False])
    for kind in (Continuous(0.0, 1.0, 0.0, 4.0), Categorical((1.0, 2.0, 3.0))):
        with pytest.raises(DataError, match=r"do\(X=...\) holds a masked value"):
            kind.check_one(Setting("do", "X", 3), hidden)
        shown = np.ma.masked_array([1.0, 2.0, 3.0], mask=False)
        assert np.array_equal(
            kind.check_one(Setting("do", "X", 3), shown), kind.check_one(Setting("do", "X", 3), [1.0, 2.0, 3.0])
        )
    with pytest.raises(DataError, match="NaN"):
        Vector((0.0,) * 3, (1.0,) * 3, (0.0,) * 3, (4.0,) * 3).check_one(Setting("do", "X", 1), hidden)
