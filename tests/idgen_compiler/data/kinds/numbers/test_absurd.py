"""Values that hardly belong to their column are told, with the column, the row and the value; others are not."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources

NORMAL = np.random.default_rng(0).normal(size=4000)


def look(values: Any) -> None:
    infer_schema(read_sources({"Z": values}, ["Z"]))


def with_value(value: float, rows: int = 1, values: Any = NORMAL) -> Any:
    changed = values.copy()
    changed[17 : 17 + rows] = value
    return changed


@pytest.mark.parametrize("value", [1234.5, -4321.0, 3e8])
def test_an_absurd_value_is_told_with_its_row(value: float) -> None:
    with pytest.warns(idgen.DataWarning, match=rf"Z holds {value:.10g} in row 17 .*half of the values lie"):
        look(with_value(value))


@pytest.mark.parametrize(
    ("value", "rows"), [(-9999, 1), (-9999, 40), (999, 40), (99, 3), (1e9, 1), (-(2.0**31), 2), (2.0**63, 1)]
)
def test_a_mark_for_missing_is_called_one(value: float, rows: int) -> None:
    with pytest.warns(
        idgen.DataWarning, match=rf"{re.escape(f'{value:.10g}')} in {rows} of 4000 rows, first in row 17 .*missing"
    ):
        look(with_value(value, rows))


def test_one_negative_code_among_positive_numbers_is_a_mark() -> None:
    with pytest.warns(idgen.DataWarning, match="Z holds -1 in 5 of 4000 rows.*looks like a mark for missing"):
        look(with_value(-1.0, 5, np.exp(NORMAL)))


@pytest.mark.parametrize(
    "values",
    [
        NORMAL,
        np.exp(2.2 * NORMAL),
        np.where(NORMAL < 0, 0, np.exp(3 * NORMAL)),
        np.random.default_rng(1).integers(0, 100, 4000),  # 99 is not apart
        np.random.default_rng(1).standard_t(4, 4000),
        np.minimum(38 + 3 * NORMAL, 40),
        np.arange(12.0),
    ],
)
def test_ordinary_columns_are_not_told(values: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        look(values)
