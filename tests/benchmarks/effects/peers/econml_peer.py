"""EconML 0.17: average effects of one treatment with the back-door set at hand, and of two in stages.

Without effect modifiers (`X=None`, all covariates in `W`) its final stage is a mean, so that `ate_inference` is the
usual interval of augmented inverse weighting. With the covariates as `X` the interval of the average bounds the
standard error from above: EconML does not keep the covariance of the effects at different rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from econml.dml import CausalForestDML, LinearDML
from econml.dr import DRLearner, ForestDRLearner, LinearDRLearner
from econml.panel.dml import DynamicDML
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

__all__ = ["METHODS"]

Columns = dict[str, Any]
Question = dict[str, Any]
Answer = tuple[float, float, float]

BOOSTING = {"learning_rate": 0.05, "max_leaf_nodes": 8, "min_samples_leaf": 40, "early_stopping": True}
"""Small trees and early stopping: with scikit-learn's own settings the propensities of 2,000 rows are far too sure."""


def _parts(columns: Columns, question: Question) -> tuple[Any, Any, Any]:
    (treatment,) = question["treatments"]
    if not question["adjust"]:
        raise ValueError("EconML takes no graph; there is no back-door set to give it")
    return columns["Y"], columns[treatment], np.column_stack([columns[name] for name in question["adjust"]])


def _boosted(*names: str) -> dict[str, Any]:
    return {
        name: HistGradientBoostingClassifier(**BOOSTING, random_state=0)
        if name in ("model_propensity", "model_t")
        else HistGradientBoostingRegressor(**BOOSTING, random_state=0)
        for name in names
    }


def _of_rows(estimator: Any, features: Any = None) -> Answer:
    found = estimator.ate_inference(features)
    return (found.mean_point, *found.conf_int_mean())


def _doubly_robust(kind: Any, modifiers: bool, boosted: bool, columns: Columns, question: Question) -> Answer:
    y, x, z = _parts(columns, question)
    models = _boosted("model_propensity", "model_regression") if boosted else {}
    estimator = kind(random_state=0, **models)
    if modifiers:
        return _of_rows(estimator.fit(y, x, X=z), z[x == 1] if question["units"] == "treated" else z)
    return _of_rows(estimator.fit(y, x, W=z))


def _partially_linear(boosted: bool, columns: Columns, question: Question) -> Answer:
    y, x, z = _parts(columns, question)
    models = _boosted("model_y", "model_t") if boosted else {}
    return _of_rows(LinearDML(discrete_treatment=True, random_state=0, **models).fit(y, x, W=z))


def _causal_forest(columns: Columns, question: Question) -> Answer:
    y, x, z = _parts(columns, question)
    forest = CausalForestDML(discrete_treatment=True, random_state=0, n_jobs=1, **_boosted("model_y", "model_t"))
    forest.fit(y, x, X=z)
    treated = question["units"] == "treated"
    found = (forest.att_(T=1), forest.att_stderr_(T=1)) if treated else (forest.ate_, forest.ate_stderr_)
    value, error = (float(np.ravel(number)[0]) for number in found)
    return value, value - 1.96 * error, value + 1.96 * error


def _dynamic(columns: Columns, question: Question) -> Answer:
    """Two periods a unit: X1, then L and X2, then Y. Its effects are those of a linear structural nested mean model."""
    if question["treatments"] != ["X1", "X2"]:
        raise ValueError("DynamicDML needs treatments in stages")
    n = len(columns["Y"])
    nothing = np.zeros(n)
    outcome, treatment, state = (
        np.column_stack(pair).ravel()
        for pair in ((nothing, columns["Y"]), (columns["X1"], columns["X2"]), (nothing, columns["L"]))
    )
    estimator = DynamicDML(random_state=0, **{
        name: HistGradientBoostingRegressor(**BOOSTING, random_state=0) for name in ("model_y", "model_t")
    })  # fmt: skip
    estimator.fit(outcome, treatment, W=state.reshape(-1, 1), groups=np.repeat(np.arange(n), 2))
    found = estimator.effect_inference(T0=np.zeros((1, 2)), T1=np.ones((1, 2)))
    return (found.point_estimate, *found.conf_int())


METHODS: dict[str, Callable[[Columns, Question], Answer]] = {
    "DRLearner": partial(_doubly_robust, DRLearner, False, False),
    "DRLearner, boosting": partial(_doubly_robust, DRLearner, False, True),
    "DRLearner, modifiers": partial(_doubly_robust, DRLearner, True, False),
    "LinearDRLearner, modifiers, boosting": partial(_doubly_robust, LinearDRLearner, True, True),
    "ForestDRLearner, modifiers, boosting": partial(_doubly_robust, ForestDRLearner, True, True),
    "LinearDML": partial(_partially_linear, False),
    "LinearDML, boosting": partial(_partially_linear, True),
    "CausalForestDML, boosting": _causal_forest,
    "DynamicDML, boosting": _dynamic,
}
