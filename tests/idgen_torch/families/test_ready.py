"""Families of users: what their models hold and draw is looked at before anybody is answered by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_torch import ConditionalModel, Family, Offer, Run, Task
from idgen_torch.families import registry
from idgen_torch.families.family import ready

ROWS = {"X": np.arange(200) % 2, "Y": np.random.default_rng(0).normal(size=200)}
PROGRAM = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))


class DroppingModel(ConditionalModel):
    """A network whose outputs are halved where it is no longer trained, held where one would not look at once."""

    drawn: Callable[[Tensor], Tensor] = staticmethod(lambda values: values)

    def __init__(self, recipe: Any, targets: Any, inputs: Any, network: nn.Module) -> None:
        super().__init__(recipe, targets, inputs)
        self.held: Any = {"networks": [(network,)]}

    @property
    def network(self) -> Any:
        return self.held["networks"][0][0]

    def sample(self, given: Any, n: int, generator: torch.Generator) -> Any:
        return {self.targets[0].name: type(self).drawn(self.network(torch.ones(n, 1)))}

    def log_prob(self, rows: Any) -> Tensor:
        raise DataError("it has no density")

    def state(self) -> Any:
        return {}, dict(self.network.state_dict())

    @classmethod
    def from_state(cls, recipe: Any, config: Any, tensors: Any, targets: Any, inputs: Any) -> Any:
        network = _network()
        network.load_state_dict(tensors)
        return cls(recipe, targets, inputs, network)

    def to(self, device: Any) -> Any:
        return self


@dataclass(frozen=True)
class Dropping(Family):
    word = "test-dropping"
    model = DroppingModel
    likelihood = False

    weight: float = 1.0

    def offer(self, task: Task) -> Offer | None:
        return None

    def fit(self, task: Task, run: Run = Run()) -> DroppingModel:
        network = _network()
        nn.init.constant_(network[0].weight, self.weight)
        return DroppingModel(self, task.targets, task.inputs, network)


def _network() -> Any:
    return nn.Sequential(nn.Linear(1, 1, bias=False), nn.Dropout(0.5))


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    registry.register(Dropping)
    yield
    del registry._LOADED["test-dropping"]


def fit(recipe: Family | str = "test-dropping") -> Any:
    return PROGRAM.fit(ROWS, family={"Y": recipe}, device="cpu", progress=False)


def test_a_network_in_training_does_not_drop_units(tmp_path: Path) -> None:
    sampler = fit()
    sampler.save(tmp_path / "s")
    for each in (sampler, idgen.load(tmp_path / "s")):
        drawn = each.sample(50, do={"X": 1}, seed=0)["Y"]
        assert len(set(drawn.tolist())) == 1  # else dropped to zero, or doubled


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -3e38])
def test_weights_that_are_no_numbers_are_refused(weight: float, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"%m0: Y \| X \[test-dropping\]: tensor 0.weight holds"):
        fit(Dropping(weight))


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        (
            lambda values: values * float("nan"),
            r"%m0: Y \| X \[test-dropping\] returns Y as float32 .*, of which 64 are not finite",
        ),
        (
            lambda values: values / 0,
            "of which 64 are not finite, but float32 of shape .64, 1. of finite numbers is wanted",
        ),
        (lambda values: values[1:], r"returns Y as float32 of shape \(63, 1\) .*, but float32 of shape \(64, 1\)"),
    ],
)
def test_draws_that_are_no_numbers_are_refused(drawn: Any, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DroppingModel, "drawn", staticmethod(drawn))
    with pytest.raises(DataError, match=message):
        fit()


@pytest.mark.parametrize("code", [-1, 2, 7000])
def test_codes_of_no_label_are_refused(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DroppingModel, "drawn", staticmethod(lambda values: torch.full((len(values),), code)))
    with pytest.raises(
        DataError,
        match=rf"returns Y as int64 of shape \(64,\) from {code:g} to {code:g}, but int64 of shape \(64,\) from 0 to 1",
    ):
        PROGRAM.fit({**ROWS, "Y": ROWS["X"]}, family={"Y": "test-dropping"}, device="cpu", progress=False)


def test_modules_are_found_in_circles_too() -> None:
    model = Dropping().fit(Task((), (), {}))
    model.held["circle"] = [model]
    assert model.network.training
    assert ready(model) is model
    assert not model.network.training
