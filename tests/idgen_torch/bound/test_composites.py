"""What is brought for a variable of several columns: its kind is said, or told by the fields of what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Composite
from idgen_compiler.errors import DataError

FLAG = Categorical((0, 1), "int64")
PAIR = Composite((("low", FLAG), ("high", FLAG)))
PROGRAM = idgen.compile(
    idgen.Query.parse("P(A | do(X))"), idgen.ADMG.parse("X -> A"), functions={"A": "X"}, unobserved=["A"]
)
DATA = {"X": np.tile([0, 1, 2, 3], 100)}


def bits(inputs: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    out = np.empty(len(inputs["X"]), np.dtype([("low", np.int64), ("high", np.int64)]))
    out["low"], out["high"] = inputs["X"] % 2, inputs["X"] // 2
    return out


@pytest.mark.parametrize("types", [{"A": PAIR}, None])
def test_a_composite_is_drawn(types: dict[str, Any] | None) -> None:
    sampler = PROGRAM.fit(DATA, backend="torch", bind={"A | X": bits}, types=types, device="cpu", progress=False)
    samples = sampler.sample(5, do={"X": 2}, seed=0)["A"]
    assert samples.dtype.names == ("low", "high")
    assert samples.tolist() == [(0, 1)] * 5


def test_a_composite_of_the_table_has_the_types_of_its_columns() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    for table in ({"X": [0, 1], "Y": [0, 1]}, {"X": [0, 1], "Y.low": [0, 1], "Y.high": [1, 0]}):
        with pytest.raises(DataError, match="Y"):
            program.fit(table, backend="torch", types={"Y": PAIR}, device="cpu", progress=False)
