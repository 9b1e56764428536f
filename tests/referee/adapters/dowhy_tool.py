"""DoWhy's identification and estimators: one number from a graph that has hidden causes as unobserved nodes.

The estimand that it identifies chooses the estimator: a back door linear regression, a front door two-stage regression,
an instrument the instrumental variable; each with its own interval. It draws no law.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from dowhy import CausalModel
from serve import CannotAskError, RefusedError

__all__ = ["answer", "versions"]

ESTIMATORS = {
    "backdoor": "backdoor.linear_regression",
    "frontdoor": "frontdoor.two_stage_regression",
    "iv": "iv.instrumental_variable",
}


def versions() -> str:
    return f"dowhy {version('dowhy')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    warnings.simplefilter("ignore")
    query = case["query"]
    if query["conditions"]:
        raise CannotAskError("CausalModel takes no conditions on what comes after the treatment")
    if not case["contrast"]:
        raise CannotAskError("DoWhy's estimators give a difference of means, no law")
    graph = nx.DiGraph([tuple(edge) for edge in case["graph"]["directed"]])
    graph.add_nodes_from(case["graph"]["nodes"])
    for k, ends in enumerate(case["graph"]["bidirected"]):
        graph.add_node(f"U{k}", observed="no")
        graph.add_edges_from((f"U{k}", end) for end in ends)
    several = len(query["treatments"]) > 1
    treatments = query["treatments"] if several else query["treatments"][0]
    with reply.clock("interval"):
        model = CausalModel(pd.DataFrame(columns), treatments, query["outcomes"][0], graph=graph)
        found = model.identify_effect(proceed_when_unidentifiable=False)
        kinds = [kind for kind in ESTIMATORS if (found.estimands or {}).get(kind)]
        if not kinds:
            raise RefusedError(f"identify_effect finds no estimand: {found.estimands}")
        reply.estimand(found)
        high, low = (case["asks"][k]["do"] for k in case["contrast"])
        places = [[do[name] for name in query["treatments"]] for do in (high, low)]
        estimate = model.estimate_effect(
            found,
            method_name=ESTIMATORS[kinds[0]],
            treatment_value=places[0] if several else places[0][0],
            control_value=places[1] if several else places[1][0],
        )
        if estimate.value is None:
            raise RefusedError("estimate_effect gives None")
        reply.words(ESTIMATORS[kinds[0]])
        try:
            ends = np.ravel(estimate.get_confidence_intervals())
        except Exception as error:  # noqa: BLE001 - without its interval the number stands
            ends = (None, None)
            reply.words(f"{ESTIMATORS[kinds[0]]}; no interval: {type(error).__name__}: {error}")
    reply.contrast(estimate.value, ends[0], ends[-1])
