"""Somebody's own code under an old name is another one in the store: an encoder, a network, a block of a network."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.kinds import encoders
from idgen_compiler.data.part import Part
from idgen_compiler.store import Store
from idgen_torch import Text, register_encoder
from idgen_torch.bound.digest import content_digest
from idgen_torch.families import Task
from idgen_torch.nets.own import known_networks
from idgen_torch.running.files.code import encoder_digest, network_digests

NETWORK = """
import torch
from torch import nn

def scaled(values):
    return values * {scale}

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 1, {kernel}, padding="same")

    def forward(self, values):
        return scaled(self.layer(values))

class Net(nn.Module):
    def __init__(self, *_):
        super().__init__()
        self.block = Block()

    def forward(self, noisy, times, code):
        return self.block(noisy)

def build(*sizes):
    return Net(*sizes)
"""


@pytest.fixture
def network(tmp_path: Path) -> Callable[..., Any]:
    """What imports the network of a text under one name."""

    def imported(**how: int) -> Any:
        file = tmp_path / f"own{'-'.join(map(str, how.values()))}.py"
        file.write_text(NETWORK.format(**{"scale": 1, "kernel": 3, **how}))
        spec = importlib.util.spec_from_file_location("own_network", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return imported


@pytest.mark.parametrize("change", [{"scale": 2}, {"kernel": 5}])
@pytest.mark.parametrize("name", ["build", "Net"])
def test_a_block_of_a_network_counts(network: Callable[..., Any], name: str, change: dict[str, int]) -> None:
    first, again, other = network(), network(), network(**change)
    digests = [content_digest(getattr(module, name), deep=True) for module in (first, again, other)]
    assert digests[0] == digests[1] != digests[2]


def test_networks_count_where_pictures_are_drawn(network: Callable[..., Any]) -> None:
    rows = {"p": torch.zeros((2, 1, 4, 4), dtype=torch.uint8), "x": torch.zeros(2, dtype=torch.int64)}
    picture, code = Part("p", shape=(1, 4, 4)), Part("x", size=2)
    with known_networks({"own_network:build": network().build}):
        assert set(network_digests(Task((picture,), (code,), rows))) == {"own_network:build"}
        assert network_digests(Task((code,), (picture,), rows)) == {}


def lengths(texts: Any) -> Any:
    return np.array([[len(text), text.count("a")] for text in texts], dtype=float)


def halved(texts: Any) -> Any:
    return lengths(texts) * np.array([1.0, 0.5])


def test_an_encoder_is_told_by_what_it_is_and_what_it_answers() -> None:
    ours, theirs = (Part("t", length=8, encoder=register_encoder(f, f"test-{f.__name__}")) for f in (lengths, halved))
    first = encoder_digest(ours)
    assert encoder_digest(Part("t", length=8, encoder="hash")) is encoder_digest(Part("x", size=2)) is None
    assert first is not None
    assert first == encoder_digest(ours) != encoder_digest(theirs)


@pytest.mark.filterwarnings("ignore:the store .* has other models:idgen_compiler.errors.StoreWarning")
def test_another_encoder_of_the_name_is_another_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    texts = np.array(["a" * k for k in rng.integers(1, 9, 60)], dtype=object)
    data = {"T": texts, "Y": (rng.random(60) < 0.5).astype(int)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(T))"), idgen.ADMG.parse("T -> Y"))

    def models(encoder: Any) -> int:
        monkeypatch.setitem(encoders._FUNCTIONS, "test-own", encoder)
        program.fit(
            data, types={"T": Text(encoder="function test-own")}, store=tmp_path, epochs=1, ensemble=1, progress=False,
            device="cpu",
        )  # fmt: skip
        return sum(artefact.kind == "model" for artefact in Store.open(tmp_path).artefacts())

    first = models(lengths)
    assert models(lengths) == first
    assert models(halved) == 2 * first
