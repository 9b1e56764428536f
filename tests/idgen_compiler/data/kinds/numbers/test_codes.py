"""Whole numbers that act as codes become categories, and say so; a scale stays one."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Integer
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources


def schema_of(data: dict[str, object], **types: str) -> Schema:
    return infer_schema(read_sources(data, list(data)), types)


def sites(n: int = 4000) -> dict[str, object]:
    rng = np.random.default_rng(0)
    effect, site = rng.normal(size=90), rng.integers(0, 90, n)
    return {"site": site, "Y": effect[site] + rng.normal(size=n)}


def ages(n: int = 4000) -> dict[str, object]:
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, n)
    return {"age": age, "Y": np.sin(age / 12) + rng.normal(size=n), "ill": rng.random(n) < age / 100}


def test_codes_become_categories_and_this_is_said() -> None:
    with pytest.warns(idgen.DataWarning, match=r"column site holds 90 whole numbers that act as codes .*'integer'"):
        schema = schema_of(sites())
    assert schema["site"] == Categorical(tuple(range(90)), "int64")
    assert isinstance(schema_of(sites(), site="integer")["site"], Integer)


@pytest.mark.parametrize("n", [400, 4000, 100_000])
def test_a_scale_stays_one(n: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(schema_of(ages(n))["age"], Integer)


def test_too_many_levels_for_any_adjustment_are_told() -> None:
    names = [f"school {k}" for k in np.random.default_rng(0).integers(0, 300, 900)]
    with pytest.warns(idgen.DataWarning, match=r"column Z has 2\d\d categories in 900 rows, 3\.\d for each"):
        schema_of({"Z": names, "Y": np.arange(900.0)})


def test_categories_keep_their_order_for_models() -> None:
    grades = pd.Series(pd.Categorical(["low", "high", "middle"] * 10, ["low", "middle", "high"], ordered=True))
    schema = schema_of({"years": np.repeat([8, 12, 16], 10), "grade": grades, "place": ["a", "b", "c"] * 10})
    assert schema["grade"] == Categorical(("low", "middle", "high"), "object", ordered=True)
    years, grade, place = schema.parts("years", "grade", "place")
    assert place.levels == ()
    for part in (years, grade):
        assert list(part.levels) == sorted(part.levels)
        assert len(set(np.diff(part.levels).round(6))) == 1
    assert schema_of({"X": [0, 1] * 9}).parts("X")[0].levels == ()
    assert Schema.from_json(schema.to_json()) == schema


@pytest.mark.parametrize("kind", ["float", "zip code"])
def test_codes_may_be_floats_and_far_apart(kind: str) -> None:
    data = sites()
    zips = np.random.default_rng(1).choice(np.arange(10_000, 99_999), 90, replace=False)
    site = np.asarray(data["site"])
    data["site"] = site.astype(np.float64) if kind == "float" else zips[site]
    with pytest.warns(idgen.DataWarning, match="act as codes"):
        assert isinstance(schema_of(data)["site"], Categorical)


def test_too_many_codes_for_categories_are_told() -> None:
    rng = np.random.default_rng(0)
    effect, site = rng.normal(size=600), rng.integers(0, 600, 6000)
    data = {"site": site, "Y": effect[site] + rng.normal(size=6000)}
    with pytest.warns(idgen.DataWarning, match=r"column site holds 600 .*types=\{'site': 'categorical'\}"):
        assert isinstance(schema_of(data)["site"], Integer)


def test_steps_along_a_scale_are_no_codes_and_long_tails_neither() -> None:
    rng = np.random.default_rng(2)
    age, z = rng.integers(18, 90, 9000), rng.normal(size=9000)
    steps = np.select([age < 30, age < 50, age < 65], [0.1, 0.5, 0.2], 0.8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = schema_of({"age": age, "X": rng.random(9000) < steps})
        assert isinstance(schema["age"], Integer)
        counts = np.floor(rng.pareto(1.3, 9000) * np.exp(0.3 * z)).astype(int)
        assert isinstance(schema_of({"Z": z, "Y": counts})["Y"], Integer)
