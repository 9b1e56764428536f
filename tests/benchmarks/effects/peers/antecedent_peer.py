"""antecedent 2.4: adjustment on a DAG, and any identified effect of columns with few levels on an ADMG.

A real-valued column is refused where the general identification is needed. "binned" is what a user can do about it:
causes in 10 groups of equal size, the outcome rounded to the 20 middle quantiles; its answer is about the binned table.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import antecedent
import numpy as np
from antecedent.estimators import DRLearner

__all__ = ["METHODS"]

NORMAL = 1.959963984540054

Columns = dict[str, Any]
Question = dict[str, Any]
Answer = tuple[float, float, float]


def _interval(value: float, error: float) -> Answer:
    if math.isnan(error):
        raise ValueError("antecedent gives no standard error")
    return value, value - NORMAL * error, value + NORMAL * error


def _adjusted(estimator: Any, columns: Columns, question: Question) -> Answer:
    """Edges among the covariates are left out: the adjustment set is the same."""
    (treatment,) = question["treatments"]
    found = antecedent.analyze(
        columns,
        graph=[tuple(edge) for edge in question["directed"]],
        query=antecedent.AverageEffect(treatment, "Y"),
        estimator=estimator,
        refute=False,
        threads=1,
    ).estimate
    return _interval(found.ate, found.se_analytic)


def _binned(columns: Columns) -> Columns:
    binned = {}
    for name, values in columns.items():
        levels = np.unique(values)
        if len(levels) > 10:
            if name == "Y":
                levels = np.quantile(values, (np.arange(20) + 0.5) / 20)
                values = levels[np.abs(values[:, None] - levels).argmin(axis=1)]
            else:
                values = np.searchsorted(np.quantile(values, np.arange(1, 10) / 10), values).astype(float)
        binned[name] = values
    return binned


def _general(binned: bool, columns: Columns, question: Question) -> Answer:
    columns = _binned(columns) if binned else columns
    edges = ([tuple(edge) for edge in question[kind]] for kind in ("directed", "bidirected"))
    graph = antecedent.Admg.from_edges(list(columns), *edges)
    if len(question["treatments"]) == 1:
        query = antecedent.AverageEffect(question["treatments"][0], "Y")
        found = antecedent.analyze(columns, graph=graph, query=query, refute=False, threads=1).estimate
        return _interval(found.ate, found.se_bootstrap)
    # An effect of two treatments has no query of its own: the two laws, their errors taken as independent.
    arms = []
    for level in (1.0, 0.0):
        query = antecedent.InterventionalDistribution("Y", interventions=dict.fromkeys(question["treatments"], level))
        arms.append(antecedent.analyze(columns, graph=graph, query=query, refute=False, threads=1).estimate)
    return _interval(arms[0].ate - arms[1].ate, math.hypot(*(arm.se_bootstrap for arm in arms)))


def _share(columns: Columns, question: Question) -> Answer:
    """One value of a discrete outcome; refused by the tool where the query has conditions."""
    outcome, value = question["share"]
    edges = ([tuple(edge) for edge in question[kind]] for kind in ("directed", "bidirected"))
    found = antecedent.analyze(
        {name: np.asarray(values, dtype=float) for name, values in columns.items()},
        graph=antecedent.Admg.from_edges(list(columns), *edges),
        query=antecedent.InterventionalDistribution(
            outcome,
            interventions={name: float(level) for name, level in question["do"].items()},
            conditioning=tuple(question["given"]),
        ),
        refute=False,
        threads=1,
    ).estimate
    (atom,) = (atom for atom in found.distribution if dict(atom.outcomes)[outcome] == value)
    return atom.probability, atom.interval.lower, atom.interval.upper


METHODS: dict[str, Callable[[Columns, Question], Answer]] = {
    "aipw": partial(_adjusted, "aipw"),
    "DRLearner, auto": partial(_adjusted, DRLearner(learner="auto")),
    "linear adjustment": partial(_adjusted, "linear.adjustment.ate"),
    "general.id": partial(_general, False),
    "general.id, share": _share,
    "general.id, binned": partial(_general, True),
}
