"""DoWhy's gcm: a structural model with a mechanism for each node, assigned and fitted by default, then intervened on.

Its graphs have no hidden causes. A bidirected edge becomes an arrow from the earlier to the later vertex, the best that
a user can do: right among covariates, wrong where the answer hangs on it. Conditions of categories are had by filtering
samples, as the maintainers advise; a number has no samples of its own.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from dowhy import gcm
from serve import CannotAskError

__all__ = ["answer", "versions"]

FEWEST = 200
"""So many samples have to be left when samples are filtered."""


def versions() -> str:
    return f"dowhy {version('dowhy')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    warnings.simplefilter("ignore")
    if set(case["query"]["conditions"]) - set(case["levels"]):
        raise CannotAskError("interventional_samples takes no conditions, and no sample has exactly a number's value")
    gcm.config.disable_progress_bars()
    gcm.config.set_default_n_jobs(1)
    order = {name: k for k, name in enumerate(case["graph"]["nodes"])}
    edges = [tuple(edge) for edge in case["graph"]["directed"]]
    edges += [tuple(sorted(edge, key=order.__getitem__)) for edge in case["graph"]["bidirected"]]
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(order)
    table = pd.DataFrame({name: _told(case, name, columns[name]) for name in order})
    with reply.clock("fit"):
        model = gcm.StructuralCausalModel(graph)
        gcm.auto.assign_causal_mechanisms(model, table)
        gcm.fit(model, table)
    for k, ask in enumerate(case["asks"]):
        put = {name: _constant(case, name, value) for name, value in ask["do"].items()}
        with reply.clock("sample"):
            drawn = gcm.interventional_samples(model, put, num_samples_to_draw=case["draws"])
            for name, value in ask["given"].items():
                drawn = drawn[drawn[name] == _told(case, name, np.array([value]))[0]]
        if len(drawn) < FEWEST:
            raise CannotAskError(f"{len(drawn)} of {case['draws']} samples are left after filtering")
        kinds = {name: np.int64 if name in case["levels"] else np.float64 for name in case["query"]["outcomes"]}
        reply.samples(k, {name: drawn[name].to_numpy().astype(kind) for name, kind in kinds.items()})
    if case["graph"]["bidirected"]:
        reply.words("hidden causes as arrows: gcm has none")


def _told(case: dict[str, Any], name: str, values: Any) -> Any:
    """Categories are words to gcm, numbers are numbers."""
    return values.astype(int).astype(str).astype(object) if name in case["levels"] else values


def _constant(case: dict[str, Any], name: str, value: float) -> Any:
    told = str(int(value)) if name in case["levels"] else value
    return lambda _: told
