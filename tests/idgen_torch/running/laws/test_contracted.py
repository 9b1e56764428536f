"""Laws after an intervention that are sums of tables: no row of them is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.estimand.tables import Joint
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.families.tables.table import Table
from idgen_torch.running.laws.contracted import read_of
from tests.idgen_torch import programs
from tests.idgen_torch.programs import NAPKIN

pytestmark = pytest.mark.filterwarnings("ignore::idgen_compiler.OverlapWarning", "ignore::idgen_compiler.DataWarning")


def fit(data: Any, program: Any = NAPKIN, **options: Any) -> TorchSampler:
    return TorchBackend().fit(program, data, device="cpu", progress=False, **options)


def law(sampler: TorchSampler, **question: Any) -> np.ndarray:
    found = sampler.probability("Y", **question)
    assert found.method == "exact"
    return np.asarray(found.table)


def of_many_levels(rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    u1, u2 = rng.random((2, rows)) < 0.5
    w1 = rng.integers(0, 3, rows) + u1 + u2
    w2 = (w1 * rng.integers(0, 2, rows) + rng.integers(0, 4, rows)) % 4
    x = (rng.random(rows) < 0.2 + 0.15 * w2 + 0.2 * u1).astype(int)
    return {"W1": w1, "W2": w2, "X": x, "Y": (x + u2 + (rng.random(rows) < 0.3)) % 3}


@pytest.mark.parametrize("make", [programs.napkin_data, of_many_levels])
def test_a_law_of_unsmoothed_tables_is_that_of_the_rows(make: Any) -> None:
    data = make(5_000)
    exact = pytest.importorskip("idgen_exact").ExactBackend().fit(NAPKIN, Joint.from_samples(data)).kernel()
    sampler = fit(data, smoothing=0.0, family={"*": "table"})
    for x in (0, 1):
        assert law(sampler, do={"X": x}) == pytest.approx(exact.at(X=x), abs=1e-8)
    (report,) = sampler.report().data
    assert (report.exact, report.rows, sampler.report().models[-1].rows) == (True, 50_000, 50_000)
    assert "%law0: summed exactly, no row was drawn" in str(sampler.report())
    drawn = np.bincount(sampler.sample(100_000, do={"X": 1}, seed=0)["Y"]) / 100_000
    assert abs(drawn - exact.at(X=1)).max() < 0.006


def test_default_options_answer_as_the_same_law_drawn_often_does() -> None:
    data = programs.napkin_data(5_000)
    summed, drawn = fit(data), fit(data, rows_factor=200)
    assert not drawn.report().data[0].exact
    for x in (0, 1):
        assert law(summed, do={"X": x}) == pytest.approx(law(drawn, do={"X": x}), abs=0.004)


def test_equal_fits_are_equal_and_saved_ones_too(tmp_path: Path) -> None:
    data = programs.napkin_data(500)
    once, twice, other = fit(data, seed=1), fit(data, seed=1), fit(data, seed=2)
    once.save(tmp_path / "saved")
    loaded: Any = idgen.load(tmp_path / "saved")
    samples = [each.sample(100, do={"X": 1}, seed=3)["Y"] for each in (once, twice, loaded, other)]
    assert all(np.array_equal(samples[0], each) for each in samples[1:])  # nothing in it is left to chance
    assert loaded.report() == once.report()
    again = fit(data, seed=1, store=tmp_path / "kept")
    resumed = fit(data, seed=1, store=tmp_path / "kept")
    assert np.array_equal(law(again, do={"X": 0}), law(resumed, do={"X": 0}))


@pytest.mark.parametrize("are", ["survey", "frequency"])
def test_rows_of_weight_count_so_often(are: str) -> None:
    data, often = programs.napkin_data(1_500), np.arange(1_500) % 3
    repeated = {name: np.repeat(values, often) for name, values in data.items()}
    options: dict[str, Any] = {"smoothing": 0.0, "family": {"*": "table"}}
    weighed = fit({**data, "w": often.astype(float)}, weights="w", weights_are=are, **options)
    assert law(weighed, do={"X": 1}) == pytest.approx(law(fit(repeated, **options), do={"X": 1}), abs=1e-8)


def test_rows_are_drawn_where_they_are_asked_for_or_needed() -> None:
    data = programs.napkin_data(400)
    assert fit(data).report().data[0].exact
    assert not fit(data, rows_factor=1.0).report().data[0].exact
    assert not fit(data, family={"%m3": "classifier{epochs=1}"}).report().data[0].exact
    numbers = {**data, "W1": data["W1"] + np.random.default_rng(0).normal(size=400)}
    assert not fit(numbers, epochs=1, ensemble=1).report().data[0].exact


def test_what_is_read_of_a_law() -> None:
    program = NAPKIN
    (op,) = [each for each in program.operations if each.result == "%law0"]
    read = read_of(program, op.result, {})
    assert read is not None
    assert [set(names) for names in read] == [{"W2", "X", "Y"}]
    assert read_of(program, op.result, {"%m3": Table(smoothing=2.0)}) == read
    weighed = idgen.compile(
        idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"), realize="reweight"
    )
    assert read_of(weighed, "%obs", {}) is None  # its rows are weighed


def test_an_estimate_is_as_without_it() -> None:
    data = programs.napkin_data(2_000)
    found, drawn = (fit(data, **options).estimate(("Y", 1), do={"X": 1}) for options in ({}, {"rows_factor": 10.0}))
    assert (found.value, found.low, found.high) == pytest.approx((drawn.value, drawn.low, drawn.high))
    refitted = fit(data).estimate(("Y", 1), do={"X": 1}, method="bootstrap", repeats=20)
    assert refitted.low < found.value < refitted.high
