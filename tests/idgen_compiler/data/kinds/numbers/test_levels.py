"""Numbers that occur over and over on no grid have levels, and no value but a level is handed back."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Continuous, Integer, Levels
from idgen_compiler.data.kinds.numbers.lattice import lattice_of
from idgen_compiler.data.kinds.registry import infer, requested
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, DataWarning, OverlapWarning

RNG = np.random.default_rng(5)
N = 3_000
SCORE = np.clip(np.rint(8 + 3 * RNG.normal(size=N)), 0, 16)
WIDE = np.clip(np.rint(45 + 11 * RNG.normal(size=N)), 0, 90)
PRICES = np.array([1.99, 2.49, 3.99, 4.99, 5.49, 7.99, 9.99, 12.49, 14.99, 19.99, 24.99, 29.99, 39.99, 59.99])
CLINICS = np.exp(RNG.normal(size=80))

LEVELED: dict[str, Any] = {
    "log1p of counts": np.log1p(SCORE),
    "root of a score": np.sqrt(SCORE),
    "a score in odd units": (SCORE - 10) / 3.7,
    "the same in float32": ((SCORE - 10) / 3.7).astype(np.float32),
    "a mean and its rounding": SCORE * 0.1 / 0.37 + RNG.choice([0.0, 1e-15], N),
    "many levels": np.log1p(WIDE),
    "many levels, standardized": (WIDE - WIDE.mean()) / WIDE.std(),
    "squares": (WIDE**2).astype(np.int64),
    "prices": RNG.choice(PRICES, N),
    "clinics, few": RNG.choice(CLINICS[:30], N),
}
PLAIN: dict[str, Any] = {
    "a normal law": RNG.normal(size=N),
    "every row twice": np.repeat(RNG.normal(size=N // 2), 2),
    "a trait of many clinics": RNG.choice(CLINICS, N),
    "one decimal": np.round(RNG.normal(size=N), 1),
    "counts": RNG.poisson(40, N),
    "counts with a long tail": np.rint(np.exp(RNG.normal(3, 1, N))).astype(np.int64),
    "cents": np.round(np.exp(RNG.normal(3, 1, N)), 2),
    "often nought": np.where(RNG.random(N) < 0.5, 0.0, RNG.normal(size=N)),
    "few rows": np.sqrt(RNG.integers(0, 30, 50)),
}


def decoded(kind: Any, seen: Any) -> Any:
    out = kind.empty(len(seen))
    kind.decode_one(seen, out)
    return out


@pytest.mark.parametrize("name", LEVELED)
def test_what_repeats_on_no_grid_has_levels(name: str) -> None:
    values = LEVELED[name]
    column = Column("X", values)
    kind = infer(column)
    assert isinstance(kind, Levels)
    seen = kind.encode(column, np.random.default_rng(0))
    back = decoded(kind, seen)
    assert back.dtype == values.dtype
    assert np.array_equal(back, values) or np.abs(back - values).max() < 1e-14, "but for what rounding tells apart"
    drawn = decoded(kind, 5 * RNG.normal(size=(500, 1)).astype(np.float32))
    assert np.isin(drawn, np.asarray(kind.levels, kind.layout)).all()
    schema = Schema({"X": kind})
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@pytest.mark.parametrize("name", PLAIN)
def test_what_has_a_density_or_a_grid_has_none(name: str) -> None:
    kind = infer(Column("X", PLAIN[name]))
    assert isinstance(kind, Continuous | Integer)
    assert lattice_of(PLAIN[name]) is None


def test_shares_of_levels_are_the_rows_own_where_models_see_them() -> None:
    # Few levels are point masses; many are one step apart, so that shares of levels are a density's over their cells.
    few, many = infer(Column("X", np.log1p(SCORE))), infer(Column("X", np.log1p(WIDE)))
    assert isinstance(few, Levels)
    assert isinstance(many, Levels)
    assert few.masses == tuple(np.unique(np.log1p(SCORE)))
    assert not few.part("X").between
    assert many.masses == ()
    seen = np.sort(many.encode(Column("X", np.log1p(WIDE)), np.random.default_rng(0))[:, 0])
    edges = many.place.scale.seen(np.arange(len(many.levels) + 1) - 0.5)
    counts = np.unique(np.log1p(WIDE), return_counts=True)[1]
    assert np.array_equal(np.histogram(seen, edges)[0], counts)


def test_a_level_with_a_share_of_its_own_is_a_mass() -> None:
    values = np.where(RNG.random(N) < 0.08, 0.0, np.log1p(np.maximum(WIDE, 1)))
    kind = infer(Column("X", values))
    assert isinstance(kind, Levels)
    assert kind.masses == (0.0,)
    assert kind.part("X").between


def test_gaps_of_an_even_step_are_levels_too() -> None:
    values = (np.setdiff1d(np.arange(60), [3, 55])[RNG.integers(0, 58, N)] - 20) / 3.7
    kind = infer(Column("X", values))
    assert isinstance(kind, Levels)
    assert len(kind.levels) == 60
    assert np.allclose(np.diff(kind.levels), 1 / 3.7)


@pytest.mark.parametrize("name", ["log1p of counts", "many levels"])
def test_a_value_between_levels_is_told_and_a_level_is_not(name: str) -> None:
    kind = infer(Column("X", LEVELED[name]))
    assert isinstance(kind, Levels)
    setting = Setting("do", "X", 1)
    one, two = kind.levels[7], kind.levels[8]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (at,) = kind.check(setting, one)
        (near,) = kind.check(setting, round(one, 6))
        (next_one,) = kind.check(setting, two)
    assert at == near < next_one
    with pytest.warns(OverlapWarning, match=rf"lies between two levels of X, {one:.4g} and {two:.4g}, and no row"):
        (between,) = kind.check(setting, one + 0.4 * (two - one))
    assert decoded(kind, between)[0] == one
    assert (at < between < next_one) == kind.place.between
    with pytest.warns(OverlapWarning, match=r"standard deviations beyond the data: X was observed in \["):
        (beyond,) = kind.check(setting, kind.levels[-1] + 2.0)
    assert beyond > kind.place.on_scale(np.array([len(kind.levels) - 1.0]))[0]


def test_levels_move_by_their_own_unit() -> None:
    kind = infer(Column("X", LEVELED["many levels, standardized"]))
    assert isinstance(kind, Levels)
    step = kind.levels[1] - kind.levels[0]
    seen = kind.encode(Column("X", LEVELED["many levels, standardized"]), np.random.default_rng(0))
    inside = seen[np.abs(seen[:, 0]) < 1.5]
    moved = kind.moved("X", inside, 2 * step)
    assert np.allclose(decoded(kind, moved), decoded(kind, inside) + 2 * step)
    with pytest.warns(OverlapWarning, match="beyond the data"):
        kind.warn_moved("X", seen, 100.0)


def test_types_ask_for_levels_and_for_none() -> None:
    column = Column("X", RNG.choice(CLINICS, N))
    kind = requested(column, "levels")
    assert isinstance(kind, Levels)
    assert len(kind.levels) == len(CLINICS)
    assert repr(kind).startswith("Levels(80 from ")
    assert isinstance(requested(Column("X", np.log1p(SCORE)), "continuous"), Continuous)
    with pytest.raises(DataError, match="column X has 3000 different values, and levels are 2 to 2000; use continuous"):
        requested(Column("X", PLAIN["a normal law"]), "levels")
    with pytest.raises(DataError, match=r"holds 0\.5 in row 1, which is none of its levels 0, 0\.6931, 1\.099, \.\.\."):
        infer(Column("X", np.log1p(SCORE))).encode(Column("X", np.array([0.0, 0.5])), np.random.default_rng(0))


def test_whole_levels_may_be_codes() -> None:
    site = RNG.integers(1, 60, N) ** 2 + 10
    sources = read_sources({"site": site, "Y": np.sin(site**2.0) + 0.3 * RNG.normal(size=N)}, ["site", "Y"])
    with pytest.warns(DataWarning, match="site holds 59 whole numbers that act as codes.*'site': 'levels'"):
        assert infer_schema(sources)["site"].word == "categorical"


def test_a_mark_for_missing_is_told_among_levels() -> None:
    values = np.where(RNG.random(N) < 0.02, -9999.0, np.log1p(SCORE))
    with pytest.warns(DataWarning, match="looks like a mark for missing"):
        infer(Column("X", values)).look(Column("X", values))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": [0.0]}, "two or more finite numbers"),
        ({"levels": [1.0, 0.0, 2.0]}, "different numbers in ascending order"),
        ({"levels": [0.0, 1.0]}, "places from 0 to 16 are not those of the levels"),
        ({"dtype": "bool"}, "is no NumPy dtype"),
    ],
)
def test_saved_levels_are_checked(change: dict[str, Any], message: str) -> None:
    saved = Schema({"X": infer(Column("X", np.log1p(SCORE)))}).to_json()
    with pytest.raises(DataError, match=message):
        Schema.from_json({"X": saved["X"] | change})
