"""A dependence in one direction: what tests of any dependence let drown is kept, and what is noise is not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch.families.tables.directions import THRESHOLD, direction, tilted
from idgen_torch.families.tables.selection import association, select
from idgen_torch.families.tables.smoothing import smoothed
from idgen_torch.parts import Values

PLACES = tuple(float(k) for k in range(14))
Y, X, Z = Part("y", 14, levels=PLACES), Part("x", 2), Part("z", 2)


def counted(seed: int, effect: float, n: int = 10_000) -> Values:
    """Numbers from 0 to 13 that X moves a little, and Z, which X leans on, far more."""
    g = torch.Generator().manual_seed(seed)
    z = torch.randint(2, (n,), generator=g)
    x = (torch.rand(n, generator=g) < 0.3 + 0.4 * z).long()
    y = torch.poisson((1 + 0.3 * z + effect * x).exp(), generator=g).long().clamp(max=13)
    return {"x": x, "y": y, "z": z}


def counts_of(rows: Values) -> Tensor:
    return torch.bincount(28 * rows["z"] + 14 * rows["x"] + rows["y"], minlength=56).double().view(2, 2, 14)


def arms(seed: int, effect: float, n: int = 2_000) -> Tensor:
    """25 arms and a binary outcome, which one of them changes.  Shape: (1, 25, 2)."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(25, (n,), generator=g)
    y = (torch.rand(n, generator=g) < 0.3 + effect * (x == 7)).long()
    return torch.bincount(2 * x + y, minlength=50).double().view(1, 25, 2)


def test_a_trend_is_kept_that_a_test_of_any_dependence_does_not_see() -> None:
    rows = counted(0, 0.05)
    assert association(counts_of(rows)) < THRESHOLD
    assert direction(counts_of(rows)) < direction(counts_of(rows), outcomes=PLACES)
    assert set(select(Y, [Z, X], rows, None, 1e4).parts) == {Z, X}


def test_a_level_is_kept_that_stands_out_alone() -> None:
    rows = arms(4, 0.3)
    assert association(rows) < THRESHOLD < direction(rows)


def test_noise_stands_out_in_no_direction() -> None:
    trends = [direction(counts_of(counted(seed, 0.0, 2_000)), outcomes=PLACES) for seed in range(100)]
    levels = [direction(arms(seed, 0.0)) for seed in range(100)]
    assert sum(found >= THRESHOLD for found in trends + levels) <= 2
    assert max(trends) > 0, "it looks at something"


def test_a_few_rows_of_rare_codes_are_no_evidence() -> None:
    """Mantel's statistic alone would be 249 here."""
    counts = torch.zeros(1, 25, 14, dtype=torch.float64)
    counts[0, :24, 0], counts[0, 24, 13] = 10, 1
    far = (*PLACES[:-1], 1e12)
    assert direction(counts) < THRESHOLD
    assert direction(counts, PLACES, far) < THRESHOLD


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 2, 1), (2, 3, 3)])
def test_without_rows_or_codes_nothing_stands_out(shape: tuple[int, ...]) -> None:
    counts = torch.zeros(shape, dtype=torch.float64)
    assert direction(counts) == 0
    counts[0] = 1
    places = [range(size) for size in shape[1:]]
    assert direction(counts, *places) == pytest.approx(0)
    law = torch.full(shape[1:], 1 / shape[2], dtype=torch.float64)
    assert torch.equal(tilted(counts, law, *places), law)


def test_an_even_scale_is_one_direction_and_an_uneven_one_two() -> None:
    """Their order bears places that are far out, at the cost of one more try."""
    counts = counts_of(counted(0, 0.05))
    even, uneven = (direction(counts, outcomes=places) for places in (PLACES, (*PLACES[:-1], 1e6)))
    assert THRESHOLD < uneven < even


@pytest.mark.parametrize("effect", [0.1, 0.2])
def test_a_trend_stays_where_cells_borrow(effect: float) -> None:
    """The mean that X adds within Z, to the few percent that the rows know; it is the same whatever the order."""
    found, known = [], []
    for seed in range(4):
        counts = counts_of(counted(seed, effect))
        law = (
            smoothed(counts, 0.5, learned=True, scales=((), (), PLACES)).view(2, 2, 14) @ torch.tensor(PLACES).double()
        )
        own = (counts / counts.sum(2, keepdim=True)) @ torch.tensor(PLACES).double()
        found.append(float((law[:, 1] - law[:, 0]).mean()))
        known.append(float((own[:, 1] - own[:, 0]).mean()))
    assert sum(found) / 4 == pytest.approx(sum(known) / 4, rel=0.06)


def test_a_level_that_stands_out_stays_where_the_others_borrow() -> None:
    counts = arms(4, 0.3)[0]
    law, own = smoothed(counts, 0.5, learned=True)[:, 1], counts[:, 1] / counts.sum(1)
    others = torch.arange(25) != 7
    assert float(law[7]) == pytest.approx(float(own[7]), abs=0.04)
    assert float(law[others].std()) < float(own[others].std()) / 3
