"""Conditional laws with known truth: how their inputs are drawn, and the quantiles or the chances of the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from scipy.stats import gamma, norm, t

__all__ = ["LAWS", "Array", "Columns", "Law"]

Array = NDArray[Any]
Columns = Mapping[str, Array]
LEVELS = 4


@dataclass(frozen=True)
class Law:
    """P(Y | inputs).

    inputs: a generator and a number of rows -> columns by name; integers are categories.
    quantile: inputs and levels in (0, 1), broadcast to them -> numbers; None for a discrete outcome.
    chances: inputs -> (rows, classes); None for a number.
    """

    name: str
    rows: int
    inputs: Callable[[np.random.Generator, int], dict[str, Array]]
    quantile: Callable[[Columns, Array], Array] | None = None
    chances: Callable[[Columns], Array] | None = None

    def table(self, rng: np.random.Generator, rows: int) -> dict[str, Array]:
        """Rows of inputs and the outcome Y."""
        columns = self.inputs(rng, rows)
        if self.quantile is not None:
            return columns | {"Y": self.quantile(columns, rng.random(rows))}
        assert self.chances is not None
        drawn = (self.chances(columns).cumsum(1) < rng.random((rows, 1))).sum(1)
        return columns | {"Y": drawn.astype(np.int64)}


def numbers(count: int) -> Callable[[np.random.Generator, int], dict[str, Array]]:
    """So many independent numbers from -1 to 1."""
    return lambda rng, rows: {f"X{k}": rng.uniform(-1, 1, rows) for k in range(count)}


def clusters(rng: np.random.Generator, rows: int) -> dict[str, Array]:
    """A number in two clusters, -3 and 3, that hangs together with another."""
    other = rng.normal(size=rows)
    return {"X0": rng.choice([-3, 3], rows) + 0.5 * (rng.normal(size=rows) + other), "X1": other}


def categories(count: int) -> Callable[[np.random.Generator, int], dict[str, Array]]:
    """So many independent categories of four levels."""
    return lambda rng, rows: {f"X{k}": rng.integers(LEVELS, size=rows) for k in range(count)}


def mixed(rng: np.random.Generator, rows: int) -> dict[str, Array]:
    """Six numbers around a common factor, and two categories."""
    common = rng.normal(size=(rows, 1))
    values = 0.5 * common + rng.normal(size=(rows, 6))
    columns: dict[str, Array] = {f"X{k}": values[:, k] for k in range(6)}
    return columns | {f"C{k}": rng.integers(size, size=rows) for k, size in enumerate((3, 12))}


def _of(columns: Columns) -> list[Array]:
    """The inputs X0, X1, ...  with an axis more, along which levels lie."""
    return [columns[f"X{k}"][:, None] for k in range(sum(name.startswith("X") for name in columns))]


def _levels(columns: Columns, u: Array) -> Array:
    """Levels as (rows, levels), whether each row has one of its own or all have the same."""
    return u[:, None] if u.ndim == 1 and len(u) == len(next(iter(columns.values()))) else np.atleast_2d(u)


def _wrapped(law: Callable[[list[Array], Array], Array]) -> Callable[[Columns, Array], Array]:
    def quantile(columns: Columns, u: Array) -> Array:
        found = law(_of(columns), _levels(columns, u))
        return np.asarray(found[:, 0] if u.ndim == 1 else found)

    return quantile


def _steps(x: list[Array], u: Array) -> Array:
    mean = 2.0 * (x[0] > 0.2) + 1.5 * (x[1] > -0.3) * (x[2] > 0) - 2.0 * (x[3] > 0.5) + 1.0 * (x[4] > 0)
    return np.asarray(mean + np.where(x[5] > 0.3, 0.8, 0.4) * norm.ppf(u))


def _skew(x: list[Array], u: Array) -> Array:
    return np.asarray(np.sin(2 * x[0]) + x[1] + 0.5 * np.exp(x[2]) * (gamma.ppf(u, 2) - 2))


def _two_humps(x: list[Array], u: Array) -> Array:
    """Normals of deviation .3 at the two sides of a bend, as a mixture: its quantiles by bisection."""
    middle, apart, share = np.sin(2 * x[0]), 1 + x[1] ** 2, expit(2 * x[2])
    low, high = np.full_like(middle + u, -8.0), np.full_like(middle + u, 8.0)
    for _ in range(40):
        at = (low + high) / 2
        below = (1 - share) * norm.cdf((at - middle + apart) / 0.3) + share * norm.cdf((at - middle - apart) / 0.3)
        low, high = np.where(below < u, at, low), np.where(below < u, high, at)
    return np.asarray((low + high) / 2)


def _zeros(x: list[Array], u: Array) -> Array:
    nothing = expit(1.5 * x[0] - x[1])
    rest = norm.ppf(np.clip((u - nothing) / (1 - nothing), 1e-12, None))
    return np.asarray(np.where(u < nothing, 0.0, np.exp(0.5 * x[1] + 0.5 * np.sin(2 * x[2]) + 0.5 * rest)))


def _tails(x: list[Array], u: Array) -> Array:
    return np.asarray(x[0] + np.sin(2 * x[1]) + 0.5 * np.exp(0.5 * x[2]) * t.ppf(u, 3))


def _smooth(x: list[Array], u: Array) -> Array:
    return np.asarray(np.sin(2 * x[0]) + x[1] ** 2 + x[2] * x[3] + 0.3 * (1 + 0.5 * x[0]) * norm.ppf(u))


def _waves(x: list[Array], u: Array) -> Array:
    return np.asarray(3 * np.sin(1.5 * x[0]) + x[1] + 0.5 * norm.ppf(u))


def _linear(x: list[Array], u: Array) -> Array:
    return np.asarray(x[0] - 0.5 * x[1] + 0.3 * x[2] + 0.5 * norm.ppf(u))


def _cells(columns: Columns) -> Array:
    """A yes or no of many categories: sums, and some that act together."""
    x = [column[:, 0] for column in _of(columns)]
    logit = 0.6 * (x[0] - 1.5) + 0.4 * (x[1] % 2) - 0.8 * (x[2] == 3) + 1.5 * ((x[3] > 1) & (x[4] < 2)) - 0.5
    yes = expit(logit + 0.3 * (x[5] - 1.5) * (x[6] - 1.5))
    return np.column_stack([1 - yes, yes])


def _classes(columns: Columns) -> Array:
    x = [column[:, 0] for column in _of(columns)]
    score = np.column_stack(
        [
            np.sin(2 * x[0]) + 0.3 * columns["C0"],
            x[1] * x[2] / 2 + 1.0 * (x[3] > 0.5),
            0.4 * x[4] + 0.8 * (columns["C1"] % 3 == 0) - 0.5 * np.abs(x[5]),
        ]
    )
    return np.asarray(softmax(score, 1))


def _numeric(name: str, rows: int, count: int, law: Callable[[list[Array], Array], Array]) -> Law:
    return Law(name, rows, numbers(count), quantile=_wrapped(law))


LAWS = (
    _numeric("steps, 8 inputs", 1_000, 8, _steps),
    _numeric("steps, 8 inputs", 10_000, 8, _steps),
    Law("waves in two clusters", 1_000, clusters, quantile=_wrapped(_waves)),
    _numeric("skew and spread", 1_000, 3, _skew),
    _numeric("heavy tails", 1_000, 3, _tails),
    _numeric("smooth", 1_000, 4, _smooth),
    _numeric("skew and spread", 5_000, 3, _skew),
    _numeric("two humps", 5_000, 3, _two_humps),
    _numeric("a third nought", 10_000, 3, _zeros),
    _numeric("heavy tails", 5_000, 3, _tails),
    _numeric("smooth", 10_000, 4, _smooth),
    _numeric("smooth", 50_000, 2, lambda x, u: np.sin(2 * x[0]) + x[1] ** 2 + 0.3 * (1 + 0.5 * x[0]) * norm.ppf(u)),
    _numeric("linear", 10_000, 4, _linear),
    Law("a yes or no over 4^8 cells", 20_000, categories(8), chances=_cells),
    Law("three classes", 200_000, mixed, chances=_classes),
)
"""A table's seed draws rows and nothing else: the law is the same."""
