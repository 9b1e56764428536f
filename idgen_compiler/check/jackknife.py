"""The variance of a statistic that is a smooth function of totals over the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["GROUPS", "groups_of", "hotelling"]

GROUPS = 200
"""Into how many groups the rows fall: fewer where there are fewer rows."""

STEP = 1e-4
"""The relative change of a group's weight in the numerical derivative."""


def groups_of(rows: int, generator: np.random.Generator) -> Array:
    """A group for each row, at random, of equal sizes.  Shape: (rows,)."""
    return np.asarray(generator.permutation(np.arange(rows) % min(GROUPS, rows)))


def hotelling(
    statistic: Callable[[Array], Array], total: Array, shares: Iterable[Array]
) -> tuple[float, int, float] | None:
    """Hotelling's T2 for `statistic(total)` being zero, its rank and its p-value; None where it never varies.

    `shares` are the groups' parts of the total. The covariance comes from the derivatives of the statistic by the
    groups' weights, the infinitesimal jackknife (Jaeckel 1972), so that everything estimated on the way to the
    statistic counts.
    """
    from scipy.stats import f

    value = statistic(total)
    slopes = [(statistic(total + STEP * share) - statistic(total - STEP * share)) / (2 * STEP) for share in shares]
    influence, groups = np.array(slopes), len(slopes)
    covariance = influence.T @ influence * groups / max(groups - 1, 1)
    spread, directions = np.linalg.eigh(covariance)
    kept = spread > 1e-9 * max(float(spread.max(initial=0.0)), 1e-18)
    rank = int(kept.sum())
    if rank == 0 or groups <= rank + 1:
        return None
    squared = float(((directions[:, kept].T @ value) ** 2 / spread[kept]).sum())
    return squared, rank, float(f.sf(squared * (groups - rank) / (rank * (groups - 1)), rank, groups - rank))
