"""Kernels learn bends from few rows, and a flow sees by them where rows say that its networks do not know a mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, DataWarning
from idgen_torch.families import Flow, Task
from idgen_torch.families.family import parts_of
from idgen_torch.families.numbers.flows.model import FlowModel
from idgen_torch.families.numbers.sights.kernel import FOLDS, NOISES, Kernel, _Basis, _bumps, kernels_of
from idgen_torch.families.state import check_finite
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.parts import Values
from tests.idgen_torch.families.trained import trained

X, Z, C, Y = Part("x"), Part("z"), Part("c", 3), Part("y")
QUICK: dict[str, Any] = {"hidden": (16,), "ensemble": 1, "epochs": 60, "density": "mixture", "trees": "no"}


def waves(n: int, seed: int = 0, noise: float = 0.3) -> Values:
    """Two clusters, in each of which the mean goes up and down."""
    g = torch.Generator().manual_seed(seed)
    z, c = torch.randn(n, 1, generator=g), torch.randint(3, (n,), generator=g)
    x = 6.0 * torch.randint(2, (n, 1), generator=g) - 3 + 0.7 * torch.randn(n, 1, generator=g)
    mean = 1.5 * torch.sin(1.5 * x) + z / 2 + (c == 1).float().unsqueeze(1)
    return {"x": x / 3, "z": z, "c": c, "y": (mean + noise * torch.randn(n, 1, generator=g)) / 1.3}


def features_of(rows: Values, parts: tuple[Part, ...] = (X, Z, C)) -> tuple[Features, int]:
    columns = Columns.of(parts)
    return columns.features(rows, len(rows["y"]), torch.device("cpu")), columns.one_hot_width


def noise_of(n: int, seed: int) -> Values:
    """Rows whose outcome has nothing to do with their inputs, and is nought on average."""
    y = torch.randn(n, 1, generator=torch.Generator().manual_seed(1_000 + seed))
    return waves(n, seed) | {"y": (y - y.mean()) / y.std()}


def learned(
    rows: Values,
    mass: torch.Tensor | None = None,
    parts: tuple[Part, ...] = (X, Z, C),
) -> tuple[Kernel, torch.Tensor]:
    features, one_hot = features_of(rows, parts)
    (kernel,), told = kernels_of(features, one_hot, rows["y"], mass, torch.Generator().manual_seed(0))
    return kernel, told[:, 0]


def share(rows: Values, said: torch.Tensor) -> float:
    return 1 - float((rows["y"][:, 0] - said).var() / rows["y"].var())


def test_a_kernel_says_what_a_gaussian_process_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """By bumps around all rows, as wide as a process of scikit-learn has them."""
    monkeypatch.setattr("idgen_torch.families.numbers.sights.kernel.TOGETHER", 1)
    rows = waves(200)
    features, _ = features_of(rows, (X, Z))
    kernel, _ = learned(rows, parts=(X, Z))
    seen = features.reals.double().numpy()
    widths = kernel.width.double().numpy()
    found = []
    for noise in np.logspace(-4, 1, 60):  # which noise it was that rows said is not kept
        process = GaussianProcessRegressor(RBF() + WhiteKernel(noise), optimizer=None)
        found.append(process.fit(seen / widths, rows["y"][:, 0].double().numpy()).predict(seen / widths))
    apart = [np.abs(one - kernel(features)[:, 0].numpy()).max() for one in found]
    assert min(apart) < 0.05 < max(apart)


def test_each_row_is_told_by_a_kernel_that_did_not_see_it() -> None:
    rows = waves(300)
    kernel, told = learned(rows)
    assert share(rows, told) > 0.7
    assert share(waves(300, seed=1), kernel(features_of(waves(300, seed=1))[0])[:, 0]) > 0.7
    noise = rows | {"y": torch.randn(300, 1, generator=torch.Generator().manual_seed(3))}
    _, apart = learned(noise)
    assert abs(float(torch.corrcoef(torch.stack([apart, noise["y"][:, 0]]))[0, 1])) < 0.2


def test_what_a_row_is_told_is_what_other_folds_teach() -> None:
    rows = waves(200)
    seen, left, own = features_of(rows, (X, Z))[0].reals.double(), rows["y"][:, 0].double(), torch.rand(200).double()
    folds, basis = torch.arange(200) % FOLDS, _Basis.around(seen[:40])
    error, height, said = basis.heights(seen, left, own, 0.5, folds)
    rest, found = folds != 3, []
    for times in NOISES:  # which of them was taken is not told
        design, mass = _bumps(seen, basis.at) @ basis.turned, own / own.mean()
        inner = (design[rest].T * mass[rest]) @ design[rest] + 0.5 * times * torch.eye(design.shape[1]).double()
        without = torch.linalg.solve(inner, design[rest].T @ (mass * left)[rest])
        found.append(float((design[~rest] @ without - said[~rest]).abs().max()))
    assert min(found) < 1e-6 < max(found)
    assert error == pytest.approx(float((own / own.mean() * (left - said).square()).sum()))
    assert float((_bumps(seen, basis.at) @ height - left).abs().mean()) < float((said - left).abs().mean())


@pytest.mark.parametrize("seed", range(3))
def test_what_all_rows_say_on_average_does_not_tell_one_of_them(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Told what all others say, a row of noise was known by what is missing: a law came out without any spread."""
    wide = [(torch.full((5,), 100.0), 1.0)]
    monkeypatch.setattr("idgen_torch.families.numbers.sights.kernel._widths", lambda *_: wide)
    rows = noise_of(400, seed)
    _, told = learned(rows)
    assert abs(float(torch.corrcoef(torch.stack([told, rows["y"][:, 0]]))[0, 1])) < 0.3
    model = Flow(kernel="yes", effort="quick").fit(Task((Y,), (X, Z, C), rows))
    given = {name: torch.zeros(2_000, 1) for name in ("x", "z")} | {"c": torch.zeros(2_000, dtype=torch.long)}
    drawn = model.sample(given, 2_000, torch.Generator().manual_seed(0))["y"]
    assert float(drawn.std()) == pytest.approx(1.0, abs=0.2)


def test_no_row_stands_in_a_kernel() -> None:
    """Each bump lies at the middle of five rows or more, so that a model that is handed on tells of nobody."""
    rows = waves(1_000)
    kernel, _ = learned(rows)
    features, one_hot = features_of(rows)
    assert one_hot == 3
    middles = (kernel.at * kernel.width)[:, one_hot:]
    assert 100 < len(middles) <= 200
    assert float(torch.cdist(middles, features.reals).amin(1).amin()) > 1e-4
    assert torch.allclose(middles.mean(0), features.reals.mean(0), atol=0.05)


def test_rows_of_no_weight_teach_a_kernel_nothing_and_are_told() -> None:
    rows = waves(400)
    mass = (torch.arange(400) % 2).float() * 2
    wild = rows | {"y": torch.where(mass[:, None] > 0, rows["y"], 5.0)}
    features, _ = features_of(rows)
    (first, told), (second, _) = learned(rows, mass), learned(wild, mass)
    assert torch.equal(first(features), second(features))
    assert torch.equal(told[::2], first(features)[::2, 0])


def test_a_row_of_weight_two_counts_as_two() -> None:
    rows = waves(150)
    double = {name: torch.cat([values, values[:75]]) for name, values in rows.items()}
    mass = torch.ones(150)
    mass[:75] = 2
    grid = features_of(waves(200, seed=5))[0]
    one, two = learned(rows, mass)[0](grid), learned(double)[0](grid)
    assert float((one - two).abs().mean()) < 0.1 * float(one.std())


@pytest.mark.parametrize("far", [1e4, 1e30])
def test_an_outlier_is_no_bump_of_all_and_nothing_is_said_far_out(far: float) -> None:
    rows = waves(300)
    kernel, _ = learned(rows)
    features, _ = features_of(waves(10, seed=2))
    away = Features(features.codes, torch.full_like(features.reals, far))
    assert torch.equal(kernel(away), torch.zeros(10, 1))
    for name in ("y", "x"):
        wild = {other: values.clone() for other, values in rows.items()}
        wild[name][3] = far
        kernel, _ = learned(wild)
        check_finite(kernel.state("kernel"))
        assert share(waves(300, seed=1), kernel(features_of(waves(300, seed=1))[0])[:, 0]) > 0.6


def test_a_number_that_never_varies_and_rows_that_recur_are_no_trouble() -> None:
    rows = waves(300)
    rows["z"] = torch.zeros_like(rows["z"])
    same = {name: values[torch.arange(300) % 20] for name, values in rows.items()}
    for each in (rows, same):
        kernel, told = learned(each)
        assert bool(torch.isfinite(told).all())
        check_finite(kernel.state("k"))


def test_few_rows_see_bends_by_a_kernel_and_what_is_saved_sees_them_too() -> None:
    rows, fresh = waves(500), waves(2_000, seed=1)
    found = trained(Flow(**QUICK), (Y,), (X, Z, C), rows)
    alone = trained(Flow(**QUICK, kernel="no"), (Y,), (X, Z, C), rows)
    assert found.state()[0]["kernels"] == 1
    assert "kernels" not in alone.state()[0]
    assert float(found.log_prob(fresh).mean()) > float(alone.log_prob(fresh).mean()) + 0.1
    assert found.sample(waves(0), 0, torch.Generator())["y"].shape == (0, 1)
    config, tensors = found.state()
    check_finite(tensors)
    back = FlowModel.from_state(found.recipe, config, tensors, found.targets, found.inputs)
    assert torch.equal(back.log_prob(fresh), found.log_prob(fresh))


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("width", lambda value: -value, "not all above 0"),
        ("width", lambda value: value[:-1], "do not fit each other, or the inputs"),
        ("at", lambda value: value[:-1], "do not fit each other"),
        ("height", lambda value: value[:0], "do not fit each other"),
        ("height", lambda value: value.double(), "lacks sight.0.height"),
        ("height", None, "lacks sight.0.height"),
    ],
)
def test_a_damaged_kernel_is_refused(name: str, change: Any, said: str) -> None:
    found = trained(Flow(**QUICK, kernel="yes"), (Y,), (X, Z, C), waves(120))
    config, tensors = found.state()
    tensors = dict(tensors)
    own = tensors.pop(f"sight.0.{name}")
    if change is not None:
        tensors[f"sight.0.{name}"] = change(own)
    with pytest.raises(DataError, match=said):
        FlowModel.from_state(found.recipe, config, tensors, found.targets, found.inputs)


def test_a_kernel_that_is_tried_and_not_taken_changes_nothing() -> None:
    rows = waves(400)
    rows["y"] = rows["x"] + rows["z"] / 2 + 0.3 * torch.randn(400, 1, generator=torch.Generator().manual_seed(2))
    options = {**QUICK, "density": "auto"}
    found, alone = (trained(Flow(**options, kernel=kernel), (Y,), (X, Z, C), rows) for kernel in ("auto", "no"))
    assert "kernels" not in found.state()[0]
    assert all(torch.equal(value, alone.state()[1][name]) for name, value in found.state()[1].items())


def test_a_normal_around_a_kernel_is_for_the_asking() -> None:
    rows, fresh = waves(400), waves(2_000, seed=1)
    line, bent = (trained(Flow(density="normal", kernel=kernel), (Y,), (X, Z, C), rows) for kernel in ("auto", "yes"))
    assert "kernels" not in line.state()[0]
    assert bent.state()[0]["kernels"] == 1
    assert float(bent.log_prob(fresh).mean()) > float(line.log_prob(fresh).mean()) + 0.7


def test_of_numbers_that_follow_from_each_other_a_kernel_would_guess_and_is_not_asked() -> None:
    rows = waves(500)
    rows["z"] = rows["x"] + 0.05 * rows["z"]
    found = trained(Flow(**QUICK), (Y,), (X, Z, C), rows)
    assert "kernels" not in found.state()[0]


@pytest.mark.parametrize(
    ("option", "inputs", "said"),
    [
        ("kernel", (C,), "no input is a number"),
        (
            "kernel",
            (X, *(Part(f"v{k}") for k in range(40))),
            "41 numbers and labels are its inputs, and a kernel sees 40",
        ),
        ("trees", tuple(Part(f"v{k}") for k in range(201)), "201 numbers and categories are its inputs"),
    ],
)
def test_who_is_asked_for_and_can_say_nothing_is_told(option: str, inputs: tuple[Part, ...], said: str) -> None:
    g = torch.Generator().manual_seed(0)
    rows = waves(200) | {part.name: torch.randn(200, 1, generator=g) for part in inputs if part not in (X, C)}
    quick = Flow(hidden=(4,), ensemble=1, epochs=1, density="mixture", **{option: "yes"})
    with pytest.warns(DataWarning, match=f"{option}='yes' changes nothing for y: {said}"):
        quick.fit(Task((Y,), inputs, rows))


def test_a_law_of_no_inputs_has_no_need_of_a_word(recwarn: pytest.WarningsRecorder) -> None:
    Flow(hidden=(4,), ensemble=1, epochs=1, density="mixture", kernel="yes", trees="yes").fit(
        Task((Y,), (), waves(200))
    )
    assert not recwarn.list


def test_a_model_says_what_it_is_made_of() -> None:
    rows = waves(400)
    line = Flow(density="normal").fit(Task((Y,), (X, Z, C), rows))
    bent = Flow(density="normal", kernel="yes").fit(Task((Y,), (X, Z, C), rows))
    deep = Flow(**QUICK).fit(Task((Y,), (X, Z, C), rows))
    sure = Flow().fit(Task((Y,), (X, Z), rows | {"y": rows["x"] - rows["z"]}))
    found = [model.made_of for model in (line, bent, deep, sure)]
    assert found == [
        "line, normal",
        "line + kernel, normal",
        "line + kernel + 1 network of 16, mixture",
        "line, which leaves nothing",
    ]
    assert parts_of([line, None, deep]) == f"flow of {line.made_of}; flow of {deep.made_of}"
