"""A schema as JSON: what was written comes back, and anything else is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idgen_compiler.data.kinds import Categorical, Composite, Continuous, Image, Integer, Vector
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError

NUMBER = {"kind": "continuous", "center": 0.5, "width": 1, "low": 0, "high": 1}
SCHEMA = Schema(
    {
        "A": Categorical((False, True), "bool"),
        "B": Categorical(("x", "y"), "object"),
        "C": Categorical((0.5, 2.0), "float64"),
        "N": Integer(5.0, 2.0, 0, 2**63 + 5, "uint64"),
        "X": Continuous(0.5, 2.0, -1.0, 3.0),
        "V": Vector((0.0, 1.0), (1.0, 2.0), (-1.0, 0.0), (1.0, 2.0), "float32"),
        "P": Image(3, 8, 6),
        "W": Composite((("digit", Categorical((1, 2), "int64")), ("ink", Continuous(0.5, 2.0, -1.0, 3.0, "float32")))),
    }
)


def test_a_schema_comes_back() -> None:
    assert Schema.from_json(json.loads(json.dumps(SCHEMA.to_json()))) == SCHEMA
    assert SCHEMA.to_json()["A"] == {"kind": "categorical", "labels": [False, True], "dtype": "bool"}
    assert SCHEMA.to_json()["W"]["fields"][0] == ["digit", {"kind": "categorical", "labels": [1, 2], "dtype": "int64"}]


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ([], "a saved schema is a mapping, not list"),
        ({"X": 3}, "saved type of X cannot be read .X is of no known kind: None"),
        ({"X": {"kind": "contiuous"}}, "'contiuous'; did you mean continuous?"),
        ({"X": {**NUMBER, "width": 0}}, "scale that is not positive"),
        ({"X": {**NUMBER, "low": 2}}, "range that is upside down"),
        ({"X": {**NUMBER, "center": float("nan")}}, "'center' must be a finite number, not nan"),
        ({"X": {**NUMBER, "center": 10**400}}, "'center' must be a finite number, not 1000"),
        ({"X": {**NUMBER, "dtype": "int64"}}, "'int64' is no NumPy dtype"),
        ({"X": {**NUMBER, "unit": "m"}}, "has unknown fields: unit"),
        ({"X": {"kind": "continuous"}}, "X lacks 'center', 'width', 'low', 'high'"),
        ({"X": {**NUMBER, "kind": "integer", "low": 0.5}}, "'low' must be a whole number, not 0.5"),
        ({"X": {**NUMBER, "kind": "integer", "high": 10**400}}, "no finite number"),
        ({"X": {**NUMBER, "kind": "vector"}}, "'center' must be a list"),
        ({"X": {"kind": "categorical", "labels": []}}, "at least one label"),
        (
            {"X": {"kind": "categorical", "labels": ["X", ""], "dtype": "int64"}},
            "X.*are no values of int64",
        ),
        ({"X": {"kind": "categorical", "labels": [10**400, 1], "dtype": "int64"}}, "cannot be a label"),
        ({"X": {"kind": "categorical", "labels": [10**30, 1], "dtype": "int64"}}, "are no values of int64"),
        ({"X": {"kind": "categorical", "labels": ["\ud800", "a"]}}, "cannot be a label"),
        ({"X": {"kind": "image", "channels": 3, "height": 2**40, "width": 2**40}}, "has more than 268435456 bytes"),
        ({"X": {"kind": "categorical", "labels": [1.5], "dtype": "int64"}}, "the labels 1.5 are no values of int64"),
        (
            {"X": {"kind": "categorical", "labels": [0, 1, 2], "dtype": "bool"}},
            "0, 1, 2 are no values of bool",
        ),
        ({"X": {"kind": "categorical", "labels": [None]}}, "'labels', item 0 is None, not"),
        ({"X": {"kind": "image", "channels": 3, "height": 0, "width": 2}}, "at least one pixel"),
        ({"W": {"kind": "composite", "fields": [["a", NUMBER, 1]]}}, "item 0 must be a list of 2"),
        (
            {"W": {"kind": "composite", "fields": [["a", {**NUMBER, "center": "0"}]]}},
            r"W\.a: 'center' must be a finite",
        ),
        ({"W": {"kind": "composite", "fields": []}}, "needs fields"),
        ({"W": {"kind": "composite", "fields": [["a", {"kind": "composite", "fields": []}]]}}, r"W\.a is of no known"),
    ],
)
def test_what_was_not_written_is_refused(saved: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Schema.from_json(saved)
