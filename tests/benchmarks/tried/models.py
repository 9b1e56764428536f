"""The two models that most tables are drawn from, and tables that are another way to write such rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.tried.case import BAR, Array, Columns, Generator, Tried

__all__ = ["ROWS", "few", "line", "plain", "real"]

ROWS, MOST = 4_000, 0.75
"""How many rows there are when nobody says; and the highest bar, in standard deviations, where there are few."""

Write = Callable[[Columns, Generator, Path], Any]
Chance = Callable[[Array], Array]
Outcomes = Callable[[Generator, Array, Array], Array]


def line(r: Generator, z: Array, x: Array) -> Array:
    """A line with noise; of the variance of Y given X, two thirds are the cause's."""
    return np.asarray(x + z + 0.7 * r.normal(size=len(z)))


def likely(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-1.2 * z)))


def plain(columns: Columns, rng: Generator, folder: Path) -> Any:
    """The columns as they are."""
    return columns


def real(
    kind: str,
    name: str,
    wrong: str,
    write: Write = plain,
    *,
    cause: Callable[[Generator, int], Array] = lambda r, n: r.normal(size=n),
    outcome: Outcomes = line,
    chance: Chance = likely,
    treat: Callable[[Generator, Array], Array] | None = None,
    values: Sequence[tuple[Any, float]] = ((0, 0), (1, 1)),
    rows: int = ROWS,
    within: float | None = None,
    **more: Any,
) -> Tried:
    """Z -> X -> Y; Z -> Y with numbers Z and Y; `values` are those of X as the user writes them, and as they are.

    The truth is that of all rows, or within a value of Z.
    """

    def table(rng: Generator, folder: Path) -> Any:
        z = cause(rng, rows)
        x = (rng.random(rows) < chance(z)).astype(int) if treat is None else treat(rng, z)
        return write({"Z": z, "X": x, "Y": outcome(rng, z, x)}, rng, folder)

    def law(x: float) -> Callable[[Generator], Array]:
        def after(rng: Generator) -> Array:
            z = cause(rng, 200_000) if within is None else np.full(200_000, within)
            return outcome(rng, z, np.full(len(z), x))

        return after

    more.setdefault("bar", min(BAR * float(np.sqrt(ROWS / max(min(rows, ROWS), 1))), MOST))
    return Tried(kind, name, wrong, table, tuple((said, law(x)) for said, x in values), **more)


_CHANCE = np.array([0.15, 0.4, 0.85])
_RISK = np.array([[0.1, 0.3], [0.3, 0.6], [0.6, 0.9]])


def few(
    kind: str,
    name: str,
    wrong: str,
    write: Write = plain,
    *,
    values: Sequence[tuple[Any, int]] = ((0, 0), (1, 1)),
    rows: int = ROWS,
    blind: bool = False,
    **more: Any,
) -> Tried:
    """The same graph with three levels of Z and two of X and Y; `blind` where no table can say the truth."""

    def table(rng: Generator, folder: Path) -> Any:
        z = rng.choice(3, rows, p=[0.4, 0.35, 0.25])
        x = (rng.random(rows) < _CHANCE[z]).astype(int)
        return write({"Z": z, "X": x, "Y": (rng.random(rows) < _RISK[z, x]).astype(int)}, rng, folder)

    def law(x: int) -> Callable[[Generator], Array]:
        return lambda rng: (rng.random(200_000) < _RISK[rng.choice(3, 200_000, p=[0.4, 0.35, 0.25]), x]).astype(int)

    truth = () if blind else tuple((said, law(x)) for said, x in values)
    return Tried(kind, name, wrong, table, truth, fast=True, **more)
