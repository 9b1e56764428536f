from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from idgen_compiler.data.kinds import Categorical, Composite, Continuous, Integer, Vector
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, OverlapWarning
from idgen_compiler.warning import quietly
from idgen_torch.tensors import encode_value

COLOR = Categorical(("red", "green"), "object")
SIZE = Categorical((1, 2, 5), "int64")
WEIGHT = Continuous(10.0, 2.0, 5.0, 15.0)
COUNT = Integer(10.0, 2.0, 5, 15)
PLACE = Vector((0.0, 1.0), (1.0, 2.0), (-1.0, -1.0), (1.0, 3.0))
DAYS = {"day": np.arange("2020-01-01", "2020-12-31", dtype="datetime64[D]")}
DATES = infer_schema(read_sources(DAYS, ["day"]))["day"]
DRESS = Composite((("color", COLOR), ("weight", WEIGHT)))


@pytest.mark.parametrize(
    ("kind", "value", "codes"),
    [
        (COLOR, "green", [1]),
        (COLOR, ["green", "red", "green"], [1, 0, 1]),
        (COLOR, pd.Series(["red", "green", "red"], index=[5, 6, 7]), [0, 1, 0]),
        (SIZE, 5, [2]),
        (SIZE, 5.0, [2]),
        (SIZE, np.int8(2), [1]),
        (SIZE, np.array([1, 5, 2]), [0, 2, 1]),
        (SIZE, torch.tensor([1, 5, 2]), [0, 2, 1]),
        (Categorical((False, True), "bool"), 1, [1]),
    ],
)
def test_labels_become_codes(kind: Categorical, value: Any, codes: list[int]) -> None:
    (found,) = encode_value(Setting("do", "X", 3), kind, value)
    assert found.dtype == torch.int64
    assert found.tolist() == codes


@pytest.mark.parametrize(("value", "expected"), [(12, [[1.0]]), ([8, 10, 12.0], [[-1.0], [0.0], [1.0]])])
@pytest.mark.parametrize("kind", [WEIGHT, COUNT])
def test_numbers_are_standardized(kind: Continuous | Integer, value: Any, expected: list[list[float]]) -> None:
    (found,) = encode_value(Setting("do", "X", 3), kind, value)
    assert found.dtype == torch.float32
    assert found.tolist() == expected


def test_vectors_are_one_or_one_each() -> None:
    (one,) = encode_value(Setting("do", "X", 3), PLACE, [1.0, 3.0])
    (each,) = encode_value(Setting("do", "X", 3), PLACE, np.tile([0.0, 1.0], (3, 1)))
    assert one.tolist() == [[1.0, 1.0]]
    assert each.tolist() == [[0.0, 0.0]] * 3


def _structured() -> np.ndarray:
    found = np.empty(3, dtype=[("color", object), ("weight", float)])
    found["color"], found["weight"] = ["red", "green", "red"], [8, 10, 12]
    return found


@pytest.mark.parametrize(
    ("value", "codes", "weights"),
    [
        (("green", 12.0), [1], [1.0]),
        ({"weight": 12.0, "color": "green"}, [1], [1.0]),
        ({"weight": [8, 10, 12], "color": "green"}, [1], [-1.0, 0.0, 1.0]),
        (_structured(), [0, 1, 0], [-1.0, 0.0, 1.0]),
        (_structured()[1], [1], [0.0]),
    ],
)
def test_composites_are_set_field_by_field(value: Any, codes: list[int], weights: list[float]) -> None:
    color, weight = encode_value(Setting("do", "W", 3), DRESS, value)
    assert color.tolist() == codes
    assert weight.flatten().tolist() == weights


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (COLOR, "blue", r"do\(X=...\) is 'blue', which the data never show; the labels of X are 'red', 'green'"),
        (COLOR, ["red", "blue", "pink"], "is 'blue', 'pink'"),
        (COLOR, None, "is None"),
        (COLOR, ["red", None, "red"], "missing value"),
        (COLOR, ["red"], "has 1 values for 3 samples"),
        (COLOR, {"a": 1}, "is a mapping, but X is no composite"),
        (SIZE, np.zeros((3, 2)), r"has shape \(3, 2\)"),
        (SIZE, [[1], [2], [3]], "no label"),
        (WEIGHT, "heavy", "is 'heavy', not a number"),
        (WEIGHT, ["12", 9, 9], "is '12', not a number"),
        (SIZE, "5", "is '5', which the data never show; the labels of X are 1, 2, 5"),
        (WEIGHT, np.nan, "is nan; give finite numbers"),
        (COUNT, 7.5, "is 7.5, but X holds whole numbers"),
        (PLACE, 1.0, r"has shape \(\)"),
        (PLACE, [1.0, 2.0, 3.0], r"give one vector \(2,\), or one for each sample \(3, 2\)"),
        (PLACE, "here", "no array of numbers"),
        (PLACE, [np.inf, 0], "NaN or infinity"),
        (DRESS, "red", r"give a tuple \(color, weight\) or a dict"),
        (DRESS, ("red",), "give a tuple"),
        (DRESS, {"color": "red"}, "it lacks weight"),
        (DRESS, {"color": "red", "weight": 9, "hue": 1}, "it has no field hue"),
        (DRESS, ("blue", 9.0), r"do\(X.color=...\) is 'blue'"),
    ],
)
def test_values_that_cannot_be_set_say_why(kind: Any, value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        encode_value(Setting("do", "X", 3), kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (WEIGHT, 25, r"do\(X = 25\) lies 5.0 standard deviations beyond the data: X was observed in \[5, 15\]"),
        (COUNT, [10, 0, -5], r"do\(X = -5\) lies 5.0 .*\(2 of 3 values lie outside\)"),
        (PLACE, [0.0, 7.0], r"do\(X = 7\) lies 2.0 .*entry 1 of X was observed in \[-1, 3\]"),
    ],
)
def test_numbers_beyond_the_data_warn_how_far(kind: Any, value: Any, message: str) -> None:
    with pytest.warns(OverlapWarning, match=message):
        encode_value(Setting("do", "X", 3), kind, value)


def test_the_edge_of_the_data_is_no_warning() -> None:
    encode_value(Setting("do", "X", 3), WEIGHT, 15.4)  # warnings are errors in the tests
    encode_value(Setting("do", "X", 0), WEIGHT, [])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (WEIGHT, 200.0),
        (COUNT, -300),
        (Continuous(0.0, 1.0, 1e-3, 20.0, support=(0.0, None), log=1, least=1e-4), 4e5),
        (PLACE, [70.0, -90.0]),
    ],
)
def test_what_is_set_beyond_the_data_is_read_back_as_it_was_set(kind: Any, value: Any) -> None:
    """What models draw is kept near the data; a message names what was asked."""
    with quietly():
        (encoded,) = encode_value(Setting("do", "X", 1), kind, value)
    assert kind.unbounded.told(encoded.numpy())[0] == pytest.approx(np.asarray(value), rel=1e-3)
    assert kind.told(encoded.numpy())[0] != pytest.approx(np.asarray(value), rel=0.1)


def test_fields_and_dates_are_read_back_as_they_were_set() -> None:
    with quietly():
        weight = WEIGHT.seen("weight", np.array([200.0]))
        day = DATES.seen("day", np.array(["2090-05-01"], "datetime64[D]"))
    out = DRESS.unbounded.empty(1)
    DRESS.unbounded.decode([np.array([1]), weight], out)
    assert out[0]["weight"] == pytest.approx(200.0, rel=1e-3)
    assert str(DATES.unbounded.told(day)[0])[:6] == "2090-0"
