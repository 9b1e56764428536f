"""Rows that were multiplied, as a join or a copied file leaves them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.warning import warn_data

__all__ = ["warn_copies"]

FEW, SHARE = 50, 0.9
"""So few different rows say nothing; a table has copies where at most this share of its rows are different."""


def warn_copies(columns: Mapping[str, Array]) -> None:
    """Warn (DataWarning) where one column says the whole row, and has fewer values than there are rows.

    Numbers that are merely rounded occur in different rows; of those in copies each always comes with the same others.
    Shape: every column (rows,) or (rows, dim).

    >>> import warnings
    >>> x = np.repeat(np.random.default_rng(0).normal(size=(2, 100)), 2, axis=1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_copies({"X": x[0], "Y": x[1]})
    >>> print(str(caught[0].message)[:35])
    only 100 of 200 rows are different:
    """
    flat = [(name, part) for name, values in columns.items() for part in np.atleast_2d(values.T)]
    if len(flat) < 2:
        return
    rows = len(flat[0][1])
    coded = [(name, *pandas().factorize(part)) for name, part in flat]
    name, codes, values = max(coded, key=lambda one: len(one[2]))
    if not FEW <= len(values) <= SHARE * rows:
        return
    first = np.unique(codes, return_index=True)[1]
    if all(bool((part == part[first][codes]).all()) for _, part in flat):
        warn_data(
            f"only {len(values)} of {rows} rows are different: each value of {name} comes with the same others, as "
            "where a join or a copied file multiplied rows; each counts as if seen anew, so drop the copies"
        )
