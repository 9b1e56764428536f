"""What a column of numbers is made of: masses, grids and ends that are there are found, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Continuous, Integer, Numeric
from idgen_compiler.data.kinds.numbers.shape import Said, decimals_of, grid_of, shape_of
from idgen_compiler.data.kinds.registry import infer
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError

RNG = np.random.default_rng(0)
N = 4000
NORMAL = RNG.normal(size=N)
POSITIVE = np.exp(NORMAL)
OFTEN = RNG.random(N) < 0.4
AGES = np.random.default_rng(7).integers(18, 77, N)


@pytest.mark.parametrize(
    ("values", "masses"),
    [
        (NORMAL, ()),
        (POSITIVE, ()),
        (np.round(NORMAL, 1), ()),
        (RNG.integers(18, 90, N), ()),
        (RNG.poisson(30, N), ()),
        (np.repeat(NORMAL[:2000], 2), ()),  # every row twice
        (np.where(OFTEN, 0, POSITIVE), (0.0,)),
        (np.where(OFTEN, 0, np.round(1000 * POSITIVE)), (0.0,)),
        (np.minimum(38 + 3 * NORMAL, 40), (40.0,)),
        (np.clip(NORMAL, -1, 1), (-1.0, 1.0)),
        (np.where(RNG.random(N) < 0.01, -9999, NORMAL), (-9999.0,)),
        (RNG.choice([0.5, 1.0, 2.5], N), (0.5, 1.0, 2.5)),
        (np.where(RNG.random(N) < 0.05, 50, RNG.integers(0, 101, N)), (50,)),
        (np.where(OFTEN, 5 * np.rint(AGES / 5), AGES), tuple(range(20, 80, 5))),
        (np.minimum(AGES, 60), (60,)),
        (np.clip(np.rint(40 + 5 * NORMAL), 0, 99), ()),  # steep on both sides
        (np.random.default_rng(8).geometric(0.07, N), ()),
        (np.where(OFTEN, 5 * np.rint(10 * AGES / 5), 10 * AGES), ()),  # more heaps than masses can be
    ],
)
def test_masses_are_values_that_no_density_gives_so_often(values: Any, masses: tuple[float, ...]) -> None:
    assert shape_of(values).masses == masses


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        (NORMAL, (None, None)),
        (NORMAL + 5, (None, None)),
        (RNG.random(N), (0.0, 1.0)),
        (100 * RNG.beta(2, 2, N), (0.0, 100.0)),
        (POSITIVE**2.2, (0.0, None)),
        (-np.abs(NORMAL), (None, 0.0)),
        (np.minimum(38 + 3 * NORMAL, 40), (None, 40.0)),
        (RNG.integers(0, 200, N), (-0.5, 199.5)),
        (RNG.standard_t(2, N), (None, None)),
    ],
)
def test_ends_are_where_a_density_stops(values: Any, ends: tuple[float | None, float | None]) -> None:
    assert shape_of(values).support == ends


def test_an_edge_that_nobody_knows_lies_just_beyond_the_data() -> None:
    low, high = shape_of(RNG.uniform(3, 7, N)).support
    assert low == pytest.approx(3, abs=0.005)
    assert high == pytest.approx(7, abs=0.005)


@pytest.mark.parametrize(
    ("values", "log"), [(POSITIVE**2.2, 1), (-POSITIVE, -1), (RNG.exponential(size=N), 1), (170 + 10 * NORMAL, 0)]
)
def test_skewed_positive_numbers_are_seen_in_logarithms(values: Any, log: int) -> None:
    assert shape_of(values).log == log


@pytest.mark.parametrize(
    ("values", "grid"),
    [
        (NORMAL, 0.0),
        (np.round(POSITIVE, 2), 0.01),
        (np.round(POSITIVE, 2).astype(np.float32), 0.01),
        (np.round(4 * NORMAL) / 4, 0.25),
        (500.0 * RNG.integers(0, 90, N), 500.0),
        (np.round(1e9 + NORMAL, 1), 0.1),
        (np.full(30, 2.5), 0.0),
        (np.arange(5.0), 0.0),
    ],
)
def test_a_grid_is_what_all_values_are_multiples_of(values: Any, grid: float) -> None:
    assert grid_of(values) == pytest.approx(grid)
    if grid:
        assert decimals_of(grid) == {0.01: 2, 0.25: 2, 500.0: 0, 0.1: 1}[grid]


@pytest.mark.parametrize(
    "values",
    [
        np.where(OFTEN, 0, np.round(POSITIVE**2, 2)),
        np.where(OFTEN, 0, np.floor(POSITIVE**2)).astype(np.int64),
        np.clip(NORMAL, -1, 1),
        np.round(1e9 + NORMAL, 1),
        -POSITIVE,
        RNG.standard_cauchy(N).astype(np.float32),
        RNG.integers(0, 10**15, N),
        500 * RNG.integers(0, 90, N).astype(np.uint16),
    ],
)
@pytest.mark.filterwarnings("ignore:column X holds")
def test_a_column_comes_back(values: Any) -> None:
    kind = infer(Column("X", values))
    assert isinstance(kind, Continuous | Integer)
    seen = kind.encode(Column("X", values), np.random.default_rng(1))
    assert seen.dtype == np.float32
    assert np.isfinite(seen).all()
    back = np.empty(len(values), kind.layout)
    kind.decode_one(seen, back)
    assert back.dtype == values.dtype
    if kind.grid and values.dtype.kind == "f":
        assert np.array_equal(back, values)
    assert np.allclose(
        back.astype(float), values.astype(float), rtol=2e-6, atol=1e-7 * np.quantile(np.abs(values), 0.9)
    )
    for mass, place in zip(kind.masses, kind.part("X").masses, strict=True):
        assert np.array_equal(seen[:, 0] == np.float32(place), values == mass), (
            "a mass is where it is, and nothing else"
        )


def test_what_is_drawn_keeps_to_the_support_and_the_grid() -> None:
    kind = infer(Column("X", np.where(OFTEN, 0, np.round(POSITIVE, 2))))
    drawn = np.empty(1000)
    kind.decode_one(np.random.default_rng(0).normal(scale=4, size=(1000, 1)).astype(np.float32), drawn)
    assert drawn.min() >= 0
    assert np.allclose(100 * drawn, np.round(100 * drawn))
    assert drawn.max() < 1e3, "a logarithm does not run away"


def test_what_is_said_comes_before_what_is_found() -> None:
    said = {"X": Numeric(support=(-5, None), masses=(), grid=0.0)}
    kind = infer_schema(read_sources({"X": np.where(OFTEN, 0, POSITIVE)}, ["X"]), said)["X"]
    assert isinstance(kind, Continuous)
    assert (kind.support, kind.masses, kind.grid) == ((-5, None), (), 0.0)
    assert isinstance(infer_schema(read_sources({"X": [0, 1, 1]}, ["X"]), {"X": Numeric(whole=True)})["X"], Integer)
    assert shape_of(POSITIVE, Said(masses=(2.0, 1.0))).masses == (1.0, 2.0)
    with pytest.raises(DataError, match=r"column X holds 0\.0, beyond the support \(1, None\) that types says it has"):
        infer_schema(read_sources({"X": np.where(OFTEN, 0, POSITIVE + 1)}, ["X"]), {"X": Numeric((1, None), ())})
    for wrong in ({"support": (1, 0)}, {"support": (float("nan"), None)}, {"masses": (10**400,)}, {"grid": -1}):
        with pytest.raises(DataError, match="support"):
            Numeric(**wrong)  # type: ignore[arg-type]


def test_what_lies_on_the_edge_of_a_cell_is_no_mass() -> None:
    counts = np.floor(np.exp(RNG.normal(0.5, 1.6, N))).astype(int)
    kind = infer(Column("X", counts))
    assert isinstance(kind, Integer)
    assert kind.masses == (0.0, 1.0)
    assert kind.support[0] == 1.5
    drawn = np.empty(3, np.int64)
    kind.decode_one(np.array([[-9.0], [-4.0], [-3.0]], np.float32), drawn)
    assert drawn.min() == 2, "2 or more, where none of the masses was drawn"


def test_what_a_narrow_float_cannot_hold_is_drawn_as_its_largest() -> None:
    kind = infer(Column("X", (1e38 * NORMAL).clip(-3e38, 3e38).astype(np.float32)))
    drawn = np.empty(2, np.float32)
    kind.decode_one(np.array([[-7.0], [7.0]], np.float32), drawn)
    assert np.isfinite(drawn).all()


def test_prices_that_end_in_99_stay_so() -> None:
    prices = np.floor(np.exp(RNG.normal(3, 0.7, N))) + 0.99
    kind = infer(Column("X", prices))
    assert isinstance(kind, Continuous)
    assert (kind.grid, kind.phase) == (1.0, 0.99)
    drawn = np.empty(500)
    kind.decode_one(RNG.normal(size=(500, 1)).astype(np.float32), drawn)
    assert np.allclose(drawn % 1, 0.99)
    assert drawn.min() > 0


@pytest.mark.parametrize("law", ["laplace", "t2", "lognormal"])
def test_no_draw_lies_far_beyond_the_data(law: str) -> None:
    values = {"laplace": RNG.laplace(size=N), "t2": RNG.standard_t(2, N), "lognormal": np.exp(1.5 * NORMAL)}[law]
    kind = infer(Column("X", values))
    drawn = np.empty(2)
    kind.decode_one(np.array([[-40.0], [40.0]], np.float32), drawn)
    beyond = 2.5 if law == "lognormal" else 1.1
    assert max(values.min() * beyond - 10, 0 if law == "lognormal" else -np.inf) <= drawn[0]
    assert drawn[1] <= values.max() * beyond + 10
