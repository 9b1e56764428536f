"""Models whose average effect is known in closed form: nonlinear, real-valued, with hidden causes.

Every hidden cause is standard normal, so that the truth needs E sin(aU) = 0, E U² = 1 and, for the front door,
E sin(N(m, s²)) = sin(m) exp(-s²/2); no simulation stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["COVARIATES", "FAR", "MODELS", "NEAR", "FrontDoor", "Model", "back_door_parts", "chance"]

Array = NDArray[np.float64]
Columns = dict[str, Array]
Draw = Callable[[np.random.Generator, int, Mapping[str, int]], Columns]

COVARIATES = tuple(f"Z{k}" for k in range(1, 11))


@dataclass(frozen=True)
class Model:
    """A graph with hidden causes and how its rows come about, in nature or under treatments that are set.

    draw: columns of n rows, the treatments set to `do`.  truth: E[Y | do(all treatments 1)] - E[Y | do(all 0)].
    adjust: the columns that an adjustment takes (a back-door set, where the graph has one).
    """

    name: str
    graph: str
    treatments: tuple[str, ...]
    truth: float
    draw: Draw
    adjust: tuple[str, ...] = ()

    def data(self, n: int, seed: int) -> Columns:
        """Columns by name, each of shape (n,), as float64; treatments are 0 and 1."""
        return self.draw(np.random.default_rng(seed), n, {})

    def simulated(self, n: int, seed: int) -> tuple[float, float]:
        """The effect by simulation, and its standard error: both arms see the same causes."""
        arms = [
            self.draw(np.random.default_rng(seed), n, dict.fromkeys(self.treatments, value))["Y"] for value in (1, 0)
        ]
        difference = arms[0] - arms[1]
        return float(difference.mean()), float(difference.std() / np.sqrt(n))


def chance(z: Array) -> Array:
    """The logistic function."""
    return np.asarray(1 / (1 + np.exp(-z)))


def _coin(rng: np.random.Generator, chance: Array, set_to: int | None) -> Array:
    """0 or 1 with a chance a row, or what it is set to; the generator moves on alike."""
    tossed = (rng.random(len(chance)) < chance).astype(np.float64)
    return tossed if set_to is None else np.full(len(chance), float(set_to))


def back_door_parts(z: Array) -> tuple[Array, Array, Array]:
    """P(X = 1), E[Y | X = 0] and the effect at ten covariates.  Shape: (10, n) -> (n,) each."""
    score = 0.6 * z[0] + 0.7 * np.sin(1.5 * z[1]) - 0.4 * z[2] + 0.4 * z[3] * z[4]
    base = np.sin(1.5 * z[0]) + 0.8 * np.abs(z[1]) + 0.6 * z[2] * z[3] + 0.5 * z[4] - 0.4 * z[5] + 0.3 * z[6] ** 2
    return chance(score), base, 1 + 0.5 * z[0] + 0.4 * (z[2] ** 2 - 1)


def _back_door(rng: np.random.Generator, n: int, do: Mapping[str, int]) -> Columns:
    """Ten covariates, neighbors correlated by .32, all standard normal; the effect is 1 in the mean."""
    raw = rng.standard_normal((11, n))
    z = (raw[:10] + 0.36 * raw[1:]) / np.hypot(1, 0.36)
    p, base, effect = back_door_parts(z)
    x = _coin(rng, p, do.get("X"))
    y = base + x * effect + rng.standard_normal(n)
    return {**dict(zip(COVARIATES, z, strict=True)), "X": x, "Y": y}


@dataclass(frozen=True)
class FrontDoor:
    """A real mediator, N(shift x, (spread + more x)²); the hidden cause moves Y and how much M does."""

    shift: float
    spread: float
    more: float

    def __call__(self, rng: np.random.Generator, n: int, do: Mapping[str, int]) -> Columns:
        u, e, f = rng.standard_normal((3, n))
        x = _coin(rng, chance(1.2 * u), do.get("X"))
        mean, sd = self.at(x)
        m = mean + sd * e
        y = np.sin(1.5 * m) + 0.4 * m**2 + 0.9 * u + 0.3 * u * m + 0.7 * f
        return {"X": x, "M": m, "Y": y}

    @property
    def effect(self) -> float:
        """E[Y | do(X=1)] - E[Y | do(X=0)]."""
        return self._outcome(1) - self._outcome(0)

    def at(self, x: Array | int) -> tuple[Any, Any]:
        """Mean and spread of the mediator."""
        return self.shift * x, self.spread + self.more * x

    def _outcome(self, x: int) -> float:
        mean, sd = self.at(x)
        return float(np.sin(1.5 * mean) * np.exp(-((1.5 * sd) ** 2) / 2) + 0.4 * (mean**2 + sd**2))


NEAR, FAR = FrontDoor(0.6, 0.8, 0.1), FrontDoor(0.9, 0.7, 0.2)
"""Mediators whose densities in treated and untreated differ 45 and 3,900 times in one row of a thousand."""


def _napkin(rng: np.random.Generator, n: int, do: Mapping[str, int]) -> Columns:
    """W1 real, W2 of three levels that W1 moves mildly, X binary; the effect is .8 + .5 v + .3 (v² - 1)."""
    u, v, e, f = rng.standard_normal((4, n))
    w1 = 0.8 * u + 0.8 * v + 0.5 * e
    scores = np.stack([-0.5 * w1, 0.3 * np.cos(w1), 0.5 * w1])
    w2 = (scores + rng.gumbel(size=(3, n))).argmax(axis=0).astype(np.float64)
    x = _coin(rng, chance(0.9 * (w2 - 1) + 1.0 * u), do.get("X"))
    y = np.sin(1.5 * v) + 0.6 * v + 0.4 * v**2 + x * (0.8 + 0.5 * v + 0.3 * (v**2 - 1)) + 0.7 * f
    return {"W1": w1, "W2": w2, "X": x, "Y": y}


def _two_stages(rng: np.random.Generator, n: int, do: Mapping[str, int]) -> Columns:
    """L stands between two treatments and shares a hidden cause with Y: adjusting for it opens X1 -> L <-> Y."""
    u, e, f = rng.standard_normal((3, n))
    x1 = _coin(rng, np.full(n, 0.5), do.get("X1"))
    severity = np.tanh(u) + 0.8 * x1 + 0.6 * e
    x2 = _coin(rng, chance(1.1 * severity - 0.4), do.get("X2"))
    y = 0.5 * x1 + x2 * (0.8 + 0.5 * np.sin(1.5 * u)) + 0.3 * x1 * x2 + 1.2 * u + 0.4 * u**2 + 0.7 * f
    return {"X1": x1, "L": severity, "X2": x2, "Y": y}


MODELS = {
    model.name: model
    for model in (
        Model(
            "back-door",
            "; ".join(f"{z} -> X; {z} -> Y" for z in COVARIATES)
            + "; X -> Y; "
            + "; ".join(f"{a} <-> {b}" for a, b in pairwise(COVARIATES)),
            ("X",), 1.0, _back_door, COVARIATES,
        ),
        Model("front-door", "X -> M -> Y; X <-> Y", ("X",), NEAR.effect, NEAR),
        Model("front-door, far apart", "X -> M -> Y; X <-> Y", ("X",), FAR.effect, FAR),
        Model("napkin", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y", ("X",), 0.8, _napkin),
        Model("two stages", "X1 -> L -> X2 -> Y; X1 -> Y; L <-> Y", ("X1", "X2"), 1.6, _two_stages),
    )
}  # fmt: skip
"""By name: the back door with ten covariates, two front doors, the napkin and two treatments with a hidden cause."""
