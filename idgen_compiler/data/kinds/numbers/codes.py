"""Whole numbers that are codes: does a variable jump between neighbors, or change smoothly along the scale?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["MOST_LEVELS", "acts_as_codes"]

MOST_LEVELS = 300
"""More levels than this are never taken for categories unasked."""
ROWS_PER_LEVEL = 5
"""Fewer rows a level on average say nothing of its own."""

DEGREE = 8
"""Of the polynomial that stands for all that is smooth."""
LEVEL = 1e-6
"""Of the test, over all variables."""

_ROWS = 200_000


def acts_as_codes(values: Array, others: Mapping[str, Array]) -> str | None:
    """The variable that says so, where whole numbers act as codes; None where they may be a scale.

    Each other variable's means at the levels are held against a smooth curve through them, by the F-test for lack of
    fit. Source: Draper and Smith (1998), "Applied regression analysis", section 2.1.
    Shape: values (rows,); others by name (rows,), or (rows, indicators) for categories.
    """
    levels, place = np.unique(values, return_inverse=True)
    if not DEGREE + 10 < len(levels) <= MOST_LEVELS or len(values) < ROWS_PER_LEVEL * len(levels):
        return None
    columns = {name: other.reshape(len(other), -1) for name, other in others.items()}
    tests = sum(other.shape[1] for other in columns.values())
    if len(values) > _ROWS:
        kept = np.random.default_rng(0).choice(len(values), _ROWS, replace=False)
        place, columns = place[kept], {name: other[kept] for name, other in columns.items()}
    found = {name: min(_lack_of_fit(levels, place, each) for each in other.T) for name, other in columns.items()}
    best = min(found, key=lambda name: found[name], default=None)
    return best if best is not None and found[best] < LEVEL / tests else None


def _lack_of_fit(levels: Array, place: Array, other: Array) -> float:
    """The p-value of the test that the other variable's mean is a smooth function of the level."""
    from scipy.stats import f

    # Ranks, so that no outlier speaks for its level.
    ranks = np.argsort(np.argsort(other, kind="stable"), kind="stable").astype(np.float64)
    if len(np.unique(other)) <= 2:
        ranks = (other == other.max()).astype(np.float64)
    counts = np.bincount(place, minlength=len(levels)).astype(np.float64)
    there = counts > 0
    counts, sums = counts[there], np.bincount(place, weights=ranks, minlength=len(levels))[there]
    means = sums / counts
    inside = float(np.square(ranks).sum() - (counts * np.square(means)).sum())
    freedom, left = len(counts) - DEGREE - 1, len(place) - len(counts)
    if inside <= 0 or freedom <= 0 or left <= 0:
        return 1.0
    scaled = 2 * (levels[there] - levels[0]) / (levels[-1] - levels[0]) - 1
    curves = np.polynomial.legendre.legvander(scaled, DEGREE) * np.sqrt(counts)[:, None]
    wanted = means * np.sqrt(counts)
    fitted = curves @ np.linalg.lstsq(curves, wanted, rcond=None)[0]
    statistic = np.square(wanted - fitted).sum() / freedom / (inside / left)
    return float(f.sf(statistic, freedom, left))
