"""A model that does not use what a query sets says so: an effect of exactly none looks like knowledge."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen

BACK_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y <- Z"))
FRONT_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> M -> Y; X <-> Y"))


def weak(effect: float, family: Any = "factored") -> Any:
    """A fit where X moves Y by so much, and Z by far more."""
    rng, n = np.random.default_rng(10), 2_000
    z = rng.integers(0, 20, n)
    x = (rng.random(n) < 0.2 + 0.03 * z).astype(int)
    y = (rng.random(n) < 0.2 + 0.02 * z + effect * x).astype(int)
    labels = np.array([f"place {k}" for k in range(20)])
    return BACK_DOOR.fit({"Z": labels[z], "X": x, "Y": y}, family={"Y": family}, seed=0, progress=False)


def test_an_effect_that_is_given_up_is_told() -> None:
    with pytest.warns(idgen.DataWarning, match=r"%m0 \(Y \| Z, X\) does not use X: 2,000 rows tell no dependence"):
        sampler = weak(0.0)
    drawn = [sampler.sample(500, do={"X": x}, seed=0)["Y"] for x in (0, 1)]
    assert (drawn[0] == drawn[1]).all()
    assert sampler.report().models[0].unused == ("X",)
    assert "does not use X" in str(sampler.report())


@pytest.mark.parametrize(("effect", "family"), [(0.2, "factored"), (0.0, "table")])
def test_an_effect_that_is_kept_is_not(effect: float, family: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert weak(effect, family).report().models[0].unused == ()


def test_what_the_treatment_reaches_counts_too_and_what_it_does_not_reach_does_not() -> None:
    rng, n = np.random.default_rng(3), 4_000
    u = rng.random(n) < 0.5
    x = (rng.random(n) < 0.2 + 0.6 * u).astype(int)
    m = rng.integers(0, 30, n)
    y = (rng.random(n) < 0.2 + 0.5 * u).astype(int)
    table = {"X": x, "M": np.array([f"step {k}" for k in range(30)])[m], "Y": y}
    with pytest.warns(idgen.DataWarning, match="does not use M"):
        FRONT_DOOR.fit(table, family={"Y": "factored", "M": "table"}, seed=0, progress=False)


def test_a_saved_report_has_it() -> None:
    with pytest.warns(idgen.DataWarning, match="does not use X"):
        report = weak(0.0).report()
    assert type(report).from_json(report.to_json()) == report


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_a_trend_of_an_outcome_of_many_levels_is_an_effect(seed: int) -> None:
    """A t-test of X within Z has p < .0001 here; a test of any dependence has 13 degrees of freedom, and is blind."""
    rng, n = np.random.default_rng(seed), 10_000
    z = (rng.random(n) < 0.5).astype(int)
    x = (rng.random(n) < 0.3 + 0.4 * z).astype(int)
    y = rng.poisson(np.exp(1 + 0.05 * x + 0.3 * z))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = BACK_DOOR.fit({"Z": z, "X": x, "Y": y}, family={"Y": "factored"}, seed=0, progress=False)
    drawn = [sampler.sample(100_000, do={"X": arm}, seed=0)["Y"].mean() for arm in (0, 1)]
    seen = np.mean([y[(x == 1) & (z == k)].mean() - y[(x == 0) & (z == k)].mean() for k in (0, 1)])
    assert drawn[1] - drawn[0] == pytest.approx(seen, abs=0.04)


def test_an_input_that_would_span_too_many_cells_is_told_in_other_words() -> None:
    rng, n = np.random.default_rng(0), 400
    z, x = rng.integers(0, 150, n), rng.integers(0, 2, n)
    labels = np.array([f"place {chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(150)])
    table = {"Z": labels[z], "X": x, "Y": (rng.random(n) < np.where(z < 75, 0.02, 0.98)).astype(int)}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        BACK_DOOR.fit(table, family={"Y": "factored"}, seed=0, progress=False)
    assert any(
        "does not use X: with the other inputs there are more cells than 400" in str(one.message) for one in told
    )
