"""Rows that were multiplied."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataWarning

RNG = np.random.default_rng(0)
Z = RNG.normal(size=400)
X = (RNG.random(400) < 0.5).astype(int)
V = RNG.normal(size=(400, 2))


def told(**columns: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        infer_schema(read_sources(columns, columns))
    return [str(one.message) for one in caught]


@pytest.mark.parametrize("times", [2, 10])
@pytest.mark.parametrize("order", ["apart", "together"])
def test_copied_rows_are_told(times: int, order: str) -> None:
    copy = (lambda v: np.concatenate([v] * times)) if order == "apart" else (lambda v: np.repeat(v, times, axis=0))
    for other in (X, Z**2 + X, V):
        (line,) = told(Z=copy(Z), X=copy(other))
        assert line.startswith(f"only 400 of {400 * times} rows are different: each value of")


def test_other_tables_are_not() -> None:
    assert told(Z=Z, X=X) == []
    assert told(Z=np.round(Z, 1), X=X, Y=np.round(Z + V[:, 0], 1)) == []
    assert told(Z=np.repeat(Z, 5), X=np.repeat(X, 5), Y=RNG.normal(size=2000)) == []  # waves of a panel
    assert told(Z=X, X=1 - X) == []
    assert told(Z=np.repeat(Z, 5)) == []
