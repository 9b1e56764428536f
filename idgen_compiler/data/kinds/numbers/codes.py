"""Whole numbers that are codes: does a variable jump from each to its neighbors, or change smoothly along the scale?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["MOST_LEVELS", "ROWS_PER_VALUE", "SOME_VALUES", "Ranked", "acts_as_codes"]

SOME_VALUES, ROWS_PER_VALUE = 32, 10
"""Up to so many values, with so many rows for each on average, each have a probability of their own."""

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


@dataclass(frozen=True, slots=True)
class Ranked:
    """A column as the test sees it: ranks, so that no outlier speaks for its level, or zeros and ones.

    columns: one for a number, one for each indicator of a category; shape of each: (rows that are looked at,).
    """

    columns: tuple[Array, ...]

    @classmethod
    def of(cls, values: Array) -> Ranked:
        """Numbers (rows,), or indicators (rows, indicators) of categories."""
        seen = _looked_at(values)
        return cls(tuple(map(_ranks, seen.reshape(len(seen), -1).T)))


def acts_as_codes(values: Array, others: Mapping[str, Ranked]) -> str | None:
    """The variable that says so, where whole numbers act as codes; None where they may be a scale.

    Each other variable's mean at a level is held against those at the two levels beside it. Along a scale the
    difference is chance, but for a few steps; at codes it is as large as between any levels.
    Shape: values (rows,); the others have the same rows.

    >>> site = np.arange(2000) % 40
    >>> others = {"Y": np.sin(site**2) + 0.0, "noise": np.random.default_rng(0).normal(size=2000)}
    >>> acts_as_codes(site, {name: Ranked.of(other) for name, other in others.items()})
    'Y'
    """
    levels, place = np.unique(values, return_inverse=True)
    if len(levels) < FEWEST_LEVELS or len(values) < ROWS_PER_LEVEL * len(levels):
        return None
    place = _looked_at(place)
    found = {name: max(_excess(place, ranks) for ranks in other.columns) for name, other in others.items()}
    best = max(found, key=lambda name: found[name], default=None)
    return best if best is not None and found[best] > ERRORS else None


def _looked_at(values: Array) -> Array:
    """The rows that are looked at, the same of every column of a table."""
    if len(values) <= _ROWS:
        return values
    return values[np.random.default_rng(0).choice(len(values), _ROWS, replace=False)]


def _ranks(values: Array) -> Array:
    if len(np.unique(values)) <= 2:
        return np.asarray((values == values.max()).astype(np.float64))
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)


def _excess(place: Array, ranks: Array) -> float:
    """By how many standard errors the squared jumps between neighbors exceed chance."""
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
