"""Numbers with a long tail, brought to the shape of a normal law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Straightened"]

SKEW = 1.0  # a skewness from which on a number is read by its rank
VALUES = 8
GRID = 100


@dataclass(frozen=True, eq=False)
class Straightened:
    """Normal scores for each number whose skewness is above 1, between quantiles of the training rows.

    An income or a dose acts by its order of magnitude; splines and kernels of such a number as it is see one lump and
    a few far rows.  Other numbers stay as they are, and so do those of few values.
    Source: van der Waerden (1952), the scores.
    """

    tables: tuple[tuple[Array, Array] | None, ...]

    @classmethod
    def of(cls, design: Design) -> Straightened:
        """What these rows need."""
        return cls(tuple(_table(column) for column in design.numbers.T))

    def at(self, design: Design) -> Design:
        """The same rows with straightened numbers."""
        if not any(self.tables):
            return design
        columns = [
            column if table is None else np.interp(column, *table)
            for column, table in zip(design.numbers.T, self.tables, strict=True)
        ]
        return Design(np.column_stack(columns), design.codes, design.sizes, design.names)


def _table(values: Array) -> tuple[Array, Array] | None:
    from scipy.special import ndtri

    off = values - values.mean()
    spread = off.std()
    if not spread > 0 or abs(np.mean((off / spread) ** 3)) <= SKEW or len(np.unique(values)) < VALUES:
        return None
    n = len(values)
    shares = np.linspace(0.5 / n, 1 - 0.5 / n, min(GRID, n))
    places, first, copies = np.unique(np.quantile(values, shares), return_index=True, return_counts=True)
    # A value that fills several quantiles gets the score of their middle.
    middle = shares[first] + (copies - 1) / 2 * (shares[1] - shares[0])
    return places, np.asarray(ndtri(middle))
