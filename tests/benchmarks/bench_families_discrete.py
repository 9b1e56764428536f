"""Kernel families on the discrete Napkin-MNIST attributes: total variation to the truth.

60,000 rows, the napkin's program wired by hand, ten regenerated rows for each observed one; Y's attributes at
do(digit 3, red, regular), for the mechanisms of the paper's appendix F.2.1 and a harder variant.
"""

from __future__ import annotations

import time

import numpy as np
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.demo.napkin_mnist import (
    ATTRIBUTES,
    HARD,
    PAPER,
    SIZES,
    Mechanisms,
    attributes,
    total_variation,
    truth,
)
from idgen_torch.families import ConditionalModel, Run, Task, choose, family
from idgen_torch.parts import Values
from tests.benchmarks.report import Row

__all__ = ["measure", "run"]

ROWS, TIMES, SAMPLES = 60_000, 10, 500_000
DO = (3, 0, 1)  # digit 3, red, regular


def run(quick: bool) -> list[Row]:
    """Bars: .02 digit, .02 color, .01 thickness, 90 s; a classifier everywhere, for comparison, in one seed."""
    rows = []
    for mechanisms in (PAPER, HARD):
        for name, seeds in (("chosen", 1 if quick else 5), ("classifier", 0 if quick else 1)):
            if not seeds:
                continue
            found = np.array([measure(mechanisms, seed, None if name == "chosen" else name) for seed in range(seeds)])
            rows.append(
                {
                    "mechanisms": mechanisms.name,
                    "families": name,
                    **{a: f"{v:.4f}" for a, v in zip(ATTRIBUTES, found.mean(0), strict=False)},
                    "seconds": f"{found[:, -1].mean():.1f}",
                }
            )
    return rows


def measure(mechanisms: Mechanisms, seed: int, kind: str | None = None) -> list[float]:
    """Total variation of digit, color and thickness, then the seconds that fitting and sampling took.

    `kind` names the family of the models that have inputs; None chooses.
    """
    rows: Values = {name: torch.from_numpy(codes) for name, codes in attributes(ROWS, seed, mechanisms).items()}
    w1, w2, x, y = (parts(v) for v in ("W1", "W2", "X", "Y"))
    generator = torch.Generator().manual_seed(seed)
    started = time.perf_counter()

    def fit(targets: tuple[Part, ...], inputs: tuple[Part, ...], data: Values) -> ConditionalModel:
        task = Task(targets, inputs, data)
        recipe = family(kind)() if kind and inputs else choose(task)
        return recipe.fit(task, Run(seed=seed))

    models = fit(w1, (), rows), fit(x, w1 + w2, rows), fit(y, w1 + w2 + x, rows)
    n = ROWS * TIMES
    index = torch.randint(ROWS, (n,), generator=generator)
    made = {part.name: rows[part.name][index] for part in w2}
    for model in models:
        made |= model.sample(made, n, generator)
    last = fit(y, x, made)
    do = {part.name: torch.full((SAMPLES,), code) for part, code in zip(x, DO, strict=True)}
    drawn = last.sample(do, SAMPLES, generator)
    seconds = time.perf_counter() - started
    distances = [
        total_variation(np.bincount(drawn[f"Y.{a}"].numpy(), minlength=len(law)) / SAMPLES, law)
        for a, law in truth(*DO, mechanisms).items()
    ]
    return [*distances, seconds]


def parts(variable: str) -> tuple[Part, ...]:
    """The attributes of a variable of the napkin."""
    return tuple(Part(name, size) for name, size in SIZES.items() if name.startswith(f"{variable}."))
