"""A nonlinear back-door of ten covariates with a known effect, and a front-door with a known ratio; numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

__all__ = ["EFFECT", "BackDoor", "FrontDoor", "back_door", "front_door"]

Array = NDArray[np.float64]

NOISE = 2.0
EFFECT = 2.0
"""The mean effect in the back-door: 2 + 2 (u5 - .5) + z1 / 2 for each unit."""


@dataclass(frozen=True)
class BackDoor:
    """`x` (n, 10) is seen, `d` (n,) 0 or 1, `y` (n,); the rest is the truth."""

    x: Array
    d: NDArray[np.int64]
    y: Array
    score: Array  #: P(d = 1 | x), between .08 and .92
    means: Array  #: (2, n): E[y | x, d]


def back_door(n: int, seed: int) -> BackDoor:
    """Transforms like Kang and Schafer's (2007) of the first four covariates, Friedman's (1991) function of the others.

    Treatment and outcome are simple in z1 ... z4, of which only x1 = exp(z1 / 2), x2 = z2 / (1 + exp(z1)) + 10,
    x3 = (z3 / 3 + .6)^3 and x4 = (z2 + z4 + 20)^2 are seen; x5 ... x10 are even between 0 and 1. Theirs has
    x3 = (z1 z3 / 25 + .6)^3, from which no method can tell z3 where z1 is near 0. About .8 of the outcome's
    variance within an arm is due to x.
    """
    rng = np.random.default_rng(seed)
    z, u = rng.normal(size=(4, n)), rng.random((6, n))
    x = np.column_stack(
        [np.exp(z[0] / 2), z[1] / (1 + np.exp(z[0])) + 10, (z[2] / 3 + 0.6) ** 3, (z[1] + z[3] + 20) ** 2, *u]
    )
    s = -z[0] + 0.5 * z[1] - 0.25 * z[2] - 0.1 * z[3] + 6 * (u[0] - 0.5) * (u[1] - 0.5) + u[2] - 0.5
    score = 0.08 + 0.84 / (1 + np.exp(-s))
    d = (rng.random(n) < score).astype(np.int64)
    friedman = 10 * np.sin(pi * u[0] * u[1]) + 20 * (u[2] - 0.5) ** 2 + 10 * u[3] + 5 * u[4]
    base = friedman / 2 + 2 * z[0] + z[1] + z[2] + z[3]
    means = np.stack([base, base + EFFECT + 2 * (u[0] - 0.5) + z[0] / 2])
    return BackDoor(x, d, means[d, np.arange(n)] + NOISE * rng.normal(size=n), score, means)


@dataclass(frozen=True)
class FrontDoor:
    """`x` (n,) 0 or 1, which a hidden cause makes, and `z` (n,) the mediator, real."""

    x: NDArray[np.int64]
    z: Array
    ratio: Array  #: (2, n): p(z | X = a) / p(z | x) for a = 0, 1


def front_door(n: int, seed: int) -> FrontDoor:
    """z is normal with the mean x and the standard deviation 1 where x = 0, .7 where x = 1."""
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=n) + 0.7 * rng.normal(size=n) > 0.3).astype(np.int64)
    spread, middle = np.array([1.0, 0.7]), np.array([0.0, 1.0])
    z = middle[x] + spread[x] * rng.normal(size=n)
    density = np.exp(-0.5 * ((z - middle[:, None]) / spread[:, None]) ** 2) / spread[:, None]
    return FrontDoor(x, z, density / density[x, np.arange(n)])
