"""Numbers with point masses: their shares, what lies between, supports, and how others see them as inputs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.calibration import Calibration
from idgen_torch.families import Classifier, Flow, Hurdle, Run, Task
from idgen_torch.families.numbers.support import Support
from idgen_torch.nets.heads import Columns
from idgen_torch.parts import Values
from tests.idgen_torch.families.trained import trained

BACK_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
N = 4_000


def costs(rng: np.random.Generator, n: int, x: int | None = None) -> dict[str, Any]:
    """Nothing for many; the treatment makes more pay, and those who pay pay more."""
    z = rng.normal(size=n)
    treated = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int) if x is None else np.full(n, x)
    pays = rng.random(n) < 1 / (1 + np.exp(-(0.7 * z + 0.8 * treated - 0.6)))
    return {"Z": z, "X": treated, "Y": np.where(pays, np.round(np.exp(3 + 0.4 * z + 0.3 * treated), 2), 0.0)}


@pytest.fixture(scope="module")
def sampler() -> Any:
    return BACK_DOOR.fit(costs(np.random.default_rng(3), N), seed=0, progress=False, device="cpu")


def test_zeros_costs_and_the_effect_are_right(sampler: Any) -> None:
    assert sampler.report().models[0].family == "hurdle"
    means, truths = [], []
    for x in (0, 1):
        drawn = sampler.sample(40_000, do={"X": x}, seed=1)["Y"]
        truth = costs(np.random.default_rng(5), 400_000, x)["Y"]
        assert (drawn == 0).mean() == pytest.approx((truth == 0).mean(), abs=0.03)
        assert drawn.min() == 0
        assert np.array_equal(drawn, np.round(drawn, 2)), "cents stay cents"
        assert np.quantile(drawn, 0.9) == pytest.approx(np.quantile(truth, 0.9), rel=0.12)
        means.append(drawn.mean())
        truths.append(truth.mean())
    assert means[1] - means[0] == pytest.approx(truths[1] - truths[0], rel=0.15)


def test_it_comes_back_from_a_file(sampler: Any, tmp_path: Any) -> None:
    sampler.save(tmp_path / "s")
    again = idgen.load(tmp_path / "s")
    assert np.array_equal(*(one.sample(500, do={"X": 1}, seed=3)["Y"] for one in (sampler, again)))


def test_a_family_that_is_asked_for_models_what_lies_between() -> None:
    data = costs(np.random.default_rng(0), 1_000)
    fitted: Any = BACK_DOOR.fit(data, family={"Y": "flow{epochs=1,ensemble=1}"}, progress=False, device="cpu")
    config, _ = fitted.fitted.models["%m0"].state()
    assert config["between"]["family"] == "flow"
    assert config["between"]["options"]["ensemble"] == 1
    with pytest.raises(DataError, match="tables take categories only"):
        BACK_DOOR.fit(data, family={"Y": "table"}, progress=False, device="cpu")
    for recipe in (Flow(), Classifier()):
        with pytest.raises(DataError, match=r"point masses|tables take categories only|discrete"):
            trained(recipe, (Part("y", masses=(0.0,)),), (), {"y": torch.zeros(9, 1)})


@pytest.mark.parametrize("realize", ["regenerate", "reweight"])
def test_masses_on_the_way_are_weighed_and_regenerated(realize: Any) -> None:
    """A napkin whose W2 is capped at both ends: Y answers to X alone but for the hidden cause."""
    rng, n = np.random.default_rng(1), 6_000
    u, v = rng.normal(size=(2, n))
    w1 = u + v + 0.5 * rng.normal(size=n)
    w2 = np.clip(0.5 * w1 + rng.normal(size=n), -1, 1)
    x = (w2 + 0.7 * u + 0.5 * rng.normal(size=n) > 0).astype(int)
    data = {"W1": w1, "W2": w2, "X": x, "Y": x - v + 0.3 * rng.normal(size=n)}
    napkin = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), napkin, realize=realize)
    fitted = program.fit(data, seed=0, progress=False, device="cpu", epochs=8, ensemble=1, rows_factor=2)
    means = [fitted.sample(20_000, do={"X": value}, seed=1)["Y"].mean() for value in (0, 1)]
    assert means == pytest.approx([0, 1], abs=0.15)
    assert data["Y"][x == 1].mean() - data["Y"][x == 0].mean() < 0.85, "what is seen is another thing"


def test_inputs_show_their_masses_and_levels() -> None:
    income, grade, place = Part("i", masses=(-5.0, 2.0)), Part("g", size=3, levels=(-1.0, 0.0, 1.0)), Part("p", size=2)
    rows: Values = {"i": torch.tensor([[-5.0], [0.3]]), "g": torch.tensor([2, 0]), "p": torch.tensor([0, 1])}
    columns = Columns.of([income, grade, place])
    features = columns.features(rows, 2, torch.device("cpu"))
    assert columns.width == 5 + 3 + 1
    assert torch.equal(features.reals, torch.tensor([[-5.0, 1.0, 0.0, 1.0], [0.3, 0.0, 0.0, -1.0]]))
    assert columns.place(income) == slice(5, 8)


def test_rows_of_each_combination_stand_for_numbers_given_categories() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, 600)
    y = np.where(rng.random(600) < 0.3, 0.0, rng.lognormal(3 + x, 1.0))
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    fitted: Any = program.fit({"X": x, "Y": y}, progress=False, device="cpu")
    assert fitted.report().models[0].family == "matched"
    drawn = fitted.sample(5_000, do={"X": 1}, seed=0)["Y"]
    assert np.isin(drawn.round(3), y[x == 1].round(3)).mean() > 0.98, "rounded, as it is"
    assert drawn.mean() == pytest.approx(y[x == 1].mean(), rel=0.1)


def test_one_number_with_masses_is_all_that_a_hurdle_takes() -> None:
    rows: Values = {"y": torch.zeros(9, 1), "z": torch.zeros(9, 1)}
    y, z = Part("y", masses=(0.0,)), Part("z")
    for targets in ((y, z), (z,), (Part("y", size=2),)):
        with pytest.raises(DataError, match="hurdle models one number with point masses"):
            Hurdle().fit(Task(targets, (), rows))


@pytest.mark.parametrize("ends", [(0.0, None), (None, 1.5), (-1.0, 2.0), (-3.0, 90.0)])
def test_a_support_has_a_way_back_and_the_slope_of_its_map(ends: tuple[float | None, float | None]) -> None:
    low, high = ends
    start, stop = (low if low is not None else -8.0), (high if high is not None else 8.0)
    values = torch.linspace(start, stop, 503, dtype=torch.float64)[1:-1].unsqueeze(1).requires_grad_()
    support = Support((ends,))
    free = support.freed(values)
    assert torch.allclose(support.bound(free), values, atol=1e-6)
    (slope,) = torch.autograd.grad(free.sum(), values)
    assert torch.allclose(slope[:, 0].log(), support.log_slope(values), atol=1e-6)
    far = support.bound(torch.tensor([[-900.0], [900.0]], dtype=torch.float64))
    assert low is None or float(far.min()) >= low
    assert high is None or float(far.max()) <= high


@pytest.mark.parametrize("unit", [1.0, 0.1, 0.002, 0.0])
@pytest.mark.parametrize("ends", [(-1.5, None), (None, 1.5), (-1.7, 1.8)])
def test_a_support_in_small_units_moves_only_what_is_near_its_ends(
    ends: tuple[float | None, float | None], unit: float
) -> None:
    low, high = (-1.5 if ends[0] is None else ends[0]), (1.5 if ends[1] is None else ends[1])
    values = torch.linspace(low, high, 403, dtype=torch.float64)[1:-1].unsqueeze(1).requires_grad_()
    support = Support((ends,), (unit,))
    free = support.freed(values)
    assert torch.allclose(support.bound(free), values, atol=1e-6)
    (slope,) = torch.autograd.grad(free.sum(), values)
    assert torch.allclose(slope[:, 0].log(), support.log_slope(values), atol=1e-6)
    away = [(values - end).abs() for end in ends if end is not None]
    inside = torch.stack(away).amin(0) > 12 * unit
    assert torch.allclose(free[inside], values[inside], atol=1e-4)
    far = support.bound(torch.tensor([[-900.0], [900.0]], dtype=torch.float64))
    assert ends[0] is None or float(far.min()) >= ends[0]
    assert ends[1] is None or float(far.max()) <= ends[1]
    assert float((support.off_edges(values) - values).detach().abs().max()) <= 0.05 * unit + 1e-9


def test_an_end_is_felt_where_rows_crowd_at_it() -> None:
    generator = torch.Generator().manual_seed(0)
    crowd = -torch.rand(4_000, 1, generator=generator).log()
    bell = torch.randn(4_000, 1, generator=generator)
    rows = torch.cat([crowd, bell, bell, bell], 1)
    ends = tuple((float(column.min()), float(column.max())) for column in rows.T)
    units = Support(ends).fitting(rows, [0.9, 0.9, 0.02, 0.0]).units
    assert units == pytest.approx((1.0, 0.09, 0.002, 0.0))


def test_a_close_line_is_as_straight_at_its_ends_as_between_them() -> None:
    """Dates of discharge, say: within two days of a cause that is spread evenly over five years."""
    rng = np.random.default_rng(0)
    cause, treated = 1_825 * rng.random(2_000), rng.integers(0, 2, 2_000)
    outcome = cause - 3 * treated + (2 - treated) * rng.normal(size=2_000)
    program = idgen.compile(idgen.Query.parse("P(Y | do(T), A)"), idgen.ADMG.parse("T -> Y; A -> Y"))
    table = {"A": cause, "T": treated, "Y": outcome}
    sampler = program.fit(table, progress=False, device="cpu", check_graph=False)
    for place in (10.0, 900.0, 1_815.0):
        drawn = sampler.sample(4_000, do={"T": 1}, given={"A": place}, seed=0)["Y"]
        assert drawn.std() == pytest.approx(1, abs=0.25)
        assert drawn.mean() == pytest.approx(place - 3, abs=0.4)


def test_a_saved_flow_has_units_that_its_numbers_can_have() -> None:
    part, rng = Part("y", low=-3.0, high=3.0), np.random.default_rng(0)
    rows = {"y": torch.from_numpy(rng.uniform(-2, 2, (200, 1)).astype(np.float32))}
    model = trained(Flow(epochs=1, ensemble=1, hidden=(4,)), [part], [], rows)
    config, tensors = model.state()
    again = type(model).from_state(model.recipe, config, tensors, model.targets, model.inputs)
    assert again.state()[0] == config
    for units in ([2.0], [-0.1], ["a"], [1.0, 1.0, 1.0, 1.0, 1.0]):
        with pytest.raises(DataError, match="a saved flow has the units"):
            type(model).from_state(model.recipe, {**config, "units": units}, tensors, model.targets, model.inputs)


@pytest.mark.parametrize("kind", ["spline", "mixture"])
def test_a_density_on_a_support_is_one(kind: str) -> None:
    rng = np.random.default_rng(0)
    y = torch.tensor(rng.beta(0.7, 1.5, 3_000), dtype=torch.float32).unsqueeze(1)
    part = Part("y", low=0.0, high=1.0)
    model = trained(Flow(density=kind, ensemble=1, epochs=10), (part,), (), {"y": y})
    grid = torch.linspace(0, 1, 4_002)[1:-1].unsqueeze(1)
    assert float(model.log_prob({"y": grid}).exp().sum() / 4_000) == pytest.approx(1, abs=0.05)
    drawn = model.sample({}, 5_000, torch.Generator().manual_seed(0))["y"]
    assert 0 <= float(drawn.min()) <= float(drawn.max()) <= 1
    assert float(drawn.mean()) == pytest.approx(float(y.mean()), abs=0.02)


def test_a_density_at_an_edge_is_that_beside_it() -> None:
    """What is cut off at nought stops at once: on the whole line its rows there are a tail that networks made up."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=4_000)
    x = z + rng.normal(size=4_000)
    z, x = (torch.tensor(column[x > 0], dtype=torch.float32)[:, None] for column in (z, x))
    model = Flow().fit(Task((Part("x", low=0.0),), (Part("z"),), {"x": x, "z": z}))
    asked = torch.tensor([[-1.0], [0.0], [1.0]])
    for near in (1e-3, 0.02, 0.05):
        found = model.log_prob({"x": torch.full((3, 1), near), "z": asked})
        truth = torch.distributions.Normal(asked, 1.0).log_prob(torch.tensor(near)) - torch.special.log_ndtr(asked)
        assert torch.allclose(found, truth[:, 0], atol=0.3), near


def test_numbers_just_above_a_mass_weigh_runs_as_those_beside_them() -> None:
    rng, n = np.random.default_rng(0), 4_000
    u, v = rng.normal(size=(2, n))
    w1 = u + v + 0.5 * rng.normal(size=n)
    w2 = w1 + rng.normal(size=n)
    x = np.maximum(w2 + u + rng.normal(size=n), 0)
    data = {"W1": w1, "W2": w2, "X": x, "Y": x + 2 * v + rng.normal(size=n)}
    napkin = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), napkin, realize="weigh")
    fitted = program.fit(data, seed=0, progress=False, device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", idgen.OverlapWarning)
        means = [fitted.sample(10_000, do={"X": x}, seed=1)["Y"].mean() - x for x in (0.005, 0.02, 0.1)]
    assert np.abs(means).max() < 0.12 * data["Y"].std()


def test_a_calibration_names_the_number() -> None:
    rng = np.random.default_rng(0)
    y = torch.from_numpy(np.where(rng.random(600) < 0.4, 0.0, rng.normal(size=600)).astype(np.float32))[:, None]
    told: list[Calibration] = []
    task = Task((Part("y", masses=(0.0,)),), (Part("x"),), {"y": y, "x": y.roll(1, 0)})
    chosen = {True: Classifier(ensemble=1, epochs=2, hidden=(8,)), False: Flow(ensemble=1, epochs=1, hidden=(8,))}
    run = Run(choose=lambda link: chosen[link.targets[0].discrete], calibrated=told.append)
    Hurdle().fit(task, run)
    assert [found.target for found in told] == ["the point masses of y"]
    assert str(told[0]).startswith("calibration of the point masses of y: ECE ")
