"""Networks of somebody's own for pictures: trained and saved by us, built by them, and tried before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.store import Store
from idgen_torch import Diffusion
from idgen_torch.nets.own import NetworkName
from tests.idgen_torch.nets import tiny

RNG = np.random.default_rng(0)
LABEL = RNG.choice(["dark", "light"], size=64)
SCAN = (
    RNG.integers(0, 60, (64, 1, 8, 8)).astype(np.uint8)
    + np.where(LABEL == "light", 180, 0).astype(np.uint8)[:, None, None, None]
)
DATA = {"label": LABEL, "scan": SCAN, "copy": SCAN[:, :, ::-1]}
PROGRAM = idgen.compile(
    idgen.Query.parse("P(copy | do(scan))"), idgen.ADMG.parse("label -> scan -> copy; label <-> copy")
)
PATH = "tests.idgen_torch.nets.tiny:tiny"


def fit(network: Any, steps: int = 4, **options: Any) -> Any:
    images = {"steps": steps, "channels": (8, 8), "sampling_steps": 2, "kinds": 4, "network": network}
    return PROGRAM.fit(DATA, images=images, epochs=1, ensemble=1, progress=False, device="cpu", **options)


def drawn(sampler: Any) -> Any:
    return sampler.sample(4, do={"scan": SCAN[0]}, seed=0)["copy"]


@pytest.mark.parametrize("network", [tiny.tiny, PATH, tiny.Tiny(2, 1, (8, 8), 32)], ids=["factory", "text", "module"])
def test_a_network_of_ones_own_is_trained_saved_and_asked_for_again(network: Any, tmp_path: Path) -> None:
    before = [w.clone() for w in network.parameters()] if isinstance(network, nn.Module) else []
    sampler = fit(network)
    (model,) = [model for model in sampler.fitted.models.values() if model.family == "diffusion"]
    assert isinstance(model.network.net, tiny.Tiny)
    assert not model.network.training
    if before:
        assert all(torch.equal(w, b) for w, b in zip(network.parameters(), before, strict=True)), "a copy is trained"
    assert drawn(sampler).shape == (4, 1, 8, 8)
    sampler.save(tmp_path / "s")
    name = PATH if not before else "tests.idgen_torch.nets.tiny:Tiny"
    with pytest.raises(DataError, match=r"saved with the network .*, which no file brings; .*load\(path, networks="):
        idgen.load(tmp_path / "s")
    for again in (tiny.tiny, PATH, tiny.Tiny(2, 1, (8, 8), 32)):
        assert np.array_equal(drawn(idgen.load(tmp_path / "s", networks={name: again})), drawn(sampler))
    with pytest.raises(DataError, match=r"the network .* is not the one that was saved .*missing"):
        idgen.load(tmp_path / "s", networks={name: tiny.other})
    assert not list((tmp_path / "s").rglob("*.pkl"))


def test_equal_seeds_give_equal_networks() -> None:
    before = torch.random.get_rng_state()
    once, again, other = (fit(tiny.tiny, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state()), "dropout in training is seeded, and leaves no trace"
    assert np.array_equal(drawn(once), drawn(again))
    assert not np.array_equal(drawn(once), drawn(other))


def test_what_is_trained_is_taken_from_the_store(tmp_path: Path) -> None:
    """Its models are read by the fit that names the network, without another word."""
    first = fit(tiny.tiny, store=tmp_path)
    again = fit(tiny.tiny, store=tmp_path)
    assert np.array_equal(drawn(first), drawn(again))
    assert len([artefact for artefact in Store.open(tmp_path).artefacts() if artefact.kind == "model"]) == 1


def test_a_training_that_was_interrupted_ends_like_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopping(tiny.Tiny):
        calls = 0

        def forward(self, noisy: Tensor, times: Tensor, code: Tensor) -> Tensor:
            Stopping.calls += self.training
            if self.training and Stopping.calls == 6:
                raise KeyboardInterrupt
            return super().forward(noisy, times, code)

    monkeypatch.setattr(tiny, "Tiny", Stopping)
    how = {"steps": 8, "channels": (8, 8), "sampling_steps": 2, "kinds": 4, "network": tiny.tiny, "save_every": 2}
    plain = {"images": how, "epochs": 1, "ensemble": 1, "progress": False, "device": "cpu", "store": tmp_path}
    with pytest.raises(KeyboardInterrupt, match="the same fit goes on from there"):
        PROGRAM.fit(DATA, **plain)
    assert list(tmp_path.rglob("*.training.safetensors"))
    resumed = PROGRAM.fit(DATA, **plain)
    whole = PROGRAM.fit(DATA, **{**plain, "store": None})
    assert np.array_equal(drawn(resumed), drawn(whole))


def test_a_name_remembers_what_it_names() -> None:
    assert NetworkName.of(tiny.tiny) == PATH
    assert NetworkName.of(tiny.tiny).builder is tiny.tiny
    assert NetworkName.of(PATH).builder is None
    assert NetworkName.of(NetworkName.of(tiny.tiny)).builder is tiny.tiny
    assert Diffusion(network=tiny.tiny) == Diffusion(network=PATH)
    assert Diffusion(network=tiny.tiny).plain()["network"] == PATH


class Noisy(tiny.Tiny):
    def forward(self, noisy: Tensor, times: Tensor, code: Tensor) -> Tensor:
        return super().forward(noisy, times, code) + torch.randn(noisy.shape[0], 1, 1, 1)


def returning(result: Any) -> Any:
    class Returning(tiny.Tiny):
        def forward(self, noisy: Tensor, times: Tensor, code: Tensor) -> Any:
            return result(super().forward(noisy, times, code), times)

    return lambda *sizes: Returning(*sizes)


WRONG: dict[str, tuple[Any, str]] = {
    "another size": (returning(lambda out, t: out[..., :4]), "returns float32 of shape (2, 1, 8, 4)"),
    "channels of the inputs too": (
        returning(lambda out, t: torch.cat([out, out], 1)),
        "(2, 1, 8, 8) is",
    ),
    "a tuple": (returning(lambda out, t: (out,)), "is wanted; return one picture for each row"),
    "nothing": (returning(lambda out, t: None), "returns None, but float32"),
    "whole numbers": (returning(lambda out, t: out.long()), "returns int64 of shape"),
    "a key error": (
        returning(lambda out, t: {}["x"]),
        "times (2,), code (2, 32), raised KeyError: 'x'",
    ),
    "times with axes": (returning(lambda out, t: out * t.view(2, 1, 1, 2)), "raised RuntimeError"),
    "another forward": (lambda *sizes: nn.Conv2d(2, 1, 3, padding=1), "raised TypeError"),
    "a factory of other arguments": (
        lambda channels: nn.Identity(),
        "built with channels 2 and 1, size (8, 8)",
    ),
    "a factory of nothing": (lambda *sizes: None, "is None, but a torch.nn.Module is wanted"),
    "a class of no module": (lambda *sizes: {}, "is the dict {}, but a torch.nn.Module is wanted"),
    "nothing to train": (lambda *sizes: tiny.Tiny(*sizes).requires_grad_(False), "has no weights to train"),
    "noise in its forward": (Noisy, "two different pictures of one input in evaluation mode"),
    "an unknown module": ("no_such_module:UNet", "no_such_module:UNet cannot be imported"),
    "an unknown name": ("tests.idgen_torch.nets.tiny:Huge", "there is no Huge"),
    "no gradient": (returning(lambda out, t: out.detach()), "that no gradient reaches; leave out detach()"),
    "NaN": (returning(lambda out, t: out / 0.0 * 0.0), "values that are not finite for a picture of zeros"),
    "a number": (3, "image option network is 3; it is a module, what builds one, or the text 'module:factory'"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_each_fault_is_told_before_anything_is_trained(fault: str, tmp_path: Path) -> None:
    network, told = WRONG[fault]
    with pytest.raises(DataError) as error:
        fit(network, steps=10**9, store=tmp_path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob("*.training*"))


def test_options_of_our_own_network_are_refused_beside_another() -> None:
    with pytest.raises(DataError, match="image option layers shapes our own UNet"):
        Diffusion(network=tiny.tiny, layers=2)
