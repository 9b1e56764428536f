"""Testing a functional constraint on numbers beside a fixed category, whatever the shape of their relations.

In the law after fixing x, what is left of a and of b once their means given z are taken off must be uncorrelated. Rows
weighted by policy(x) / P(x | blanket) are a sample of that law, and what the weights get wrong is made good by the mean
of the product given x and the blanket (augmented inverse probability weighting, Robins, Rotnitzky and Zhao 1994). So
an error of one regression counts only multiplied by an error of another, as in the generalized covariance measure (Shah
and Peters 2020), and flexible regressions out of fold will do (Chernozhukov et al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from idgen_compiler.check.columns import CodedColumn, Columns
from idgen_compiler.check.covariance import FOLDS, KNOTS, MOST_ROWS, predicted, varying
from idgen_compiler.check.implication import Implication
from idgen_compiler.check.verdict import Outcome
from idgen_compiler.data.arrays import Array

__all__ = ["augmented_test"]

FEWEST, HARDLY, LACKING = 200, 0.02, 0.1
"""Fewer rows test nothing. A value of the fixed category hardly occurs where its chance is below the second; it may for
such a share of the rows."""

LEAST = 0.01
"""No chance is taken to be smaller."""

FEW = 40
"""So many rows have each value that is fixed: a regression is learned among them alone."""


def augmented_test(implication: Implication, columns: Columns, generator: np.random.Generator) -> Outcome:
    """The test of a constraint after one fixing, of a category. Hotelling's T2 of the augmented covariances."""
    (fixing,) = implication.fixings
    total = len(columns[fixing.vertex].values)
    if total < FEWEST:
        return Outcome.untested(f"{total} rows are too few beside numbers")
    rows = np.arange(total) if total <= MOST_ROWS else np.sort(generator.choice(total, MOST_ROWS, replace=False))
    own = {name: columns[name].at(rows) for name in implication.variables}
    for name in (fixing.vertex, implication.a, implication.b):
        if len(np.unique(own[name].values)) < 2:
            return Outcome.untested(f"{name} never varies")
    seen = np.bincount(own[fixing.vertex].values, minlength=own[fixing.vertex].size)
    if seen.min() < FEW:
        return Outcome.untested(f"a value of {fixing.vertex} has {seen.min()} rows, too few beside numbers")
    chances = _chances(own[fixing.vertex], [_inputs(own[name]) for name in fixing.given], generator)
    lacking = float((chances.min(axis=1) < HARDLY).mean())
    if lacking > LACKING:
        return Outcome.lacking(lacking, fixing.vertex, fixing.given)
    each, weights = _contrast(implication, own, np.maximum(chances, LEAST), generator)
    return _hotelling(each, float(weights.sum() ** 2 / (weights**2).sum()))


def _contrast(
    implication: Implication, own: Columns, chances: Array, generator: np.random.Generator
) -> tuple[Array, Array]:
    """What has to have mean zero, and the rows' weights.  Shape: chances (rows, size) -> (rows, products), (rows,)."""
    (fixing,) = implication.fixings
    x, blanket = own[fixing.vertex], [_inputs(own[name]) for name in fixing.given]
    rows = np.arange(len(x.values))
    policy = np.bincount(x.values, minlength=x.size) / len(rows)
    weights = policy[x.values] / chances[rows, x.values]
    given = [own[name] for name in implication.given]
    left, right = (_left_over(own[name], given, weights, generator) for name in (implication.a, implication.b))
    product = np.einsum("ni,nj->nij", left, right).reshape(len(rows), -1)
    return _augmented(product, x, blanket, weights, policy, generator), weights


def _augmented(
    product: Array,
    x: CodedColumn,
    blanket: Sequence[Array],
    weights: Array,
    policy: Array,
    generator: np.random.Generator,
) -> Array:
    """w (R - E[R | x, blanket]) + the mean of E[R | x, blanket] by the policy.  Shape: (rows, products)."""
    means = []
    for level in range(x.size):
        means.append(predicted(product, blanket, generator, among=x.values == level))
    expected = np.stack(means)
    own = expected[x.values, np.arange(len(product))]
    return np.asarray(weights[:, None] * (product - own) + np.einsum("k,knp->np", policy, expected))


def _chances(x: CodedColumn, blanket: Sequence[Array], generator: np.random.Generator) -> Array:
    """P(x | blanket) by a logistic regression on splines and products, out of fold.  Shape: (rows, size)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import SplineTransformer, StandardScaler

    numbers = [part[:, 0] for part in blanket if part.shape[1] == 1]
    others = [part for part in blanket if part.shape[1] > 1]
    products = [a * b for k, a in enumerate(numbers) for b in numbers[:k]]
    products += [column * number for part in others for column in part.T for number in numbers]
    fold = generator.permutation(np.arange(len(x.values)) % FOLDS)
    found = np.zeros((len(x.values), x.size))
    for k in range(FOLDS):
        seen, held = fold != k, fold == k
        blocks = [*others, *(column[:, None] for column in products)]
        if numbers:
            columns = np.column_stack(numbers)
            splines = SplineTransformer(n_knots=KNOTS, knots="quantile", extrapolation="linear").fit(columns[seen])
            blocks = [splines.transform(columns), *blocks]
        design = np.column_stack(blocks)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500))
        model.fit(design[seen], x.values[seen])
        found[np.ix_(held, model[-1].classes_)] = model.predict_proba(design[held])
    return found


def _left_over(
    column: CodedColumn, given: Sequence[CodedColumn], weights: Array, generator: np.random.Generator
) -> Array:
    """A variable less its weighted mean given some others.  Shape: (rows, features)."""
    values = _inputs(column)
    if column.categorical:
        values = values[:, :-1]
    if not given:
        return np.asarray(values - np.average(values, axis=0, weights=weights))
    return np.asarray(values - predicted(values, [_inputs(each) for each in given], generator, weights))


def _inputs(column: CodedColumn) -> Array:
    """A category's indicators, or the normal scores of a number's ranks.  Shape: (rows, width)."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    if column.categorical:
        return np.asarray(np.eye(column.size)[column.values])
    return np.asarray(ndtri((rankdata(column.values) - 0.5) / len(column.values))[:, None])


def _hotelling(each: Array, effective: float) -> Outcome:
    from scipy.stats import f

    count, (spread, directions) = len(each), varying(each)
    rank = len(spread)
    if rank == 0 or count < 10 * rank:
        return Outcome.untested("too few rows, or one of the two variables never varies where the others are known")
    squared = float(count * ((directions.T @ each.mean(axis=0)) ** 2 / spread).sum())
    p_value = float(f.sf(squared * (count - rank) / (rank * (count - 1)), rank, count - rank))
    return Outcome("augmented weights", squared, rank, p_value, effective)
