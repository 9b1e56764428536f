"""Rows that were multiplied."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from idgen_compiler.data.copies import Seen, copies_among
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
        assert line.startswith(f"only 400 of {400 * times} rows are different, which chance does not do")


def test_other_tables_are_not() -> None:
    assert told(Z=Z, X=X) == []
    assert told(Z=np.round(Z, 1), X=X, Y=np.round(Z + V[:, 0], 1)) == []
    assert told(Z=np.repeat(Z, 5), X=np.repeat(X, 5), Y=RNG.normal(size=2000)) == []  # waves of a panel
    assert told(Z=X, X=1 - X) == []
    assert told(Z=np.repeat(Z, 5)) == []


def test_copies_of_rounded_rows_are_told_from_rows_that_are_equal_by_chance() -> None:
    """Each number recurs by chance, and no column says the whole row."""
    rounded = {f"Z{k}": np.round(RNG.normal(size=600), 1) for k in range(4)}
    (line,) = told(**{name: np.tile(values, 2) for name, values in rounded.items()})
    assert line.startswith("only 600 of 1200 rows are different")
    assert told(**rounded) == []
    ages = RNG.integers(20, 80, 3000)
    heaped = np.where(RNG.random(3000) < 0.5, ages // 5 * 5, ages)
    for other in (ages > 50, RNG.integers(0, 3, 3000), ages + RNG.integers(0, 5, 3000)):
        assert told(age=ages, other=other.astype(int)) == []
        assert not any("rows are different" in line for line in told(age=heaped, other=other.astype(int)))


def test_rows_of_point_masses_are_no_copies() -> None:
    cost = np.where(RNG.random(2000) < 0.6, 0.0, RNG.normal(size=2000) ** 2)
    assert told(cost=cost, treated=(RNG.random(2000) < 0.5).astype(int)) == []
    (line,) = told(cost=np.tile(cost, 2), treated=np.tile((RNG.random(2000) < 0.5).astype(int), 2))
    assert "rows are different" in line


def test_visits_of_one_person_are_no_copies_and_what_is_said_of_the_person_is() -> None:
    age, sick = np.repeat(Z, 5), (RNG.random(2000) < 0.3).astype(int)
    seen = {"age": Seen.numbers(age, np.ones(2000, dtype=bool))}
    seen |= {"sex": Seen.categories(np.repeat(X, 5), 2), "sick": Seen.categories(sick, 2)}
    assert copies_among(seen.values()) is None
    copies = copies_among([seen["age"], seen["sex"]])
    assert copies is not None
    assert len(np.unique(copies)) == 400
    assert copies_among([Seen.numbers(RNG.normal(size=2000), np.ones(2000, dtype=bool)), *seen.values()]) is None


@pytest.mark.parametrize("copied", [False, True])
def test_heaps_are_no_copies(copied: bool) -> None:
    """Incomes in thousands, for the most part."""
    income = RNG.lognormal(10, 1, 3000)
    income = np.where(RNG.random(3000) < 0.8, np.round(income, -3), np.round(income))
    table = {"income": income, "sex": RNG.integers(0, 2, 3000), "height": RNG.normal(size=3000).round(2)}
    assert not any("rows are different" in line for line in told(**{k: v for k, v in table.items() if k != "height"}))
    said = told(**{name: np.tile(values, 1 + copied) for name, values in table.items()})
    assert any("rows are different" in line for line in said) == copied


def test_copies_make_no_codes_of_whole_numbers() -> None:
    """What chance did to a level, it did to all copies."""
    rng = np.random.default_rng(3)
    once = {f"K{k}": rng.integers(0, 60, 300) for k in range(3)} | {"Z": rng.normal(size=300)}
    for times in (1, 2, 5):
        columns = {name: np.tile(values, times) for name, values in once.items()}
        types = infer_schema(read_sources(columns, columns), quiet=True).types
        assert [kind.word for kind in types.values()] == ["integer"] * 3 + ["continuous"]


def test_rows_that_stand_for_several_are_no_copies() -> None:
    columns = {"Z": np.repeat(Z, 3), "X": np.repeat(X, 3)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        infer_schema(read_sources(columns, columns), counted=True)


def test_few_copies_are_none() -> None:
    once = np.ones(1003, dtype=bool)
    values = np.concatenate([RNG.normal(size=1000), np.zeros(3)])
    assert copies_among([Seen.numbers(values, once)]) is None
    assert copies_among([Seen.categories(np.zeros(100, dtype=np.int64), 1)]) is None


@pytest.mark.parametrize("width", [1, 2, 7])
def test_copies_have_one_number_each(width: int) -> None:
    values = RNG.normal(size=(200, width))
    order = RNG.integers(0, 200, 500)
    shown = Seen.numbers(values[order], np.ones(500, dtype=bool))
    found = copies_among([shown, Seen.categories(order % 3, 3)])
    assert found is not None
    assert (np.equal.outer(found, found) == np.equal.outer(order, order)).all()
    assert set(found) == set(range(len(np.unique(order))))
