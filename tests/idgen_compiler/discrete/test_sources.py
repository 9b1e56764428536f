"""Counts of rows of codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.discrete import sources
from idgen_compiler.discrete.sources import CountedRows


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 60), st.booleans(), st.integers(0, 10**6))
def test_cells_are_the_combinations_that_rows_show(sizes: list[int], count: int, sorting: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = {f"v{k}": rng.integers(0, size, count) for k, size in enumerate(sizes)}
    counted = CountedRows(codes, {name: range(size) for name, size in zip(codes, sizes, strict=True)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "MOST_COUNTED", 0 if sorting else 2**20)
        cells, cell = counted.cells(codes)
    known, place = np.unique(np.stack(list(codes.values()), 1), axis=0, return_inverse=True)
    assert np.array_equal(cells, known)
    assert np.array_equal(cell, place.reshape(-1))


def test_no_names_are_one_cell() -> None:
    cells, cell = CountedRows({"X": np.array([1, 0])}, {"X": "ab"}).cells(())
    assert cells.shape == (1, 0)
    assert cell.tolist() == [0, 0]
