"""EconML: one number from covariates that the user names; here the parents of the treatment, where they adjust.

`DRLearner` for a treatment of levels and `LinearDML` for a number, `DynamicDML` for two treatments in stages, with
default models and intervals; it knows no graph and draws no law.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
from econml.dml import LinearDML
from econml.dr import DRLearner
from econml.panel.dml import DynamicDML
from serve import CannotAskError

__all__ = ["answer", "versions"]


def versions() -> str:
    return f"econml {version('econml')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    warnings.simplefilter("ignore")
    query, graph = case["query"], case["graph"]
    if query["conditions"] or not case["contrast"]:
        raise CannotAskError("EconML's effects hold given covariates before the treatment, and are numbers")
    high, low = (case["asks"][k]["do"] for k in case["contrast"])
    outcome = columns[query["outcomes"][0]].astype(float)
    if case["kind"] == "two stages":
        with reply.clock("interval"):
            _dynamic(case, columns, outcome, high, low, reply)
        return
    if len(query["treatments"]) > 1:
        raise CannotAskError("EconML takes one treatment of levels, or several by DynamicDML in stages")
    (x,) = query["treatments"]
    if any(x in edge for edge in graph["bidirected"]):
        raise CannotAskError("EconML adjusts for covariates; here the treatment has a hidden cause")
    names = [a for a, b in graph["directed"] if b == x]
    if not names:
        raise CannotAskError("EconML needs covariates; the treatment has no causes")
    covariates = np.concatenate([_numbers(case, columns, name) for name in names], 1)
    with reply.clock("interval"):
        if x in case["levels"]:
            estimator = DRLearner(random_state=0).fit(outcome, columns[x], W=covariates)
            found = estimator.effect_inference(None, T0=int(low[x]), T1=int(high[x]))
        else:
            estimator = LinearDML(random_state=0).fit(outcome, columns[x], W=covariates)
            found = estimator.effect_inference(None, T0=low[x], T1=high[x])
        reply.words(type(estimator).__name__)
        reply.contrast(found.point_estimate, *found.conf_int())


def _numbers(case: dict[str, Any], columns: dict[str, Any], name: str) -> Any:
    if name in case["levels"]:
        return np.eye(case["levels"][name])[columns[name]][:, 1:]
    return columns[name][:, None]


def _dynamic(case: dict[str, Any], columns: Any, outcome: Any, high: Any, low: Any, reply: Any) -> None:
    """Two periods a unit: the first treatment, then the state and the second treatment, then the outcome."""
    n, nothing = case["rows"], np.zeros(case["rows"])
    first, second = (columns[name].astype(float) for name in case["query"]["treatments"])
    pairs = ((nothing, outcome), (first, second), (nothing, columns["L"]))
    y, t, state = (np.column_stack(pair).ravel() for pair in pairs)
    estimator = DynamicDML(random_state=0).fit(y, t, W=state[:, None], groups=np.repeat(np.arange(n), 2))
    at = [np.array([[do[name] for name in case["query"]["treatments"]]]) for do in (low, high)]
    found = estimator.effect_inference(T0=at[0], T1=at[1])
    reply.words("DynamicDML")
    reply.contrast(found.point_estimate, *found.conf_int())
