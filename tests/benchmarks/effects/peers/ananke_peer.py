"""ananke 0.5: its estimators for one binary treatment on an ADMG, by linear and logistic models, bootstrap intervals.

`pip install ananke-causal` alone does not import; `scipy<1.12` beside it does.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
from ananke.estimation import CausalEffect
from ananke.graphs import ADMG

__all__ = ["METHODS"]

RESAMPLES = 100

Columns = dict[str, Any]
Question = dict[str, Any]


def _effect(method: str, columns: Columns, question: Question) -> tuple[Any, Any, Any]:
    if len(question["treatments"]) > 1:
        raise ValueError("ananke estimates effects of one treatment")
    graph = ADMG(
        list(columns),
        di_edges=[tuple(edge) for edge in question["directed"]],
        bi_edges=[tuple(edge) for edge in question["bidirected"]],
    )
    with contextlib.redirect_stdout(io.StringIO()):
        effect = CausalEffect(graph, question["treatments"][0], "Y")
        found = effect.compute_effect(pd.DataFrame(columns), method, n_bootstraps=RESAMPLES, alpha=0.05)
    value, low, high = found
    return value, low, high


METHODS: dict[str, Callable[[Columns, Question], tuple[Any, Any, Any]]] = {
    name: partial(_effect, name) for name in ("aipw", "p-ipw", "apipw", "n-ipw", "anipw")
}
