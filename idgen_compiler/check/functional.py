"""Testing a functional constraint: an independence in a law that nobody has data for.

The law after fixing x is the current one times policy(x) / P(x | blanket) (Richardson, Evans, Robins and Shpitser 2023,
section 2.3). So the real rows, weighted so, are a sample of it, in which the two variables must be uncorrelated within
every stratum of what is given. The weights are estimated from the same rows, and the test accounts for that: its
statistic is a smooth function of the rows' weights, whose variance the infinitesimal jackknife (Jaeckel 1972) gives.

Categorical variables are compared cell by cell, without a model. Where a variable is continuous, its conditional law
is taken as linear and Gaussian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idgen_compiler.check.columns import Array, Column, Columns
from idgen_compiler.check.implication import Fixing, Implication
from idgen_compiler.check.verdict import Outcome

__all__ = ["Rows", "contrast", "rows_of", "weighted_test"]

GROUPS = 400
"""Into how many groups the rows fall for the variance: fewer where there are fewer rows."""

STEP = 1e-4
"""The relative change of a group's weight in the numerical derivative."""

STRATIFIED = 12
"""Up to how many differences are tested stratum by stratum; more are added up over the strata."""

OVERLAP = 0.02
"""The share of rows for which a value of a fixed variable may never occur beside what it depends on."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows with their counts; equal rows stand once where all variables are categorical."""

    columns: Columns
    counts: Array  #: shape (rows,), or any positive weights that stand for a law

    def code(self, names: Sequence[str]) -> tuple[Array, int]:
        """The categorical ones of some variables as one code, and how many codes there are."""
        code = np.zeros(len(self.counts), dtype=np.int64)
        for name in names:
            column = self.columns[name]
            if column.categorical:
                code = np.unique(code * column.size + column.values, return_inverse=True)[1].reshape(-1)
        return code, int(code.max(initial=0)) + 1

    def design(self, names: Sequence[str]) -> Array:
        """A regression's inputs: one for each cell of the categories, then the numbers.  Shape: (rows, inputs)."""
        code, size = self.code(names)
        numbers = [self.columns[name].values for name in names if not self.columns[name].categorical]
        return np.column_stack([np.eye(size)[code], *numbers])


def rows_of(columns: Columns, names: Sequence[str]) -> tuple[Rows, Array]:
    """The rows of some columns, and for each row of the data its place among them."""
    chosen = {name: columns[name] for name in names}
    total = len(next(iter(chosen.values())).values)
    if not all(column.categorical for column in chosen.values()):
        return Rows(chosen, np.ones(total)), np.arange(total)
    values = np.column_stack([column.values for column in chosen.values()])
    found, place = np.unique(values, axis=0, return_inverse=True)
    place = place.reshape(-1)
    unique = {name: Column(found[:, k], column.size) for k, (name, column) in enumerate(chosen.items())}
    return Rows(unique, np.bincount(place).astype(np.float64)), place


def weighted_test(implication: Implication, columns: Columns, generator: np.random.Generator) -> Outcome:
    """The test of one functional constraint.

    Hotelling's T2 of the contrast over groups of rows, compared with an F distribution.
    """
    from scipy.stats import f

    rows, place = rows_of(columns, sorted(implication.variables))
    total = len(place)
    lacking = max((_lacking(rows, fixing) for fixing in implication.fixings), default=0.0)
    if lacking > OVERLAP:
        return Outcome.untested(f"{lacking:.0%} of the rows have values beside which some others never occur")
    groups = min(GROUPS, total)
    value, weights = contrast(implication, rows, rows.counts)
    group = generator.permutation(np.arange(total) % groups)
    slopes = []
    for g in range(groups):
        share = np.bincount(place[group == g], minlength=len(rows.counts))
        ahead, _ = contrast(implication, rows, rows.counts + STEP * share)
        behind, _ = contrast(implication, rows, rows.counts - STEP * share)
        slopes.append((ahead - behind) / (2 * STEP))
    influence = np.array(slopes)
    covariance = influence.T @ influence * groups / (groups - 1)
    spread, directions = np.linalg.eigh(covariance)
    kept = spread > 1e-9 * max(float(spread.max(initial=0.0)), 1e-300)
    rank = int(kept.sum())
    if rank == 0 or groups <= rank + 1:
        return Outcome.untested("one of the two variables never varies")
    statistic = float(((directions[:, kept].T @ value) ** 2 / spread[kept]).sum())
    p_value = float(f.sf(statistic * (groups - rank) / (rank * (groups - 1)), rank, groups - rank))
    effective = float(weights.sum() ** 2 / (weights**2 / rows.counts).sum())
    exact = all(column.categorical for column in rows.columns.values())
    return Outcome("weighted rows" if exact else "weighted rows, linear", statistic, rank, p_value, effective)


def contrast(implication: Implication, rows: Rows, counts: Array) -> tuple[Array, Array]:
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


def _ratio(rows: Rows, fixing: Fixing, weights: Array) -> Array:
    """policy(x) / P(x | given) in the weighted rows: the policy is the marginal, or a Gaussian as narrow as that."""
    column = rows.columns[fixing.vertex]
    total = weights.sum()
    if column.categorical and all(rows.columns[name].categorical for name in fixing.given):
        code, size = rows.code(fixing.given)
        joint, joined = np.unique(code * column.size + column.values, return_inverse=True)
        both = np.bincount(joined, weights, minlength=len(joint))[joined]
        below = np.bincount(code, weights, minlength=size)[code]
        policy = np.bincount(column.values, weights, minlength=column.size)[column.values] / total
        return np.asarray(policy * below / both)
    design = rows.design(fixing.given)
    if column.categorical:
        return _logistic_ratio(design, column, weights)
    values = column.values[:, None]
    residual = values - _fitted(design, values, weights)
    variance = (weights @ residual**2) / total
    middle = (weights @ values) / total
    # As wide as the conditional and no wider: a wider policy can give the weights an infinite variance.
    return np.asarray(np.exp((residual**2 - (values - middle) ** 2) / (2 * variance))[:, 0])


def _logistic_ratio(design: Array, column: Column, weights: Array) -> Array:
    """policy(x) / P(x | design) with P by multinomial logistic regression, fitted by Newton's method."""
    total, classes = weights.sum(), column.size
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


def _features(column: Column) -> Array:
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


def _lacking(rows: Rows, fixing: Fixing) -> float:
    """The share of rows whose given values never occur with some value of the fixed variable."""
    column = rows.columns[fixing.vertex]
    if not column.categorical or not all(rows.columns[name].categorical for name in fixing.given):
        return 0.0
    code, size = rows.code(fixing.given)
    seen = np.zeros((size, column.size), dtype=bool)
    seen[code, column.values] = True
    lacking = ~np.asarray(seen.all(axis=1))[code]
    return float(rows.counts[lacking].sum() / rows.counts.sum())
