"""DoWhy 0.14: effects from a graph with its hidden causes as unobserved nodes, each estimator with its own interval.

The line has a closed-form interval; the others take DoWhy's bootstrap (399 resamples, percentiles), which does not fit
the chances of treatment again. Weighting clips them to .05 and .95 unless told otherwise, and a second estimate on one
CausalModel takes the chances of the first, whatever model it is given: each answer here has a model of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import networkx as nx
import pandas as pd
from dowhy import CausalModel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = ["METHODS"]

Columns = dict[str, Any]
Question = dict[str, Any]


def _graph(question: Question) -> Any:
    graph = nx.DiGraph([tuple(edge) for edge in question["directed"]])
    for k, ends in enumerate(question["bidirected"]):
        graph.add_node(f"U{k}", observed="no")
        graph.add_edges_from((f"U{k}", end) for end in ends)
    return graph


def _estimate(method: str, options: dict[str, Any], columns: Columns, question: Question) -> tuple[Any, Any, Any]:
    treatments = question["treatments"]
    model = CausalModel(
        data=pd.DataFrame(columns),
        treatment=treatments if len(treatments) > 1 else treatments[0],
        outcome="Y",
        graph=_graph(question),
    )
    found = model.identify_effect(proceed_when_unidentifiable=False)
    part = method.split(".")[0]
    if not found.estimands.get(part):
        raise ValueError(f"DoWhy identifies no {part} estimand; it has {[k for k, v in found.estimands.items() if v]}")
    estimate = model.estimate_effect(
        found,
        method_name=method,
        target_units={"all": "ate", "treated": "att"}[question["units"]],
        method_params={"init_params": options} if options else None,
    )
    if estimate.value is None:
        raise ValueError("DoWhy gives None")
    interval = estimate.get_confidence_intervals()
    low, high = interval.ravel() if hasattr(interval, "ravel") else interval
    return estimate.value, low, high


METHODS: dict[str, Callable[[Columns, Question], tuple[Any, Any, Any]]] = {
    "linear regression": partial(_estimate, "backdoor.linear_regression", {}),
    "propensity weighting": partial(_estimate, "backdoor.propensity_score_weighting", {}),
    "propensity weighting, not clipped": partial(
        _estimate,
        "backdoor.propensity_score_weighting",
        {
            "propensity_score_model": make_pipeline(StandardScaler(), LogisticRegression(C=1e4, max_iter=5000)),
            "min_ps_score": 1e-6,
            "max_ps_score": 1 - 1e-6,
        },
    ),
    "propensity matching": partial(_estimate, "backdoor.propensity_score_matching", {}),
    "doubly robust": partial(
        _estimate, "backdoor.doubly_robust", {"propensity_score_model": LogisticRegression(max_iter=1000)}
    ),
    "two-stage regression": partial(_estimate, "frontdoor.two_stage_regression", {}),
    "instrument": partial(_estimate, "iv.instrumental_variable", {}),
}
