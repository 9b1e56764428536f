"""How strongly two columns depend on each other, and how unlikely that is by chance: quick tests on few rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf, log, sqrt

import numpy as np

from idgen_compiler.check.columns import CodedColumn
from idgen_compiler.check.covariance import shuffled, varying, whitened
from idgen_compiler.data.arrays import Array

__all__ = ["Dependence", "Margin", "dependence", "residual_dependence"]

LEVELS, RARE, SEEN = 12, 0.01, 25
"""So many levels of a category are told apart, those that are neither too rare nor seen in too few rows."""

BINS, CELLS, KNOTS = 6, 100, 16
"""Bins of equal counts for numbers; how many values a given one may have to be taken for a category, and its bins."""

BEYOND_DOUBT = -60.0
"""Of two tests whose logarithms of p-values are below this, the one that finds the stronger dependence is told."""


@dataclass(frozen=True, slots=True)
class Dependence:
    """`strength` between 0 and 1 in the words of `measure`, and the logarithm of the p-value."""

    measure: str = ""
    strength: float = 0.0
    log_p: float = 0.0


@dataclass(frozen=True, eq=False)
class Margin:
    """One column as levels, 0 .. size-1, and a number as its standardized ranks too where no value is in most rows."""

    codes: Array  #: shape (rows,)
    size: int
    ranks: Array | None = None  #: shape (rows,)
    rest: float = 0.0  #: the share of rows whose levels are not told apart

    @classmethod
    def of(cls, column: CodedColumn) -> Margin:
        """A category with its rare levels as one; a number in bins of equal counts."""
        if column.categorical:
            codes, size, rest = _leveled(column)
            return cls(codes, size, rest=rest)
        edges = np.unique(np.quantile(column.values, np.linspace(0, 1, BINS + 1)[1:-1]))
        codes = np.unique(np.searchsorted(edges, column.values), return_inverse=True)[1].reshape(-1)
        ranks, most = _ranked(column.values)
        return cls(codes, int(codes.max()) + 1, ranks if most <= 0.5 else None)


def dependence(a: Margin, b: Margin) -> Dependence:
    """The likelier contradicted of two tests: the levels' contingency table, and the rank correlation of two numbers.

    Of Pearson's chi-squared and the likelihood ratio the less significant counts: the former is too sure of cells with
    low expected counts, the latter of tables with many cells (Agresti 2013, section 3.2.3). Its p-value is doubled for
    there being two tests.
    """
    from scipy.special import log_ndtr

    found = [Dependence()]
    total = len(a.codes)
    if a.ranks is not None and b.ranks is not None:
        correlation = abs(float(a.ranks @ b.ranks)) / total
        found.append(Dependence("correlation", correlation, log(4) + float(log_ndtr(-correlation * sqrt(total - 1)))))
    table = np.bincount(a.codes * b.size + b.codes, minlength=a.size * b.size).reshape(a.size, b.size).astype(float)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    if min(table.shape) > 1:
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
        pearson = float(((table - expected) ** 2 / expected).sum())
        seen = table > 0
        ratio = 2 * float((table[seen] * np.log(table[seen] / expected[seen])).sum())
        freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
        strength = sqrt(pearson / total / (min(table.shape) - 1))
        found.append(Dependence("Cramér's V", strength, log(2) + _log_beyond(min(pearson, ratio), freedom)))
    return min(found, key=lambda one: (max(one.log_p, BEYOND_DOUBT), -round(one.strength, 6)))


def residual_dependence(
    a: CodedColumn, b: CodedColumn, given: Sequence[CodedColumn], generator: np.random.Generator, doubt: float
) -> Dependence:
    """The dependence of what is left of two columns after least squares on given ones.

    The regressors are a constant for each value of a category and for each of many bins of a number, a slope within
    the bins, and products of coarser ones for each pair of given columns. The statistic is that of `covariance_test`;
    a log p-value below `doubt` has to stand beside shuffled residuals too.
    """
    design = _design(given)
    if len(design) < 10 * design.shape[1]:
        return Dependence()
    left, right = (_left_over(design, _features(column)) for column in (a, b))
    each = np.einsum("ni,nj->nij", left, right).reshape(len(left), -1)
    mean = each.mean(axis=0)
    spread, directions = varying(each)
    freedom = len(spread)
    if freedom == 0 or len(each) < 10 * freedom:
        return Dependence()
    statistic = float(len(each) * ((directions.T @ mean) ** 2 / spread).sum())
    log_p = _log_beyond(statistic, freedom)
    both = whitened(left), whitened(right)
    strength = float(np.linalg.norm(both[0].T @ both[1]) / len(left) / sqrt(min(part.shape[1] for part in both)))
    if log_p < doubt:
        log_p = max(log_p, log(max(shuffled(left, right, generator), 1e-300)))
    return Dependence("correlation", strength, log_p)


def _log_beyond(statistic: float, freedom: int) -> float:
    """The logarithm of chi-squared's probability beyond a value; minus infinity where that is below any double.

    By the function itself: `scipy.stats` takes most of a second to import, which every fit would wait for.
    """
    from scipy.special import chdtrc

    beyond = float(chdtrc(freedom, statistic))
    return log(beyond) if beyond > 0 else -inf


def _leveled(column: CodedColumn) -> tuple[Array, int, float]:
    """A category's codes with the levels that are rare, or not among the most frequent, as one; and their number.

    Also the share of the rows that have such a level.
    """
    counts = np.bincount(column.values, minlength=column.size)
    kept = np.argsort(-counts, kind="stable")[: LEVELS - 1]
    kept = kept[counts[kept] >= max(SEEN, RARE * len(column.values))]
    place = np.full(column.size, len(kept))
    place[kept] = np.arange(len(kept))
    codes = place[column.values]
    rest = float((codes == len(kept)).mean())
    if 0 < (codes == len(kept)).sum() < SEEN and len(kept):  # too few to be a level
        codes = np.minimum(codes, len(kept) - 1)
    return codes, int(codes.max(initial=0)) + 1, rest


def _ranked(values: Array) -> tuple[Array, float]:
    """Ranks with mean 0 and variance 1, equal values at their mean rank; and the share of the most frequent value."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    ranks = middle[place.reshape(-1)]
    spread = float(ranks.std())
    return (ranks - ranks.mean()) / (spread if spread > 0 else 1.0), float(counts.max()) / len(values)


def _features(column: CodedColumn) -> Array:
    """Indicators of all levels but one, or the ranks.  Shape: (rows, features)."""
    if not column.categorical:
        return _ranked(column.values)[0][:, None]
    codes, size, _ = _leveled(column)
    return np.eye(size)[codes][:, : max(size - 1, 1)]


def _design(given: Sequence[CodedColumn]) -> Array:
    """The regressors that some columns make.  Shape: (rows, regressors)."""
    blocks, coarse = [np.ones((len(given[0].values), 1))], []
    for column in given:
        values = np.unique(column.values)
        if column.categorical or len(values) <= min(CELLS, len(column.values) / SEEN):
            codes = np.searchsorted(values, column.values)
            blocks.append(np.eye(len(values))[codes][:, 1:])
        else:
            ranks, _ = _ranked(column.values)
            edges = np.unique(np.quantile(ranks, np.linspace(0, 1, KNOTS + 1)[1:-1]))
            bins = np.eye(len(edges) + 1)[np.searchsorted(edges, ranks)]
            blocks += [bins[:, 1:], bins * ranks[:, None]]
        margin = Margin.of(column)
        indicators = np.eye(margin.size)[margin.codes][:, 1:]
        coarse.append(indicators if margin.ranks is None else np.column_stack([indicators, margin.ranks]))
    for one, other in combinations(coarse, 2):
        blocks.append(np.einsum("ni,nj->nij", one, other).reshape(len(one), -1))
    return np.column_stack(blocks)


def _left_over(design: Array, features: Array) -> Array:
    """The residuals of least squares.  Shape: (rows, features)."""
    coefficients, *_ = np.linalg.lstsq(design, features, rcond=None)
    left = features - design @ coefficients
    return np.asarray(left - left.mean(axis=0))
