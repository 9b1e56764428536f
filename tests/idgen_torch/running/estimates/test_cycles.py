"""Estimates say so where something comes round that their regressions do not see: weekdays, hours of time stamps."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import OverlapWarning

BACK_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("D -> X -> Y; D -> Y"))
DAYS = np.random.default_rng(0).integers(0, 600, 2_000)


def asked(dates: Any, load: Any, seed: int = 1) -> Any:
    """The effect of X is 1."""
    rng = np.random.default_rng(seed)
    x = (rng.random(len(load)) < 1 / (1 + np.exp(-2 * load))).astype(int)
    data = {"D": dates, "X": x, "Y": x + 2 * load + rng.normal(size=len(load))}
    return BACK_DOOR.fit(data, train="asked", progress=False, check_graph=False, seed=0)


@pytest.mark.parametrize("written", ["dates", "stamps"])
def test_weekdays_that_a_regression_does_not_see_are_told(written: str) -> None:
    load = 1.5 * (DAYS % 7 >= 5) - 0.5
    # 2021-01-04 is a Monday.
    dates: Any = np.datetime64("2021-01-04") + DAYS if written == "dates" else 1_609_718_400 + DAYS * 86_400 + 7_200
    with pytest.warns(OverlapWarning, match=r"rows with D on a \w+ \(.* give their weekday a column .*standard deviat"):
        found = asked(dates, load).ate("Y", "X", 1, 0)
    assert float(found.value) > 1.5
    (told,) = found.warnings
    assert "so that the estimate may be off by as much" in told


def test_what_one_regression_does_not_see_is_not_told_of_another() -> None:
    """V has nothing to do with weekdays, and is asked after Y, which has."""
    rng = np.random.default_rng(3)
    load = 1.5 * (DAYS % 7 >= 5) - 0.5
    x = rng.integers(0, 2, len(DAYS))
    data = {"D": np.datetime64("2021-01-04") + DAYS, "X": x, "Y": x + 2 * load + rng.normal(size=len(DAYS))}
    data["V"] = x + rng.normal(size=len(DAYS))
    query, graph = idgen.Query.parse("P(Y, V | do(X))"), idgen.ADMG.parse("D -> X -> Y; D -> Y; X -> V; D -> V")
    asked: Any = idgen.compile(query, graph).fit(data, train="asked", progress=False, check_graph=False, seed=0)
    with pytest.warns(OverlapWarning, match="rows with D on a"):
        assert len(asked.estimate("Y", do={"X": 1}).warnings) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", OverlapWarning)
        assert asked.estimate("V", do={"X": 1}).warnings == ()


def test_where_nothing_comes_round_nothing_is_told() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = asked(np.datetime64("2021-01-04") + DAYS, (DAYS - 300) / 300)
        assert found.ate("Y", "X", 1, 0).warnings == ()
