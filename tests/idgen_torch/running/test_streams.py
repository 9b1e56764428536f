"""Samples piece by piece: the same for a seed and a size, in whatever process they are drawn."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_torch import TorchSampler


@pytest.fixture(scope="module")
def sampler() -> TorchSampler:
    rng = np.random.default_rng(0)
    z = rng.integers(3, size=600)
    x = (rng.random(600) < 0.2 + 0.2 * z).astype(int)
    data = {"Z": z, "X": x, "Y": z + x + rng.normal(size=600), "L": np.array(["a", "b"])[(rng.random(600) < 0.5) * 1]}
    program = idgen.compile(idgen.Query.parse("P(L, Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y; X -> L"))
    found = program.fit(data, device="cpu", progress=False, epochs=2, ensemble=1)
    assert isinstance(found, TorchSampler)
    return found


def test_pieces_have_the_size_that_is_asked_and_seeds_of_their_own(sampler: TorchSampler) -> None:
    pieces = [*sampler.stream(1000, do={"X": 1}, seed=3, batch_size=300)]
    assert [piece.size for piece in pieces] == [300, 300, 300, 100]
    again = [*sampler.stream(700, do={"X": 1}, seed=3, batch_size=300)]
    for one, two in zip(pieces[:2], again[:2], strict=True):
        assert np.array_equal(one["Y"], two["Y"])
    assert not np.array_equal(pieces[0]["Y"], pieces[1]["Y"])
    whole = sampler.sample(40_000, do={"X": 1}, seed=0)["Y"]
    streamed = np.concatenate([piece["Y"] for piece in sampler.stream(40_000, do={"X": 1}, seed=1, batch_size=4096)])
    assert streamed.mean() == pytest.approx(whole.mean(), abs=0.05)
    assert streamed.std() == pytest.approx(whole.std(), abs=0.05)


def test_each_sample_has_its_own_value(sampler: TorchSampler) -> None:
    x = np.arange(1000) % 2
    streamed = np.concatenate([p["Y"] for p in sampler.stream(1000, do={"X": x}, seed=0, batch_size=64)])
    assert streamed[x == 1].mean() - streamed[x == 0].mean() == pytest.approx(1, abs=0.25)


def test_a_stream_may_have_no_end(sampler: TorchSampler) -> None:
    stream = sampler.stream(None, do={"X": 0}, seed=0)
    first = [next(stream) for _ in range(3)]
    assert [piece.size for piece in first] == [256, 256, 256]
    bounded = next(iter(sampler.stream(256, do={"X": 0}, seed=0, batch_size=256)))
    assert np.array_equal(first[0]["Y"], bounded["Y"])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"n": 5, "batch_size": 0}, "batch_size is 0; give how many"),
        ({"n": 5, "batch_size": True}, "batch_size is True"),
        ({"n": 5, "batch_size": "many"}, "batch_size is 'many'"),
        ({"n": None, "do": {"X": np.zeros(4, int)}}, "4"),
    ],
)
def test_what_makes_no_stream_is_refused(sampler: TorchSampler, asked: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        next(iter(sampler.stream(**{"do": {"X": 1}, "seed": 0, **asked})))
    with pytest.raises(DataError):
        next(iter(sampler.dataset(**{"do": {"X": 1}, **asked, "batch_size": asked.get("batch_size", 0)})))


def batches(dataset: Any, workers: int) -> list[dict[str, Any]]:
    return [*DataLoader(dataset, batch_size=None, num_workers=workers, collate_fn=lambda batch: batch)]


def test_workers_share_out_what_one_process_draws(sampler: TorchSampler) -> None:
    dataset = sampler.dataset(1000, do={"X": 1}, seed=5, batch_size=150)
    alone, shared = batches(dataset, 0), batches(dataset, 2)
    assert len(alone) == 7
    for one, two in zip(alone, shared, strict=True):
        assert torch.equal(one["Y"], two["Y"])
        assert np.array_equal(one["L"], two["L"])
    assert alone[0]["Y"].dtype == torch.float64
    assert set(alone[0]["L"]) <= {"a", "b"}


def test_a_dataset_can_be_sent_to_another_process(sampler: TorchSampler) -> None:
    dataset = sampler.dataset(None, do={"X": 1}, seed=5, batch_size=10)
    again = pickle.loads(pickle.dumps(dataset))  # noqa: S301 - as workers are sent it
    assert torch.equal(next(iter(dataset))["Y"], next(iter(again))["Y"])
    assert torch.equal(next(iter(dataset))["Y"], next(iter(dataset))["Y"])
