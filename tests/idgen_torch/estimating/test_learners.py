"""Candidates by themselves, and how their shares are found."""

from __future__ import annotations

import numpy as np
import pytest

from idgen_torch.estimating import Design, Folds, propensity, regression
from idgen_torch.estimating.learners import BoostedClasses, BoostedMeans, CellMeans, Learner, Logistic, Ridge
from idgen_torch.estimating.learners.straight import Straightened
from idgen_torch.estimating.propensity import CLASSES
from idgen_torch.estimating.regression import MEANS, TOGETHER
from idgen_torch.estimating.stacking import calibrated, calibration, shares_by_log_loss, shares_by_squares

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
CODES = RNG.integers(0, 4, 200)
DESIGN = Design.of({"x": X, "c": CODES}, {"c": 6})
EVEN = np.ones(200)


@pytest.mark.parametrize("learner", dict.fromkeys((*MEANS, *TOGETHER)), ids=lambda learner: learner.name)
def test_means_have_a_path_of_their_shape(learner: Learner) -> None:
    design = Design.of({"c": CODES}, {"c": 6}) if learner.name == "cells" else DESIGN
    assert learner.suits(design)
    path = learner.fit(design, np.column_stack([X[:, 0], CODES]), EVEN)
    said = path.at(design.rows(slice(7)), range(path.settings))
    assert said.shape == (path.settings, 7, 2)
    assert np.array_equal(path.at(design.rows(slice(7)), [path.settings - 1])[0], said[-1])


@pytest.mark.parametrize("learner", CLASSES, ids=lambda learner: learner.name)
def test_classes_have_probabilities(learner: Learner) -> None:
    design = Design.of({"c": CODES}, {"c": 6}) if learner.name == "cells" else DESIGN
    label = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    said = learner.fit(design, np.eye(4)[label], EVEN)
    values = said.at(design, range(said.settings))
    assert values.shape == (said.settings, 200, 4)
    assert np.allclose(values.sum(2), 1)
    assert values.min() >= 0


@pytest.mark.parametrize("learner", [Logistic(), BoostedClasses()], ids=lambda learner: learner.name)
def test_one_class_among_several_is_a_path_as_long_as_others(learner: Learner) -> None:
    alone = learner.fit(DESIGN, np.eye(3)[np.ones(200, int)], EVEN)
    both = learner.fit(DESIGN, np.eye(3)[CODES % 2], EVEN)
    assert alone.settings == both.settings
    assert np.array_equal(alone.at(DESIGN, [0])[0], np.eye(3)[np.ones(200, int)])


@pytest.mark.parametrize("learner", [Ridge("linear"), Ridge("splines"), Ridge("kernel"), BoostedMeans()], ids=str)
def test_weights_count_like_copies(learner: Learner) -> None:
    twice = np.where(X[:, 0] > 0, 2, 1)
    path = learner.fit(DESIGN, X[:, :1] ** 2, twice / twice.mean())
    copied = learner.fit(
        DESIGN.rows(np.repeat(np.arange(200), twice)), np.repeat(X[:, :1] ** 2, twice, 0), np.ones(twice.sum())
    )
    difference = path.at(DESIGN, [8])[0] - copied.at(DESIGN, [8])[0]
    assert np.sqrt(np.mean(difference**2)) < 0.12 * (X[:, 0] ** 2).std()


def test_cells_lie_between_their_mean_and_that_of_all() -> None:
    y = (CODES == 2) * 1.0
    path = CellMeans().fit(Design.of({"c": CODES}, {"c": 6}), y[:, None], EVEN)
    at = path.at(Design.of({"c": [2, 5]}, {"c": 6}), range(path.settings))[:, :, 0]
    assert at[-1, 0] == 1
    assert (np.diff(at[:, 0]) > 0).all()
    assert np.allclose(at[:, 1], y.mean())


def test_a_long_tail_is_read_by_rank() -> None:
    design = Design.of({"dose": np.exp(2 * X[:, 0]), "age": X[:, 1], "yes": X[:, 2] > 1.5})
    straight = Straightened.of(design).at(design).numbers
    assert np.corrcoef(straight[:, 0], X[:, 0])[0, 1] > 0.99
    assert np.array_equal(straight[:, 1:], design.numbers[:, 1:])
    far = Straightened.of(design).at(Design.of({"dose": [1e9], "age": [0.0], "yes": [0.0]})).numbers
    assert far[0, 0] == straight[:, 0].max()


def test_shares_of_means_find_the_truth_between_candidates() -> None:
    a, b, noise = X.T
    shares = shares_by_squares(np.stack([a, b, noise]), 0.7 * a + 0.5 * b, EVEN)
    assert np.allclose(shares, [0.7, 0.5, 0], atol=0.05)


def test_shares_of_probabilities_find_the_mixture() -> None:
    first, second = np.array([0.9, 0.1]), np.array([0.2, 0.8])
    drawn = (np.random.default_rng(1).random(5000) > (0.3 * first + 0.7 * second)[0]).astype(int)
    shares = shares_by_log_loss(np.stack([first[drawn], second[drawn], np.full(5000, 1e-6)]), np.ones(5000))
    assert np.allclose(shares, [0.3, 0.7, 0], atol=0.05)


def test_calibration_undoes_a_slope_and_a_shift() -> None:
    score = 2 * np.random.default_rng(2).normal(size=4000)
    label = (np.random.default_rng(3).random(4000) < 1 / (1 + np.exp(-score))).astype(int)
    said = 1 / (1 + np.exp(-(score / 2 + 0.5)))
    given = np.column_stack([1 - said, said])
    better = calibrated(given, calibration(given, label, np.ones(4000)))
    assert (
        np.abs(better[:, 1] - 1 / (1 + np.exp(-score))).mean() < 0.03 < np.abs(said - 1 / (1 + np.exp(-score))).mean()
    )


def test_many_columns_and_levels_are_borne() -> None:
    design = Design.of({"x": RNG.normal(size=(200, 60)), "c": RNG.integers(0, 250, 200)}, {"c": 250})
    y = design.numbers[:, 0]
    folds = Folds(200, k=2, seed=0)
    assert regression(design, y, folds, learners=(*MEANS[:5], BoostedMeans(trees=15))).loss < 0.5 * y.var()
    few = (*CLASSES[:3], CLASSES[4], BoostedClasses(trees=15))
    assert propensity(design, y > 0, folds, learners=few).loss < 0.65
