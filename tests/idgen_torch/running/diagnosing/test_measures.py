"""Scores and tests against values that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from idgen_torch.running.diagnosing.measures import (
    crps,
    kolmogorov,
    marginal_crps,
    marginal_density,
    paired,
    shares_apart,
    swapped,
    transformed,
    uniform_test,
)

RNG = np.random.default_rng


def test_crps_is_that_of_a_normal() -> None:
    """Gneiting and Raftery (2007), eq. 5: of a standard normal at y."""
    rng = RNG(0)
    y = rng.normal(size=4_000)
    closed = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.pi**0.5
    found = crps(y, rng.normal(size=(4_000, 20)))
    assert found.mean() == pytest.approx(closed.mean(), abs=0.01)


def test_few_draws_do_not_bias_the_score() -> None:
    rng = RNG(1)
    y = rng.normal(size=40_000)
    two, many = (crps(y, rng.normal(size=(40_000, k))).mean() for k in (2, 16))
    assert two == pytest.approx(many, abs=0.015)


def test_the_marginal_score_is_that_of_the_other_values() -> None:
    values = RNG(2).normal(size=9)
    slow = [crps(values[k : k + 1], np.delete(values, k)[None])[0] for k in range(9)]
    assert marginal_crps(values) == pytest.approx(slow)


def test_the_marginal_density_is_near_the_true_one() -> None:
    values = RNG(3).normal(size=2_000)
    assert marginal_density(values).mean() == pytest.approx(stats.norm.logpdf(values).mean(), abs=0.02)


def test_the_transform_is_uniform_where_the_law_is_right_with_ties_or_without() -> None:
    rng = RNG(4)
    for draw in (rng.normal, lambda size: rng.poisson(1.0, size=size)):
        assert uniform_test(transformed(draw(size=3_000), draw(size=(3_000, 24)), rng))[1] > 0.01
    narrow = transformed(rng.normal(size=3_000), 0.7 * rng.normal(size=(3_000, 24)), rng)
    assert uniform_test(narrow)[0] > 0.05


def test_swaps_keep_their_level_and_see_what_is_apart() -> None:
    """Scores of a pair share what they are given, so that they are correlated."""
    rng = RNG(5)
    ps = []
    for _ in range(400):
        shared = rng.normal(size=100)
        ps.append(swapped(shared + rng.normal(size=100), shared + rng.normal(size=100))[2])
    assert np.mean(np.array(ps) < 0.05) == pytest.approx(0.05, abs=0.03)
    auc, error, p = swapped(rng.normal(size=500) + 1, rng.normal(size=500))
    assert auc == pytest.approx(stats.norm.cdf(1 / 2**0.5), abs=4 * error)
    assert p < 1e-9


def test_pairs_of_one_row_count_once() -> None:
    rng = RNG(6)
    model, other = rng.normal(size=300) + 0.2, rng.normal(size=300)
    once = paired(model, other, np.arange(300))
    thrice = paired(*(np.repeat(each, 3) for each in (model, other)), np.repeat(np.arange(300), 3))
    assert thrice == pytest.approx(once)


def test_weighted_samples_are_compared_by_their_effective_rows() -> None:
    rng = RNG(7)
    ps = {"numbers": [], "codes": []}
    for _ in range(200):
        one = rng.normal(size=400)
        weights = np.exp(one - 0.5)  # of a normal with mean 1
        other = rng.normal(size=400) + 1
        ps["numbers"].append(kolmogorov(one, other, weights, "").p_value)
        code, chance = rng.integers(2, size=400), np.array([0.2, 0.8])
        again = (rng.random(400) < 0.8).astype(int)
        ps["codes"].append(shares_apart(code, again, chance[code], "", lambda p, q: 0.0).p_value)
    for own in ps.values():
        assert np.mean(np.array(own) < 0.05) < 0.12


def test_shares_that_differ_are_seen_and_rare_labels_do_not_mislead() -> None:
    rng = RNG(8)
    test = shares_apart(rng.integers(3, size=900), rng.integers(2, size=900), None, "Y", lambda p, q: 0.5)
    assert test.p_value < 1e-9
    few = rng.integers(400, size=500)
    assert shares_apart(few, rng.integers(400, size=500), None, "Y", lambda p, q: 0.0).p_value > 0.01
