"""What rows support, on tensors: bare places, numbers together, and what they are called."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch.parts import Values
from idgen_torch.running.overlap.finding import Finding, Lookout
from idgen_torch.running.overlap.support import MOST_ROWS, Support
from idgen_torch.running.overlap.telling import functions
from idgen_torch.running.overlap.thin import stretches_of

N = 3000


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=generator(seed), dtype=torch.float32)


def coin(n: int = N, seed: int = 0) -> Tensor:
    return torch.randint(2, (n,), generator=generator(seed))


def lookout(rows: Values, apart: dict[str, int], set_: tuple[str, ...] = ()) -> Lookout:
    """Of rows by part; `apart` says which group each belongs to."""
    parts = [
        Part(name, size=int(values.max()) + 1) if not values.is_floating_point() else Part(name, dim=values.shape[1])
        for name, values in rows.items()
    ]
    support = Support.of(parts, {name: (group, name in set_) for name, group in apart.items()}, rows, None)
    assert support is not None
    return Lookout(support, stretches_of(support, rows, None))


def look(rows: Values, asked: Values) -> Finding | None:
    return lookout(rows, {name: k for k, name in enumerate(rows)}).look(asked)


def test_a_cell_without_rows_is_found() -> None:
    z = coin()
    found = look({"X": z, "Z": z}, {"X": torch.ones(1000, dtype=torch.int64), "Z": coin(1000, 1)})
    assert found is not None
    assert found.share == pytest.approx(0.5, abs=0.05)
    assert found.none
    assert found.codes.unique(dim=0).tolist() == [[1, 0]]


def test_inputs_that_meet_are_quiet() -> None:
    z, x = normal(N, 1), normal(N, 1, seed=1)
    mixed = {"X": 0.7 * z + 0.7 * x, "Z": z, "C": coin(seed=2)}
    asked = {"X": torch.full((2000, 1), 0.5), "Z": normal(2000, 1, seed=3), "C": coin(2000, 4)}
    assert look(mixed, asked) is None


def test_a_rare_cell_with_hardly_any_row_is_found_and_with_enough_is_not() -> None:
    z, x = coin(), coin()  # equal
    x[:2] = 1 - z[:2]
    asked = {"X": torch.zeros(500, dtype=torch.int64), "Z": torch.ones(500, dtype=torch.int64)}
    found = look({"X": x, "Z": z}, asked)
    assert found is not None
    assert not found.none
    x[:200] = 1 - z[:200]
    assert look({"X": x, "Z": z}, asked) is None


def test_numbers_on_a_line_are_found_with_the_number_that_varies() -> None:
    z = normal(N, 1)
    rows = {"X": 2 * z, "Z": z}
    found = look(rows, {"X": torch.full((1000, 1), 1.0), "Z": normal(1000, 1, seed=1)})
    assert found is not None
    assert found.share > 0.8
    assert look(rows, {"X": 2 * normal(1000, 1, seed=1), "Z": normal(1000, 1, seed=1)}) is None


def test_numbers_that_add_up_are_found_together() -> None:
    z = normal(N, 8)
    rows = {"X": z.sum(1, keepdim=True), "Z": z}
    asked = {"X": torch.full((1000, 1), 1.0), "Z": normal(1000, 8, seed=1)}
    watching = lookout(rows, {"X": 0, "Z": 1}, ("X",))
    found = watching.look(asked)
    assert found is not None
    assert found.place is None
    assert functions(watching) == [f"X is all but a function of {', '.join(f'Z[{k}]' for k in range(7))} and Z[7]"]


def test_what_stands_in_one_row_is_not_compared() -> None:
    """Z and its copy come out of one row: that no row shows them apart is no lack."""
    z = normal(N, 1)
    rows = {"X": coin(), "Z": z, "copy": z.clone()}
    watching = lookout(rows, {"X": 0, "Z": 1, "copy": 1})
    asked = normal(1000, 1, seed=1)
    assert watching.look({"X": coin(1000, 1), "Z": asked, "copy": asked.clone()}) is None
    assert functions(watching) == []


def test_a_category_that_is_a_function_is_named() -> None:
    z = torch.randint(3, (N,), generator=generator())
    rows = {"X": (z > 0).long(), "Z": z}
    assert functions(lookout(rows, {"X": 0, "Z": 1})) == ["X is a function of Z"]


def test_many_levels_leave_no_pairs() -> None:
    """Of a thousand sites each has two rows: half of what is asked of a site and a treatment was never seen."""
    site = torch.arange(2000) % 1000
    found = look({"X": coin(2000), "site": site}, {"X": torch.ones(1000, dtype=torch.int64), "site": site[:1000]})
    assert found is not None
    assert 0.15 < found.share < 0.4


def test_values_that_a_caller_sets_together_and_no_row_has() -> None:
    rows = {name: coin(200, seed) for seed, name in enumerate("ABCDEF")}
    seen = torch.stack(list(rows.values()), 1)
    cells = torch.cartesian_prod(*[torch.arange(2)] * 6)
    missing = cells[~(cells[:, None] == seen[None]).all(2).any(1)][0]
    asked = {name: missing[k].expand(10) for k, name in enumerate(rows)}
    apart = {name: k for k, name in enumerate(rows)}
    found = lookout(rows, apart, tuple(rows)).look(asked)
    assert found is not None
    assert (found.share, found.none) == (1.0, True)
    assert lookout(rows, apart, ("A",)).look(asked) is None


def test_rare_values_of_a_category_that_stands_apart_are_kept() -> None:
    x = (torch.arange(100_000) % 400 == 7).long()
    rows = {"X": x, "Z": normal(100_000, 1)}
    parts = [Part("X", size=2), Part("Z")]
    support = Support.of(parts, {"X": (0, True), "Z": (1, False)}, rows, None)
    assert support is not None
    assert len(support.codes) == MOST_ROWS
    assert int(support.all_codes[:, 0].sum()) == 250
    together = Support.of(parts, {"X": (0, False), "Z": (0, False)}, rows, None)
    assert together is not None
    assert len(together.all_codes) == MOST_ROWS


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_a_category_that_leans_on_many_numbers_is_quiet(share: float) -> None:
    z = normal(10_000, 6)
    lean = torch.logit(torch.tensor(share)) + z.sum(1) / 6**0.5
    x = (torch.rand(10_000, generator=generator(9)) < lean.sigmoid()).long()
    watching = lookout({"X": x, "Z": z}, {"X": 0, "Z": 1}, ("X",))
    for level in (0, 1):
        assert watching.look({"X": torch.full((2000,), level), "Z": normal(2000, 6, seed=3)}) is None


def test_ordered_categories_are_near_by_rank() -> None:
    """The rule lies along two orders of twelve values; of three values of either no pair is without rows."""
    a, b = (torch.randint(12, (N,), generator=generator(seed)) for seed in (0, 1))
    c = normal(N, 1)
    x = (a + b + 4 * c[:, 0] > 11).long()
    parts = [Part("X", size=2), *(Part(name, size=12, levels=tuple(map(float, range(12)))) for name in "AB"), Part("C")]
    support = Support.of(
        parts, {name: (k, k == 0) for k, name in enumerate("XABC")}, {"X": x, "A": a, "B": b, "C": c}, None
    )
    assert support is not None
    asked = {"X": torch.ones(1000, dtype=torch.int64), "A": a[:1000], "B": b[:1000], "C": c[:1000]}
    found = Lookout(support).look(asked)
    assert found is not None
    assert found.near
    assert found.share > 0.2


def test_one_row_of_few_says_nothing() -> None:
    """A share is told beyond chance only: of twenty samples a single one may lie anywhere."""
    z = coin()
    asked = {"X": torch.ones(20, dtype=torch.int64), "Z": torch.ones(20, dtype=torch.int64)}
    asked["Z"][0] = 0
    assert look({"X": z, "Z": z}, asked) is None
    assert look({"X": z, "Z": z}, {name: values[:1] for name, values in asked.items()}) is not None
    assert look({"X": z, "Z": z}, {name: values[:0] for name, values in asked.items()}) is None


def test_rows_without_weight_are_none_and_many_are_thinned() -> None:
    z = coin(20_000)
    weights = (z == 0).float()
    support = Support.of([Part("Z", size=2)], {"Z": (0, True)}, {"Z": z}, weights)
    assert support is not None
    assert len(support.codes) == MOST_ROWS
    assert support.rows == int(weights.sum())
    assert not support.whole
    found = Lookout(support).look({"Z": torch.ones(100, dtype=torch.int64)})
    assert found is not None
    assert found.share == 1
    assert Support.of([Part("Z", size=2)], {"Z": (0, True)}, {"Z": z}, torch.zeros(20_000)) is None
    assert Support.of([Part("P", dim=4, shape=(1, 2, 2))], {}, {}, None) is None


def test_a_number_that_is_set_into_a_gap() -> None:
    x = normal(N, 1) + 20 * (coin()[:, None] - 0.5)
    watching = lookout({"X": x}, {"X": 0}, ("X",))
    ((share, stretch, column, there),) = watching.at_stretches({"X": torch.full((10, 1), 0.0)})
    assert (share, column.name, len(there)) == (1.0, "X", 10)
    assert -7.5 < (stretch.low or 0.0) < -6 < 6 < (stretch.high or 0.0) < 7.5
    for asked in (torch.full((10, 1), 9.0), normal(1000, 1, seed=1) + 10):
        assert not list(watching.at_stretches({"X": asked}))


def test_a_parity_of_many_categories_is_found() -> None:
    """X is the parity of four others, of which any three say nothing."""
    rows = {name: coin(seed=seed) for seed, name in enumerate("ABCD")}
    apart = {"A": 1, "B": 1, "C": 1, "D": 1, "X": 0}
    parity = torch.stack(list(rows.values())).sum(0) % 2
    asked = {name: coin(1000, 10 + seed) for seed, name in enumerate("ABCD")} | {"X": coin(1000, 20)}
    found = lookout(rows | {"X": parity}, apart, ("X",)).look(asked)
    assert found is not None
    assert found.share == pytest.approx(0.5, abs=0.06)


def test_a_category_that_is_set_and_has_three_rows() -> None:
    x = coin()
    x[:3] = 2
    found = lookout({"X": x}, {"X": 0}, ("X",)).look({"X": torch.full((10,), 2)})
    assert found is not None
    assert (found.share, found.none) == (1.0, False)
    assert lookout({"X": x}, {"X": 0}).look({"X": torch.full((10,), 2)}) is None
