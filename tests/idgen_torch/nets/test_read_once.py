"""A picture that stands for all rows is read once."""

from __future__ import annotations

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_torch.nets import own
from idgen_torch.nets.conditioning import InputCode, read_once
from idgen_torch.nets.denoiser import resized
from idgen_torch.nets.image_heads import ImageHeads
from tests.idgen_torch.nets.tiny import tiny

PICTURE = Part("I", dim=64, shape=(1, 8, 8))


@pytest.mark.parametrize("rows", [2, 1000])
def test_a_repeated_picture_is_read_once(rows: int) -> None:
    read: list[int] = []

    def reader(images: torch.Tensor) -> torch.Tensor:
        read.append(len(images))
        return images.flatten(1)

    one = torch.randint(256, (1, 1, 8, 8), dtype=torch.uint8)
    repeated = read_once(reader, one.expand(rows, -1, -1, -1))
    copied = read_once(reader, one.repeat(rows, 1, 1, 1))
    assert read == [1, rows]
    assert torch.equal(repeated, copied)


def test_networks_see_the_same_in_a_repeated_picture() -> None:
    one = torch.randint(256, (1, 1, 8, 8), dtype=torch.uint8)
    repeated, copied = {"I": one.expand(50, -1, -1, -1)}, {"I": one.repeat(50, 1, 1, 1)}
    heads = ImageHeads.start([Part("Y", size=2)], [PICTURE], [2], seed=0).eval()
    code = InputCode([PICTURE], 8)
    with torch.no_grad():
        assert torch.allclose(heads.features(repeated), heads.features(copied), atol=1e-5)
        assert torch.allclose(code(repeated, 50), code(copied, 50), atol=1e-5)


def test_a_network_of_somebodys_own_is_told_of_a_repeated_picture_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(images: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
        read.append(len(images))
        return resized(images, size)

    monkeypatch.setattr(own, "resized", counted)
    target = Part("J", dim=16, shape=(1, 4, 4))
    network = own.OwnDenoiser.start([target], [PICTURE], "tiny", tiny, width=8, seed=0)
    one = torch.randint(256, (1, 1, 8, 8), dtype=torch.uint8)
    with torch.no_grad():
        repeated, _ = network.condition({"I": one.expand(50, -1, -1, -1)}, 50)
        copied, _ = network.condition({"I": one.repeat(50, 1, 1, 1)}, 50)
    assert read == [1, 50]
    assert repeated.shape == (50, 1, 4, 4)
    assert torch.equal(repeated, copied)
