"""Models that begin from another model of the same parts: at its numbers, and on to what the rows say now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_torch.families import Chain, Classifier, Family, Flow, Hurdle, Table
from idgen_torch.parts import Values
from tests.idgen_torch.families.trained import trained

X, Y, C, COST = Part("x"), Part("y"), Part("c", size=2), Part("cost", masses=(0.0,))

SLOW = 1e-9
"""A learning rate at which nothing moves."""


@pytest.fixture(scope="module")
def rows() -> Values:
    generator = torch.Generator().manual_seed(0)
    x, noise = torch.randn(400, 1, generator=generator), torch.randn(400, 1, generator=generator)
    c = (torch.rand(400, generator=generator) < torch.sigmoid(x[:, 0])).long()
    y = torch.sin(2 * x) + c.unsqueeze(1) + 0.5 * noise
    return {"x": x, "y": y, "c": c, "cost": torch.where(y > 0.5, y, torch.zeros_like(y))}


def networks(model: Any) -> dict[str, torch.Tensor]:
    """What a model's networks hold, but for the last biases and linear maps, which are set right in another way."""
    tensors: dict[str, torch.Tensor] = model.state()[1]
    regression = ("slope", "intercept", "factor", "sight")
    plain = {name: value for name, value in tensors.items() if not name.startswith(regression)}
    return {name: value for name, value in plain.items() if "linear" not in name and "last0_bias" not in name}


CASES = [
    (Flow(epochs=6, ensemble=2, hidden=(16,), density="mixture", trees="no"), (Y,), (X, C)),
    (Classifier(epochs=6, ensemble=2, hidden=(16,)), (C,), (X,)),
]


@pytest.mark.parametrize(("recipe", "targets", "inputs"), CASES, ids=lambda case: getattr(case, "word", ""))
def test_networks_begin_where_the_start_is(
    recipe: Flow | Classifier, targets: tuple[Part, ...], inputs: tuple[Part, ...], rows: Values
) -> None:
    start = trained(recipe, targets, inputs, rows, seed=1)
    before = {name: value.clone() for name, value in networks(start).items()}
    still = trained(replace(recipe, lr=SLOW), targets, inputs, rows, seed=2, start=start)
    assert before.keys() == networks(still).keys()
    assert len(before) >= 3
    for name, value in networks(still).items():
        assert torch.allclose(value, before[name], atol=1e-5), name
    moved = trained(recipe, targets, inputs, rows, seed=2, start=start)
    assert any(not torch.allclose(value, before[name], atol=1e-4) for name, value in networks(moved).items())
    assert all(torch.equal(value, before[name]) for name, value in networks(start).items()), "the start is left alone"


@pytest.mark.parametrize(("recipe", "targets", "inputs"), CASES, ids=lambda case: getattr(case, "word", ""))
def test_a_start_of_another_shape_is_not_taken(
    recipe: Flow | Classifier, targets: tuple[Part, ...], inputs: tuple[Part, ...], rows: Values
) -> None:
    start = trained(replace(recipe, hidden=(8,)), targets, inputs, rows, seed=1)
    found = trained(recipe, targets, inputs, rows, seed=2, start=start)
    plain = trained(recipe, targets, inputs, rows, seed=2)
    assert all(torch.equal(value, plain.state()[1][name]) for name, value in found.state()[1].items())


def test_links_begin_from_the_links(rows: Values) -> None:
    mixture = Flow(epochs=6, hidden=(16,), density="mixture", trees="no", kernel="no")

    def choose(task: Any) -> Family:
        return Classifier(epochs=6, hidden=(16,)) if task.targets_are_discrete else mixture

    for recipe, targets, inputs in ((Chain(), (C, Y), (X,)), (Hurdle(), (COST,), (X,))):
        start = trained(recipe, targets, inputs, rows, seed=1, choose=choose)
        found = trained(recipe, targets, inputs, rows, seed=2, choose=lambda task: Table(), start=start)
        assert [link.recipe for link in found.links] == [link.recipe for link in start.links]
        cold = trained(recipe, targets, inputs, rows, seed=2, choose=choose)
        for own, begun, another in zip(found.links, start.links, cold.links, strict=True):
            near = torch.stack([(value - networks(begun)[name]).abs().mean() for name, value in networks(own).items()])
            far = torch.stack([(v - networks(begun)[name]).abs().mean() for name, v in networks(another).items()])
            assert float(near.mean()) < 0.3 * float(far.mean())


def test_what_begins_elsewhere_follows_its_own_rows(rows: Values) -> None:
    """With all weight on every other row, and the target moved there."""
    weights = torch.arange(400) % 2
    other = {**rows, "y": rows["y"] + 0.5 * weights.unsqueeze(1)}
    given = {"x": torch.zeros(4_000, 1), "c": torch.ones(4_000, dtype=torch.long)}
    flow = Flow(ensemble=1, hidden=(16,), density="mixture", trees="no")
    start = trained(flow, (Y,), (X, C), rows, seed=1)
    found = trained(flow, (Y,), (X, C), other, seed=2, weights=weights.float(), start=start)
    means = [m.sample(given, 4_000, torch.Generator().manual_seed(0))["y"].mean() for m in (start, found)]
    assert float(means[1] - means[0]) == pytest.approx(0.5, abs=0.25)
    classifier = Classifier(ensemble=1, hidden=(16,))
    start = trained(classifier, (C,), (X,), rows, seed=1)
    other["c"] = torch.where(weights == 1, 1, rows["c"])
    found = trained(classifier, (C,), (X,), other, seed=2, weights=weights.float(), start=start)
    assert float(found.log_prob({"x": rows["x"], "c": torch.ones(400, dtype=torch.long)}).exp().min()) > 0.9
