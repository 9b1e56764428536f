"""Dates that keep to the calendar, such as firsts of months, are counted in its steps and come back on such days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Date, Integer, Levels
from idgen_compiler.data.kinds.registry import infer
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.times.calendar import LAST_DAY, calendar_step, days_at, steps_of
from idgen_compiler.errors import DataError

RNG = np.random.default_rng(3)
N = 400
MONTHS = np.datetime64("1999-11", "M") + np.clip(np.rint(30 + 10 * RNG.normal(size=N)), 0, 60).astype(int)
FIRSTS = MONTHS.astype("M8[D]")
DAYS = np.datetime64("2020-01-01") + RNG.integers(0, 400, N)

CASES: dict[str, tuple[Any, str, int]] = {
    "months": (MONTHS, "months", 1),
    "firsts of months": (FIRSTS, "months", 1),
    "firsts of months, of pandas": (pd.Series(FIRSTS.astype("M8[ns]")), "months", 1),
    "firsts of months in a zone": (pd.Series(FIRSTS.astype("M8[s]")).dt.tz_localize("Europe/Paris"), "months", 1),
    "firsts of months as texts": (np.datetime_as_string(FIRSTS).astype(object), "months", 1),
    "fifteenths as dates": ((FIRSTS + 14).astype(object), "months", 15),
    "ends of months": ((MONTHS + 1).astype("M8[D]") - 1, "months", LAST_DAY),
    "quarters": ((np.datetime64("2000-01", "M") + 3 * RNG.integers(0, 40, N)).astype("M8[D]"), "months", 1),
    "years": (MONTHS.astype("M8[Y]"), "years", 1),
    "new years": ((MONTHS + 12 * RNG.integers(0, 9, N)).astype("M8[Y]").astype("M8[D]"), "years", 1),
    "ends of years": ((MONTHS.astype("M8[Y]") + 1).astype("M8[D]") - 1, "years", LAST_DAY),
    "weekdays": (np.busday_offset("2020-01-01", RNG.integers(0, 400, N)), "weekdays", 1),
    "days": (DAYS, "days", 1),
    "Mondays": (np.datetime64("2020-01-06") + 7 * RNG.integers(0, 60, N), "days", 1),
    "few rows": (FIRSTS[:12], "days", 1),
    "twenty-ninths": (np.array(["2020-01-29", "2020-02-29", "2020-03-29"] * 20, "M8[D]"), "days", 1),
}


@pytest.mark.parametrize("name", CASES)
def test_draws_lie_on_days_of_the_calendar(name: str) -> None:
    content, unit, day = CASES[name]
    column = Column("X", content)
    kind = infer(column)
    assert isinstance(kind, Date)
    assert (kind.unit, kind.day) == (unit, day)
    out = kind.empty(len(content))
    kind.decode_one(kind.encode(column, np.random.default_rng(0)), out)
    assert list(out) == list(content)
    drawn = kind.empty(500)
    kind.decode_one(RNG.normal(size=(500, 1)).astype(np.float32), drawn)
    own = kind.numbers(Column("X", drawn))
    assert np.array_equal(own, np.rint(own)), "whole steps"
    assert len(np.unique(own)) > 2
    if name == "Mondays":
        assert set(np.unique(drawn.astype(np.int64) % 7)) == {4}


def test_months_are_one_step_apart_whatever_their_length() -> None:
    kind = infer(Column("X", FIRSTS))
    assert isinstance(kind, Date)
    assert isinstance(kind.number, Integer)
    assert (kind.number.grid, kind.number.masses) == (1.0, ())
    assert kind.measure == "months since 1970-01"
    low, high = (kind.numbers(Column("X", np.array([text], "M8[D]")))[0] for text in ("2001-02-01", "2001-03-01"))
    assert high - low == 1


def test_dates_that_repeat_on_no_calendar_have_levels() -> None:
    visits = np.datetime64("2020-01-03") + np.arange(40) ** 2
    kind = infer(Column("X", RNG.choice(visits, 2_000)))
    assert isinstance(kind, Date)
    assert isinstance(kind.number, Levels)
    drawn = kind.empty(500)
    kind.decode_one(RNG.normal(size=(500, 1)).astype(np.float32), drawn)
    assert np.isin(drawn, visits).all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "firsts of months",
            "2001-02-15",
            r"do\(X=...\) is 2001-02-15, but X always is day 1 of a month; .* 2001-02-01",
        ),
        ("ends of months", "2001-02-01", r"X always is the last day of a month; give such a day, as 2001-01-31 is"),
        ("weekdays", "2020-02-01", r"X always is a weekday; give such a day, as 2020-01-31 is"),
    ],
)
def test_a_day_that_the_data_cannot_have_is_refused(name: str, value: str, message: str) -> None:
    kind = infer(Column("X", CASES[name][0]))
    with pytest.raises(DataError, match=message):
        kind.check(Setting("do", "X", 1), value)


@pytest.mark.parametrize("day", [1, 15, 28, LAST_DAY])
@pytest.mark.parametrize("step", ["months", "years"])
def test_steps_and_days_are_each_others_way_back(step: Any, day: int) -> None:
    steps = np.arange(-1900.0, 8000.0)
    days = days_at(steps, step, day)
    assert (np.diff(days) > 27).all()
    assert np.array_equal(steps_of(days, step, day), steps)
    some = np.sort(RNG.integers(-600_000, 2_000_000, 999)).astype(float)
    assert np.array_equal(days_at(steps_of(some, step, day), step, day), some)


def test_few_dates_without_a_weekend_are_days() -> None:
    week = np.busday_offset("2020-01-01", np.arange(60)).astype(np.int64).astype(float)
    assert calendar_step(week) == ("weekdays", 1)
    assert calendar_step(week[:30]) is None
    assert np.array_equal(days_at(steps_of(week, "weekdays", 1), "weekdays", 1), week)


def test_a_saved_day_is_one_that_all_months_have() -> None:
    kind = infer(Column("X", FIRSTS))
    assert isinstance(kind, Date)
    with pytest.raises(DataError, match="31 is no day that all months have"):
        Date(kind.number, "months", "datetime64[D]", "", 31)
