"""Propensities and ratios of densities are calibrated, positive, and right where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from idgen_compiler import DataError
from idgen_torch.estimating import Design, Folds, propensity, ratio

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 2))
DESIGN = Design.of({"x": X})
FOLDS = Folds(600, k=3, seed=0)
SCORE = 1 / (1 + np.exp(-(X[:, 0] + X[:, 1] ** 2 - 1)))
LABEL = RNG.random(600) < SCORE


def test_a_curved_score_is_learned_and_calibrated() -> None:
    fit = propensity(DESIGN, LABEL, FOLDS)
    assert np.sqrt(np.mean((fit.own[:, 1] - SCORE) ** 2)) < 0.09
    assert np.allclose(fit.own.sum(1), 1)
    low = fit.own[:, 1] < np.median(fit.own[:, 1])
    assert abs(fit.own[low, 1].mean() - LABEL[low].mean()) < 0.03
    assert fit.loss <= min(fit.losses.values()) + 1e-3
    assert np.allclose(fit.at(DESIGN)[FOLDS.of, np.arange(600)], fit.own)


def test_several_classes() -> None:
    label = (X[:, 0] > 0).astype(int) + (RNG.random(600) < 0.3)
    fit = propensity(DESIGN, label, FOLDS)
    assert fit.own.shape == (600, 3)
    assert fit.at(DESIGN.rows(slice(4))).shape == (3, 4, 3)
    assert abs(fit.own[X[:, 0] > 0.3][:, 2].mean() - 0.3) < 0.06
    assert fit.own.min() > 0


def test_a_separated_label_has_no_probability_of_zero() -> None:
    fit = propensity(DESIGN, X[:, 0] > 0, FOLDS)
    assert fit.own.min() > 0
    assert fit.loss < 0.15


def test_one_class_is_nearly_certain() -> None:
    fit = propensity(DESIGN, np.ones(600, int), FOLDS, classes=3)
    assert fit.chosen == "constant"
    assert fit.own[:, 1].min() > 0.99
    assert fit.own.min() > 0


def test_a_class_that_a_fold_does_not_see() -> None:
    label = np.r_[RNG.integers(0, 2, 117), [2, 2, 2]]
    folds = Folds(120, k=3, seed=0, groups=np.r_[np.arange(117), [200, 200, 200]])
    fit = propensity(DESIGN.rows(slice(120)), label, folds)
    assert fit.own.min() > 0
    assert np.isfinite(fit.loss)


def test_few_rows_give_about_their_share() -> None:
    label = RNG.random(30) < 0.4
    fit = propensity(DESIGN.rows(slice(30)), label, Folds(30, seed=0))
    assert abs(fit.own[:, 1].mean() - label.mean()) < 0.1


def test_weights_reweigh_the_classes() -> None:
    label = np.tile([0, 1], 300)
    fit = propensity(DESIGN, label, FOLDS, weights=np.where(label == 1, 3.0, 1.0))
    assert abs(fit.own[:, 1].mean() - 0.75) < 0.02


@pytest.mark.parametrize(
    ("label", "options", "word"),
    [
        (LABEL[:5], {}, "labels have shape"),
        (LABEL * 1.0, {}, "labels hold float64"),
        (LABEL * 2, {"classes": 2}, "2 classes have the codes 0 to 1"),
        (LABEL * 1 - 1, {}, "labels go from -1"),
    ],
)
def test_what_is_no_label_is_refused(label: np.ndarray, options: dict[str, int], word: str) -> None:
    with pytest.raises(DataError, match=word):
        propensity(DESIGN, label, FOLDS, **options)


def test_a_ratio_of_cells_is_that_of_their_shares() -> None:
    real, asked = np.repeat([0, 1, 2], [200, 200, 200]), np.repeat([0, 1, 2], [600, 300, 300])
    fit = ratio(*(Design.of({"c": c}, {"c": 3}) for c in (real, asked)), FOLDS)
    assert np.abs(fit.own - np.array([1.5, 0.75, 0.75])[real]).max() < 0.15
    assert abs(fit.own.mean() - 1) < 1e-12
    assert abs(fit.effective_rows - 600 / (1.5**2 / 3 + 0.75**2 * 2 / 3)) < 30


def test_a_ratio_of_normals_is_their_tilt() -> None:
    asked = np.random.default_rng(9).normal(size=(900, 2)) + np.array([0.5, 0])
    fit = ratio(DESIGN, Design.of({"x": asked}), FOLDS)
    truth = np.exp(0.5 * X[:, 0] - 0.125)
    assert np.sqrt(np.mean((fit.own - truth) ** 2)) < 0.35
    assert 0.4 * 600 < fit.effective_rows < 600
    assert 1 / 600 < fit.largest_share < 0.03
    assert fit.at(Design.of({"x": asked})).shape == (3, 900)
    assert np.allclose(fit.at(DESIGN)[FOLDS.of, np.arange(600)], fit.own)


def test_weights_of_the_real_rows_are_part_of_their_density() -> None:
    real = np.repeat([0, 1], [300, 300])
    weights = np.where(real == 1, 2.0, 0.0) + 1
    asked = np.repeat([0, 1], [100, 300])
    fit = ratio(*(Design.of({"c": c}, {"c": 2}) for c in (real, asked)), FOLDS, weights=weights)
    assert np.abs(fit.own - 1).max() < 0.1
    assert abs(np.average(fit.own, weights=weights) - 1) < 1e-12


def test_what_comes_from_a_row_is_held_out_with_it() -> None:
    """Each asked row is a copy of one real row: whoever saw the copies of a row would know that row again."""
    heavy = np.random.default_rng(2).permutation(600)[:60]
    origin = np.repeat(heavy, 10)
    kept = ratio(DESIGN, DESIGN.rows(origin), FOLDS, origin=origin)
    leaked = ratio(DESIGN, DESIGN.rows(origin), FOLDS)
    assert kept.effective_rows > 450
    assert kept.own[heavy].mean() < 1.3 < leaked.own[heavy].mean()


def test_ratios_refuse_what_does_not_fit() -> None:
    with pytest.raises(DataError, match="the model was trained on 2"):
        ratio(DESIGN, Design.of({"x": X[:, 0]}), FOLDS)
    with pytest.raises(DataError, match="no asked rows"):
        ratio(DESIGN, DESIGN.rows(slice(0)), FOLDS)
    with pytest.raises(DataError, match="origin"):
        ratio(DESIGN, DESIGN, FOLDS, origin=[0, 1])
    with pytest.raises(DataError, match="origin has indices 0 to 600"):
        ratio(DESIGN, DESIGN, FOLDS, origin=np.arange(600) + (np.arange(600) == 599))
    with pytest.raises(DataError, match="2 asked rows make no 3 folds"):
        ratio(DESIGN, DESIGN.rows(slice(2)), FOLDS)
