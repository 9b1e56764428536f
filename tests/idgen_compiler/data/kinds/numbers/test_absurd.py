"""Values that hardly belong to their column are told, with the column, the row and the value; others are not."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources

NORMAL = np.random.default_rng(0).normal(size=4000)


def look(values: Any) -> None:
    infer_schema(read_sources({"Z": values}, ["Z"]))


def with_value(value: float, rows: int = 1, values: Any = NORMAL) -> Any:
    changed = values.copy()
    changed[17 : 17 + rows] = value
    return changed


@pytest.mark.parametrize("value", [1234.5, -4321.0, 3e8])
def test_an_absurd_value_is_told_with_its_row(value: float) -> None:
    with pytest.warns(idgen.DataWarning, match=rf"Z holds {value:.10g} in row 17 .*half of the values lie"):
        look(with_value(value))


@pytest.mark.parametrize(
    ("value", "rows"), [(-9999, 1), (-9999, 40), (999, 40), (99, 3), (1e9, 1), (-(2.0**31), 2), (2.0**63, 1)]
)
def test_a_mark_for_missing_is_called_one(value: float, rows: int) -> None:
    with pytest.warns(
        idgen.DataWarning, match=rf"{re.escape(f'{value:.10g}')} in {rows} of 4000 rows, first in row 17 .*missing"
    ):
        look(with_value(value, rows))


def test_one_negative_code_among_positive_numbers_is_a_mark() -> None:
    with pytest.warns(idgen.DataWarning, match="Z holds -1 in 5 of 4000 rows.*looks like a mark for missing"):
        look(with_value(-1.0, 5, np.exp(NORMAL)))


@pytest.mark.parametrize(
    "values",
    [
        NORMAL,
        np.exp(2.2 * NORMAL),
        np.where(NORMAL < 0, 0, np.exp(3 * NORMAL)),
        np.random.default_rng(1).integers(0, 100, 4000),  # 99 is not apart
        np.random.default_rng(1).standard_t(4, 4000),
        np.minimum(38 + 3 * NORMAL, 40),
        np.arange(12.0),
    ],
)
def test_ordinary_columns_are_not_told(values: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        look(values)


def _column_told(values: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", idgen.DataWarning)
        infer_schema(read_sources({"X": values}, ["X"]))
    return [str(one.message) for one in caught]


@pytest.mark.parametrize(
    ("labels", "marks"),
    [
        ((0, 1, -9), (-9,)),
        ((1, 2, 9), (9,)),
        ((0, 1, 2, 8, 9), (8, 9)),
        ((0, 1, 99), (99,)),
        ((1, 2, 3, -99), (-99,)),
        ((1, 2, 3, 999), (999,)),
        ((-1, 0, 1), ()),
        ((-1, 1), ()),
        ((1, 2, 3, 4, 5, 9), ()),
        ((7, 8, 9), ()),
        ((1, 10, 100, 1000000), ()),
        ((-2, -1, 0, 1, 2), ()),
        ((2019, 2020, 2021), ()),
        ((0, 5, 10, 50), ()),
    ],
)
def test_marks_among_labels(labels: tuple[int, ...], marks: tuple[int, ...]) -> None:
    lines = _column_told(np.repeat(labels, 30))
    assert len(lines) == len(marks)
    for line, mark in zip(lines, marks, strict=True):
        assert f"holds the label {mark} in 30 of {30 * len(labels)} rows" in line
        assert f"missing_marks=[{mark}]" in line


def test_point_masses_apart_look_like_marks() -> None:
    ages = np.random.default_rng(0).integers(18, 89, 2_000)
    for mark in (0, 99):
        (line,) = _column_told(np.where(np.arange(2_000) % 10 == 0, mark, ages))
        assert f"X holds {mark} in 200 of 2000 rows" in line
        assert "looks like a mark for missing" in line
    dose = np.where(np.arange(2_000) % 2 == 0, 0.0, np.random.default_rng(1).lognormal(0, 0.5, 2_000))
    assert _column_told(dose) == []
    assert _column_told(np.where(np.arange(2_000) % 10 == 0, 0.0, np.log(ages))) == []
    assert _column_told(np.where(np.arange(2_000) % 2 == 0, 0, ages)) == []


def test_what_was_filled_in_with_the_mean_is_told() -> None:
    rng = np.random.default_rng(0)
    values, known = rng.normal(size=2_000), rng.random(2_000) < 0.8
    (line,) = _column_told(np.where(known, values, values[known].mean()))
    assert "the mean of all others: it looks filled in" in line
    assert _column_told(np.where(known, values, 0.0)) == []


AGES = np.random.default_rng(2).integers(18, 96, 4000)


@pytest.mark.parametrize("values", [AGES, AGES + 0.5])
def test_zeros_below_numbers_of_few_digits_look_like_marks(values: Any) -> None:
    with pytest.warns(idgen.DataWarning, match=r"Z holds 0 in 300 of 4000 rows, first in row 17 .*mark for missing"):
        look(with_value(0, 300, values))


@pytest.mark.parametrize("values", [AGES / 7 + 3, AGES - 15.0])
def test_zeros_below_long_numbers_and_near_others_do_not(values: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", idgen.DataWarning)
        look(with_value(0, 300, values))
