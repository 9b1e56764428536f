"""How often prediction intervals hold an outcome that is drawn under do(x) from the true model.

Each data set has `rows` rows, and one interval for a draw under do(x), x = 1 and 0 in turn; `coverage` is its share of
20,000 outcomes drawn under do(x) from the model that made the data, on average over the data sets, `sd` how much it
varies between these, `width` its mean width, or how many labels a set holds. `seen` is the coverage of the interval
that rows with X = x give without weights, `true width` that of the true equal-tailed interval. `at Z` are intervals at
values of Z: a fresh Z for each outcome. `seconds` are for one data set on one thread, weights and all.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import idgen_compiler as idgen
from tests.benchmarks.report import Row

__all__ = ["TASKS", "Task", "covered", "run"]

LEVEL = 0.9
SETS = 50
FRESH = 20_000

Array = NDArray[Any]
Draw = Callable[[int, np.random.Generator, int | None], dict[str, Array]]


@dataclass(frozen=True)
class Task:
    """A query, a graph and the model that makes data: `draw(n, rng, x)`, x None for what is seen."""

    query: str
    graph: str
    draw: Draw
    given: tuple[str, ...] = ()


def _coin(p: Array, rng: np.random.Generator) -> Array:
    return (rng.random(len(p)) < p).astype(np.int64)


def _logistic(t: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-t)))


def front_door(n: int, rng: np.random.Generator, x: int | None) -> dict[str, Array]:
    """X binary, a real mediator, and a skewed outcome that shares a hidden cause with X."""
    u = rng.normal(size=n)
    own = _coin(_logistic(1.4 * u), rng)
    seen = own if x is None else np.full(n, x)
    m = 0.9 * seen + rng.normal(size=n) * 0.7
    y = np.cos(1.5 * m) + 0.8 * m + 1.2 * u + rng.gamma(2.0, 0.4, size=n)
    return {"X": seen, "M": m, "Y": y}


def napkin(n: int, rng: np.random.Generator, x: int | None) -> dict[str, Array]:
    """W1 real; W1 shares hidden causes with X and with Y."""
    a, b = rng.normal(size=(2, n))
    w1 = 0.4 * a + b + rng.normal(size=n) * 0.3
    w2 = _coin(_logistic(1.3 * w1 - 0.2), rng)
    own = _coin(_logistic(3 * w2 - 1.5 + 0.7 * a), rng)
    seen = own if x is None else np.full(n, x)
    y = 1.2 * seen + b + 0.4 * b**2 + rng.normal(size=n) * (0.4 + 0.3 * seen)
    return {"W1": w1, "W2": w2, "X": seen, "Y": y}


def back_door(n: int, rng: np.random.Generator, x: int | None) -> dict[str, Array]:
    """A spread that depends on Z."""
    z = rng.normal(size=n)
    own = _coin(_logistic(1.2 * z), rng)
    seen = own if x is None else np.full(n, x)
    y = np.sin(2 * z) + seen * z + rng.normal(size=n) * (0.3 + np.abs(z))
    return {"Z": z, "X": seen, "Y": y}


def front_door_at(n: int, rng: np.random.Generator, x: int | None) -> dict[str, Array]:
    """The front-door with another cause of Y."""
    found = front_door(n, rng, x)
    z = rng.uniform(-1, 1, n)
    return {**found, "Z": z, "Y": found["Y"] + 2 * z + z * rng.normal(size=n)}


def front_door_labels(n: int, rng: np.random.Generator, x: int | None) -> dict[str, Array]:
    """The front-door with an outcome of six labels."""
    found = front_door(n, rng, x)
    return {**found, "Y": np.digitize(found["Y"], [-0.5, 0.7, 1.7, 2.7, 4.0])}


FRONT = "X -> M -> Y; X <-> Y"
TASKS: Mapping[str, Task] = {
    "front-door": Task("P(Y | do(X))", FRONT, front_door),
    "napkin": Task("P(Y | do(X))", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y", napkin),
    "back-door at Z": Task("P(Y | do(X), Z)", "Z -> X -> Y; Z -> Y", back_door, ("Z",)),
    "front-door at Z": Task("P(Y | do(X), Z)", f"{FRONT}; Z -> Y", front_door_at, ("Z",)),
    "front-door, 6 labels": Task("P(Y | do(X))", FRONT, front_door_labels),
}


def run(quick: bool) -> list[Row]:
    """A row for each task."""
    rows, sets = (400, 2) if quick else (2_000, SETS)
    return [_row(name, task, rows, sets) for name, task in TASKS.items()]


def _row(name: str, task: Task, rows: int, sets: int) -> Row:
    start = time.perf_counter()
    found = np.array([covered(task, rows, seed) for seed in range(sets)])
    seconds = (time.perf_counter() - start) / sets
    coverage, width, seen, best, effective = found.mean(0)
    real = not np.isnan(seen)
    return {
        "task": name,
        "rows": rows,
        "sets": sets,
        "level": LEVEL,
        "coverage": float(coverage),
        "sd": float(found[:, 0].std(ddof=1)),
        "width": float(width),
        "true width": float(best) if real else None,
        "seen": float(seen) if real else None,
        "effective rows": float(effective),
        "seconds": seconds,
    }


def covered(task: Task, rows: int, seed: int) -> tuple[float, float, float, float, float]:
    """Coverage, width, coverage without weights, the true interval's width, effective rows; NaN where there is none."""
    rng, x = np.random.default_rng([seed, 17]), 1 - seed % 2
    data, fresh = task.draw(rows, rng, None), task.draw(FRESH, rng, x)
    program = idgen.compile(idgen.Query.parse(task.query), idgen.ADMG.parse(task.graph))
    types = {name: "categorical" for name, column in data.items() if column.dtype.kind == "i"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", idgen.OverlapWarning)
        sampler: Any = program.fit(data, train="asked", seed=seed, device="cpu", types=types)
        given = {name: fresh[name] for name in task.given}
        found = sampler.predict_interval("Y", do={"X": x}, given=given, level=LEVEL, seed=seed)
    share, width = float(found.holds(fresh["Y"]).mean()), float(np.mean(found.width))
    if task.given or found.labels is not None:
        return share, width, float("nan"), float("nan"), found.effective_rows
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = np.quantile(data["Y"][data["X"] == x], tails)
    ends = np.quantile(fresh["Y"], tails)
    seen = float(np.mean((fresh["Y"] >= low) & (fresh["Y"] <= high)))
    return share, width, seen, float(ends[1] - ends[0]), found.effective_rows
