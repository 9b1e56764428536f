"""Testing a functional constraint on numbers by their second moments.

In a linear model with hidden causes the covariance matrix obeys the constraints that a Gaussian law would, whatever the
noise. A Gaussian law after fixing x is known in closed form: its precision matrix loses the part of x given its
blanket and gains that of the policy. So nothing is weighted, and few rows are needed. That relations are linear is
tested first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from idgen_compiler.check.columns import Columns
from idgen_compiler.check.implication import Implication
from idgen_compiler.check.jackknife import groups_of, hotelling
from idgen_compiler.check.verdict import Outcome
from idgen_compiler.data.arrays import Array

__all__ = ["moment_test", "partial_correlation"]

CURVED = 0.01
"""The level at which a relation counts as curved."""


def moment_test(implication: Implication, columns: Columns, generator: np.random.Generator) -> Outcome:
    """The test of one functional constraint on numbers whose relations are linear.

    Hotelling's T2 of the partial correlation in the law after the fixings.
    """
    names = sorted(implication.variables)
    values = np.column_stack([columns[name].values for name in names])
    spread = values.std(axis=0)
    if not spread.all():
        return Outcome.untested(f"{names[int(spread.argmin())]} never varies")
    values = (values - values.mean(axis=0)) / spread
    place = {name: k for k, name in enumerate(names)}
    for target, given in _regressions(implication):
        if _is_curved(values[:, place[target]], values[:, [place[n] for n in given]]):
            return Outcome.untested(f"{target} given {', '.join(given)} is not linear; sort numbers into categories")
    rows = np.column_stack([np.ones(len(values)), values])
    group = groups_of(len(rows), generator)
    shares = [rows[group == g].T @ rows[group == g] for g in range(int(group.max()) + 1)]
    try:
        found = hotelling(lambda total: partial_correlation(implication, names, total), rows.T @ rows, shares)
    except np.linalg.LinAlgError:
        found = None
    if found is None:
        return Outcome.untested("one of its variables is a linear function of others")
    return Outcome("second moments", *found, float(len(rows)))


def partial_correlation(implication: Implication, names: Sequence[str], total: Array) -> Array:
    """The partial correlation of the two variables in the law after the fixings.  Shape: (1,).

    `total` is the sum over rows of (1, v)(1, v)'.  Raises LinAlgError where variables are collinear.
    """
    mean = total[0, 1:] / total[0, 0]
    precision = np.linalg.inv(total[1:, 1:] / total[0, 0] - np.outer(mean, mean))
    place = {name: k for k, name in enumerate(names)}
    for fixing in implication.fixings:
        covariance = np.linalg.inv(precision)
        given, x = [place[name] for name in fixing.given], place[fixing.vertex]
        slope = np.zeros(len(names))
        slope[x] = 1.0
        slope[given] = -np.linalg.solve(covariance[np.ix_(given, given)], covariance[given, x])
        variance = slope @ covariance @ slope
        precision = precision - np.outer(slope, slope) / variance
        precision[x, x] += 1 / variance  # the policy: as wide as the conditional
    kept = [place[name] for name in (implication.a, implication.b, *implication.given)]
    inner = np.linalg.inv(np.linalg.inv(precision)[np.ix_(kept, kept)])
    return np.asarray([-inner[0, 1] / np.sqrt(abs(inner[0, 0] * inner[1, 1]))])


def _regressions(implication: Implication) -> list[tuple[str, tuple[str, ...]]]:
    """What is regressed on what: each fixed variable on its blanket, and the later of the two on all the others."""
    rest = tuple(sorted(implication.variables - {implication.a}))
    return [*((fixing.vertex, fixing.given) for fixing in implication.fixings), (implication.a, rest)]


def _is_curved(target: Array, given: Array) -> bool:
    """Whether the residual is correlated with products of the given ones (White 1980), each bounded for safety."""
    from scipy.stats import chi2

    rows, width = given.shape
    design = np.column_stack([np.ones(rows), given])
    pairs = [(i, j) for i in range(width) for j in range(i + 1)]
    bounded = np.clip(given, -4, 4)
    powers = [bounded[:, i] * bounded[:, j] for i, j in pairs] + [bounded[:, i] ** 3 for i in range(width)]
    features = np.column_stack([target, *powers])
    coefficients, *_ = np.linalg.lstsq(design, features, rcond=None)
    left = features - design @ coefficients
    products = left[:, :1] * left[:, 1:]
    spread, directions = np.linalg.eigh(products.T @ products)
    kept = spread > 1e-9 * spread.max()
    statistic = float(((directions[:, kept].T @ products.sum(axis=0)) ** 2 / spread[kept]).sum())
    return bool(chi2.sf(statistic, int(kept.sum())) < CURVED)
