"""ananke: the verdict of its one-line ID, and the effect of one 0/1 treatment by the estimator that it suggests.

`pip install ananke-causal` alone does not import; `scipy<1.12` beside it does. By default it gives no interval, and of
a 0/1 outcome its bootstrap is that of the log of the odds ratio, whatever it was asked.
"""

from __future__ import annotations

import contextlib
import io
from importlib.metadata import version
from typing import Any

import pandas as pd
from ananke.estimation import CausalEffect
from ananke.graphs import ADMG
from ananke.identification import OneLineID
from serve import CannotAskError, RefusedError

__all__ = ["answer", "versions"]

SUGGESTED = {"a-fixable": "aipw", "p-fixable": "apipw", "nested-fixable": "anipw"}


def versions() -> str:
    return f"ananke-causal {version('ananke-causal')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    query = case["query"]
    if query["conditions"]:
        raise CannotAskError("OneLineID takes no conditions")
    directed, bidirected = ([tuple(edge) for edge in case["graph"][kind]] for kind in ("directed", "bidirected"))
    graph = ADMG(case["graph"]["nodes"], di_edges=directed, bi_edges=bidirected)
    with reply.clock("fit"):
        identified = OneLineID(graph, query["treatments"], query["outcomes"]).id()
    if not identified:
        raise RefusedError("OneLineID.id() is False")
    x = query["treatments"][0]
    if len(query["treatments"]) > 1 or case["levels"].get(x) != 2 or not case["contrast"]:
        said = "identified; CausalEffect estimates one 0/1 treatment, and a number"
        if case["part"] != "discrete":
            raise CannotAskError(said)
        reply.words(said)
        return
    printed = io.StringIO()
    with reply.clock("interval"), contextlib.redirect_stdout(printed):
        effect = CausalEffect(graph, x, query["outcomes"][0])
        if effect.strategy not in SUGGESTED:
            raise RefusedError(" ".join(printed.getvalue().split()))
        table = pd.DataFrame(columns)
        value = effect.compute_effect(table, SUGGESTED[effect.strategy], report_log_odds=False)
    reply.words(f"{effect.strategy}: {SUGGESTED[effect.strategy]}")
    reply.contrast(value)
