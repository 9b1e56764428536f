"""What is said of dates and durations: marks, months, times among days, and dates written as numbers."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Date, Duration, Integer
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, DataWarning, OverlapWarning

RNG = np.random.default_rng(0)
N = 400
DAYS = np.datetime64("2020-01-01") + RNG.integers(0, 900, N)
PROGRAM = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))


def told(content: Any, **types: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        infer_schema(read_sources({"X": content}, ["X"]), types)
    assert all("\n" not in str(one.message) for one in caught)
    return [str(one.message) for one in caught]


# -- months and years --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P1Y2M", "-P2M", "P1M2DT3H", "1 month", "2 years", "1M", "3 Y"])
def test_months_and_years_have_no_fixed_length(text: str) -> None:
    kind = Duration.of(Column("X", np.arange(50).astype("m8[m]")))
    for ask in (lambda: kind.read("X", text), lambda: kind.check(Setting("do", "X", 3), text)):
        with pytest.raises(DataError, match="counts months or years, which have no fixed length; give days, as P30D"):
            ask()
    with pytest.raises(DataError, match="no fixed length"):
        Duration.of(Column("X", np.array([text, "P1D"], dtype=object)))


@pytest.mark.parametrize(("text", "minutes"), [("PT1M", 1), ("P1DT2M", 1442), ("P2W", 20160), ("3 min", 3), ("4m", 4)])
def test_minutes_and_weeks_do(text: str, minutes: int) -> None:
    kind = Duration.of(Column("X", np.arange(50).astype("m8[m]")))
    assert kind.read("X", text) == np.timedelta64(minutes, "m")


# -- marks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["1900-01-01", "1970-01-01", "9999-12-31", "1753-01-01"])
@pytest.mark.parametrize("form", ["M8[D]", "M8[s]", "texts", "zone"])
def test_dates_that_stand_for_nothing_are_told_with_a_remedy_that_works(mark: str, form: str) -> None:
    dates = DAYS.copy()
    dates[7::50] = np.datetime64(mark)
    content: Any = dates.astype(form) if form.startswith("M8") else dates.astype(str).astype(object)
    if form == "zone":
        content = pd.Series(dates.astype("M8[s]")).dt.tz_localize("UTC")
    (said,) = told(content)
    assert said.startswith(f"column X holds {mark} in 8 of 400 rows, first in row 7 (counting from 0), apart from all")
    assert f"missing_marks=['{mark}']" in said
    with pytest.warns(DataWarning, match="8 of 400 rows lack a value") as caught:
        read_sources({"X": content}, ["X"], how=Reading(missing="drop", missing_marks=[mark]))
    assert len(caught) == 1


def test_a_mark_among_the_others_is_told_by_how_often_it_stands_there() -> None:
    births = np.datetime64("1940-01-01") + RNG.integers(0, 20_000, N)
    births[:60] = np.datetime64("1970-01-01")
    (said,) = told(births)
    assert "1970-01-01 in 60 of 400 rows" in said
    births[:60] = np.datetime64("1970-02-03")
    assert told(births) == []


def test_ordinary_dates_are_not_told_of() -> None:
    assert told(DAYS) == []
    assert told(np.datetime64("1970-01-01") + RNG.integers(0, 9000, N)) == []
    assert told(np.array(["2000-01-01", "2010-01-01"] * 50, dtype="M8[D]")) == []
    assert told(np.datetime64("1900-01-01") + RNG.integers(0, 40_000, N)) == []


def test_mistyped_dates_are_printed_as_dates() -> None:
    dates = DAYS.copy()
    dates[5] = np.datetime64("0202-03-04")
    (said,) = told(dates)
    assert said.startswith(
        "column X holds 0202-03-04 in row 5 (counting from 0), where half of the dates lie in [2020-"
    )


def test_odd_durations_name_their_unit() -> None:
    spans = RNG.integers(0, 90, N)
    spans[::50] = 9999
    (said,) = told(spans.astype("m8[D]"))
    assert said.startswith("column X (days) holds 9999 in 8 of 400 rows")


# -- times among days --------------------------------------------------------------------------------------------------

NOON = dt.datetime(2020, 6, 1, 5)


@pytest.mark.parametrize("content", [DAYS, DAYS.astype(object), DAYS.astype(str).astype(object)])
@pytest.mark.parametrize("value", [NOON, "2020-06-01T05:00", pd.Timestamp(NOON), np.datetime64(NOON)])
def test_a_time_of_day_among_days_is_refused_in_dates(content: Any, value: Any) -> None:
    kind = Date.of(Column("X", content))
    with pytest.raises(DataError) as caught:
        kind.check(Setting("do", "X", 3), value)
    said = "2020-06-01" if isinstance(content[0], str) else "2020-06-01T05:00"
    assert str(caught.value) == f"do(X=...) is {said}, but X holds whole days; give one, such as 2020-06-01"


def test_a_duration_between_units_is_refused_in_its_own() -> None:
    kind = Duration.of(Column("X", np.arange(50).astype("m8[D]")))
    with pytest.raises(DataError, match="is 29 hours, but X holds whole days; give one, such as 1 days"):
        kind.check(Setting("do", "X", 3), "29 h")


@pytest.mark.parametrize(
    ("content", "value", "said"),
    [
        (DAYS, dt.date(2050, 1, 1), r"do\(X = 2050-01-01\) lies .* X was observed in \[2020-01-\d\d, 2022-0\d-\d\d\];"),
        (DAYS.astype("M8[h]") + 5, "2050-01-01T01:00", r"do\(X = 2050-01-01T01:00\) lies"),
        (np.arange(50).astype("m8[h]"), "500 h", r"do\(X = 500 hours\) lies .* in \[0 hours, 49 hours\];"),
    ],
)
def test_what_lies_beyond_the_data_is_told_in_dates(content: Any, value: Any, said: str) -> None:
    kind = infer_schema(read_sources({"X": content}, ["X"]))["X"]
    with pytest.warns(OverlapWarning, match=said) as caught:
        kind.check(Setting("do", "X", 3), value)
    assert len(caught) == 1


def test_dates_that_are_moved_beyond_the_data_are_told_in_dates() -> None:
    kind = Date.of(Column("X", DAYS))
    seen = kind.encode(Column("X", DAYS), RNG)
    with pytest.warns(OverlapWarning, match=r"policy\(X = 20\d\d-.* was observed in \[2020-.* values lie outside"):
        kind.warn_moved("X", seen, 5000.0)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("freq", ["h", "D"])
@pytest.mark.parametrize("value", [np.datetime64(10**6, "Y"), np.datetime64(10**15, "s")])
def test_years_that_no_calendar_has_are_refused(zone: str | None, freq: str, value: np.datetime64) -> None:
    times = pd.date_range("2020-01-01", periods=60, freq=freq, tz=zone)
    sampler = PROGRAM.fit({"X": pd.Series(times), "Y": RNG.normal(size=60)}, backend="null")
    with pytest.raises(DataError, match="holds a date beyond the years 1 to 9999"):
        sampler.sample(9, do={"X": value})


# -- dates as numbers --------------------------------------------------------------------------------------------------

DAYS_IN_DIGITS = np.array([int(day.replace("-", "")) for day in DAYS.astype(str)])
MONTHS_IN_DIGITS = np.array([200_000 + 100 * (k // 12) + k % 12 + 1 for k in RNG.integers(0, 200, N)])
DIGITS: dict[str, tuple[Any, str, Any]] = {
    "days": (DAYS_IN_DIGITS, "YYYYMMDD int64", 20200301),
    "days of int32": (DAYS_IN_DIGITS.astype(np.int32), "YYYYMMDD int32", "20200301"),
    "days as floats": (DAYS_IN_DIGITS.astype(float), "YYYYMMDD float64", 20200301),
    "days of pandas": (pd.Series(DAYS_IN_DIGITS, dtype="Int64"), "YYYYMMDD int64", dt.date(2020, 3, 1)),
    "days as texts": (DAYS_IN_DIGITS.astype(str).astype(object), "YYYYMMDD object", "2020-03-01"),
    "months": (MONTHS_IN_DIGITS, "YYYYMM int64", 201003),
}


@pytest.mark.parametrize("name", DIGITS)
def test_dates_in_digits_come_back_as_they_went_in(name: str) -> None:
    content, form, value = DIGITS[name]
    column = read_sources({"X": content}, ["X"])["X"].columns[""]
    kind = infer_schema(read_sources({"X": content}, ["X"]), {"X": "date"})["X"]
    assert isinstance(kind, Date)
    assert (kind.form, kind.unit) == (form, "months" if name == "months" else "days")
    out = kind.empty(N)
    kind.decode([kind.encode(column, np.random.default_rng(0))], out)
    assert out.tolist() == list(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kind.check(Setting("do", "X", 3), value)
        kind.check(Setting("do", "X", N), content)
    assert kind.check(Setting("do", "X", 3), kind.read("X", str(next(iter(content))).removesuffix(".0")))[0].shape == (
        1,
        1,
    )
    assert Schema.from_json(json.loads(json.dumps(Schema({"X": kind}).to_json())))["X"] == kind
    with pytest.raises(DataError):
        kind.check(Setting("do", "X", 3), 20200269)


@pytest.mark.parametrize("name", [name for name in DIGITS if "texts" not in name])
def test_dates_in_digits_are_told_with_a_remedy_that_works(name: str) -> None:
    content, form, _ = DIGITS[name]
    (said,) = told(content)
    assert (
        f"column X holds whole numbers such as {next(iter(content)):.0f}, all of which are dates ({form.split()[0]})"
        in said
    )
    assert "types={'X': 'date'}" in said
    assert told(content, X="date") == []
    assert told(content, X="integer") == []


def test_months_between_others_are_the_nearest() -> None:
    kind = infer_schema(read_sources({"X": MONTHS_IN_DIGITS}, ["X"]), {"X": "date"})["X"]
    assert isinstance(kind, Date)
    months = np.array([602 - 0.1, 601 + 0.1])  # since 1970
    assert kind.written(months).tolist() == [202003, 202002]
    plain = Date.of(Column("X", DAYS.astype("M8[M]")))
    assert plain.written(months).astype(str).tolist() == ["2020-03", "2020-02"]


@pytest.mark.parametrize(
    "content",
    [
        DAYS_IN_DIGITS + 100_000_000,
        np.r_[DAYS_IN_DIGITS, 20200269],
        RNG.integers(10_000_000, 99_999_999, N),
        RNG.integers(100_000, 999_999, N),
        np.arange(N) + 20_200_101,
        RNG.integers(0, 90_000, N),
    ],
)
def test_other_whole_numbers_are_not_told_of(content: Any) -> None:
    assert told(content) == []
    kind = infer_schema(read_sources({"X": content}, ["X"]))["X"]
    assert isinstance(kind, Integer)
    with pytest.raises(DataError, match="holds no dates that can be read"):
        infer_schema(read_sources({"X": content}, ["X"]), {"X": "date"})
