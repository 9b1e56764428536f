"""Where hardly any row lies near a number that is set: at the ends, in gaps, among outliers, and in corners of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import idgen_compiler as idgen
from idgen_torch.running.overlap.support import Column
from idgen_torch.running.overlap.thin import thin_stretches
from tests.idgen_torch.running.overlap.test_lookout import coin, lookout, normal
from tests.idgen_torch.running.overlap.test_warnings import said

X = Column("X", "X", 0, 0, True, 128, torch.zeros(127))


def thin(values: Tensor, *asked: float, weights: Tensor | None = None) -> list[bool]:
    """Whether each of some values is."""
    stretches = thin_stretches(X, values, weights)
    return [any(bool(each.holds(torch.tensor([value]))[0]) for each in stretches) for value in asked]


@pytest.mark.parametrize("count", [60, 500, 5_000, 100_000])
@pytest.mark.parametrize("shape", ["normal", "even", "skewed", "heavy"])
def test_some_of_the_outermost_rows_and_no_others(count: int, shape: str) -> None:
    z = normal(count, seed=1).double()
    values = {"normal": z, "even": z.erf(), "skewed": z.exp(), "heavy": z / (1e-3 + normal(count, seed=2).abs())}[shape]
    stretches = thin_stretches(X, values, None)
    within = sum(int(each.holds(values).sum()) for each in stretches)
    assert within <= max(20, {"heavy": 0.025, "skewed": 0.005}.get(shape, 0.003) * count)
    ends = values.sort().values
    if shape != "even":  # the largest value, where few lie near it
        assert thin(values, float(ends[-1]) + 0.01) == [True]
    assert thin(values, float(ends[count // 2]), float(ends[count // 4])) == [False, False]


def test_a_gap_is_thin_all_the_way_and_clusters_are_not() -> None:
    values = 0.3 * normal(10_000, seed=1) + 6.0 * (coin(10_000) - 0.5)
    asked = (-3.0, -2.3, -1.9, -1.0, -0.4, 0.0, 0.7, 1.3, 1.9, 2.3, 3.0)
    assert thin(values, *asked) == [False, False, *[True] * 7, False, False]


def test_outliers_do_not_fill_a_gap() -> None:
    values = normal(10_000, seed=1)
    values[:3] = torch.tensor([20.0, 30.0, 40.0])
    assert thin(values, 1.0, 5.0, 8.0, 20.0, 40.0) == [False, True, True, True, True]


def test_steps_are_near_those_beside_them() -> None:
    """Whole numbers, a dose that most have, and doses of a trial."""
    assert thin(torch.arange(20_000) % 21, 3.0, 3.5, 20.0) == [False] * 3
    doses = torch.where(torch.arange(1000) % 10 == 0, 1 + normal(1000, seed=3).abs(), 0.0)
    assert thin(doses, 0.0, 1.3) == [False, False]
    assert thin(torch.tensor([0.0, 5.0, 10.0, 20.0, 100.0]).repeat(200), 5.0, 7.0, 50.0) == [False, False, True]
    assert thin_stretches(X, torch.ones(100), None) == []


def test_frequencies_count_as_rows_and_survey_weights_do_not() -> None:
    values = torch.linspace(0, 1, 11)
    assert thin(values, 0.5) == [True]
    assert thin(values, 0.5, weights=torch.full((11,), 50.0)) == [False]
    assert thin(values, 0.5, weights=torch.full((11,), 50.5)) == [True]


def test_rows_without_weight_fill_no_gap_and_are_no_end() -> None:
    """Of 3,000 rows in a gap and 3,000 far out none weighs anything: as if they were not there."""
    clusters = 0.3 * normal(10_000, seed=1) + 6.0 * (coin(10_000) - 0.5)
    more = torch.cat([0.3 * normal(3_000, seed=2), 8 + 0.3 * normal(3_000, seed=3)])
    weights = torch.cat([torch.ones(10_000), torch.zeros(6_000)])
    values = torch.cat([clusters, more])
    assert thin(values, 0.0, 8.0) == [False, False]
    assert thin(values, 0.0, -3.0, 8.0, weights=weights) == [True, False, False]
    assert thin_stretches(X, values, weights) == thin_stretches(X, clusters, None)
    assert thin_stretches(X, values, 0.5 * weights) == thin_stretches(X, clusters, None)
    assert thin_stretches(X, values, torch.zeros(16_000)) == []


def test_corners_of_two_numbers_that_are_set() -> None:
    c = normal(10_000, 1, seed=1)
    x = 0.5 * c + normal(10_000, 1, seed=2)
    watching = lookout({"C": c, "X": x}, {"C": 0, "X": 1}, ("C", "X"))

    def found(at: tuple[float, float]) -> bool:
        return watching.look({"C": torch.full((50, 1), at[0]), "X": torch.full((50, 1), at[1])}) is not None

    assert [found(at) for at in ((2.0, -2.5), (-2.0, 2.5))] == [True, True]
    assert [found(at) for at in ((2.0, 2.0), (0.0, 2.0), (1.0, -1.0))] == [False] * 3
    alone = lookout({"C": c, "X": x}, {"C": 0, "X": 1}, ("X",))
    assert alone.look({"C": c[:2000], "X": torch.full((2000, 1), 1.0)}) is None


def test_a_category_and_a_number_that_are_set() -> None:
    c = coin(4_000, 1)
    x = normal(4_000, 1, seed=2) + 4 * c[:, None]
    watching = lookout({"C": c, "X": x}, {"C": 0, "X": 1}, ("C", "X"))
    asked = {"C": torch.ones(10, dtype=torch.int64), "X": torch.full((10, 1), 0.5)}
    assert watching.look(asked) is not None
    assert watching.look({**asked, "X": torch.full((10, 1), 4.0)}) is None


def test_a_sampler_says_what_hardly_any_row_shows() -> None:
    rng, n = np.random.default_rng(0), 2_000
    x = rng.normal(size=n)
    table: dict[str, Any] = {"X": x, "Y": x + rng.normal(size=n)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    sampler = program.fit(table, family={"Y": "flow{epochs=1, ensemble=1}"}, seed=0, progress=False, device="cpu")
    (text,) = said(sampler, 200, do={"X": float(x.max())})
    assert "rest on P(Y | X) at X = 3." in text
    assert "which hardly any row shows; the answer there is extrapolation" in text
    assert said(sampler, 200, do={"X": float(np.quantile(x, 0.98))}) == []
