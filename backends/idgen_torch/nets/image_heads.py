"""The network behind `from-images`: images, categories and numbers in, parameters of one law after the other out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from idgen_compiler.data.part import Form, Part
from idgen_torch.arithmetic import Made
from idgen_torch.nets.conditioning import SEEN, UNREAD, read_once
from idgen_torch.parts import Values, check_forms, of_form

__all__ = ["WIDTH", "ImageHeads"]

WIDTH = 96
"""Features that the heads see."""

_TOP = 4
"""Side of the grid of features that an image is brought down to."""


class ImageHeads(nn.Module):
    """A small convolutional network for each image, joined with the other inputs, and one head for each target number.

    A head sees the joined features and the targets before its own, so that the targets' joint law is modeled.
    """

    def __init__(self, targets: Sequence[Part], inputs: Sequence[Part], outputs: Sequence[int]) -> None:
        """`outputs` is how many numbers each head puts out; real targets have a head for each entry."""
        super().__init__()
        check_forms(inputs, SEEN, UNREAD)
        self.targets, self.inputs = tuple(targets), tuple(inputs)
        self.images = of_form(inputs, Form.PICTURES)
        self.plain = of_form(inputs, Form.CODES, Form.NUMBERS)
        self.eyes = nn.ModuleList(_eye(*part.shape) for part in self.images if part.shape is not None)
        width = 128 * len(self.images) + sum(encoded_width(part) for part in self.plain)
        self.join = nn.Sequential(nn.Linear(width, WIDTH), nn.SiLU())
        before = [encoded_width(part, entry) for part, entry in entries_of(targets)]
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(WIDTH + sum(before[:k]), WIDTH), nn.SiLU(), nn.Linear(WIDTH, size))
            for k, size in enumerate(outputs)
        )

    @classmethod
    def start(cls, targets: Sequence[Part], inputs: Sequence[Part], outputs: Sequence[int], seed: int) -> ImageHeads:
        """Random weights that depend on the seed alone."""
        with Made(seed):
            return cls(targets, inputs, outputs)

    @property
    def device(self) -> torch.device:
        """Where the weights live."""
        return next(self.parameters()).device

    def features(self, given: Values) -> Tensor:
        """The joined inputs.  Shape: (rows, WIDTH)."""
        seen = [
            read_once(eye, given[part.name].to(self.device)) for part, eye in zip(self.images, self.eyes, strict=True)
        ]
        seen += [encoded(part, given[part.name].to(self.device)) for part in self.plain]
        joined: Tensor = self.join(torch.cat(seen, 1))
        return joined

    def head(self, number: int, features: Tensor, before: Sequence[Tensor]) -> Tensor:
        """What one head puts out, given the encoded targets before its own.  Shape: (rows, outputs)."""
        put_out: Tensor = self.heads[number](torch.cat([features, *before], 1))
        return put_out


def entries_of(targets: Sequence[Part]) -> list[tuple[Part, int]]:
    """Each number to be modeled: a discrete target once, a real one entry by entry."""
    return [(part, entry) for part in targets for entry in range(1 if part.discrete else part.dim)]


def encoded_width(part: Part, entry: int | None = None) -> int:
    """How many features a part has, or one entry of it."""
    if part.size is not None:
        return part.size
    return part.dim if entry is None else 1


def encoded(part: Part, values: Tensor) -> Tensor:
    """A discrete part one-hot, a real one as it is.  Shape: -> (rows, width) float32."""
    return one_hot(values, part.size).float() if part.size is not None else values.float()


def _eye(channels: int, height: int, width: int) -> nn.Module:
    """Convolutions down to a grid of `_TOP` by `_TOP`, then 128 features."""
    layers: list[nn.Module] = []
    here, side = channels, max(height, width)
    ahead = 32
    while side > _TOP or not layers:
        layers += [nn.Conv2d(here, ahead, 3, 1, 1), nn.GroupNorm(8, ahead), nn.SiLU(), nn.MaxPool2d(2, ceil_mode=True)]
        here, ahead, side = ahead, min(128, 2 * ahead), (side + 1) // 2
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(_TOP), nn.Flatten(), nn.Linear(here * _TOP**2, 128), nn.LayerNorm(128), nn.SiLU()
    )
