"""Testing a functional constraint: an independence in a law that nobody has data for.

The law after fixing x is the current one times policy(x) / P(x | blanket) (Richardson, Evans, Robins and Shpitser 2023,
section 2.3). So the real rows, weighted so, are a sample of it, in which the two variables must be uncorrelated within
every stratum of what is given. The weights are estimated from the same rows, and the test's variance accounts for that.

All variables are categorical here, and compared cell by cell, without a model (numbers: see `augmented`, `moments`).
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
    """Rows of categories with their counts; equal rows stand once."""

    columns: Columns
    counts: Array  #: shape (rows,), or any positive weights that stand for a law
    _codes: dict[tuple[str, ...], tuple[Array, int]] = field(default_factory=dict)

    def code(self, names: Sequence[str]) -> tuple[Array, int]:
        """Some variables as one code, and how many codes there are."""
        key = tuple(names)
        if key in self._codes:
            return self._codes[key]
        code = np.zeros(len(self.counts), dtype=np.int64)
        for name in names:
            column = self.columns[name]
            code = np.unique(code * column.size + column.values, return_inverse=True)[1].reshape(-1)
        self._codes[key] = code, int(code.max(initial=0)) + 1
        return self._codes[key]


def rows_of(columns: Columns, names: Sequence[str]) -> tuple[WeightedRows, Array]:
    """The rows of some columns, and for each row of the data its place among them."""
    chosen = {name: columns[name] for name in names}
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
        if (lacking := _lacking(rows, fixing)) > OVERLAP:
            return Outcome.lacking(lacking, fixing.vertex, fixing.given)
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

    It is P(z) (P(a, b | z) - P(a | z) P(b | z)) for all but the last a and b.
    """
    weights = np.array(counts, dtype=np.float64)
    for fixing in implication.fixings:
        weights = weights * _ratio(rows, fixing, weights)
    a, b = rows.columns[implication.a], rows.columns[implication.b]
    left, right = _features(a), _features(b)
    total = weights.sum()
    code, size = rows.code(implication.given)
    if size * left.shape[1] * right.shape[1] > STRATIFIED:
        return _covariance(left - _by_cell(left, code, size, weights), right, weights) / total, weights
    left = left - _by_cell(left, code, size, weights)
    strata = [_covariance(left * (code == z)[:, None], right, weights) for z in range(size)]
    return np.concatenate(strata) / total, weights


def _covariance(left: Array, right: Array, weights: Array) -> Array:
    return np.asarray(np.einsum("n,ni,nj->ij", weights, left, right).reshape(-1))


def _ratio(rows: WeightedRows, fixing: Fixing, weights: Array) -> Array:
    """policy(x) / P(x | given) in the weighted rows: the policy is the marginal."""
    column = rows.columns[fixing.vertex]
    code, size = rows.code(fixing.given)
    joined, joint = rows.code((*fixing.given, fixing.vertex))
    both = np.bincount(joined, weights, minlength=joint)[joined]
    below = np.bincount(code, weights, minlength=size)[code]
    policy = np.bincount(column.values, weights, minlength=column.size)[column.values] / weights.sum()
    return np.asarray(policy * below / both)


def _features(column: CodedColumn) -> Array:
    """A category's indicators but for the last.  Shape (rows, features)."""
    return np.asarray(np.eye(column.size)[column.values][:, : max(column.size - 1, 1)])


def _by_cell(values: Array, code: Array, size: int, weights: Array) -> Array:
    """The weighted mean in each row's cell."""
    below = np.bincount(code, weights, minlength=size)
    means = [np.bincount(code, weights * part, minlength=size) / below for part in values.T]
    return np.column_stack(means)[code]


def _lacking(rows: WeightedRows, fixing: Fixing) -> float:
    """The share of rows beside whose given values some value of the fixed variable hardly occurs."""
    column = rows.columns[fixing.vertex]
    code, size = rows.code(fixing.given)
    seen = np.zeros((size, column.size))
    np.add.at(seen, (code, column.values), rows.counts)
    return float(rows.counts[np.asarray(seen.min(axis=1) < SEEN)[code]].sum() / rows.counts.sum())
