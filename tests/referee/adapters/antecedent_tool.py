"""Antecedent: a law of categories by general identification, with intervals; adjustment for a real outcome.

A real-valued column where the general identification is needed is refused by the tool; nothing is binned for it here.
"""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import Any

import antecedent
import numpy as np
from serve import CannotAskError, RefusedError

__all__ = ["answer", "versions"]

NORMAL = 1.959963984540054


def versions() -> str:
    return f"antecedent {version('antecedent')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    query = case["query"]
    if len(query["outcomes"]) > 1:
        raise CannotAskError("InterventionalDistribution and AverageEffect take one outcome")
    if query["outcomes"][0] not in case["levels"] and (query["conditions"] or not case["contrast"]):
        raise CannotAskError("Antecedent gives laws of categories, and of numbers a mean")
    edges = ([tuple(edge) for edge in case["graph"][kind]] for kind in ("directed", "bidirected"))
    graph = antecedent.Admg.from_edges(case["graph"]["nodes"], *edges)
    table = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    try:
        if query["outcomes"][0] in case["levels"]:
            with reply.clock("fit"):
                for k, ask in enumerate(case["asks"]):
                    reply.chances(k, _law(case, table, graph, ask))
        if case["contrast"] and not query["conditions"]:
            with reply.clock("interval"):
                reply.contrast(*_effect(case, table, graph))
    except antecedent.CausalError as error:
        raise RefusedError(f"{type(error).__name__}: {error}") from error


def _law(case: dict[str, Any], table: dict[str, Any], graph: Any, ask: dict[str, Any]) -> Any:
    """The chances of each level; without its bootstrap, whose intervals nobody reads here."""
    (outcome,) = case["query"]["outcomes"]
    do = {name: float(value) for name, value in ask["do"].items()}
    asked = antecedent.InterventionalDistribution(outcome, interventions=do, conditioning=tuple(ask["given"]))
    found = _asked(table, graph, asked, bootstrap=0)
    law = np.zeros(case["levels"][outcome])
    for atom in found.distribution:
        law[int(dict(atom.outcomes)[outcome])] = atom.probability
    return law


def _effect(case: dict[str, Any], table: dict[str, Any], graph: Any) -> tuple[float, ...]:
    """The average effect of one treatment; of two, the difference of two laws, their errors taken as independent."""
    (outcome,), treatments = case["query"]["outcomes"], case["query"]["treatments"]
    high, low = (case["asks"][k]["do"] for k in case["contrast"])
    if len(treatments) == 1:
        (x,) = treatments
        asked = antecedent.AverageEffect(x, outcome, control_level=float(low[x]), active_level=float(high[x]))
        found = _asked(table, graph, asked)
        error = found.se_analytic if math.isnan(found.se_bootstrap) else found.se_bootstrap
        return found.ate, found.ate - NORMAL * error, found.ate + NORMAL * error
    arms = []
    for do in (high, low):
        put = {name: float(value) for name, value in do.items()}
        arms.append(_asked(table, graph, antecedent.InterventionalDistribution(outcome, interventions=put)))
    value, error = arms[0].ate - arms[1].ate, math.hypot(*(arm.se_bootstrap for arm in arms))
    return value, value - NORMAL * error, value + NORMAL * error


def _asked(table: dict[str, Any], graph: Any, query: Any, **options: Any) -> Any:
    return antecedent.analyze(table, graph=graph, query=query, refute=False, threads=1, **options).estimate
