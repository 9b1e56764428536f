"""Values that somebody's code returns: what passes goes there and back, and what is wrong is said from both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Categorical, Composite, Continuous, Date, Image, Integer, Kind, Numeric, Vector
from idgen_compiler.data.part import Part
from idgen_compiler.data.returned import described, encoded_return, returned_columns
from idgen_compiler.errors import DataError

RNG = np.random.default_rng(0)
COLOR = Categorical(("red", "blue"), "object")
LEVEL = Categorical((10, 20, 30), "int64")
REAL = Continuous.of(Column("y", RNG.normal(100.0, 5.0, 500)))
INCOME = Continuous.of(Column("y", np.exp(RNG.normal(9.0, 1.0, 500))), Numeric(support=(0, None)))
CENTS = Continuous.of(Column("y", RNG.integers(100, 900, 500) / 4))
COUNT = Integer.of(Column("y", RNG.integers(0, 500, 500)))
PAIR = Vector.of(Column("y", RNG.normal(0, 1, (500, 2))))
DAY = Date.of(Column("y", np.datetime64("2020-01-01") + RNG.integers(0, 300, 500)))
PICTURE = Image(1, 2, 3)
MIXED = Composite((("color", COLOR), ("size", REAL)))

GOOD: list[tuple[Kind, Any]] = [
    (COLOR, ["red", "blue", "red"]),
    (COLOR, np.array(["red", "blue", "red"], dtype=object)),
    (LEVEL, np.array([10, 30, 30])),
    (REAL, np.array([90.0, 100.5, 112.0])),
    (REAL, np.array([90.0, 100.5, 112.0], dtype=np.float32)),
    (INCOME, np.array([250.0, 9000.0, 60_000.0])),
    (CENTS, np.array([25.25, 30.5, 220.0])),
    (COUNT, np.array([0, 17, 499])),
    (PAIR, np.array([[0.5, 1.0], [0.0, -2.0], [1.0, 1.0]])),
    (PAIR, [[0.5, 1.0], [0.0, -2.0], [1.0, 1.0]]),
    (DAY, np.array(["2020-02-01", "2020-03-01", "2020-01-05"], dtype="M8[D]")),
    (PICTURE, RNG.integers(0, 256, (3, 1, 2, 3)).astype(np.uint8)),
    (MIXED, {"color": ["red", "red", "blue"], "size": np.array([99.0, 101.0, 100.0])}),
]


@pytest.mark.parametrize(("kind", "values"), GOOD, ids=lambda value: getattr(value, "word", ""))
def test_values_of_the_kind_go_there_and_back(kind: Kind, values: Any) -> None:
    parts = encoded_return("%m0: y", "y", kind, values, 3)
    for atom, part in zip(kind.atoms("y"), parts, strict=True):
        assert part.shape == (3, *atom.part.entries)
        assert part.dtype == atom.part.dtype
    out = kind.empty(3)
    kind.decode(parts, out)
    for name, want in values.items() if isinstance(values, dict) else [("", values)]:
        back, wanted = out[name] if name else out, np.asarray(want)
        if wanted.dtype.kind in "fiu":
            np.testing.assert_allclose(back, wanted, rtol=1e-3, atol=1e-6)
        else:
            assert back.tolist() == wanted.tolist()


def test_floats_of_pictures_become_bytes_and_no_rows_stay_none() -> None:
    (part,) = encoded_return("f", "y", PICTURE, np.full((2, 1, 2, 3), 0.5, dtype=np.float32), 2)
    assert part.dtype == np.uint8
    assert int(part.max()) == 128
    assert encoded_return("f", "y", PICTURE, np.zeros((0, 1, 2, 3)), 0)[0].shape == (0, 1, 2, 3)
    assert encoded_return("f", "y", COLOR, [], 0)[0].dtype == np.int64


BAD: list[tuple[Kind, Any, str]] = [
    (COLOR, ["red", "green", "red"], "3 of the labels 'red', 'blue' is wanted; 'green' is no label"),
    (
        COLOR,
        np.array([0, 1, 1]),
        "int64 of shape (3,) from 0 to 1, but 3 of the labels 'red', 'blue' is wanted; these are",
    ),
    (COLOR, ["red"], "one value for each of the 3 rows"),
    (COLOR, "red", "the str 'red', but"),
    (COLOR, None, "returns y as None, but"),
    (COLOR, np.array([["red"], ["red"], ["red"]], dtype=object), "in one axis"),
    (LEVEL, np.array([10, 20, 40]), "40 is no label"),
    (
        REAL,
        np.array([np.nan, 100.0, 100.0]),
        "of which 1 is not finite, but 3 finite numbers in one axis is wanted; return",
    ),
    (REAL, np.array([np.inf, 100.0, 100.0]), "return finite numbers"),
    (REAL, ["a", "b", "c"], "return numbers"),
    (
        REAL,
        np.zeros((3, 1)),
        "float64 of shape (3, 1) from 0 to 0, but 3 finite numbers in one axis is wanted; return one",
    ),
    (REAL, np.array([100.0]), "one value for each of the 3 rows"),
    (REAL, np.array([100.0, 100.0, 1e9]), "row 2, 1000000000.0, lies beyond what the data let y be and would become"),
    (INCOME, np.array([-50_000.0, 10.0, 10.0]), "from 0 in one axis is wanted; row 0, -50000.0, lies beyond"),
    (COUNT, np.array([0.5, 1.0, 2.0]), "is 0.5, but y holds whole numbers"),
    (PAIR, np.zeros((3, 3)), "finite numbers of shape (3, 2) is wanted; return one vector for each row"),
    (PAIR, np.array([[0.0, np.nan]] * 3), "3 are not finite"),
    (DAY, np.array([0.5, 1.0, 2.0]), "of the kind date"),
    (DAY, np.array(["2020-02-01", "2020-03-01", "2999-01-05"], dtype="M8[D]"), "row 2"),
    (PICTURE, np.zeros((3, 1, 3, 2), dtype=np.uint8), "of shape (3, 1, 2, 3) is wanted; return one picture"),
    (
        PICTURE,
        np.full((3, 1, 2, 3), -0.5),
        "float64 of shape (3, 1, 2, 3) from -0.5 to -0.5, but bytes from 0 to 255, or",
    ),
    (PICTURE, np.full((3, 1, 2, 3), np.nan), "return finite numbers"),
    (MIXED, {"color": ["red"] * 3}, "lacks size"),
    (MIXED, {"color": ["red"] * 3, "size": np.array([1.0])}, "y.size as float64 of shape (1,)"),
]


@pytest.mark.parametrize(("kind", "values", "told"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrong_is_said_in_one_line_from_both_sides(kind: Kind, values: Any, told: str) -> None:
    with pytest.raises(DataError) as error:
        encoded_return("%m0: y | x", "y", kind, values, 3)
    assert told in str(error.value)
    assert str(error.value).startswith("%m0: y | x returns y")
    assert "\n" not in str(error.value)


def test_columns_are_found_by_name() -> None:
    assert returned_columns("f", {"y": [1], "x": [2]}, ["x", "y"]) == {"x": [2], "y": [1]}
    for answer, told in [
        ({"x": 1}, "f returns x, but x, y is wanted; return {'x': values, 'y': values}"),
        ({"x": 1, "yy": 1}, "did you mean y"),
        ([1], r"f returns object of shape (1,) such as 1, but x, y is wanted"),
        (None, "f returns None"),
    ]:
        with pytest.raises(DataError) as error:
            returned_columns("f", answer, ["x", "y"])
        assert told in str(error.value)
    with pytest.raises(DataError, match="f returns None"):
        returned_columns("f", None, ["y"])


def test_arrays_are_described_as_they_came() -> None:
    assert described(np.zeros((2, 0))) == "float64 of shape (2, 0)"
    assert described(object()).startswith("the object")
    assert described(np.array([np.nan])) == "float64 of shape (1,), of which 1 is not finite"


@pytest.mark.parametrize(("kind", "values"), GOOD, ids=lambda value: getattr(value, "word", ""))
def test_a_part_knows_the_units_of_its_variable(kind: Kind, values: Any) -> None:
    for atom in kind.atoms("y"):
        own = values[atom.field] if isinstance(values, dict) else values
        encoded = atom.part.encode(own)
        assert encoded.shape == (3, *atom.part.entries)
        back = atom.part.decode(encoded)
        assert atom.part.kind is atom.kind
        assert atom.part.labels == getattr(atom.kind, "labels", ())
        if back.dtype.kind == "f":
            np.testing.assert_allclose(back, np.asarray(own), rtol=1e-3, atol=1e-6)
        else:
            assert back.tolist() == np.asarray(own).tolist()


def test_a_part_of_no_variable_says_so() -> None:
    with pytest.raises(DataError, match="y is a part of no variable"):
        Part("y", size=2).decode([0])
    with pytest.raises(DataError, match="y has the codes 0 to 1, not 0 to 7"):
        COLOR.atoms("y")[0].part.decode(np.array([0, 7]))
    with pytest.raises(DataError, match="which the data never show"):
        COLOR.atoms("y")[0].part.encode(["green"])
    assert COLOR.atoms("y")[0].part == Part("y", size=2)
