"""Independence of variables of which some are numbers: the generalized covariance measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from idgen_compiler.check.columns import CodedColumn
from idgen_compiler.check.verdict import Outcome
from idgen_compiler.data.arrays import Array

__all__ = ["FOLDS", "KNOTS", "MOST_ROWS", "covariance_test", "predicted", "shuffled", "varying", "whitened"]

FOLDS, FEWEST_ROWS, MOST_PRODUCTS = 5, 20, 500
SHUFFLES, ENOUGH, DOUBTED = 999, 10, 0.1
KNOTS = 6
LANDMARKS = 100
MOST_ROWS = 20_000
"""More rows than this are thinned at random: the regressions then cost seconds, and power is no longer the question."""


def covariance_test(
    a: CodedColumn, b: CodedColumn, given: Sequence[CodedColumn], generator: np.random.Generator
) -> Outcome:
    """Whether the residuals of features of `a` and `b`, after regression on the given, are correlated.

    The features of a number are itself and its square after standardizing, of a category its indicators: so a
    dependence of spread is seen as well. n m' S^-1 m, for the mean m and covariance S of the products of residuals, is
    chi-squared in large samples when the regressions are good (Shah and Peters 2020, theorem 6).

    A rare category beside a skewed number makes S hang on a few rows, and the statistic large by chance: so what looks
    like a dependence is also compared with shuffled residuals, and the larger p-value counts.
    """
    from scipy.stats import chi2

    total = len(a.values)
    rows = np.arange(total) if total <= MOST_ROWS else np.sort(generator.choice(total, MOST_ROWS, replace=False))
    left, right = _features(a, rows), _features(b, rows)
    products = left.shape[1] * right.shape[1]
    if len(rows) < FEWEST_ROWS or (products > MOST_PRODUCTS and len(rows) < 10 * products):
        return Outcome.untested(f"{len(rows)} rows are too few for {products} products of features")
    if given:
        both = np.column_stack([left, right])
        both = both - predicted(both, [_inputs(column, rows) for column in given], generator)
        left, right = both[:, : left.shape[1]], both[:, left.shape[1] :]
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    each = np.einsum("ni,nj->nij", left, right).reshape(len(rows), -1)
    mean = each.mean(axis=0)
    spread, directions = varying(each)
    rank = len(spread)
    if rank == 0 or len(rows) < 10 * rank:
        return Outcome.untested("too few rows, or one of the two variables never varies where the others are known")
    statistic = float(len(rows) * ((directions.T @ mean) ** 2 / spread).sum())
    p_value = float(chi2.sf(statistic, rank))
    if p_value < DOUBTED:
        p_value = max(p_value, shuffled(left, right, generator))
    return Outcome("covariance of residuals", statistic, rank, p_value, float(len(rows)))


def shuffled(left: Array, right: Array, generator: np.random.Generator) -> float:
    """The p-value of the squared correlations of these residuals among those of shuffled ones.

    Far out, where hardly any shuffle comes, by the gamma law with the mean and variance of the shuffles.
    """
    from scipy.special import gammaincc

    left, right = whitened(left), whitened(right)
    found = float(((left.T @ right) ** 2).sum())
    drawn = np.array([((left.T @ right[generator.permutation(len(right))]) ** 2).sum() for _ in range(SHUFFLES)])
    above = int((drawn >= found * (1 - 1e-12)).sum())
    p_value = (1 + above) / (1 + SHUFFLES)
    if above >= ENOUGH or not (mean := float(drawn.mean())) > 0:
        return p_value
    scale = float(drawn.var()) / mean
    return min(p_value, float(gammaincc(mean / scale, found / scale))) if scale > 0 else p_value


def whitened(residuals: Array) -> Array:
    """Residuals of covariance one along the directions in which they vary.  Shape: (rows, features) -> (rows, rank)."""
    spread, directions = varying(residuals)
    return np.asarray(residuals @ directions / np.sqrt(spread))


def varying(values: Array) -> tuple[Array, Array]:
    """The variances along the directions in which values vary, and these.  Shape: -> (rank,), (features, rank)."""
    spread, directions = np.linalg.eigh(np.atleast_2d(np.cov(values.T, bias=True)))
    kept = spread > 1e-9 * max(float(spread.max(initial=0.0)), 1e-12)
    return spread[kept], directions[:, kept]


def _features(column: CodedColumn, rows: Array) -> Array:
    values = column.values[rows]
    if column.categorical:
        return np.eye(column.size)[values][:, :-1]
    number = _standardized(values)
    return np.column_stack([number, np.clip(number, -4, 4) ** 2])  # a bound, so that single rows do not decide


def _inputs(column: CodedColumn, rows: Array) -> Array:
    values = column.values[rows]
    return np.eye(column.size)[values] if column.categorical else _standardized(values)[:, None]


def _standardized(values: Array) -> Array:
    scale = float(values.std())
    return np.asarray((values - values.mean()) / (scale if scale > 0 else 1.0))


def predicted(
    targets: Array,
    inputs: Sequence[Array],
    generator: np.random.Generator,
    weights: Array | None = None,
    among: Array | None = None,
) -> Array:
    """Each target's prediction from the inputs, made by a model that did not see the row.  Shape: (rows, targets).

    Least squares takes the linear part; ridge regression on splines of each number and on kernel features of all of
    them takes the rest, with its penalty chosen by leave-one-out. Rows may have weights, and models may be learned
    among some rows only, which are told by a mask.
    """
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LinearRegression, RidgeCV
    from sklearn.preprocessing import SplineTransformer

    together = np.column_stack(inputs)
    numbers = [part for part in inputs if part.shape[1] == 1]
    fold = generator.permutation(np.arange(len(together)) % FOLDS)
    found = np.empty_like(targets)
    for k in range(FOLDS):
        seen, held = fold != k if among is None else (fold != k) & among, fold == k
        mass = None if weights is None else weights[seen]
        linear = LinearRegression().fit(together[seen], targets[seen], mass)
        kernel = Nystroem(
            gamma=0.5 / together.shape[1],
            n_components=min(LANDMARKS, int(seen.sum()) // 5 + 1),
            random_state=int(generator.integers(2**31)),
        )
        makers: list[tuple[Any, Array]] = [(kernel, together)]
        if numbers:
            makers.append((SplineTransformer(n_knots=KNOTS, extrapolation="linear"), np.column_stack(numbers)))
        curved = [(maker.fit(values[seen]), values) for maker, values in makers]
        at_seen, at_held = (np.column_stack([m.transform(v[part]) for m, v in curved]) for part in (seen, held))
        rest = targets[seen] - linear.predict(together[seen])
        ridge = RidgeCV(alphas=np.logspace(-3, 4, 15), alpha_per_target=True).fit(at_seen, rest, mass)
        found[held] = linear.predict(together[held]) + ridge.predict(at_held).reshape(-1, targets.shape[1])
    return found
