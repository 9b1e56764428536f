"""Testing a functional constraint: an independence in a law that nobody has data for.

The law after fixing x is the current one times policy(x) / P(x | blanket) (Richardson, Evans, Robins and Shpitser 2023,
section 2.3). So the real rows, weighted so, are a sample of it, in which the two variables must be uncorrelated within
every stratum of what is given. The weights are estimated from the same rows, and the test's variance accounts for that.

Categorical variables are compared cell by cell, without a model. What is fixed must be categorical; given numbers, its
conditional law is a multinomial logistic regression, and numbers are regressed linearly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from idgen_compiler.check.columns import CodedColumn, Columns
from idgen_compiler.check.implication import Fixing, Implication
from idgen_compiler.check.jackknife import groups_of, hotelling
from idgen_compiler.check.verdict import Outcome
from idgen_compiler.data.arrays import Array

__all__ = ["WeightedRows", "contrast", "rows_of", "weighted_test"]

STRATIFIED = 12
"""Up to how many differences are tested stratum by stratum; more are added up over the strata."""

SEEN = 5
OVERLAP = 0.02
"""In how many rows a fixed value has to occur beside what it depends on, and the share of rows that may lack that."""


@dataclass(frozen=True, eq=False)
class WeightedRows:
    """Rows with their counts; equal rows stand once where all variables are categorical."""

    columns: Columns
    counts: Array  #: shape (rows,), or any positive weights that stand for a law
    _codes: dict[tuple[str, ...], tuple[Array, int]] = field(default_factory=dict)

    def code(self, names: Sequence[str]) -> tuple[Array, int]:
        """The categorical ones of some variables as one code, and how many codes there are."""
        key = tuple(names)
        if key in self._codes:
            return self._codes[key]
        code = np.zeros(len(self.counts), dtype=np.int64)
        for name in names:
            column = self.columns[name]
            if column.categorical:
                code = np.unique(code * column.size + column.values, return_inverse=True)[1].reshape(-1)
        self._codes[key] = code, int(code.max(initial=0)) + 1
        return self._codes[key]

    def design(self, names: Sequence[str]) -> Array:
        """A regression's inputs: one for each cell of the categories, then the numbers.  Shape: (rows, inputs)."""
        code, size = self.code(names)
        numbers = [self.columns[name].values for name in names if not self.columns[name].categorical]
        return np.column_stack([np.eye(size)[code], *numbers])


def rows_of(columns: Columns, names: Sequence[str]) -> tuple[WeightedRows, Array]:
    """The rows of some columns, and for each row of the data its place among them."""
    chosen = {name: columns[name] for name in names}
    total = len(next(iter(chosen.values())).values)
    if not all(column.categorical for column in chosen.values()):
        return WeightedRows(chosen, np.ones(total)), np.arange(total)
    values = np.column_stack([column.values for column in chosen.values()])
    found, place = np.unique(values, axis=0, return_inverse=True)
    place = place.reshape(-1)
    unique = {name: CodedColumn(found[:, k], column.size) for k, (name, column) in enumerate(chosen.items())}
    return WeightedRows(unique, np.bincount(place).astype(np.float64)), place


def weighted_test(implication: Implication, columns: Columns, generator: np.random.Generator) -> Outcome:
    """The test of one functional constraint.

    Hotelling's T2 of the contrast over groups of rows, compared with an F distribution.
    """
    rows, place = rows_of(columns, sorted(implication.variables))
    for fixing in implication.fixings:
        if not columns[fixing.vertex].categorical:
            return Outcome.untested(f"{fixing.vertex} is a number beside categories; sort it into categories")
        if (lacking := _lacking(rows, fixing)) > OVERLAP:
            beside = ", ".join(fixing.given)
            return Outcome.untested(f"for {lacking:.0%} of the rows some {fixing.vertex} hardly occurs beside {beside}")
    group = groups_of(len(place), generator)
    shares = [np.bincount(place[group == g], minlength=len(rows.counts)) for g in range(int(group.max()) + 1)]
    found = hotelling(lambda counts: contrast(implication, rows, counts)[0], rows.counts, shares)
    if found is None:
        return Outcome.untested("one of the two variables never varies")
    _, weights = contrast(implication, rows, rows.counts)
    effective = float(weights.sum() ** 2 / (weights**2 / rows.counts).sum())
    return Outcome("weighted rows", *found, effective)


def contrast(implication: Implication, rows: WeightedRows, counts: Array) -> tuple[Array, Array]:
    """What has to be zero in the law after the fixings, and the rows' weights in it (counts included).

    For categories P(z) (P(a, b | z) - P(a | z) P(b | z)) for all but the last a and b; for numbers the covariance of
    the residuals of a and b after regression on what is given.
    """
    weights = np.array(counts, dtype=np.float64)
    for fixing in implication.fixings:
        weights = weights * _ratio(rows, fixing, weights)
    a, b = rows.columns[implication.a], rows.columns[implication.b]
    left, right = _features(a), _features(b)
    total = weights.sum()
    if a.categorical and b.categorical and all(rows.columns[n].categorical for n in implication.given):
        code, size = rows.code(implication.given)
        if size * left.shape[1] * right.shape[1] > STRATIFIED:
            return _covariance(left - _by_cell(left, code, size, weights), right, weights) / total, weights
        left = left - _by_cell(left, code, size, weights)
        strata = [_covariance(left * (code == z)[:, None], right, weights) for z in range(size)]
        return np.concatenate(strata) / total, weights
    design = rows.design(implication.given)
    left, right = (part - _fitted(design, part, weights) for part in (left, right))
    return _covariance(left, right, weights) / total, weights


def _covariance(left: Array, right: Array, weights: Array) -> Array:
    return np.asarray(np.einsum("n,ni,nj->ij", weights, left, right).reshape(-1))


def _ratio(rows: WeightedRows, fixing: Fixing, weights: Array) -> Array:
    """policy(x) / P(x | given) in the weighted rows: the policy is the marginal."""
    column = rows.columns[fixing.vertex]
    if not all(rows.columns[name].categorical for name in fixing.given):
        return _logistic_ratio(rows.design(fixing.given), column, weights)
    code, size = rows.code(fixing.given)
    joined, joint = rows.code((*fixing.given, fixing.vertex))
    both = np.bincount(joined, weights, minlength=joint)[joined]
    below = np.bincount(code, weights, minlength=size)[code]
    policy = np.bincount(column.values, weights, minlength=column.size)[column.values] / weights.sum()
    return np.asarray(policy * below / both)


def _logistic_ratio(design: Array, column: CodedColumn, weights: Array) -> Array:
    """policy(x) / P(x | design) with P by multinomial logistic regression, fitted by Newton's method."""
    total, classes = weights.sum(), column.size
    if classes < 2:
        return np.ones(len(design))
    target = np.eye(classes)[column.values]
    scale = np.maximum(np.abs(design).max(axis=0), 1e-12)
    features = design / scale
    width = features.shape[1]
    coefficients = np.zeros((classes - 1, width))
    for _ in range(25):
        scores = np.column_stack([features @ coefficients.T, np.zeros(len(features))])
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        slope = np.einsum("n,nc,nw->cw", weights / total, (target - chance)[:, :-1], features)
        spread = (chance[:, :-1, None] * features[:, None, :]).reshape(len(features), -1)
        square = -(spread.T * (weights / total)) @ spread
        for c in range(classes - 1):
            block = slice(c * width, (c + 1) * width)
            square[block, block] += (features.T * (weights / total * chance[:, c])) @ features
        square += 1e-9 * np.eye(len(square))
        change = np.linalg.solve(square, slope.reshape(-1)).reshape(coefficients.shape)
        coefficients += change
        if np.abs(change).max() < 1e-10:
            break
    policy = (weights @ target) / total
    picked = np.arange(len(features)), column.values
    return np.asarray(policy[column.values] / chance[picked])


def _features(column: CodedColumn) -> Array:
    """A category's indicators but for the last, or the number itself.  Shape (rows, features)."""
    if column.categorical:
        return np.eye(column.size)[column.values][:, : max(column.size - 1, 1)]
    return np.asarray(column.values[:, None] - column.values.mean())


def _by_cell(values: Array, code: Array, size: int, weights: Array) -> Array:
    """The weighted mean in each row's cell."""
    below = np.bincount(code, weights, minlength=size)
    means = [np.bincount(code, weights * part, minlength=size) / below for part in values.T]
    return np.column_stack(means)[code]


def _fitted(design: Array, values: Array, weights: Array) -> Array:
    """Weighted least squares."""
    root = np.sqrt(np.maximum(weights, 0.0))[:, None]
    coefficients, *_ = np.linalg.lstsq(design * root, values * root, rcond=None)
    return np.asarray(design @ coefficients)


def _lacking(rows: WeightedRows, fixing: Fixing) -> float:
    """The share of rows beside whose given values some value of the fixed variable hardly occurs."""
    column = rows.columns[fixing.vertex]
    if not all(rows.columns[name].categorical for name in fixing.given):
        return 0.0
    code, size = rows.code(fixing.given)
    seen = np.zeros((size, column.size))
    np.add.at(seen, (code, column.values), rows.counts)
    return float(rows.counts[np.asarray(seen.min(axis=1) < SEEN)[code]].sum() / rows.counts.sum())
