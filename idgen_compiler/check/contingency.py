"""Independence of two categorical variables within the strata of others."""

from __future__ import annotations

import numpy as np

from idgen_compiler.check.columns import CodedColumn
from idgen_compiler.check.verdict import Outcome
from idgen_compiler.data.arrays import Array

__all__ = ["contingency_test"]

PERMUTATIONS, MORE = 999, (9_000, 90_000)
"""So many tables are drawn, and more of them while hardly any is as far out, so that a correction has something to
correct."""

ENOUGH, MOST_CELLS = 10, 20_000_000
SMALL = 5.0
"""Below this expected count Pearson's approximation is not trusted (Cochran 1954)."""


def contingency_test(a: CodedColumn, b: CodedColumn, strata: Array, generator: np.random.Generator) -> Outcome:
    """Pearson's chi-squared statistic added up over strata; by permutation within them where counts are small.

    `strata` is a code for each row. More than a fifth of the cells below an expected count of five means that tables
    with the same margins are drawn at random instead (Patefield 1981, in SciPy): exact at any number of rows. Drawing
    stops once enough are as far out (Besag and Clifford 1991).
    """
    from scipy.stats import chi2

    tables = [table for table in _tables(a, b, strata) if min(table.shape) > 1]
    if not tables:
        return Outcome.untested("one of the two variables never varies where the others are known")
    expected = [_expected(table) for table in tables]
    statistic = sum(float(((table - e) ** 2 / e).sum()) for table, e in zip(tables, expected, strict=True))
    freedom = sum((table.shape[0] - 1) * (table.shape[1] - 1) for table in tables)
    rows = float(len(strata))
    cells = np.concatenate([e.reshape(-1) for e in expected])
    if (cells < SMALL).mean() <= 0.2 and cells.min() >= 1:
        return Outcome("chi-squared", statistic, freedom, float(chi2.sf(statistic, freedom)), rows)
    above = drawn = 0
    for count in (PERMUTATIONS, *MORE):
        if drawn and (above >= ENOUGH or count * len(cells) > MOST_CELLS):
            break
        above += int((_permuted(tables, expected, count, generator) >= statistic * (1 - 1e-12)).sum())
        drawn += count
    return Outcome("permutation", statistic, 0, (1 + above) / (1 + drawn), rows)


def _tables(a: CodedColumn, b: CodedColumn, strata: Array) -> list[Array]:
    """One table of counts for each stratum, without empty rows and columns."""
    found, place = np.unique(strata, return_inverse=True)
    flat = (place.reshape(-1) * a.size + a.values) * b.size + b.values
    counts = np.bincount(flat, minlength=len(found) * a.size * b.size).reshape(len(found), a.size, b.size)
    return [table[table.any(axis=1)][:, table.any(axis=0)] for table in counts]


def _expected(table: Array) -> Array:
    return np.asarray(np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum())


def _permuted(tables: list[Array], expected: list[Array], count: int, generator: np.random.Generator) -> Array:
    """The statistic of so many tables drawn with the margins of each stratum.  Shape: (count,)."""
    from scipy.stats import random_table

    total = np.zeros(count)
    for table, e in zip(tables, expected, strict=True):
        drawn = random_table(table.sum(axis=1), table.sum(axis=0)).rvs(size=count, random_state=generator)
        total += ((drawn - e) ** 2 / e).sum(axis=(1, 2))
    return total
