"""Kernel families on real-valued data: errors of interventional means and standard deviations.

Linear-Gaussian napkin and front-door, and a napkin bent by a sine and a square, 50,000 rows, the programs wired by
hand: the largest error over |x| <= 2 sd, the mean over seeds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from idgen_compiler.data.part import Part
from idgen_torch.families import ConditionalModel, Run, Task, Tuning
from idgen_torch.parts import Values
from tests.benchmarks.report import Row

__all__ = ["CASES", "Case", "measure", "run"]

ROWS, TIMES, SAMPLES = 50_000, 8, 100_000
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Observed rows and the truth: mean and sd of Y under do(X = x)."""

    observed: Callable[[np.random.Generator], dict[str, Array]]
    mean: Callable[[float], float]
    sd: Callable[[float], float]


def linear_napkin(rng: np.random.Generator) -> dict[str, Array]:
    """W1 <-> X, W1 <-> Y, W1 -> W2 -> X -> Y."""
    a, b, *noise = rng.standard_normal((6, ROWS))
    w1 = 0.8 * a + 0.7 * b + 0.5 * noise[0]
    w2 = 0.9 * w1 + 0.6 * noise[1]
    x = 0.8 * w2 + 0.8 * a + 0.5 * noise[2]
    y = 0.7 * x - 0.9 * b + 0.5 * noise[3]
    return {"W1": w1, "W2": w2, "X": x, "Y": y}


def bent_napkin(rng: np.random.Generator) -> dict[str, Array]:
    """The napkin with a sine and a square."""
    a, b, *noise = rng.standard_normal((6, ROWS))
    w1 = 0.8 * a + 0.7 * b + 0.5 * noise[0]
    w2 = np.sin(1.5 * w1) + 0.6 * noise[1]
    x = w2 + 0.6 * a + 0.5 * noise[2]
    y = np.sin(1.5 * x) + 0.3 * x**2 - 0.7 * b + 0.5 * noise[3]
    return {"W1": w1, "W2": w2, "X": x, "Y": y}


def front_door(rng: np.random.Generator) -> dict[str, Array]:
    """X -> M -> Y, X <-> Y."""
    u, *noise = rng.standard_normal((4, ROWS))
    x = 0.9 * u + 0.6 * noise[0]
    m = 0.8 * x + 0.6 * noise[1]
    y = 0.9 * m - 0.8 * u + 0.5 * noise[2]
    return {"X": x, "M": m, "Y": y}


CASES = {
    "napkin": Case(linear_napkin, lambda x: 0.7 * x, lambda x: float(np.hypot(0.9, 0.5))),
    "front-door": Case(front_door, lambda x: 0.72 * x, lambda x: float(np.sqrt(0.54**2 + 0.8**2 + 0.5**2))),
    "bent": Case(bent_napkin, lambda x: float(np.sin(1.5 * x) + 0.3 * x**2), lambda x: float(np.hypot(0.7, 0.5))),
}


def measure(case: Case, seed: int, epochs: int | None) -> tuple[float, float, float]:
    """Largest error of the mean (in sd of Y given do) and of the sd (relative) over |x| <= 2 sd, and the seconds."""
    observed = case.observed(np.random.default_rng(seed))
    center = {name: (float(v.mean()), float(v.std())) for name, v in observed.items()}
    rows: Values = {
        name: torch.from_numpy(((v - center[name][0]) / center[name][1]).astype(np.float32)[:, None])
        for name, v in observed.items()
    }
    generator = torch.Generator().manual_seed(seed)
    started = time.perf_counter()

    def fit(target: str, inputs: str, data: Values) -> ConditionalModel:
        parts = tuple(Part(name, None, 1) for name in inputs.split())
        task = Task((Part(target, None, 1),), parts, data)
        return Tuning.read({"epochs": epochs}).choose(task).fit(task, Run(seed=seed))

    def take(name: str, n: int) -> torch.Tensor:
        return rows[name][torch.randint(ROWS, (n,), generator=generator)]

    if "M" in rows:
        of_m, of_y, of_x = fit("M", "X", rows), fit("Y", "X M", rows), fit("X", "", rows)

        def sample(do: torch.Tensor) -> torch.Tensor:
            m = of_m.sample({"X": do}, len(do), generator)
            return of_y.sample({**of_x.sample({}, len(do), generator), **m}, len(do), generator)["Y"]
    else:
        of_w1, of_x, of_y = fit("W1", "", rows), fit("X", "W1 W2", rows), fit("Y", "W1 W2 X", rows)
        n = ROWS * TIMES
        made = {"W2": take("W2", n)}
        for model in (of_w1, of_x, of_y):
            made |= model.sample(made, n, generator)
        last = fit("Y", "X", made)

        def sample(do: torch.Tensor) -> torch.Tensor:
            return last.sample({"X": do}, len(do), generator)["Y"]

    seconds = time.perf_counter() - started
    mean_errors, sd_errors = [], []
    for z in np.linspace(-2, 2, 9):
        drawn = sample(torch.full((SAMPLES, 1), float(z))).numpy() * center["Y"][1] + center["Y"][0]
        x = float(z) * center["X"][1] + center["X"][0]
        mean_errors.append(abs(drawn.mean() - case.mean(x)) / case.sd(x))
        sd_errors.append(abs(drawn.std() / case.sd(x) - 1))
    return max(mean_errors), max(sd_errors), seconds


def run(quick: bool) -> list[Row]:
    """Bars: linear cases mean .05 sd and sd 3 %, the bent napkin .1 sd and 8 %; fit under two minutes."""
    rows = []
    for name, case in CASES.items():
        errors = np.array([measure(case, seed, 1 if quick else None) for seed in range(1 if quick else 5)])
        rows.append(
            {
                "case": name,
                "mean error, sd": f"{errors[:, 0].mean():.3f} (worst {errors[:, 0].max():.3f})",
                "sd error": f"{errors[:, 1].mean():.1%} (worst {errors[:, 1].max():.1%})",
                "fit, s": f"{errors[:, 2].mean():.0f}",
            }
        )
    return rows
