"""Every kind keeps its promises, and a new one needs no more than a file of its own."""

from __future__ import annotations

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
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.spread import Choices, Interval
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError

GENERATOR = np.random.default_rng(0)

EXAMPLES: dict[str, Any] = {
    "categorical": ["b", "a", "b"],
    "integer": np.arange(40),
    "continuous": GENERATOR.normal(size=40),
    "vector": GENERATOR.normal(size=(40, 3)),
    "image": GENERATOR.integers(0, 256, (6, 3, 4, 5), dtype=np.uint8),
}


@pytest.mark.parametrize("kind", registry.atoms_known(), ids=lambda kind: kind.word)
def test_a_kind_finds_encodes_and_writes_itself(kind: type[Atom]) -> None:
    column = Column("X", EXAMPLES[kind.word])
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
    assert (found.spread is None) == (len(found.entries) > 0)
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
class Duration(Number):
    """A length of time: seconds inside, `timedelta64[ns]` outside."""

    word: ClassVar[str] = "duration"

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if getattr(column.content, "dtype", np.dtype(bool)).kind == "m" else None

    @classmethod
    def values_of(cls, column: Column) -> Array:
        return np.asarray(pd.Series(column.content) / pd.Timedelta(1, "s"))

    def read(self, name: str, text: str) -> pd.Timedelta:
        return pd.Timedelta(text)

    def check_one(self, setting: Setting, value: Any) -> Array:
        return Number.check_one(self, setting, pd.to_timedelta(value) / pd.Timedelta(1, "s"))

    def decode_one(self, part: Array, out: Array) -> None:
        seconds = np.empty(len(out))
        Number.decode_one(self, part, seconds)
        out[...] = (seconds * 1e9).astype("timedelta64[ns]")

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype("timedelta64[ns]")


@pytest.fixture
def durations(monkeypatch: pytest.MonkeyPatch) -> type[Duration]:
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))
    return register(Duration)


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    wait = rng.normal(60, 10, 400)
    ill = (rng.random(400) < wait / 120).astype(int)
    stay = pd.to_timedelta(wait + 20 * ill + rng.normal(size=400), unit="s")
    return pd.DataFrame({"wait": pd.to_timedelta(wait, unit="s"), "ill": ill, "stay": stay})


def test_a_new_kind_is_checked_fitted_sampled_and_saved(
    durations: type[Duration], table: pd.DataFrame, tmp_path: Any
) -> None:
    columns = read_columns(table, ["wait", "ill", "stay"])
    assert not columns["wait"].categorical
    assert columns["wait"].values.mean() == pytest.approx(60, abs=2)
    assert not idgen.check_graph(idgen.ADMG.parse("wait; ill; stay"), table).ok

    graph = idgen.ADMG.parse("wait -> ill -> stay; wait -> stay")
    program = idgen.compile(idgen.Query.parse("P(stay, wait | do(ill))"), graph)
    sampler: Any = program.fit(table, epochs=2, seed=0, progress=False, device="cpu", types={"wait": "duration"})
    assert isinstance(sampler.schema["stay"], Duration)
    samples = sampler.sample(200, do={"ill": 1}, seed=1)
    assert samples["stay"].dtype == np.dtype("timedelta64[ns]")
    assert pd.Timedelta(30, "s") < pd.Timedelta(samples["wait"].mean()) < pd.Timedelta(90, "s")
    sampler.save(tmp_path / "s")
    assert np.array_equal(idgen.load(tmp_path / "s").sample(200, do={"ill": 1}, seed=1)["stay"], samples["stay"])

    program = idgen.compile(idgen.Query.parse("P(stay | do(wait))"), graph)
    sampler = program.fit(table, epochs=2, seed=0, progress=False, device="cpu")
    assert len(sampler.sample(10, do={"wait": sampler.read_value("wait", "1 min")}, seed=1)["stay"]) == 10
    with pytest.warns(idgen.OverlapWarning, match=r"do\(wait = 3600\) lies"):
        sampler.sample(10, do={"wait": pd.Timedelta(1, "h")}, seed=1)


def test_without_it_durations_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="turn durations into numbers"):
        read_columns(table, ["wait"])


def test_a_kind_that_is_said_has_to_be_known() -> None:
    sources = read_sources({"X": [0.5, 1.5]}, ["X"])
    number: Kind = infer_schema(sources)["X"]
    assert isinstance(number, Atom)
    with pytest.raises(DataError, match=r"say 'continuous', and the column tells the rest"):
        infer_schema(sources, {"X": number})
