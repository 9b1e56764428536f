"""Where an answer rests: how much of it on values of a model's inputs that no rows, or few, show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.adjoint.rules.residual import Law
from idgen_compiler.adjoint.rules.reweight import WeightedLaw
from idgen_compiler.adjoint.rules.train import Conditional
from idgen_compiler.estimand.tables import Array, Table
from idgen_compiler.forms.spelling import spelled_all

__all__ = ["FEW", "Support", "kish", "supports"]

FEW = 5
"""A cell with fewer rows is thin."""


@dataclass(frozen=True, eq=False)
class Support:
    """How the asked law lies over the inputs of one model, and how the rows do.

    asked: the share of the answer at each cell of the inputs.  rows: how many rows are there, None where they are not
    counted.  Shape of asked and frequencies: an axis for each input.

    Of a law by weights (without targets) the inputs are what its policy draws and what the propensity of that reads:
    rows that are to be weighed.
    """

    model: str
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    asked: Array
    frequencies: Array
    rows: float | None

    @property
    def bare(self) -> Array:
        """Which cells have no rows.  Shape: an axis for each input, booleans."""
        return np.asarray(self.frequencies == 0)

    @property
    def sparse(self) -> Array:
        """Which cells have fewer than `FEW` rows, and some.  Shape: an axis for each input, booleans."""
        counts = self.frequencies * (self.rows or 0.0)
        return np.asarray((counts > 0) & (counts < FEW))

    @property
    def empty(self) -> float:
        """The share of the answer that rests on cells without rows."""
        return float(self.asked[self.bare].sum())

    @property
    def thin(self) -> float:
        """The share that rests on cells with fewer than `FEW` rows, and some."""
        return float(self.asked[self.sparse].sum())

    @property
    def name(self) -> str:
        """P(Y | X, Z), as it is called."""
        return f"P({spelled_all(self.targets)}{f' | {spelled_all(self.inputs)}' if self.inputs else ''})"


def supports(values: Mapping[str, Any]) -> Iterator[Support]:
    """The supports of all that the asked law reaches, by operation, once its mass was handed back (`Forward.mass`).

    Shares are of the answer; where a model is asked several times, of all that it is asked.
    """
    for name, value in values.items():
        if isinstance(value, Conditional) and value.mass is not None and value.inputs:
            asked = np.asarray(value.mass.aligned(value.inputs), dtype=np.float64)
            total = float(asked.sum())
            if total > 0:
                p = np.asarray(value.frequencies.aligned(value.inputs), dtype=np.float64)
                yield Support(name, value.targets, value.inputs, asked / max(total, 1.0), p, value.law.rows)
        elif isinstance(value, WeightedLaw) and value.reached:
            for wanted in value.wanted():
                p = np.asarray(value.law.marginal(wanted.axes).aligned(wanted.axes), dtype=np.float64)
                yield Support(name, (), wanted.axes, np.asarray(wanted.values, dtype=np.float64), p, value.law.rows)


def kish(weight: Table, law: Law) -> tuple[float, float]:
    """The effective number of rows under a weight, and the largest share of one row in it.

    (sum w)^2 / sum w^2, over the rows of the law.  Source: Kish (1965), section 11.7.
    """
    rows = law.rows or 0.0
    p = np.asarray(law.marginal(weight.axes).aligned(weight.axes), dtype=np.float64)
    w = np.where(p > 0, np.asarray(weight.values, dtype=np.float64), 0)
    total, squares = float((p * w).sum()), float((p * w * w).sum())
    if total <= 0 or squares <= 0 or not rows:
        return 0.0, 1.0
    return rows * total**2 / squares, float(w.max()) / (rows * total)
