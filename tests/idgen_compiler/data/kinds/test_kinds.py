"""Every kind keeps its promises, and a new one needs no more than a file of its own."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.check.columns import read_columns
from idgen_compiler.data.arrays import Array
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Atom, Composite, Kind, register, registry
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.spread import Choices, Interval
from idgen_compiler.data.kinds.times.measured import Measured, number_of
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError
from idgen_compiler.warning import quietly

GENERATOR = np.random.default_rng(0)

EXAMPLES: dict[str, Any] = {
    "categorical": ["b", "a", "b"],
    "integer": np.arange(40),
    "levels": np.sqrt(np.arange(200) % 14),
    "continuous": GENERATOR.normal(size=40),
    "date": np.arange(40).astype("M8[D]"),
    "duration": np.arange(40).astype("m8[h]"),
    "vector": GENERATOR.normal(size=(40, 3)),
    "image": GENERATOR.integers(0, 256, (6, 3, 4, 5), dtype=np.uint8),
    "text": [f"seen on day {k}, no fever" for k in range(40)],
}


@pytest.mark.parametrize("kind", registry.atoms_known(), ids=lambda kind: kind.word)
def test_a_kind_finds_encodes_and_writes_itself(kind: type[Atom]) -> None:
    column = Column("X", EXAMPLES[kind.word])
    with quietly():
        found = registry.infer(column)
    assert type(found) is kind
    assert kind.of(column) == found
    (atom,) = found.atoms("X")
    assert (atom.part.name, atom.field, atom.kind) == ("X", "", found)
    encoded = found.encode(column, np.random.default_rng(1))
    assert encoded.dtype == atom.part.dtype
    assert encoded.shape == (len(column), *atom.part.entries)
    out = found.empty(len(column))
    found.decode([encoded], out)
    assert out.shape == (len(column), *found.entries)
    if found.layout.kind == "f":
        assert np.allclose(out, column.content, atol=1e-6)
    else:
        assert np.array_equal(out, column.content)
    (again,) = found.check(Setting("do", "X", len(column)), out)
    assert again.shape == encoded.shape
    assert isinstance(found.describe(encoded[0]), str)
    assert (found.spread is None) == (len(atom.part.entries) > 0 and atom.part.entries != (1,))
    schema = Schema({"X": found, "W": Composite((("a", found), ("b", found)))})
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


def test_a_numbers_spread_is_its_range_and_a_whole_ones_half_a_step_more() -> None:
    numbers = {"X": np.arange(40.0) + 0.5, "N": np.arange(40)}
    schema = infer_schema(read_sources(numbers, ["X", "N"]))
    (x,), (n,) = schema["X"].atoms("X"), schema["N"].atoms("N")
    assert isinstance(x.kind.spread, Interval)
    assert isinstance(n.kind.spread, Interval)
    width = 19.5 / 1.349
    assert x.kind.spread.high == pytest.approx(19.5 / width)
    assert n.kind.spread.low == pytest.approx(-20 / width)
    assert n.kind.spread.log_density == pytest.approx(-np.log(40 / width))
    assert Choices(4).log_density == pytest.approx(-np.log(4))


def test_names_of_parts_are_unique() -> None:
    number = registry.infer(Column("X", EXAMPLES["continuous"]))
    with pytest.raises(DataError, match=r"W\.a names both a variable and a field of W"):
        Schema({"W": Composite((("a", number),)), "W.a": number})


# -- a kind of a user's own: all that it takes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clock(Measured):
    """A time of day: seconds since midnight inside, `datetime.time` outside."""

    word: ClassVar[str] = "clock"

    measure = "seconds since midnight"

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if all(isinstance(value, dt.time) for value in column.content) else None

    @classmethod
    def of(cls, column: Column) -> Self:
        return cls(number_of(column.name, _seconds(column.content)))

    def numbers(self, column: Column) -> Array:
        return _seconds(column.content)

    def read(self, name: str, text: str) -> dt.time:
        return dt.time.fromisoformat(text)

    def measured(self, setting: Setting, values: Array) -> Array:
        return _seconds(values)

    def written(self, numbers: Array) -> Array:
        whole = (int(number) for number in np.clip(numbers, 0, 86_399))
        return np.array([dt.time(k // 3600, k // 60 % 60, k % 60) for k in whole])

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(object)


def _seconds(times: Any) -> Array:
    return np.array([time.hour * 3600.0 + time.minute * 60 + time.second for time in times])


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))
    return register(Clock)


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    late = rng.normal(36_000, 3_600, 400)
    ill = (rng.random(400) < late / 72_000).astype(int)
    home = late + 7_200 * ill + 60 * rng.normal(size=400)
    times = {name: [dt.time(int(s) // 3600, int(s) // 60 % 60, int(s) % 60) for s in seconds]
             for name, seconds in (("late", late), ("home", home))}  # fmt: skip
    return pd.DataFrame({"late": times["late"], "ill": ill, "home": times["home"]})


def test_a_new_kind_is_checked_fitted_sampled_and_saved(
    clocks: type[Clock], table: pd.DataFrame, tmp_path: Any
) -> None:
    columns = read_columns(table, ["late", "ill", "home"])
    assert not columns["late"].categorical
    assert columns["late"].values.mean() == pytest.approx(36_000, abs=1000)
    assert not idgen.check_graph(idgen.ADMG.parse("late; ill; home"), table).ok

    graph = idgen.ADMG.parse("late -> ill -> home; late -> home")
    program = idgen.compile(idgen.Query.parse("P(home, late | do(ill))"), graph)
    sampler: Any = program.fit(table, epochs=2, seed=0, progress=False, device="cpu", types={"late": "clock"})
    assert isinstance(sampler.schema["home"], Clock)
    samples = sampler.sample(200, do={"ill": 1}, seed=1)
    assert dt.time(5) < samples["late"][0] < dt.time(15)
    sampler.save(tmp_path / "s")
    assert np.array_equal(idgen.load(tmp_path / "s").sample(200, do={"ill": 1}, seed=1)["home"], samples["home"])

    program = idgen.compile(idgen.Query.parse("P(home | do(late))"), graph)
    sampler = program.fit(table, epochs=2, seed=0, progress=False, device="cpu")
    assert len(sampler.sample(10, do={"late": sampler.read_value("late", "10:30")}, seed=1)["home"]) == 10
    with pytest.warns(idgen.OverlapWarning, match=r"do\(late = 23:00:00\) lies"):
        sampler.sample(10, do={"late": dt.time(23)}, seed=1)


def test_without_it_times_of_day_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="make times of day numbers"):
        read_columns(table, ["late"])


def test_a_kind_that_is_said_has_to_be_known() -> None:
    sources = read_sources({"X": [0.5, 1.5]}, ["X"])
    number: Kind = infer_schema(sources)["X"]
    assert isinstance(number, Atom)
    with pytest.raises(DataError, match=r"say 'continuous', and the column tells the rest"):
        infer_schema(sources, {"X": number})
