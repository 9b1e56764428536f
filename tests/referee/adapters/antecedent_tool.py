"""Antecedent: a law of categories by general identification, with intervals; adjustment for a real outcome.

A real-valued column where the general identification is needed is refused by the tool; nothing is binned for it here.
"""

from __future__ import annotations

import math
from importlib.metadata import version
from itertools import product
from typing import Any

import antecedent
import numpy as np
from serve import RefusedError

__all__ = ["answer", "versions"]

NORMAL = 1.959963984540054


def versions() -> str:
    return f"antecedent {version('antecedent')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    edges = ([tuple(edge) for edge in case["graph"][kind]] for kind in ("directed", "bidirected"))
    graph = antecedent.Admg.from_edges(case["graph"]["nodes"], *edges)
    table = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    if set(case["query"]["outcomes"]) <= set(case["levels"]):
        with reply.clock("fit"):
            for k, ask in enumerate(case["asks"]):
                reply.chances(k, _law(case, table, graph, ask))
        if not case["contrast"] or len(case["query"]["outcomes"]) > 1:
            return
    with reply.clock("interval"):
        _effect(case, table, graph, reply)


def _law(case: dict[str, Any], table: dict[str, Any], graph: Any, ask: dict[str, Any]) -> Any:
    outcomes = case["query"]["outcomes"]
    found = _asked(
        table,
        graph,
        antecedent.InterventionalDistribution(
            outcomes[0] if len(outcomes) == 1 else tuple(outcomes),
            interventions={name: float(value) for name, value in ask["do"].items()},
            conditioning=tuple(ask["given"]),
        ),
    )
    sizes = [case["levels"][name] for name in outcomes]
    law = np.zeros(sizes)
    atoms = {tuple(int(dict(atom.outcomes)[name]) for name in outcomes): atom.probability for atom in found.distribution}
    for cell in product(*map(range, sizes)):
        law[cell] = atoms.get(cell, 0.0)
    return law


def _effect(case: dict[str, Any], table: dict[str, Any], graph: Any, reply: Any) -> None:
    outcome, treatments = case["query"]["outcomes"][0], case["query"]["treatments"]
    high, low = (case["asks"][k]["do"] for k in case["contrast"])
    if len(treatments) == 1 and not case["query"]["conditions"]:
        (x,) = treatments
        query = antecedent.AverageEffect(x, outcome, treated=float(high[x]), control=float(low[x]))
        found = _asked(table, graph, query)
        error = found.se_bootstrap if not math.isnan(found.se_bootstrap) else found.se_analytic
        reply.contrast(found.ate, found.ate - NORMAL * error, found.ate + NORMAL * error)
        return
    arms = []
    for do in (high, low):
        put = {name: float(value) for name, value in do.items()}
        conditions = tuple(case["query"]["conditions"])
        query = antecedent.InterventionalDistribution(outcome, interventions=put, conditioning=conditions)
        arms.append(_asked(table, graph, query))
    error = math.hypot(*(arm.se_bootstrap for arm in arms))
    value = arms[0].ate - arms[1].ate
    reply.contrast(value, value - NORMAL * error, value + NORMAL * error)


def _asked(table: dict[str, Any], graph: Any, query: Any) -> Any:
    try:
        return antecedent.analyze(table, graph=graph, query=query, refute=False, threads=1).estimate
    except (ValueError, TypeError, NotImplementedError) as error:
        raise RefusedError(f"{type(error).__name__}: {error}") from error
