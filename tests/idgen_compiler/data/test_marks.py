"""Marks for missing values: of every kind of column, and those that are nowhere."""

from __future__ import annotations

import datetime
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, DataWarning

DAYS = np.array(["2020-01-01", "1900-01-01", "2020-03-01"], dtype="M8[D]")
DATE = datetime.date(1900, 1, 1)
ZONED = pd.Series(pd.DatetimeIndex(DAYS).tz_localize("Europe/Berlin"))
SPANS = np.array([1, -1, 3], dtype="m8[D]")


def kept(data: Any, marks: Any) -> int:
    """How many rows stay, where one warning tells that some are left out."""
    with pytest.warns(DataWarning, match="rows lack a value") as told:
        found = len(read_sources(data, ["X"], how=Reading(missing="drop", missing_marks=marks))["X"])
    assert len(told) == 1
    return found


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (DAYS, "1900-01-01"),
        (DAYS, DATE),
        (DAYS.astype("M8[ns]"), datetime.datetime(1900, 1, 1)),
        (pd.Series(DAYS.astype("M8[s]")), np.datetime64("1900-01-01")),
        (pd.Series(DAYS.astype("M8[s]")), "1900-01-01T00:00"),
        (np.array(["2020", "9999"], dtype="M8[Y]"), "9999-01-01"),
        (ZONED, "1900-01-01"),
        (ZONED, datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC)),
        (DAYS.astype(object), "1900-01-01"),
        (list(DAYS.astype("M8[us]").astype(object)), DATE),
        (DAYS.astype(str).astype(object), DATE),
        (DAYS.astype(str).astype(object), "1900-01-01"),
        (SPANS, "-1 days"),
        (SPANS, datetime.timedelta(days=-1)),
        (list(SPANS.astype("m8[us]").astype(object)), np.timedelta64(-1, "D")),
        (np.array([1.5, -99.9, 0.1], dtype=np.float32), -99.9),
        (np.array([1.5, -99.9, 0.1], dtype=np.float32), "-99.9"),
        (pd.Series([1.5, -99.9], dtype="Float32"), -99.9),
        (np.array([1.5, -99.9, 0.1], dtype=np.float16), -99.9),
        (np.array([[1.5, 2.0], [-9, 3.0]]), -9),
        (np.array([[1, 2], [-9, 3]]), "-9"),
        (pd.Series([1, -9, None], dtype="Int64"), -9),
        (pd.Categorical(["a", "b"]), "a"),
        (pd.Categorical([1, 2]), 1),
        (["a", "?", None], "?"),
        (np.array([True, False]), True),
        (pd.Series([True, False, None], dtype="boolean"), False),
    ],
)
def test_marks_are_found_in_columns_of_every_kind(values: Any, mark: Any) -> None:
    for marks in ([mark], {"X": [mark]}):
        assert kept({"X": values}, marks) == len(values) - 1 - int(pd.isna(pd.Series(list(values))).sum())


@pytest.mark.parametrize(
    ("values", "mark", "told"),
    [
        ([" unknown", "a"], "unknown", r"'unknown' \(X holds the text ' unknown'\), which no value"),
        (["Unknown", "a"], "unknown", r"\(X holds the text 'Unknown'\)"),
        (["1", "2"], 1, r"names 1 \(X holds the text '1'\)"),
        (np.array([True, False]), 1, r"names 1 \(X holds the truth value True\)"),
        (pd.Series([True, False, True]), 0, r"\(X holds the truth value False\)"),
        (np.array([1, 2]), True, "names True, which"),
        (np.array([0.5, 2]), -9999, "names -9999, which no value that is read is; correct it"),
        (DAYS, "1900-01-02", "names '1900-01-02', which"),
        (DAYS, "unknown", "names 'unknown', which"),
        (DAYS, -9, "names -9, which"),
        (SPANS, "soon", "names 'soon', which"),
        (SPANS, np.timedelta64(1, "Y"), "names 1 years, which"),
        (list("ab"), DATE, "names 1900-01-01, which"),
        ([[1.5, 2], [3, 4]], 7, "names 7, which"),
    ],
)
def test_marks_that_are_nowhere_are_told_in_one_line(values: Any, mark: Any, told: str) -> None:
    with pytest.warns(DataWarning, match=told) as caught:
        found = read_sources({"X": values}, ["X"], how=Reading(missing="drop", missing_marks=[mark]))
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    assert len(found["X"]) == len(values)
    with pytest.warns(DataWarning, match="of X"):
        read_sources({"X": values}, ["X"], how=Reading(missing_marks={"X": [mark]}))


def test_a_mark_of_some_column_is_no_fault_of_the_others(tmp_path: Path) -> None:
    frame = pd.DataFrame({"X": [1, 2, -9, 4], "Y": ["a", "b", "?", "a"], "Z": [1.5, 2.5, -8.0, 3.5]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    for data in (frame, tmp_path / "t.csv"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            read_sources(data, ["X", "Y", "Z"], how=Reading(missing="drop", missing_marks=[-9, "?", -8]))
        assert [str(one.message)[:31] for one in caught] == ["1 of 4 rows lack a value and we"]
        with pytest.warns(DataWarning, match=r"names -7, '\?!', which no value"):
            read_sources(data, ["X"], how=Reading(missing_marks=[-7, "?!"]))


def test_marks_are_found_among_the_words_of_a_text_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("X,Y\n" + "".join(f"w{k},1\n" for k in range(9)) + "a,1\n-9.0,1\n", encoding="utf-8")
    marks = [*(f"w{k}" for k in range(9)), -9]  # more words than a message shows
    with pytest.warns(DataWarning, match="10 of 11 rows lack") as caught:
        read_sources(path, ["X"], how=Reading(missing="drop", missing_marks=marks))
    assert len(caught) == 1
    path.write_text("X,Y\nTrue,1\nFalse,0\n", encoding="utf-8")
    with pytest.warns(DataWarning, match=r"names 1 \(X holds the truth value True\)"):
        assert len(read_sources(path, ["X"], how=Reading(missing="drop", missing_marks=[1]))["X"]) == 2


def test_marks_are_texts_numbers_dates_and_durations() -> None:
    with pytest.raises(DataError, match="a mark is a text, a number, a date or a duration"):
        Reading(missing_marks=[None])
