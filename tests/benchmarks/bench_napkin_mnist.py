"""The discrete Napkin-MNIST attributes end to end: compile, fit and sample with default options.

60,000 rows with all attributes at once (appendix F.2.1 of the paper), Y's attributes at do(digit 3, red, regular);
total variation to the truth as mean (worst) of five seeds. Bars: digit .02, color .02, thickness .01, under 90 s.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import idgen_compiler as idgen
from idgen_compiler.compile.options import Realization
from idgen_compiler.demo.napkin_mnist import (
    ATTRIBUTES,
    GRAPH,
    HARD,
    LABELS,
    PAPER,
    QUERY,
    Mechanisms,
    attributes,
    labeled,
    total_variation,
    truth,
)
from tests.benchmarks.overlap import effective_fraction
from tests.benchmarks.report import Row

__all__ = ["SET", "attribute_errors", "measure", "run"]

SET = {"digit": 3, "color": "red", "thickness": "regular"}


def run(quick: bool) -> list[Row]:
    rows, samples, seeds = (6_000, 100_000, 1) if quick else (60_000, 1_000_000, 5)
    table: list[Row] = []
    for mechanisms in (PAPER, HARD):
        found = np.array([measure(mechanisms, "auto", rows, samples, seed) for seed in range(seeds)])
        table.append(
            {
                "mechanisms": mechanisms.name,
                **{a: f"{found[:, k].mean():.4f} ({found[:, k].max():.4f})" for k, a in enumerate(ATTRIBUTES)},
                "effective rows": f"{found[:, -2].mean():.1%}",
                "seconds": f"{found[:, -1].mean():.1f}",
            }
        )
    return table


def measure(
    mechanisms: Mechanisms, realize: Realization, rows: int, samples: int, seed: int, noise: float = 0.1
) -> list[float]:
    """Total variation of digit, color and thickness, the fraction of effective rows, and the seconds it took."""
    codes = attributes(rows, seed, mechanisms, noise)
    started = time.perf_counter()
    program = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse(GRAPH), realize=realize)
    sampler = program.fit(labeled(codes), backend="torch", seed=seed, progress=False, device="cpu")
    drawn = sampler.sample(samples, do={"X": SET}, seed=seed)["Y"]
    seconds = time.perf_counter() - started
    return [*attribute_errors(drawn, mechanisms, noise), effective_fraction(sampler), seconds]


def attribute_errors(drawn: NDArray[Any], mechanisms: Mechanisms, noise: float = 0.1) -> list[float]:
    """Total variation of each attribute of Y, sampled at SET.  Shape: drawn (samples,) structured."""
    digit, color, thickness = (LABELS[f"X.{attribute}"].index(value) for attribute, value in SET.items())
    distances = []
    for attribute, law in truth(digit, color, thickness, mechanisms, noise).items():
        shares = [float(np.mean(drawn[attribute] == label)) for label in LABELS[f"Y.{attribute}"]]
        distances.append(total_variation(np.array(shares), law))
    return distances
