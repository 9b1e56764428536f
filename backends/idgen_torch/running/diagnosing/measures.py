"""Scores and tests of draws beside rows, in numpy: each with its source."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.hinge.diagnostics import Test

__all__ = [
    "crps",
    "kolmogorov",
    "marginal_crps",
    "marginal_density",
    "paired",
    "shares_apart",
    "swapped",
    "transformed",
    "uniform_test",
]


def crps(values: Array, draws: Array) -> Array:
    """The continuous ranked probability score of each row's law, of which there are draws.  Shape: (rows,).

    E|X - y| - E|X - X'| / 2, unbiased for few draws (Gneiting and Raftery 2007, eq. 21; Ferro 2014).
    Shape: values (rows,), draws (rows, k) with k > 1.

    >>> crps(np.array([0.0]), np.array([[-1.0, 1.0]])).tolist()
    [0.0]
    """
    k = draws.shape[1]
    ordered = np.sort(draws, axis=1)
    rank = 2 * np.arange(1, k + 1) - k - 1
    spread = 2 * (ordered @ rank) / (k * (k - 1))  # E|X - X'|
    return np.asarray(np.abs(draws - values[:, None]).mean(1) - spread / 2)


def marginal_crps(values: Array) -> Array:
    """The score of each value by the law of the others.  Shape: (rows,) -> (rows,).

    >>> marginal_crps(np.array([0.0, 1.0, 2.0])).round(3).tolist()
    [1.0, 0.0, 1.0]
    """
    n = len(values)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    total = ordered.sum()
    below = np.concatenate([[0.0], np.cumsum(ordered)[:-1]])
    place = np.arange(n)
    apart = place * ordered - below + (total - below - ordered) - (n - 1 - place) * ordered  # sum of |x_j - x_i|
    everything = apart.sum()
    # Of the others: their mean distance to this one, less half their mean distance to each other.
    inner = (everything - 2 * apart) / max((n - 1) * (n - 2), 1)
    found = np.empty(n)
    found[order] = apart / max(n - 1, 1) - inner / 2
    return found


def marginal_density(values: Array) -> Array:
    """Log-density of each value by a kernel estimate from the others (Silverman 1986, eq. 3.31).  Shape: (rows,)."""
    n = len(values)
    quartiles = np.quantile(values, [0.25, 0.75])
    scale = min(float(values.std()), float(quartiles[1] - quartiles[0]) / 1.34) or float(values.std()) or 1.0
    width = 0.9 * scale * n ** (-0.2)
    found = np.empty(n)
    for start in range(0, n, 500):
        z = (values[start : start + 500, None] - values[None, :]) / width
        kernel = np.exp(-0.5 * z**2)
        kernel[np.arange(len(z)), start + np.arange(len(z))] = 0
        found[start : start + 500] = kernel.sum(1)
    return np.asarray(np.log(np.maximum(found, 1e-12) / ((n - 1) * width * np.sqrt(2 * np.pi))))


def transformed(values: Array, draws: Array, generator: np.random.Generator) -> Array:
    """Where each value lies among its draws, from 0 to 1, ties at random (Czado, Gneiting and Held 2009).

    Uniform where the value is one more draw.  Shape: values (rows,), draws (rows, k) -> (rows,).
    """
    below = (draws < values[:, None]).sum(1)
    equal = (draws == values[:, None]).sum(1)
    place = below + generator.random(len(values)) * (equal + 1)
    return np.asarray(place / (draws.shape[1] + 1))


def uniform_test(places: Array) -> tuple[float, float]:
    """Kolmogorov's distance of values in [0, 1] from uniform, and its p-value."""
    from scipy.stats import kstest

    found = kstest(places, "uniform")
    return float(found.statistic), float(found.pvalue)


def swapped(row_scores: Array, draw_scores: Array) -> tuple[float, float, float]:
    """AUC of scores of rows over those of draws, its standard error and one-sided p-value, where each row has a draw.

    If draws are like rows, the two of a pair may change places: the sum of their differences in rank has mean zero and
    the sum of squares as variance (a sign-flip test, Good 2005, section 3.2; normal for many pairs).
    Shape: (pairs,) each.

    >>> swapped(np.array([3.0, 4.0]), np.array([1.0, 2.0]))[0]
    1.0
    """
    from scipy.stats import norm, rankdata

    n = len(row_scores)
    ranks = rankdata(np.concatenate([row_scores, draw_scores]))
    apart = ranks[:n] - ranks[n:]
    error = float(np.sqrt((apart**2).sum()))
    auc = 0.5 + float(apart.sum()) / (2 * n**2)
    return auc, error / (2 * n**2), float(norm.sf(apart.sum() / error)) if error > 0 else 1.0


def paired(model: Array, other: Array, groups: Array) -> tuple[float, float, float]:
    """Mean of model - other, its standard error over groups of rows, and the one-sided p-value of it being above 0."""
    from scipy.stats import norm

    apart = model - other
    _, place = np.unique(groups, return_inverse=True)
    sums = np.bincount(place.reshape(-1), apart - apart.mean())
    error = float(np.sqrt((sums**2).sum())) / len(apart)
    mean = float(apart.mean())
    return mean, error, float(norm.sf(mean / error)) if error > 0 else 1.0


def kolmogorov(one: Array, other: Array, weights: Array | None, name: str) -> Test:
    """Kolmogorov's distance of two samples, the first of them perhaps weighted, of so many effective rows."""
    from scipy.stats import kstwobign

    mass = np.ones(len(one)) if weights is None else weights
    order = np.argsort(one, kind="stable")
    grid = np.concatenate([one, other])
    heights = np.concatenate([[0.0], np.cumsum(mass[order])]) / mass.sum()
    first = heights[np.searchsorted(one[order], grid, side="right")]
    second = np.searchsorted(np.sort(other), grid, side="right") / len(other)
    distance = float(np.abs(first - second).max())
    effective = float(mass.sum() ** 2 / (mass**2).sum())
    rows = effective * len(other) / (effective + len(other))
    p = float(kstwobign.sf(distance * np.sqrt(rows)))
    return Test(name, distance * float(np.sqrt(rows)), p, p, distance, round(effective))


def shares_apart(one: Array, other: Array, weights: Array | None, name: str, effect: Callable[..., float]) -> Test:
    """Whether two samples of codes have the same shares (Pearson's chi-squared of both, by effective rows).

    effect: of both shares, how far they are apart.
    """
    from scipy.stats import chi2

    size = int(max(one.max(initial=0), other.max(initial=0))) + 1
    mass = np.ones(len(one)) if weights is None else weights
    effective = float(mass.sum() ** 2 / (mass**2).sum())
    p, q = np.bincount(one, mass, size) / mass.sum(), np.bincount(other, minlength=size) / len(other)
    both = (effective * p + len(other) * q) / (effective + len(other))
    # Cells that hardly anything falls into are one: the law of the statistic holds for expected counts of five or so.
    rare = both * min(effective, len(other)) < 5
    if rare.any():
        p, q = (np.append(own[~rare], own[rare].sum()) for own in (p, q))
        both = np.append(both[~rare], both[rare].sum())
    kept = both > 0
    inverse = 1 / effective + 1 / len(other)
    statistic = float((((p - q) ** 2)[kept] / (both[kept] * inverse)).sum())
    freedom = max(int(kept.sum()) - 1, 1)
    chance = float(chi2.sf(statistic, freedom))
    return Test(name, statistic, chance, chance, effect(p, q), round(effective))
