"""A check types columns as a fit does: the same kind, or the same words."""

from __future__ import annotations

import datetime
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.check.columns import read_columns, read_some_rows
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.errors import DataError
from idgen_torch.observed import read_observed

RANDOM = np.random.default_rng(0)
DAYS = [datetime.date(2020, 1, 1 + k) for k in range(4)]
LETTERS = pd.Series(["lo", "hi", "lo", "mid"])

COLUMNS: dict[str, Any] = {
    "few whole numbers": [1, 2, 2, 5],
    "many whole numbers": np.arange(40),
    "some whole numbers with rows enough": np.repeat(np.arange(30), 10),
    "a constant": [7, 7, 7, 7],
    "small unsigned numbers": np.array([3, 250, 3, 1], dtype=np.uint8),
    "many unsigned numbers": np.arange(60, dtype=np.uint16),
    "another byte order": np.array([1, 2, 1, 2], dtype=">i4"),
    "huge numbers of 64 bits": np.array([0, 2**63 + 5] * 30, dtype=np.uint64),
    "huge numbers that hardly vary": np.arange(60) + 2**62,
    "numbers beyond 64 bits": [2**70, 1, 2, 3],
    "whole numbers as objects": pd.Series([1, 2, 1, 3], dtype=object),
    "many whole numbers as objects": pd.Series(range(40), dtype=object),
    "floats": RANDOM.normal(size=40),
    "floats as objects": pd.Series(RANDOM.normal(size=40), dtype=object),
    "short floats": RANDOM.normal(size=40).astype(np.float32),
    "halves": RANDOM.normal(size=40).astype(np.float16),
    "long floats": RANDOM.normal(size=40).astype(np.longdouble),
    "categories stored as floats": [0.0, 1.0, 2.0, 1.0],
    "floats too large for a variance": [1e308, -1e308, 0.5, 0.25],
    "constant floats": [0.1, 0.1, 0.1, 0.1],
    "booleans": [True, False, True, True],
    "booleans as objects": pd.Series([True, False, True], dtype=object),
    "booleans beside numbers": [True, 2, 3, 4],
    "strings": ["b", "a", "b", "c"],
    "strings of NumPy": np.array(["b", "a", "b", "c"]),
    "strings of pandas": pd.Series(["b", "a", "b"], dtype="string"),
    "identifiers": [f"id{k}" for k in range(200)],
    "mixed values": ["a", 1, 2, 1],
    "mixed numbers": pd.Series([1, 2.5, 3, 4], dtype=object),
    "a missing string": ["a", None, "b", "b"],
    "a missing number": [1.0, None, 2.0, 2.5],
    "NaN": [0.5, np.nan, 1.5, 2.5],
    "infinity": [0.5, np.inf, 1.5, 2.5],
    "only missing values": [None, None],
    "masked": np.ma.array([1, 2, 3, 4], mask=[True, False, False, False]),
    "a pandas categorical": LETTERS.astype(pd.CategoricalDtype(["lo", "mid", "hi", "never"])),
    "an ordered categorical": LETTERS.astype(pd.CategoricalDtype(["lo", "mid", "hi"], ordered=True)),
    "a categorical of numbers": pd.Series(range(50)).astype("category"),
    "a categorical with gaps": pd.Series(["a", None], dtype="category"),
    "nullable whole numbers": pd.Series([1, 2, 1, 2], dtype="Int64"),
    "many nullable whole numbers": pd.Series(range(40), dtype="Int32"),
    "nullable whole numbers with gaps": pd.Series([1, None, 1, 2], dtype="Int64"),
    "nullable floats": pd.Series(RANDOM.normal(size=40), dtype="Float64"),
    "nullable booleans": pd.Series([True, False], dtype="boolean"),
    "Arrow numbers": pd.Series([1, 2, 1], dtype=pd.ArrowDtype(pa.int32())),
    "Arrow strings": pd.Series(["a", "b", "a"], dtype=pd.ArrowDtype(pa.string())),
    "Arrow decimals": pd.Series([Decimal("1.5"), Decimal("2.5")], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
    "dates": pd.to_datetime(pd.Series(["2020-01-01", "2020-01-02", "2020-01-04"])),
    "dates with a time zone": pd.Series(pd.date_range("2020", periods=3, tz="UTC")),
    "days as objects": DAYS,
    "months": pd.Series(pd.period_range("2020-01", periods=4, freq="M")),
    "durations": pd.to_timedelta(pd.Series([1, 2, 3], dtype="int64"), unit="s"),
    "durations of NumPy": np.array([1, 2, 3], dtype="timedelta64[s]"),
    "intervals": pd.Series(pd.interval_range(0, 4)),
    "decimals": [Decimal("1.5"), Decimal("2.5"), Decimal("1.5")],
    "fractions": [Fraction(1, 2), Fraction(1, 3)],
    "complex numbers": np.array([1 + 2j, 3 + 0j]),
    "bytes": [b"a", b"b", b"a"],
    "mappings": [{"a": 1}, {"a": 2}],
    "lists of unequal length": [[1, 2], [1]],
    "lists of strings": [["a"], ["b"]],
    "sets": [{1}, {2}],
    "sparse numbers": pd.Series(pd.arrays.SparseArray([0, 0, 1, 0])),
    "a tensor": torch.tensor([1.5, 2.5, 3.5]),
    "lists of one number": [[1], [2], [2]],
}

WHOLE: dict[str, Any] = {
    "two axes": RANDOM.normal(size=(5, 3)),
    "lists of numbers": [[1, 2], [3, 5], [2, 2]],
    "pictures": RANDOM.integers(0, 255, (5, 3, 4, 4)).astype(np.uint8),
    "gray pictures": RANDOM.integers(0, 255, (5, 4, 4)).astype(np.uint8),
}

GRAPH = idgen.ADMG.parse("X; Z")
PROGRAM = idgen.compile(idgen.Query.parse("P(X)"), idgen.ADMG.parse("X"))


def _fit(data: Any) -> tuple[str, list[int] | list[float] | None, int]:
    """What a fit makes of the column X: its error, or its codes and how many there are."""
    try:
        schema, observed = read_observed(data, ["X"], None, None, seed=0)
    except DataError as error:
        return str(error), None, 0
    (part,) = schema.parts("X")
    return "", observed.rows["X"].tolist() if part.discrete else None, part.size or 0


def _check(data: Any) -> tuple[str, list[int] | list[float] | None, int]:
    try:
        column = read_columns(data, ["X"])["X"]
    except DataError as error:
        return str(error), None, 0
    return "", column.values.tolist() if column.categorical else None, column.size


@pytest.mark.parametrize("name", COLUMNS)
def test_a_check_and_a_fit_say_the_same_of_a_column(name: str) -> None:
    data = {"X": COLUMNS[name]}
    assert _check(data) == _fit(data)
    if not isinstance(data["X"], np.ma.MaskedArray | torch.Tensor) and getattr(data["X"], "dtype", "") != "longdouble":
        frame = pd.DataFrame(data)
        assert _check(frame) == _fit(frame)


@pytest.mark.parametrize("name", ["months", "intervals", "bytes", "mixed values", "numbers beyond 64 bits"])
def test_the_whole_way_says_it_as_well(name: str) -> None:
    column = COLUMNS[name]
    with pytest.raises(DataError) as fitted:
        PROGRAM.fit({"X": column}, epochs=1)
    with pytest.raises(DataError) as checked:
        idgen.check_graph(GRAPH, {"X": column, "Z": range(len(column))})
    assert str(fitted.value) == str(checked.value)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_one_value_of_several_numbers_has_no_test(name: str) -> None:
    assert _fit({"X": WHOLE[name]})[0] == ""
    with pytest.raises(DataError, match=r"X is of kind (vector|image), which no test takes"):
        read_columns({"X": WHOLE[name]}, ["X"])


def test_columns_of_a_composite_have_no_test() -> None:
    with pytest.raises(DataError, match="W is of kind composite, which no test takes"):
        read_columns({"W.a": [1, 2], "W.b": [1, 2]}, ["W"])


def test_requests_are_those_of_a_fit() -> None:
    data = {"X": [1, 2, 2, 5]}
    for kind in ("categorical", "integer", "continuous"):
        column = read_columns(data, ["X"], {"X": kind})["X"]
        assert column.categorical == (kind == "categorical")
        assert column.size == (3 if kind == "categorical" else 0)
        assert column.values.tolist() == ([0, 1, 1, 2] if kind == "categorical" else data["X"])


def test_rows_that_marks_leave_out_are_left_out_of_tests_too() -> None:
    data = pd.DataFrame({"X": [0, 1, -9] * 10, "Y": [0, 1, 2] * 10})
    for marks in ([-9], {"X": [-9]}):
        found = read_some_rows(data, ["X", "Y"], how=Reading(missing="drop", missing_marks=marks))
        assert {name: (len(column.values), column.size) for name, column in found.items()} == {
            "X": (20, 2),
            "Y": (20, 2),
        }


def test_a_second_reading_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"X,Y\n" + "Zürich,1\nBern,2\n".encode("latin-1") * 30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(read_some_rows(path, ["X", "Y"])) == {"X", "Y"}


def test_a_check_thins_rows_by_their_weights() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, 10_000)
    weights = np.where(x == 1, 1.0, 0.25)
    with pytest.warns(idgen.DataWarning, match=r"of 10000 rows 6\d\d\d are looked at, drawn by their weights"):
        read = read_columns({"X": x, "w": weights}, ["X"], how=Reading(weights="w"))["X"].values
    some = read_some_rows({"X": x}, ["X"], how=Reading(weights=weights))["X"].values
    for values in (read, some):
        assert len(values) == pytest.approx(6_250, abs=200)
        assert values.mean() == pytest.approx(0.8, abs=0.02)
    often = read_some_rows({"X": [0, 1], "n": [30, 70]}, ["X"], how=Reading(weights="n", weights_are="frequency"))
    assert np.bincount(often["X"].values).tolist() == [30, 70]
    report = idgen.check_graph(GRAPH, {"X": [0, 1] * 60, "Z": [0, 1, 1, 0] * 30, "n": [2] * 120}, weights="n")
    assert report.rows == 120
