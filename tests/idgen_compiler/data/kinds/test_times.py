"""Dates and durations: numbers with a unit that come back as they went in."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Atom, Categorical, Composite, Date, Duration, registry
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, OverlapWarning

RNG = np.random.default_rng(0)
N = 60
DAYS = (18_000 + RNG.permutation(N)).astype("M8[D]")
TIMES = (1_600_000_000 + 7 * RNG.permutation(N)).astype("M8[s]")
TEXTS = np.datetime_as_string(TIMES).astype(object)
PARIS = "Europe/Paris"

CASES: dict[str, tuple[Any, str]] = {
    "days": (DAYS, "days"),
    "months": ((600 + RNG.permutation(N)).astype("M8[M]"), "months"),
    "days of pandas": (pd.Series(DAYS.astype("M8[ns]")), "days"),
    "hours": (DAYS.astype("M8[h]") + 5, "hours"),
    "seconds": (pd.Series(TIMES), "seconds"),
    "seconds in a zone": (pd.Series(TIMES).dt.tz_localize("UTC").dt.tz_convert(PARIS), "seconds"),
    "days in a zone": (pd.Series(DAYS.astype("M8[s]")).dt.tz_localize(PARIS), "days"),
    "days east of Greenwich": (
        pd.Series(TIMES).dt.tz_localize(dt.timezone(dt.timedelta(hours=2))),
        "seconds",
    ),
    "dates": (DAYS.astype(object), "days"),
    "datetimes": (TIMES.astype("M8[us]").astype(object), "seconds"),
    "texts of days": (np.datetime_as_string(DAYS).astype(object), "days"),
    "texts of times": (TEXTS, "seconds"),
    "texts with a space": (
        np.array([t.replace("T", " ")[:16] for t in np.datetime_as_string(DAYS.astype("M8[m]") + 61)], dtype=object),
        "minutes",
    ),
    "texts in UTC": (np.array([t + "Z" for t in TEXTS], dtype=object), "seconds"),
    "texts with an offset": (np.array([t + "-05:00" for t in TEXTS], dtype=object), "seconds"),
    "durations": (RNG.permutation(N).astype("m8[s]"), "seconds"),
    "whole hours": (pd.Series(pd.to_timedelta(RNG.permutation(N), unit="h")), "hours"),
    "timedeltas": (np.array([dt.timedelta(minutes=int(k)) for k in RNG.permutation(N)], dtype=object), "minutes"),
}


@pytest.mark.parametrize("name", CASES)
def test_they_come_back_as_they_went_in(name: str) -> None:
    content, unit = CASES[name]
    column = Column("X", content)
    kind = registry.infer(column)
    assert isinstance(kind, Date | Duration)
    assert kind.unit == unit
    out = kind.empty(N)
    kind.decode([kind.encode(column, np.random.default_rng(0))], out)
    assert list(out) == list(content)
    if isinstance(content, np.ndarray):
        assert out.dtype == content.dtype
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (one,) = kind.check(Setting("do", "X", 3), list(content)[5])
        (each,) = kind.check(Setting("do", "X", N), content)
        (again,) = kind.check(Setting("do", "X", N), out)
    assert one.shape == (1, 1)
    assert each[5] == one[0]
    assert np.array_equal(each, again)
    schema = Schema({"X": kind, "W": Composite((("a", kind),))})
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


def test_fractions_of_seconds_are_kept() -> None:
    fine = TIMES.astype("M8[us]") + RNG.integers(0, 10**6, N)
    kind = Date.of(Column("X", fine))
    assert np.abs(kind.written(kind.numbers(Column("X", fine))) - fine).max() <= np.timedelta64(1, "us")


def test_few_texts_are_categories_and_many_days_are_not() -> None:
    waves = np.array(["2020-01-01", "2021-01-01"] * 30, dtype=object)
    assert registry.infer(Column("X", waves)) == Categorical(("2020-01-01", "2021-01-01"), "object")
    assert isinstance(infer_schema(read_sources({"X": waves}, ["X"]), {"X": "date"})["X"], Date)
    for odd in ("2020-02-30", "01/02/2020", "2020-1-2", "2020-01-02T10:00:00"):
        texts = np.append(np.datetime_as_string(DAYS), odd).astype(object)
        assert isinstance(registry.infer(Column("X", texts)), Categorical)
        with pytest.raises(DataError, match="holds no dates that can be read"):
            Date.of(Column("X", texts))


DAY, STAY = Date.of(Column("X", DAYS)), Duration.of(Column("X", np.arange(1, 60).astype("m8[m]")))


@pytest.mark.parametrize(
    "value", ["2019-05-01", dt.date(2019, 5, 1), dt.datetime(2019, 5, 1), pd.Timestamp("2019-05-01"),
              np.datetime64("2019-05-01"), np.datetime64("2019-05-01T00:00", "ns"), ["2019-05-01", dt.date(2019, 5, 1)]]
)  # fmt: skip
def test_a_day_is_set_in_any_spelling(value: Any) -> None:
    (found,) = DAY.check(Setting("do", "X", 2), value)
    assert (found == DAY.check(Setting("do", "X", 1), np.datetime64("2019-05-01"))[0]).all()


@pytest.mark.parametrize("value", ["30 min", "P0DT0H30M0S", dt.timedelta(minutes=30), pd.Timedelta("30min"),
                                   np.timedelta64(1800, "s"), ["30 min", "1800 s"]])  # fmt: skip
def test_a_duration_is_set_in_any_unit(value: Any) -> None:
    (found,) = STAY.check(Setting("do", "X", 2), value)
    assert (found == STAY.check(Setting("do", "X", 1), np.timedelta64(30, "m"))[0]).all()


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (DAY, 5, r"do\(X=...\) is 5, no date"),
        (DAY, b"2019-05-01", "no date"),
        (DAY, "2019-02-30", "no date"),
        (DAY, "05/01/2019", "no date"),
        (DAY, np.timedelta64(1, "D"), "no date"),
        (DAY, pd.NaT, "is NaT, no date"),
        (DAY, np.datetime64("NaT"), "missing date"),
        (DAY, None, "is None"),
        (DAY, dt.datetime(2019, 5, 1, 12), "holds whole days"),
        (DAY, pd.Timestamp("2019-05-01", tz="UTC"), "has a time zone, and X has none"),
        (DAY, np.datetime64(10**6, "Y"), "beyond the years 1 to 9999"),
        (DAY, ["2019-05-01"] * 3, "has 3 values for 2 samples"),
        (STAY, 30, "is 30, no duration"),
        (STAY, "30", "no duration; give a timedelta, or a text with a unit"),
        (STAY, np.timedelta64(30), "no duration"),
        (STAY, np.timedelta64(1, "Y"), "no duration"),
        (STAY, "2019-05-01", "no duration"),
        (STAY, np.datetime64("2019-05-01"), "no duration"),
        (STAY, pd.NaT, "no duration"),
    ],
)
def test_what_is_no_time_is_refused(kind: Atom, value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        kind.check(Setting("do", "X", 2), value)


def test_columns_that_hold_no_times_say_so() -> None:
    for content, message in (
        (np.array(["2020-01-01", "NaT"], dtype="M8[D]"), "1 missing date"),
        (np.array([10**6, 1], dtype="M8[Y]"), "beyond the years"),
        (np.array([dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)], dtype=object), "no dates|mixed"),
        (np.array([1, 2]), "holds no dates"),
    ):
        with pytest.raises(DataError, match=message):
            Date.of(Column("X", content))
    for content, message in ((np.array([1, 2]), "no durations"), (np.array([1, "NaT"], dtype="m8[s]"), "1 missing")):
        with pytest.raises(DataError, match=message):
            Duration.of(Column("X", content))
    assert Duration.of(Column("X", np.array(["90 min", "2 h"], dtype=object))).unit == "minutes"
    with pytest.raises(DataError, match="no durations"):
        Duration.of(Column("X", np.array(["90", "2"], dtype=object)))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(Date, {"form": "datetime32"}), (Date, {"form": "M8"}), (Date, {"zone": "Mars/Olympus"}), (Date, {"unit": "eons"}),
     (Duration, {"form": "m8"}), (Duration, {"form": "timedelta64[Y]"}), (Duration, {"form": "x" * 999})],
)  # fmt: skip
def test_saved_times_are_checked(kind: type[Atom], fields: dict[str, Any]) -> None:
    saved = json.loads(json.dumps(Schema({"X": DAY if kind is Date else STAY}).to_json()))
    with pytest.raises(DataError, match="cannot be read"):
        Schema.from_json({"X": saved["X"] | fields})


def test_the_whole_way(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    ill = rng.integers(0, 2, 400)
    start = np.datetime64("2020-01-01") + rng.integers(0, 300, 400)
    table = pd.DataFrame(
        {
            "start": start,
            "ill": ill,
            "stay": pd.to_timedelta(rng.normal(60, 5, 400) + 20 * ill, unit="h"),
            "end": np.datetime_as_string(start + rng.integers(0, 30, 400)),
        }
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    graph = idgen.ADMG.parse("start -> ill -> stay; start -> end")
    program = idgen.compile(idgen.Query.parse("P(stay, end | do(ill, start))"), graph)
    sampler: Any = program.fit(table, epochs=2, seed=0, progress=False, device="cpu")
    samples = sampler.sample(300, do={"ill": 1, "start": sampler.read_value("start", "2020-06-01")}, seed=0)
    assert samples["stay"].dtype == table["stay"].to_numpy().dtype
    assert pd.Timedelta(60, "h") < samples["stay"].mean() < pd.Timedelta(100, "h")
    assert all(len(text) == 10 and text > "2020" for text in samples["end"])
    with pytest.warns(OverlapWarning, match=r"do\(start = 2030-01-01\) lies .* start was observed in \[2020-"):
        sampler.sample(3, do={"ill": 1, "start": dt.date(2030, 1, 1)}, seed=0)
    sampler.save(tmp_path / "s")
    again = idgen.load(tmp_path / "s").sample(300, do={"ill": 1, "start": "2020-06-01"}, seed=0)
    assert np.array_equal(again["stay"], samples["stay"])
    assert isinstance(infer_schema(read_sources(tmp_path / "t.csv", ["start"]))["start"], Date)
    with pytest.raises(DataError, match="is no date of start"):
        sampler.read_value("start", "yesterday")

    from idgen_compiler.report.tables import write_samples

    for name in ("out.csv", "out.parquet"):
        write_samples([samples], tmp_path / name)
        written = pd.read_csv(tmp_path / name) if name.endswith("csv") else pd.read_parquet(tmp_path / name)
        assert (pd.to_timedelta(written["stay"]) == samples["stay"]).all()
    assert "days" in (tmp_path / "out.csv").read_text()
