"""Quantiles with intervals, of laws with and without point masses."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from idgen_compiler import DataError
from idgen_compiler.estimates.quantiles import Inverted, _half, inverse
from tests.idgen_compiler.estimates.standardized import Standardized, drawn_table

CELLS = np.array([0.5, 0.3, 0.2])


def true_quantile(q: float, x: int) -> float:
    """Of the mixture of unit normals that `drawn_table` makes of Y when it is not binary."""
    c = np.arange(3)
    means = 0.2 + 0.2 * x + 0.1 * c + 0.1 * x * (c == 2)
    low, high = -8.0, 8.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        below = sum(p * NormalDist(m).cdf(middle) for p, m in zip(CELLS, means, strict=True))
        low, high = (middle, high) if below < q else (low, middle)
    return low


@pytest.mark.parametrize("q", [0.1, 0.5])
def test_of_a_continuous_law(q: float) -> None:
    """100 tables of 500 rows."""
    inside, both, errors = 0, 0, []
    for seed in range(100):
        sampler = Standardized(drawn_table(500, seed, binary=False))
        found = sampler.estimate(f"q{q}(Y)", do={"X": 1}, n=4_000)
        inside += found.low < true_quantile(q, 1) < found.high
        errors.append((found.value - true_quantile(q, 1)) / found.se)
        moved = sampler.contrast(f"q{q}(Y)", {"X": 1}, {"X": 0}, n=4_000)
        both += moved.low < true_quantile(q, 1) - true_quantile(q, 0) < moved.high
    assert 0.90 < inside / 100 < 0.99
    assert 0.90 < both / 100 < 0.99
    assert 0.85 < np.std(errors) < 1.15
    assert abs(np.mean(errors)) < 0.25


def test_a_plain_quantile_is_that_of_the_rows() -> None:
    table = drawn_table(2_000, 0, binary=False)
    table["X"], table["Z"] = np.ones(2_000, int), np.zeros(2_000, int)
    found = Standardized(table).estimate("q0.5(Y)", do={"X": 1})
    assert found.value == pytest.approx(np.median(table["Y"]), abs=0.01)
    # By order statistics: the binomial interval of the median (David and Nagaraja 2003, section 7.1).
    ends = np.sort(table["Y"])[[int(1000 - 1.96 * np.sqrt(500)), int(1000 + 1.96 * np.sqrt(500))]]
    assert [found.low, found.high] == pytest.approx(ends, abs=0.012)


@pytest.mark.parametrize(("q", "true"), [(0.2, 0.0), (0.45, 0.0), (0.9, 1.2815515655446004)])
def test_of_a_law_with_a_point_mass(q: float, true: float) -> None:
    """Half of all values are cut off at zero: 120 tables."""
    inside, widths = 0, []
    for seed in range(120):
        table = drawn_table(400, seed, binary=False)
        table["Y"] = np.maximum(np.random.default_rng(seed).normal(size=400), 0.0)
        found = Standardized(table).estimate(f"q{q}(Y)", do={"X": 1}, n=4_000)
        inside += found.low <= true <= found.high
        widths.append(found.high - found.low)
    assert inside / 120 > 0.9
    if q == 0.2:
        assert np.median(widths) == 0


@pytest.mark.parametrize("q", [0.3, 0.5, 0.75])
def test_of_a_discrete_law(q: float) -> None:
    """Counts from 0 to 4, of equal chance: F reaches .6 at 2."""
    inside, whole = 0, True
    for seed in range(120):
        table = drawn_table(300, seed)
        table["Y"] = np.random.default_rng(seed).integers(5, size=300)
        found = Standardized(table).estimate(f"q{q}(Y)", do={"X": 1}, n=2_000)
        inside += found.low <= int(q * 5) <= found.high
        whole &= all(float(end).is_integer() for end in (found.value, found.low, found.high))
    assert inside / 120 > 0.92
    assert whole


def test_an_end_beyond_the_data_is_open() -> None:
    table = drawn_table(60, 0, binary=False)
    found = Standardized(table).estimate(["q0.99(Y)", "q0.01(Y)"], do={"X": 1})
    assert found.high[0] == np.inf
    assert found.low[1] == -np.inf
    assert '"high": null' in found[0].to_json()


def test_an_open_interval_opens_what_is_made_of_it() -> None:
    """Its error was that of its other side, or nought where it had none, and a sum took it for known."""
    sampler = Standardized(drawn_table(60, 0, binary=False))
    found = sampler.estimate({"tail": "q0.99(Y)", "mean": "Y"}, do={"X": 1})
    moved, turned = found.contrast([1.0, -1.0]), found.contrast([-1.0, 1.0])
    assert moved.high == np.inf
    assert turned.low == -np.inf
    assert np.isfinite([moved.low, turned.high, found.contrast([0.0, 1.0]).high]).all()
    assert found["tail"].se >= (found["tail"].value - found["tail"].low) / 2


@pytest.mark.parametrize(
    ("ends", "half"), [((1.0, 4.0), 1.5), ((1.0, np.inf), 2.0), ((-np.inf, 2.5), 1.25), ((2.0, np.inf), 1.5)]
)
def test_half_of_an_interval(ends: tuple[float, float], half: float) -> None:
    """The value is 2, samples from 0 to 5, in steps of 1."""
    assert _half(2.0, ends, np.arange(6.0)) == half


def test_a_quantile_at_the_last_sample_has_an_error_too() -> None:
    assert _half(5.0, (5.0, np.inf), np.arange(6.0)) == 0.5


def test_a_quantile_that_may_be_anywhere_has_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = Standardized(drawn_table(60, 0, binary=False))
    monkeypatch.setattr(Inverted, "interval", lambda *_: (-np.inf, np.inf))
    found = sampler.estimate(["q0.5(Y)", "Y"], do={"X": 1})
    assert (found[0].low, found[0].high) == (-np.inf, np.inf)
    assert found[0].se > 3 * found[1].se


def test_several_vary_together() -> None:
    sampler = Standardized(drawn_table(2_000, 0, binary=False))
    found = sampler.estimate({"low": "q0.25(Y)", "middle": "q0.5(Y)", "mean": "Y"}, do={"X": 1})
    r = found.covariance / np.outer(found.se, found.se)
    assert 0.4 < r[0, 1] < 0.75  # sqrt(.25 .5 / (.75 .5)) = .577 of plain order statistics
    assert 0.6 < r[1, 2] < 0.95
    assert (found.bands[:, 0] < found.low).all()
    spread = found["middle"] - found["low"]
    assert spread.value == pytest.approx(found["middle"].value - found["low"].value)
    assert 0.5 * found.se[0] < spread.se < 1.5 * found.se[0]


def test_a_bootstrap_gives_about_the_same() -> None:
    sampler = Standardized(drawn_table(800, 0, binary=False))
    plain = sampler.estimate("q0.5(Y)", do={"X": 1})
    again = sampler.estimate("q0.5(Y)", do={"X": 1}, method="bootstrap", repeats=60)
    assert again.value == pytest.approx(plain.value, abs=0.01)
    assert again.se == pytest.approx(plain.se, rel=0.35)


def test_functions_are_made_monotone() -> None:
    grid = np.array([0.0, 1.0, 2.0, 3.0])
    assert inverse(grid, np.array([0.1, 0.5, 0.4, 1.0]), 0.45, False) == pytest.approx(1.5)
    assert inverse(grid, np.array([[0.1, 0.5, 0.4, 1.0], [0.0, 0.1, 0.2, 0.45]]), 0.45, True).tolist() == [2.0, 3.0]
    assert Inverted((1.0, 2.0), (0.5, 1.0), 0.5, 0.01, True).interval(1.0, 0.0, 1.96, 0) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("asked", "said"), [("q0(Y)", "between 0 and 1"), ("q1.2(Y)", "between 0 and 1"), ("q0.5(Q)", "no outcome")]
)
def test_what_is_no_quantile(asked: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Standardized(drawn_table(50, 0)).estimate(asked, do={"X": 1})


def test_quantiles_of_labels_and_their_ratios_are_refused() -> None:
    table = drawn_table(200, 0)
    with pytest.raises(DataError, match="by their difference"):
        Standardized(table).contrast("q0.5(Y)", {"X": 1}, {"X": 0}, "ratio")
    table["Y"] = np.array(["no", "yes"])[table["Y"]]
    with pytest.raises(DataError, match="Y holds labels"):
        Standardized(table).estimate("q0.5(Y)", do={"X": 1})
