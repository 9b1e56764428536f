"""Regressions recover what the rows say, and each row is predicted by models that did not see it."""

from __future__ import annotations

import numpy as np
import pytest

from idgen_compiler import DataError
from idgen_torch.estimating import Design, Folds, regression

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (400, 3))
DESIGN = Design.of({"x": X})
FOLDS = Folds(400, k=4, seed=0)


def test_a_curve_with_a_product_is_learned() -> None:
    truth = np.sin(3 * X[:, 0]) + 2 * X[:, 1] * X[:, 2]
    y = truth + 0.2 * np.random.default_rng(1).normal(size=400)
    fit = regression(DESIGN, y, FOLDS)
    assert np.mean((fit.own - truth) ** 2) < 0.03 * truth.var()
    assert abs(fit.loss - np.mean((fit.own - y) ** 2)) < 1e-12
    assert fit.loss <= min(fit.losses.values()) + 1e-9


def test_a_step_is_left_to_trees() -> None:
    fit = regression(DESIGN, 1.0 * ((X[:, 0] > 0.3) ^ (X[:, 1] > -0.2)), FOLDS)
    assert fit.chosen.startswith("trees")


def test_own_rows_are_predicted_by_the_model_of_their_fold() -> None:
    fit = regression(DESIGN, X[:, 0] ** 2 + X[:, 1], FOLDS)
    assert np.allclose(fit.at(DESIGN)[FOLDS.of, np.arange(400)], fit.own)
    assert np.allclose(fit.mean(DESIGN), fit.at(DESIGN).mean(0))


def test_no_model_sees_its_fold() -> None:
    """What stands in a fold moves no model of that fold: only the shares, which one row moves little."""
    y = X[:, 0].copy()
    changed = np.where(FOLDS.of == 2, y + np.random.default_rng(3).normal(size=400), y)
    linear = regression(DESIGN, y, FOLDS).at(DESIGN)[2]
    again = regression(DESIGN, changed, FOLDS)
    assert "linear" in again.chosen or "splines" in again.chosen
    assert np.abs(again.at(DESIGN)[2] - linear).max() < 0.25
    assert np.abs(again.at(DESIGN)[2] - linear).mean() < np.abs(again.at(DESIGN)[1] - linear).mean()


def test_many_outcomes_are_each_their_own() -> None:
    y = np.column_stack([X[:, 0], np.abs(X[:, 1]), np.ones(400)])
    fit = regression(DESIGN, y, FOLDS)
    assert fit.own.shape == (400, 3)
    assert fit.at(DESIGN.rows(slice(5))).shape == (4, 5, 3)
    alone = regression(DESIGN, y[:, 1], FOLDS)
    assert np.allclose(fit.own[:, 1], alone.own)
    assert np.array_equal(fit.own[:, 2], np.ones(400))
    assert len(fit.chosen.split("; ")) == 3


def test_units_do_not_matter() -> None:
    y = X[:, 0] * X[:, 1]
    fit, other = regression(DESIGN, y, FOLDS), regression(DESIGN, 1e6 * y - 5e8, FOLDS)
    assert np.allclose(1e6 * fit.own - 5e8, other.own, rtol=1e-6)


def test_weights_of_zero_teach_nothing() -> None:
    weights = (np.arange(400) % 4 > 0).astype(float)
    y = np.where(weights > 0, X[:, 0], 1e3)
    fit = regression(DESIGN, y, FOLDS, weights=weights)
    assert np.abs(fit.own - X[:, 0]).max() < 0.1
    assert fit.loss < 1e-3


def test_weights_count_like_copies() -> None:
    codes = RNG.integers(0, 2, 300)
    y = RNG.normal(size=300) + codes
    weights = np.where(y > 0.5, 3.0, 1.0)
    fit = regression(Design.of({"c": codes}, {"c": 2}), y, Folds(300, k=3, seed=0), weights=weights)
    for code in (0, 1):
        at = codes == code
        assert abs(fit.mean(Design.of({"c": [code]}, {"c": 2}))[0] - np.average(y[at], weights=weights[at])) < 0.05


def test_cells_with_an_empty_fold() -> None:
    """A category that only one fold has is unknown to that fold's model, which says something between all others."""
    codes = np.r_[RNG.integers(0, 3, 117), [3, 3, 3]]
    folds = Folds(120, k=4, seed=0, groups=np.r_[np.arange(117), [200, 200, 200]])
    fit = regression(Design.of({"c": codes}, {"c": 5}), codes.astype(float), folds, bounds=(0, 3))
    assert np.isfinite(fit.own).all()
    assert np.abs(fit.own - codes)[:117].max() < 0.2
    assert np.isfinite(fit.at(Design.of({"c": [4]}, {"c": 5}))).all()


@pytest.mark.parametrize("value", [0.0, 7.0, 1e9])
def test_a_constant_outcome_is_itself(value: float) -> None:
    fit = regression(DESIGN, np.full(400, value), FOLDS)
    assert fit.chosen == "constant"
    assert np.array_equal(fit.own, np.full(400, value))
    assert fit.loss == 0


def test_few_rows_and_odd_columns_work() -> None:
    columns = {
        "same": np.ones(30),
        "one": np.zeros(30, int),
        "x": X[:30, 0],
        "huge": 1e12 * X[:30, 1],
        "twice": X[:30, 0],
    }
    design = Design.of(columns, sizes={"one": 4})
    fit = regression(design, X[:30, 0], Folds(30, seed=0))
    assert np.abs(fit.own - X[:30, 0]).mean() < 0.1
    assert np.isfinite(regression(design.rows(slice(6)), X[:6, 0], Folds(6, k=3, seed=0)).own).all()


def test_no_features_give_the_mean() -> None:
    fit = regression(Design.of({}, rows=40), X[:40, 0], Folds(40, k=2, seed=0))
    assert fit.chosen == "constant"
    assert fit.at(Design.of({}, rows=3)).shape == (2, 3)


def test_more_columns_than_rows() -> None:
    wide = np.random.default_rng(5).normal(size=(60, 200))
    fit = regression(Design.of({"x": wide}), 3 * wide[:, 0] + wide[:, 1], Folds(60, k=3, seed=0))
    assert fit.loss < fit.losses["constant"]


def test_predictions_stay_within_bounds() -> None:
    y = (X[:, 0] > 0).astype(float)
    fit = regression(DESIGN, y, FOLDS, bounds=(0, 1))
    assert fit.own.min() >= 0
    assert fit.own.max() <= 1


def test_the_same_seed_gives_the_same() -> None:
    y = np.sin(4 * X[:, 0])
    assert np.array_equal(regression(DESIGN, y, FOLDS).own, regression(DESIGN, y, FOLDS).own)


def test_no_rows_are_answered_with_none() -> None:
    assert regression(DESIGN, X[:, 0], FOLDS).at(DESIGN.rows(slice(0))).shape == (4, 0)


@pytest.mark.parametrize(
    ("y", "options", "word"),
    [
        (np.r_[np.nan, X[1:, 0]], {}, "the outcome holds NaN"),
        (X[:50, 0], {}, "the outcome has shape"),
        (X[:, 0], {"bounds": (0, 1)}, "not within the bounds"),
        (X[:, 0], {"weights": -np.ones(400)}, "negative"),
        (X[:, 0], {"weights": np.zeros(400)}, "no weight is above 0"),
        (X[:, 0], {"weights": np.ones(3)}, "weights have shape"),
        (X[:, 0], {"weights": (np.arange(400) == 0) * 1.0}, "no row has a weight above 0"),
    ],
)
def test_what_cannot_be_learned_is_refused(y: np.ndarray, options: dict[str, object], word: str) -> None:
    with pytest.raises(DataError, match=word):
        regression(DESIGN, y, FOLDS, **options)  # type: ignore[arg-type]


def test_other_columns_and_folds_are_refused() -> None:
    with pytest.raises(DataError, match="the folds are those of 30 rows"):
        regression(DESIGN, X[:, 0], Folds(30))
    fit = regression(DESIGN, X[:, 0], FOLDS)
    with pytest.raises(DataError, match="the model was trained on 3"):
        fit.at(Design.of({"x": X[:, :2]}))


def test_many_outcomes_share_a_forest() -> None:
    """Indicators of a step that lines and splines miss: trees, learned once for all of them."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (800, 2))
    y = np.where((x[:, 0] > 0) & (x[:, 1] > 0), 2.0, 0.0) + 0.3 * rng.normal(size=800)
    outcomes = (y[:, None] <= np.linspace(-0.5, 2.5, 8)).astype(float)
    design, folds = Design.of({"x": x}), Folds(800, 4, seed=0)
    found = regression(design, outcomes, folds)
    alone = regression(design, outcomes[:, 3], folds)
    assert "forest" in found.losses
    assert "forest" not in alone.losses
    assert np.mean(np.abs(found.own[:, 3] - alone.own)) < 0.05
    assert found.loss < 1.05 * np.mean([regression(design, column, folds).loss for column in outcomes.T])
    assert found.at(design.rows(slice(5))).shape == (4, 5, 8)
