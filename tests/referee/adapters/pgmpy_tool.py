"""pgmpy: a Bayesian network fitted to the table and intervened on: of categories, or linear with normal noise.

Hidden causes are latent variables of its networks; what it says of a network with some is its answer.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from pgmpy.inference import CausalInference
from pgmpy.models import DiscreteBayesianNetwork, LinearGaussianBayesianNetwork
from serve import CannotAskError, RefusedError

__all__ = ["answer", "versions"]


def versions() -> str:
    return f"pgmpy {version('pgmpy')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    warnings.simplefilter("ignore")
    numbers = set(case["graph"]["nodes"]) - set(case["levels"])
    if numbers and case["query"]["conditions"]:
        raise CannotAskError("simulate draws no conditional law of numbers")
    edges = [tuple(edge) for edge in case["graph"]["directed"]]
    latents = {f"U{k}" for k in range(len(case["graph"]["bidirected"]))}
    edges += [(f"U{k}", end) for k, ends in enumerate(case["graph"]["bidirected"]) for end in ends]
    kind = LinearGaussianBayesianNetwork if numbers else DiscreteBayesianNetwork
    model = kind(edges, latents=latents)
    model.add_nodes_from([name for name in case["graph"]["nodes"] if name not in model])
    try:
        with reply.clock("fit"):
            model.fit(pd.DataFrame(columns))
        for k, ask in enumerate(case["asks"]):
            with reply.clock("sample"):
                if numbers:
                    outcome = case["query"]["outcomes"][0]
                    drawn = model.simulate(case["draws"], do=ask["do"], seed=case["seed"] + k)
                    reply.samples(k, {outcome: np.asarray(drawn[outcome], dtype=float)})
                else:
                    reply.chances(k, _law(case, model, ask))
    except (ValueError, NotImplementedError) as error:
        raise RefusedError(f"{type(error).__name__}: {error}") from error


def _law(case: dict[str, Any], model: Any, ask: dict[str, Any]) -> Any:
    outcomes = case["query"]["outcomes"]
    do, given = ({name: int(value) for name, value in ask[part].items()} for part in ("do", "given"))
    found = CausalInference(model).query(outcomes, do=do, evidence=given, show_progress=False)
    values = np.asarray(found.values)
    return values.transpose([found.variables.index(name) for name in outcomes])
