"""Plain answers that need no tool for causes: what every other row should beat, and sometimes does not.

All but `seen` adjust for the parents of the one treatment, which is right where none of its causes is hidden; each
draws a row's covariates and an outcome for them. No options are chosen: scikit-learn's defaults, but for the forest,
which is the quantile forest of the densities benchmark.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
from serve import CannotAskError
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression

__all__ = ["boosting", "forest", "inverse_propensity", "least_squares", "seen", "versions"]

Array = Any


def versions() -> str:
    return f"scikit-learn {version('scikit-learn')}"


def seen(case: dict[str, Any], columns: dict[str, Array], reply: Any) -> None:
    """The outcome of the rows whose treatments, and conditions, are nearest: a hundredth of them, or all that match."""
    rng = np.random.default_rng(case["seed"])
    outcome = case["query"]["outcomes"][0]
    for k, ask in enumerate(case["asks"]):
        with reply.clock("sample"):
            far, same = np.zeros(case["rows"]), np.ones(case["rows"], bool)
            for name, value in {**ask["do"], **ask["given"]}.items():
                if name in case["levels"]:
                    same &= columns[name] == value
                else:
                    far += ((columns[name] - value) / columns[name].std()) ** 2
            rows = np.flatnonzero(same)
            if far.any():
                rows = rows[far[rows].argsort()[: max(case["rows"] // 100, 50)]]
            reply.samples(k, {outcome: rng.choice(columns[outcome][rows], case["draws"])})


def least_squares(case: dict[str, Any], columns: dict[str, Array], reply: Any) -> None:
    """A line for the mean, and residuals of rows as they are."""
    _residuals(case, columns, reply, LinearRegression())


def boosting(case: dict[str, Any], columns: dict[str, Array], reply: Any) -> None:
    """Gradient boosting on histograms for the mean, and residuals of rows as they are."""
    _residuals(case, columns, reply, HistGradientBoostingRegressor(random_state=0))


def _residuals(case: dict[str, Any], columns: dict[str, Array], reply: Any, model: Any) -> None:
    x, covariates, outcome = _adjustment(case)
    y = columns[outcome]
    with reply.clock("fit"):
        design = _design(case, columns, [x, *covariates])
        model.fit(design, y)
        left = y - model.predict(design)
    rng = np.random.default_rng(case["seed"])
    for k, ask in enumerate(case["asks"]):
        with reply.clock("sample"):
            put = {**columns, x: np.full(case["rows"], ask["do"][x], dtype=columns[x].dtype)}
            mean = model.predict(_design(case, put, [x, *covariates]))
            reply.samples(k, {outcome: rng.choice(mean, case["draws"]) + rng.choice(left, case["draws"])})


def forest(case: dict[str, Any], columns: dict[str, Array], reply: Any) -> None:
    """A quantile forest (Meinshausen 2006): outcomes of the rows that fall into the same leaves, tree by tree."""
    x, covariates, outcome = _adjustment(case)
    y = columns[outcome]
    with reply.clock("fit"):
        model = RandomForestRegressor(100, min_samples_leaf=5, max_features=0.5, random_state=0, n_jobs=1)
        own = model.fit(_design(case, columns, [x, *covariates]), y).apply(_design(case, columns, [x, *covariates]))
    rng = np.random.default_rng(case["seed"])
    for k, ask in enumerate(case["asks"]):
        with reply.clock("sample"):
            put = {**columns, x: np.full(case["rows"], ask["do"][x], dtype=columns[x].dtype)}
            leaves = model.apply(_design(case, put, [x, *covariates]))
            drawn = []
            for tree in range(own.shape[1]):  # each tree draws its share: a row's leaf, then one of the leaf's rows
                order = own[:, tree].argsort(kind="stable")
                begin, end = (np.searchsorted(own[order, tree], leaves[:, tree], side) for side in ("left", "right"))
                of = rng.integers(case["rows"], size=case["draws"] // own.shape[1])
                drawn.append(y[order[begin[of] + (rng.random(len(of)) * (end - begin)[of]).astype(int)]])
            reply.samples(k, {outcome: np.concatenate(drawn)})


def inverse_propensity(case: dict[str, Any], columns: dict[str, Array], reply: Any) -> None:
    """Rows with the treatment, drawn by the inverse of its chance in them (gradient boosting)."""
    x, covariates, outcome = _adjustment(case)
    if x not in case["levels"]:
        raise CannotAskError("no row has exactly the value of a real treatment")
    with reply.clock("fit"):
        design = _design(case, columns, covariates)
        chances = HistGradientBoostingClassifier(random_state=0).fit(design, columns[x]).predict_proba(design)
    rng = np.random.default_rng(case["seed"])
    for k, ask in enumerate(case["asks"]):
        with reply.clock("sample"):
            rows = np.flatnonzero(columns[x] == ask["do"][x])
            weights = 1 / chances[rows, int(ask["do"][x])]
            reply.samples(k, {outcome: rng.choice(columns[outcome][rows], case["draws"], p=weights / weights.sum())})


def _adjustment(case: dict[str, Any]) -> tuple[str, list[str], str]:
    """The treatment, its parents, the outcome.  Raises CannotAskError where the parents are no adjustment set."""
    query, graph = case["query"], case["graph"]
    if len(query["treatments"]) > 1 or query["conditions"]:
        raise CannotAskError("one treatment and no conditions")
    (x,) = query["treatments"]
    if any(x in edge for edge in graph["bidirected"]):
        raise CannotAskError("the treatment has a hidden cause: its parents do not adjust")
    return x, [a for a, b in graph["directed"] if b == x], query["outcomes"][0]


def _design(case: dict[str, Any], columns: dict[str, Array], names: list[str]) -> Array:
    """Numbers as they are, categories as indicators of their levels but the first."""
    parts: list[Array] = []
    for name in names:
        levels: Callable[[int], Array] = np.eye
        if name in case["levels"]:
            parts.append(levels(case["levels"][name])[columns[name]][:, 1:])
        else:
            parts.append(columns[name][:, None])
    return np.concatenate(parts, 1).astype(float)
