"""Quantiles of weighted rows that leave room for the row that is to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["ends", "likely_labels", "upper"]

ROUNDING = 1e-12


def upper(scores: Array, weights: Array, new: float, level: float) -> float:
    """The least score that a share `level` of all weight does not exceed; a new row's weight counts as beyond all.

    Infinite where the rows alone do not have so much.  Source: Tibshirani et al. (2019), equation 10 and lemma 3.
    Shape: scores and weights (rows,).

    >>> upper(np.array([3.0, 1.0, 2.0]), np.ones(3), 1.0, 0.75), upper(np.array([3.0, 1.0, 2.0]), np.ones(3), 1.0, 0.8)
    (3.0, inf)
    """
    order = np.argsort(scores, kind="stable")
    shares = np.cumsum(weights[order]) / (weights.sum() + new)
    place = int(np.searchsorted(shares, level - ROUNDING))
    return float(scores[order][place]) if place < len(scores) else float("inf")


def ends(values: Array, weights: Array, new: float, level: float) -> tuple[float, float]:
    """The equal-tailed interval: what a new value, of weight `new`, may be without lying too far out among the rows.

    Full conformal prediction, where a row is the odder the less mass lies beyond it on its side, with half of what is
    equal to it: a new value is left out where it and what is as odd, on both sides, have no more than 1 - level of all
    weight. Unlike two one-sided quantiles this reckons with the new row once. Either end is infinite where the rows do
    not suffice.
    Source: Tibshirani et al. (2019), lemma 3; Vovk, Gammerman and Shafer (2005), section 2.2.
    Shape: values and weights (rows,).

    >>> ends(np.arange(1.0, 20.0), np.ones(19), 1.0, 0.9), ends(np.arange(1.0, 19.0), np.ones(18), 1.0, 0.9)
    ((1.0, 19.0), (-inf, inf))
    """
    most = (1 - level) * (weights.sum() + new) * (1 + ROUNDING) - new
    return -_end(-values, weights, most), _end(values, weights, most)


def _end(values: Array, weights: Array, most: float) -> float:
    """The least value such that the mass above, with that of the other side that is as odd, is no more than `most`."""
    places, group = np.unique(values, return_inverse=True)
    group = group.reshape(-1)
    mass = np.bincount(group, weights=weights)
    below, above = np.cumsum(mass) - mass, np.cumsum(mass[::-1])[::-1] - mass
    beyond = below[group] + (mass[group] - weights) / 2
    order = np.argsort(beyond, kind="stable")
    total = np.r_[0.0, np.cumsum(weights[order])]
    out = above + total[np.searchsorted(beyond[order], above, side="right")] <= most
    return float(places[out.argmax()]) if out.any() else float("inf")


def likely_labels(shares: Array, new: float, level: float, labels: Sequence[Any]) -> tuple[Any, ...]:
    """The most frequent labels that together have a share `level` of all weight; `new` is that of a new row.

    All labels where no fewer do.  Shape: shares (labels,), which sum to one less the share of a new row.

    >>> likely_labels(np.array([0.2, 0.5, 0.25]), 0.05, 0.7, ["a", "b", "c"])
    ('b', 'c')
    """
    order = np.argsort(-shares, kind="stable")
    reached = np.cumsum(shares[order]) / (shares.sum() + new)
    count = min(int(np.searchsorted(reached, level - ROUNDING)) + 1, len(labels))
    return tuple(labels[k] for k in sorted(order[:count]))
