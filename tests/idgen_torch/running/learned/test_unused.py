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
