"""Rows that were multiplied."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataWarning

RNG = np.random.default_rng(0)
Z = RNG.normal(size=400)
X = (RNG.random(400) < 0.5).astype(int)
V = RNG.normal(size=(400, 2))


def told(**columns: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        infer_schema(read_sources(columns, columns))
    return [str(one.message) for one in caught]


@pytest.mark.parametrize("times", [2, 10])
@pytest.mark.parametrize("order", ["apart", "together"])
def test_copied_rows_are_told(times: int, order: str) -> None:
    copy = (lambda v: np.concatenate([v] * times)) if order == "apart" else (lambda v: np.repeat(v, times, axis=0))
    for other in (X, Z**2 + X, V):
        (line,) = told(Z=copy(Z), X=copy(other))
        assert line.startswith(f"only 400 of {400 * times} rows are different, as where a join")


def test_other_tables_are_not() -> None:
    assert told(Z=Z, X=X) == []
    assert told(Z=np.round(Z, 1), X=X, Y=np.round(Z + V[:, 0], 1)) == []
    assert told(Z=np.repeat(Z, 5), X=np.repeat(X, 5), Y=RNG.normal(size=2000)) == []  # waves of a panel
    assert told(Z=X, X=1 - X) == []
    assert told(Z=np.repeat(Z, 5)) == []


def multiplied(**columns: Any) -> bool:
    return any("rows are different" in line for line in told(**columns))


def test_columns_that_follow_from_another_make_no_copies() -> None:
    """Ages and their groups, incomes in thousands and their brackets, two units: values recur by themselves."""
    ages, celsius = RNG.integers(20, 80, 3000), np.round(RNG.normal(size=3000), 1)
    income = RNG.lognormal(10, 1, 3000)
    income = np.where(RNG.random(3000) < 0.8, np.round(income, -3), np.round(income))
    assert not multiplied(age=ages, group=(ages > 50).astype(int))
    assert not multiplied(age=ages, square=ages**2, education=RNG.integers(0, 5, 3000))
    assert not multiplied(income=income, bracket=np.digitize(income, [1e4, 4e4]))
    assert not multiplied(C=celsius, F=1.8 * celsius + 32, ice=(celsius < 0).astype(int))


def test_visits_of_one_person_and_people_of_one_place_are_no_copies() -> None:
    person, sick = np.repeat(Z, 5), (RNG.random(2000) < 0.08).astype(int)
    assert not multiplied(age=person, sex=np.repeat(X, 5), sick=sick)
    city = RNG.normal(size=90)[RNG.integers(0, 90, 2000)]
    assert not multiplied(city=city, region=(city > 0).astype(int), sick=sick)
    assert not multiplied(city=city, region=(city > 0).astype(int))  # so many rows to each are levels


def test_rows_of_point_masses_are_no_copies() -> None:
    cost = np.where(RNG.random(2000) < 0.6, 0.0, RNG.normal(size=2000) ** 2)
    treated = (RNG.random(2000) < 0.5).astype(int)
    assert not multiplied(cost=cost, treated=treated)


def test_draws_with_replacement_are_told() -> None:
    order = RNG.integers(0, 400, 400)
    (line,) = told(Z=Z[order], X=X[order])
    assert "draws with replacement" in line
    assert "weights_are='frequency'" in line


def test_rows_that_stand_for_several_are_no_copies() -> None:
    columns = {"Z": np.repeat(Z, 3), "X": np.repeat(X, 3)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        infer_schema(read_sources(columns, columns), counted=True)


def test_copies_make_no_codes_of_whole_numbers() -> None:
    """What chance did to a level, it did to all copies."""
    rng = np.random.default_rng(3)
    once = {f"K{k}": rng.integers(0, 60, 300) for k in range(3)} | {"Z": rng.normal(size=300)}
    for times in (1, 2, 5):
        columns = {name: np.tile(values, times) for name, values in once.items()}
        types = infer_schema(read_sources(columns, columns), quiet=True).types
        assert [kind.word for kind in types.values()] == ["integer"] * 3 + ["continuous"]
