"""Whole numbers that are codes: does a variable jump from each to its neighbors, or change smoothly along the scale?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["MOST_LEVELS", "acts_as_codes"]

MOST_LEVELS = 300
"""More levels than this are never taken for categories unasked; they are told."""

FEWEST_LEVELS, ROWS_PER_LEVEL = 18, 4
"""Fewer levels, or fewer rows for each on average, say nothing."""

NEAR = 0.75
"""So many of the levels, those nearest to their neighbors, have to jump: a scale may have steps and spikes."""

EXPECTED, DEVIATION = 0.368, 0.6
"""What their squared jumps are on average where there are none (a chi-square with one degree of freedom below its upper
quartile), and its deviation times the root of the number of levels, which share neighbors."""

ERRORS = 8.0
"""So many standard errors above that they have to be."""

_ROWS = 200_000


def acts_as_codes(values: Array, others: Mapping[str, Array]) -> str | None:
    """The variable that says so, where whole numbers act as codes; None where they may be a scale.

    Each other variable's mean at a level is held against those at the two levels beside it. Along a scale the
    difference is chance, but for a few steps; at codes it is as large as between any levels.
    Shape: values (rows,); others by name (rows,), or (rows, indicators) for categories.

    >>> site = np.arange(2000) % 40
    >>> acts_as_codes(site, {"Y": np.sin(site**2) + 0.0, "noise": np.random.default_rng(0).normal(size=2000)})
    'Y'
    """
    levels, place = np.unique(values, return_inverse=True)
    if len(levels) < FEWEST_LEVELS or len(values) < ROWS_PER_LEVEL * len(levels):
        return None
    columns = {name: other.reshape(len(other), -1) for name, other in others.items()}
    if len(values) > _ROWS:
        kept = np.random.default_rng(0).choice(len(values), _ROWS, replace=False)
        place, columns = place[kept], {name: other[kept] for name, other in columns.items()}
    found = {name: max(_excess(place, each) for each in other.T) for name, other in columns.items()}
    best = max(found, key=lambda name: found[name], default=None)
    return best if best is not None and found[best] > ERRORS else None


def _excess(place: Array, other: Array) -> float:
    """By how many standard errors the squared jumps between neighbors exceed chance."""
    # Ranks, so that no outlier speaks for its level.
    ranks = np.argsort(np.argsort(other, kind="stable"), kind="stable").astype(np.float64)
    if len(np.unique(other)) <= 2:
        ranks = (other == other.max()).astype(np.float64)
    counts = np.bincount(place).astype(np.float64)
    sums = np.bincount(place, weights=ranks)[counts > 0]
    counts = counts[counts > 0]
    means = sums / counts
    inside = (np.square(ranks).sum() - (counts * np.square(means)).sum()) / max(len(place) - len(counts), 1)
    inside = max(inside, 1e-9 * np.square(ranks).mean())
    if len(counts) < FEWEST_LEVELS or inside <= 0:
        return 0.0
    jumps = means[1:-1] - (means[:-2] + means[2:]) / 2
    chance = inside * (1 / counts[1:-1] + 1 / (4 * counts[:-2]) + 1 / (4 * counts[2:]))
    near = np.sort(np.square(jumps) / chance)[: round(NEAR * len(jumps))]
    return float((near.mean() - EXPECTED) / (DEVIATION / math.sqrt(len(jumps))))
