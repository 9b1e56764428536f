"""A sampler on another device: all that it draws with moves, and on the CPU it draws again what it drew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_torch import TorchSampler
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.jobs.asked import AskedSampler

RNG = np.random.default_rng(0)
Z = RNG.normal(size=200)
DATA = {
    "Z": Z,
    "V": list(RNG.normal(size=(200, 3))),
    "X": (RNG.random(200) < 0.5).astype(int),
    "Y": Z + RNG.normal(size=200),
}


def fitted(graph: str = "Z -> X -> Y; Z -> Y; V -> Y", query: str = "P(Y | do(X))", **options: Any) -> Any:
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph))
    how = {"device": "cpu", "progress": False, "epochs": 1, "ensemble": 1, "check_graph": False, "seed": 0}
    return program.fit(DATA, **how, **options)


def drawn(sampler: Any) -> Any:
    return sampler.sample(50, do={"X": 1}, seed=3)["Y"]


def test_what_comes_back_to_the_cpu_draws_what_it_drew() -> None:
    sampler = fitted()
    before, number = drawn(sampler), sampler.estimate("Y", do={"X": 1}, method="plug-in", n=500)
    assert sampler.to("cpu") is sampler
    assert sampler.to("cpu:0").device == torch.device("cpu"), "which torch tells apart"
    assert np.array_equal(drawn(sampler), before)
    assert np.array_equal(drawn(sampler.to(torch.device("cpu"))), before)
    assert sampler.estimate("Y", do={"X": 1}, method="plug-in", n=500).value == number.value
    assert np.array_equal(drawn(fitted(train="asked").to("cpu")), before)


def test_every_model_and_policy_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = fitted()
    moved: list[int] = []
    parts = [*sampler.fitted.models.values(), *sampler.fitted.policies.values()]
    assert any(isinstance(part, ResampleModel) for part in parts)
    for kind in {type(part) for part in parts}:
        monkeypatch.setattr(kind, "to", lambda self, device: (moved.append(id(self)), self)[1])
    sampler.to("cpu")
    assert set(moved) == {id(part) for part in parts}


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("tpu0", "is no device"),
        ("meta", "is not supported"),
        ("cuda:99", "no device"),
        ("cpu:7", "all processors are one device; choose cpu"),
    ],
)
def test_a_device_that_is_not_here_loses_nothing(device: str, why: str) -> None:
    sampler = fitted("Z -> X -> Y; Z -> Y")
    before = drawn(sampler)
    with pytest.raises(DataError, match=why):
        sampler.to(device)
    assert np.array_equal(drawn(sampler), before)


def test_models_that_are_trained_later_are_trained_there() -> None:
    sampler = fitted(train="asked")
    assert isinstance(sampler, AskedSampler)
    assert not sampler.to("cpu").trained
    assert sampler.job.settings.device == torch.device("cpu")


@pytest.mark.gpu
def test_all_lies_on_the_gpu_and_comes_back() -> None:
    sampler = fitted()
    assert isinstance(sampler, TorchSampler)
    before = drawn(sampler)
    there = drawn(sampler.to("cuda"))
    assert np.array_equal(drawn(sampler), there)
    assert {t.device.type for m in sampler.fitted.models.values() for t in m.state()[1].values()} == {"cuda"}
    assert abs(float(np.mean(there)) - float(np.mean(before))) < 1.5
    sampler.estimate("Y", do={"X": 1})
    assert np.array_equal(drawn(sampler.to("cpu")), before)
