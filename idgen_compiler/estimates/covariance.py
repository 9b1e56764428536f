"""How numbers from one table vary together, and how far an interval reaches."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.estimates.answers import Answers

__all__ = ["FEWEST", "at_once", "cluster_count", "covariance_of", "critical_of", "freedom_of", "p_value_of"]

FEWEST = 10
"""With fewer clusters nothing is said of how they vary."""

MANY = 1_000
"""More degrees of freedom are as good as infinitely many."""

_DRAWS, _AT_ONCE = 200_000, 10_000
"""Draws by which a simultaneous critical value is found, and how many are held at a time."""


def covariance_of(answers: Answers) -> Array:
    """The covariance of the numbers.  Shape: (k, k).

    With influence phi and weights w (1 without): sum (w phi)(w phi)' / (sum w)^2; of frequencies, with n = sum w,
    sum w phi phi' / n^2; of clusters, with s_g the sum of w phi in cluster g, G / (G - 1) sum s_g s_g' / (sum w)^2
    (Liang and Zeger 1986). Of a bootstrap it is that of the repeats. What is left of drawing is added.

    Raises DataError for fewer than `FEWEST` clusters.
    """
    count = cluster_count(answers)
    if answers.draws is not None:
        return np.atleast_2d(np.cov(answers.draws, rowvar=False)) + answers.drawn
    rows, weights = len(answers.influence), answers.weights
    total = float(rows if weights is None else weights.sum())
    summed = answers.influence if weights is None else answers.influence * weights[:, None]
    if count is not None:
        codes = np.unique(np.asarray(answers.clusters), return_inverse=True)[1].reshape(-1)
        sums = np.zeros((count, answers.size))
        np.add.at(sums, codes, summed)
        found = count / (count - 1) * (sums.T @ sums)
    else:
        found = summed.T @ (answers.influence if answers.frequency else summed)
    return found / total**2 + answers.drawn


def cluster_count(answers: Answers) -> int | None:
    """How many clusters there are, None where every row is on its own.  Raises DataError for too few."""
    if answers.clusters is None:
        return None
    count = len(np.unique(answers.clusters))
    if count < FEWEST:
        raise DataError(
            f"{count} clusters are too few to say how much they differ; {FEWEST} or more are needed, better 40: leave "
            "clusters out, or name a finer one"
        )
    return count


def freedom_of(answers: Answers) -> float:
    """Degrees of freedom of standard errors: one less than clusters, or what the backend says; many are infinite."""
    count = cluster_count(answers)
    found = answers.freedom if count is None else min(answers.freedom, count - 1)
    return math.inf if found > MANY else found


def critical_of(level: float, freedom: float) -> float:
    """How many standard errors an interval reaches: by the law of t, which is normal for infinite freedom.

    >>> round(critical_of(0.95, math.inf), 3), round(critical_of(0.95, 10), 3)
    (1.96, 2.228)
    """
    tail = (1 + level) / 2
    if math.isinf(freedom):
        return NormalDist().inv_cdf(tail)
    return float(_scipy().t.ppf(tail, freedom))


def p_value_of(distance: float, freedom: float) -> float:
    """The chance of a value so many standard errors away, on either side.

    >>> round(p_value_of(1.96, math.inf), 3)
    0.05
    """
    if math.isinf(freedom):
        return math.erfc(abs(distance) / math.sqrt(2))
    return float(2 * _scipy().t.sf(abs(distance), freedom))


def at_once(covariance: Array, level: float, freedom: float, seed: int) -> float:
    """How many standard errors all intervals have to reach to hold every number at once: the quantile of max |t|.

    By simulation from the numbers' normal law, or t law (Hothorn, Bretz and Westfall 2008, section 4); the
    error of the simulation lies near .005.  Shape: covariance (k, k)

    >>> round(at_once(np.eye(3), 0.95, math.inf, 0), 1)
    2.4
    """
    single = critical_of(level, freedom)
    se = np.sqrt(np.clip(np.diag(covariance), 0, None))
    kept = se > 0
    if kept.sum() < 2:
        return single
    shape = covariance[np.ix_(kept, kept)] / np.outer(se[kept], se[kept])
    values, vectors = np.linalg.eigh(shape)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    generator = np.random.default_rng(seed % 2**64)
    largest = []
    for _ in range(_DRAWS // _AT_ONCE):
        drawn = np.abs(generator.standard_normal((_AT_ONCE, len(values))) @ root.T).max(axis=1)
        if not math.isinf(freedom):
            drawn /= np.sqrt(generator.chisquare(freedom, _AT_ONCE) / freedom)
        largest.append(drawn)
    return max(single, float(np.quantile(np.concatenate(largest), level)))


def _scipy() -> Any:
    try:
        from scipy import stats
    except ImportError:
        raise IdgenError("intervals of few rows or clusters need scipy; pip install scipy") from None
    return stats
