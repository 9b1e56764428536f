"""Estimates with the true nuisances: the influence functions of the models' effects, by quadrature.

What a doubly robust estimate would be if nothing had to be learned: on the same tables it says how much of a miss is
the tables' own. Of the napkin it is the influence function of the answer in which W2 is drawn by its own law.

Source of the forms: Robins, Rotnitzky and Zhao (1994) for the back door, Fulcher et al. (2020) for the front door,
Bang and Robins (2005) for two treatments, `idgen_compiler.adjoint` for the napkin.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from tests.benchmarks.effects.models import COVARIATES, FAR, NEAR, FrontDoor, back_door_parts, chance
from tests.benchmarks.effects.runner import Answer, Columns

__all__ = ["ORACLES", "oracle_answers"]

NORMAL = 1.959963984540054

Array = NDArray[np.float64]

_NODES, _weights = hermegauss(61)
_CHANCES = _weights / _weights.sum()

SIGNS = ((1, 1.0), (0, -1.0))
LEVELS = 3
"""Levels of the napkin's W2."""


def _back_door(columns: Mapping[str, Array]) -> Array:
    z, x, y = np.stack([columns[name] for name in COVARIATES]), columns["X"], columns["Y"]
    p, base, effect = back_door_parts(z)
    return np.asarray((x / p - (1 - x) / (1 - p)) * (y - base - x * effect) + effect)


@dataclass(frozen=True)
class _FrontDoor:
    """The one of a front door."""

    model: FrontDoor

    def __call__(self, columns: Mapping[str, Array]) -> Array:
        x, m, y = columns["X"].astype(int), columns["M"], columns["Y"]
        treated = chance(1.2 * _NODES)
        shares = np.array([(_CHANCES * (1 - treated)).sum(), (_CHANCES * treated).sum()])
        causes = np.array([(_CHANCES * p * _NODES).sum() for p in (1 - treated, treated)]) / shares

        def outcome(mediator: Array, cause: Any) -> Array:
            return np.asarray(np.sin(1.5 * mediator) + 0.4 * mediator**2 + cause * (0.9 + 0.3 * mediator))

        total = np.zeros(len(y))
        for a, sign in SIGNS:
            mean, sd = self.model.at(a)
            there = mean + sd * _NODES
            own = np.array([(_CHANCES * outcome(there, cause)).sum() for cause in causes])
            ratio = self._density(m, np.full(len(x), a)) / self._density(m, x)
            mixed = shares @ np.stack([outcome(m, cause) for cause in causes])
            inner = (x == a) / shares[a] * (mixed - shares @ own)
            total += sign * (ratio * (y - outcome(m, causes[x])) + inner + own[x])
        return total

    def _density(self, m: Array, x: Array) -> Array:
        mean, sd = self.model.at(x)
        return np.asarray(np.exp(-(((m - mean) / sd) ** 2) / 2) / sd)


def _napkin(columns: Mapping[str, Array]) -> Array:
    """u and v are normal given W1: u = v = .8 W1 / 1.53 in the mean, with covariance I - .64 / 1.53 everywhere."""
    w1, w2, x, y = columns["W1"], columns["W2"].astype(int), columns["X"], columns["Y"]
    first, second = (each.ravel() for each in np.meshgrid(_NODES, _NODES, indexing="ij"))
    weights = np.outer(_CHANCES, _CHANCES).ravel()
    kept = weights > 1e-9
    first, second, weights = first[kept], second[kept], weights[kept] / weights[kept].sum()
    spread = 0.64 + 0.64 + 0.25
    root = np.linalg.cholesky(np.eye(2) - 0.64 / spread)
    law = (_levels(np.sqrt(spread) * _NODES) * _CHANCES[:, None]).sum(axis=0)

    def of(middle: Array, along: Array, across: Array, a: int) -> tuple[Array, Array]:
        """P(X = a) and E[Y 1(X = a)] at each level, over u and v.  Shape: (rows, 1) -> (rows, 3)."""
        u, v = middle + along, middle + across
        means = np.sin(1.5 * v) + 0.6 * v + 0.4 * v**2 + a * (0.8 + 0.5 * v + 0.3 * (v**2 - 1))
        ps = [chance(0.9 * (level - 1) + u) for level in range(LEVELS)]
        ps = [p if a else 1 - p for p in ps]
        return np.stack([p @ weights for p in ps], 1), np.stack([(p * means) @ weights for p in ps], 1)

    total, weight = np.zeros(len(y)), law[w2] / _levels(w1)[np.arange(len(w1)), w2]
    middle = (0.8 / spread * w1)[:, None]
    for a, sign in SIGNS:
        p, means = (float((each[0] * law).sum()) for each in of(np.zeros((1, 1)), first, second, a))
        theta = means / p
        shares, outcomes = of(middle, root[0, 0] * first, root[1, 0] * first + root[1, 1] * second, a)
        m = (outcomes - theta * shares) / p
        left = (x == a) * (y - theta) / p - m[np.arange(len(w2)), w2]
        total += sign * (weight * left + m @ law + theta)
    return total


def _levels(w1: Array) -> Array:
    """P(W2 | W1).  Shape: (rows,) -> (rows, 3)."""
    scores = np.exp(np.stack([-0.5 * w1, 0.3 * np.cos(w1), 0.5 * w1], 1))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def _two_stages(columns: Mapping[str, Array]) -> Array:
    x1, severity, x2, y = (columns[name] for name in ("X1", "L", "X2", "Y"))
    p2 = chance(1.1 * severity - 0.4)
    total = np.zeros(len(y))
    for a, sign in SIGNS:
        # u given L: its prior times the density of L, on a grid fine enough for both
        grid = np.linspace(-8, 8, 1_601)
        posterior = np.exp(-(grid**2) / 2 - (((severity - 0.8 * a)[:, None] - np.tanh(grid)) / 0.6) ** 2 / 2)
        posterior /= posterior.sum(axis=1, keepdims=True)
        second = 0.5 * a + 0.3 * a**2 + posterior @ (a * (0.8 + 0.5 * np.sin(1.5 * grid)) + 1.2 * grid + 0.4 * grid**2)
        first = 1.6 * a + 0.4  # E[second] under do(X1 = a)
        here = (x1 == a) / 0.5
        then = (x2 == a) / (p2 if a else 1 - p2)
        total += sign * (here * (then * (y - second) + second - first) + first)
    return total


ORACLES: Mapping[str, Callable[[Mapping[str, Array]], Array]] = {
    "back-door": _back_door,
    "front-door": _FrontDoor(NEAR),
    "front-door, far apart": _FrontDoor(FAR),
    "napkin": _napkin,
    "two stages": _two_stages,
}
"""By model: the influence function of the effect, with its value added.  Shape: (rows,)."""


def oracle_answers(model: str, tables: Iterable[Columns]) -> list[Answer]:
    """The mean of the influence function on each table, and its 95 % interval."""
    found = []
    for k, columns in enumerate(tables):
        started = time.process_time()
        influence = ORACLES[model](columns)
        value, reach = float(influence.mean()), NORMAL * float(influence.std(ddof=1) / np.sqrt(len(influence)))
        seconds = time.process_time() - started
        found.append(Answer("true nuisances", k, value, value - reach, value + reach, seconds))
    return found
