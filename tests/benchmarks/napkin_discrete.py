"""The picture benchmark's question on the attributes themselves, where sampling and shapes blur nothing."""

from __future__ import annotations

import time
from typing import Any

import torch

import idgen_compiler as idgen
from idgen_compiler.demo.napkin_mnist import (
    ATTRIBUTES,
    GRAPH,
    QUERY,
    Mechanisms,
    attributes,
    labeled,
    total_variation,
    truth,
)
from tests.benchmarks.baselines.ncm_mle import MleNcm
from tests.benchmarks.bench_napkin_mnist import SET, attribute_errors

__all__ = ["GRAPHS", "discrete"]

GRAPHS = {
    "discrete": GRAPH,
    "discrete marginal": "X; Y",
    "discrete cond": "X -> Y",
    "discrete adjusting W1": "W1 -> X -> Y; W1 -> Y",
    "discrete adjusting W2": "W2 -> X -> Y; W2 -> Y",
}
"""The napkin, and the graphs whose answers are those of simpler methods: the same compiler, told something else."""


def discrete(mechanisms: Mechanisms, method: str, seed: int, quick: bool) -> dict[str, Any]:
    """Errors at do(X = SET) by a program for one of `GRAPHS`, or the maximum-likelihood NCM."""
    rows = attributes(2_000 if quick else 60_000, seed, mechanisms)
    began = time.process_time()
    if method in GRAPHS:
        program = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse(GRAPHS[method]), realize="regenerate")
        options: dict[str, Any] = {"epochs": 1, "rows_factor": 1} if quick else {}
        sampler = program.fit(labeled(rows), backend="torch", seed=seed, progress=False, device="cpu", **options)
        errors = attribute_errors(sampler.sample(200_000, do={"X": SET}, seed=1)["Y"], mechanisms)
    else:
        codes = {name: torch.from_numpy(values) for name, values in rows.items()}
        found, laws = MleNcm.fit(codes, 5 if quick else 600, seed).do(3, 0, 1), truth(3, 0, 1, mechanisms)
        errors = [total_variation(found[a], laws[a]) for a in ATTRIBUTES]
    tv = {f"{a} TV": error for a, error in zip(ATTRIBUTES, errors, strict=True)}
    return tv | {"color L1": 2 * tv["color TV"], "training s": time.process_time() - began}
