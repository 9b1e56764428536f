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
