"""Effects that differ between labels: a network on few rows does not show them, a test of one number does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.part import Part
from idgen_torch import Flow
from idgen_torch.families import Run, Task
from idgen_torch.families.numbers.flows.model import FlowModel
from idgen_torch.families.numbers.flows.products import speaking_products

GRAPH = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; Age -> X; Age -> Y")


def table(seed: int, rare: float) -> dict[str, np.ndarray]:
    """The effect of X is 1 where Z is a, and 2 where it is b."""
    rng, n = np.random.default_rng(seed), 2_000
    z = rng.integers(2, size=n).astype(float)
    z[rng.random(n) < rare] = 2
    age = rng.normal(50, 10, n).round(1)
    x = (rng.random(n) < 1 / (1 + np.exp(-(z - 0.5 + (age - 50) / 20)))).astype(int)
    y = (x * (1 + z) + z + age / 10 + rng.normal(size=n)).round(3)
    return {"Z": np.array(["a", "b", "rare"])[z.astype(int)], "Age": age, "X": x, "Y": y}


@pytest.mark.parametrize(("seed", "rare"), [(1, 0.006), (3, 0.0)])
def test_an_effect_that_a_label_doubles_is_drawn(seed: int, rare: float) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X), Z)"), GRAPH)
    sampler = program.fit(table(seed, rare), backend="torch", seed=0, progress=False)

    def mean(z: str, x: int) -> float:
        return float(sampler.sample(8_000, do={"X": x}, given={"Z": z}, seed=1)["Y"].mean())

    assert [mean(z, 1) - mean(z, 0) for z in "ab"] == pytest.approx([1.0, 2.0], abs=0.25)


def test_a_rare_label_of_a_model_of_the_table_is_told() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X), Z)"), GRAPH)
    sampler = program.fit(table(1, 0.006), backend="torch", seed=0, progress=False, epochs=1)
    with pytest.warns(idgen.OverlapWarning, match="at Z = 'rare' rests on 1[0-9] rows"):
        sampler.sample(50, do={"X": 0}, given={"Z": "rare"}, seed=1)
    sampler.sample(50, do={"X": 0}, given={"Z": "a"}, seed=1)


def rows_of(bend: float, n: int = 2_000) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    x, z, noise = (torch.randn(n, 1, generator=draw) for _ in range(3))
    return {"x": x, "z": z, "y": x + z + bend * x * z + noise}


def test_what_is_straight_stays_a_line_and_what_is_not_does_not() -> None:
    for bend, bent in ((0.0, False), (0.15, True)):
        model = Flow().fit(Task((Part("y"),), (Part("x"), Part("z")), rows_of(bend)), Run(seed=0))
        assert isinstance(model, FlowModel)
        assert (model.made_of != "line, normal") is bent  # networks know a bend, or a kernel


def test_products_of_few_rows_and_single_outliers_say_nothing() -> None:
    rows = rows_of(0.0, 500)
    left = rows["y"] - rows["x"] - rows["z"]
    label = torch.zeros(500, 1)
    label[:10] = 1  # each of these ten has a large residual where x is large
    left[:10] += 5 * rows["x"][:10]
    design = torch.cat([torch.ones(500, 1), rows["x"], label], 1)
    assert speaking_products(design, torch.ones(2, 1), left, None) == 0
    design = torch.cat([torch.ones(500, 1), rows["x"], rows["z"]], 1)
    far = rows["y"] - rows["x"] - rows["z"]
    far[0] = 1e6
    assert speaking_products(design, torch.ones(2, 1), far, None) == 0
    assert speaking_products(torch.ones(500, 3), torch.ones(2, 1), left, None) == 0


def test_rows_of_no_weight_say_nothing() -> None:
    rows = rows_of(0.5, 1_000)
    design = torch.cat([torch.ones(1_000, 1), rows["x"], rows["z"]], 1)
    left, mass = rows["y"] - rows["x"] - rows["z"], torch.ones(1_000)
    assert speaking_products(design, torch.ones(2, 1), left, mass) > 0.02
    left[500:] -= 0.5 * (rows["x"] * rows["z"])[500:]
    mass[:500] = 0
    assert speaking_products(design, torch.ones(2, 1), left, mass) == 0
