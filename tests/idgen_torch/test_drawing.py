"""Draws from finite laws."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from idgen_torch.drawing import AliasTable, categorical, generator_for, some_rows


@given(st.integers(1, 5), st.integers(1, 12), st.integers(0, 10_000))
def test_an_alias_table_holds_exactly_its_laws(laws: int, outcomes: int, seed: int) -> None:
    g = torch.Generator().manual_seed(seed)
    p = torch.rand(laws, outcomes, generator=g, dtype=torch.float64) ** 6
    p = torch.where(torch.rand(p.shape, generator=g) < 0.3, 0.0, p)
    p[:, 0] += 1e-3
    p /= p.sum(1, keepdim=True)
    table = AliasTable(p)
    keep = table.keep.view(laws, outcomes).double()
    held = keep.clone()
    held.scatter_add_(1, table.alias.view(laws, outcomes), 1 - keep)
    assert torch.allclose(held / outcomes, p, atol=1e-6)


def test_draws_follow_each_rows_law() -> None:
    p = torch.tensor([[0.7, 0.3, 0.0], [0.0, 0.5, 0.5]])
    law = torch.arange(2).repeat_interleave(100_000)
    g = torch.Generator().manual_seed(0)
    for drawn in (AliasTable(p).sample(law, len(law), g), categorical(p[law].log(), g)):
        for k in (0, 1):
            seen = torch.bincount(drawn[law == k], minlength=3) / 100_000
            assert seen.tolist() == pytest.approx(p[k].tolist(), abs=0.01)


@given(st.integers(1, 5_000), st.integers(1, 300), st.integers(0, 1_000))
def test_some_rows_are_different_and_from_all_over_the_table(count: int, most: int, seed: int) -> None:
    found = some_rows(count, most, generator_for(seed))
    assert len(found) == len(found.unique()) == min(count, most)
    assert 0 <= int(found.min()) <= int(found.max()) < count
    if count > 8 * most:
        ends = [k * count // most for k in range(most + 1)]
        assert all(low <= own < high for low, own, high in zip(ends, found.tolist(), ends[1:], strict=False))


def test_every_row_may_be_among_some() -> None:
    often = torch.zeros(90)
    for seed in range(1_000):
        often[some_rows(90, 10, generator_for(seed))] += 1
    assert int(often.min()) > 70
    assert int(often.max()) < 160
