"""What a diffusion model's network is told: a row's inputs as one vector, and the network that hears it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import sqrt
from typing import TypeAlias

import torch
from torch import Tensor, nn

from idgen_compiler.data.part import Form, Part
from idgen_torch.nets.processes import Predictor
from idgen_torch.parts import Values, check_forms, of_form

__all__ = ["SEEN", "UNREAD", "Condition", "DenoisingNetwork", "InputCode", "pixels", "read_once"]

SEEN = (Form.CODES, Form.NUMBERS, Form.PICTURES)
"""What networks see; texts are made numbers before."""
UNREAD = ", which this family cannot read; leave its choice to the fit"

Condition: TypeAlias = tuple[Tensor, ...]
"""What a network is told about each row, computed once for all of its passes.  Shape of each: (rows, ...)."""


class DenoisingNetwork(nn.Module, ABC):
    """A network that sees noisy targets, a time and a condition."""

    shape: tuple[int, ...]  #: of one row's targets
    drops: bool = False  #: whether it may draw from torch's own generator while it is trained, as dropout does

    @abstractmethod
    def condition(self, given: Values, rows: int, keep: Tensor | None = None) -> Condition:
        """What the network is told about some rows.

        `keep` (rows,) is False where a row's condition is dropped. Shape of given: as in `Values`, on any device.
        """

    @abstractmethod
    def forward(self, noisy: Tensor, times: Tensor, *told: Tensor) -> Tensor:
        """What the objective asks for.  Shape: noisy (rows, *shape), times (rows,) in [0, 1000] -> (rows, *shape)."""

    def predictor(self, given: Values, rows: int, keep: Tensor | None = None) -> Predictor:
        """The network, told about these rows."""
        told = self.condition(given, rows, keep)
        return lambda noisy, times: self(noisy, times, *told)


class InputCode(nn.Module):
    """Inputs of any kinds as one vector.

    Categories are embedded, numbers mapped linearly and images read by three strided convolutions; the sum goes through
    a small perceptron.
    """

    def __init__(self, inputs: Sequence[Part], width: int) -> None:
        """Build with random weights, within `Made`."""
        super().__init__()
        check_forms(inputs, SEEN, UNREAD)
        self.width = width
        self.discrete = of_form(inputs, Form.CODES)
        self.real = of_form(inputs, Form.NUMBERS)
        self.images = of_form(inputs, Form.PICTURES)
        self.tables = nn.ModuleList(nn.Embedding(part.size or 1, width) for part in self.discrete)
        self.numbers = nn.Linear(sum(part.dim for part in self.real), width) if self.real else None
        self.readers = nn.ModuleList(_reader(part.shape[0], width) for part in self.images if part.shape is not None)
        self.mix = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)) if inputs else None
        self.nothing = nn.Parameter(torch.zeros(width, dtype=torch.float32))  #: the code of a row without its condition

    def forward(self, given: Values, rows: int, keep: Tensor | None = None) -> Tensor:
        """One vector a row, `nothing` where `keep` (rows,) is False.  Shape: -> (rows, width)."""
        device = self.nothing.device
        if self.mix is None:
            return self.nothing.expand(rows, -1)
        pieces = [table(given[p.name].to(device)) for p, table in zip(self.discrete, self.tables, strict=True)]
        if self.numbers is not None:
            pieces.append(self.numbers(torch.cat([given[part.name].to(device) for part in self.real], 1)))
        pieces += [read_once(read, given[p.name].to(device)) for read, p in zip(self.readers, self.images, strict=True)]
        code: Tensor = self.mix(torch.stack(pieces).sum(0) / sqrt(len(pieces)))
        return code if keep is None else torch.where(keep[:, None], code, self.nothing)


def read_once(read: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """What a network makes of bytes, which it sees as numbers; of one picture that stands for all rows, once.

    Shape: (rows, channels, height, width) uint8 -> (rows, ...).
    """
    if len(images) > 1 and images.stride(0) == 0:
        one = read(pixels(images[:1]))
        return one.expand(len(images), *one.shape[1:])
    return read(pixels(images))


def pixels(images: Tensor) -> Tensor:
    """Bytes as numbers in [-1, 1], float32."""
    return images.float() / 127.5 - 1


def _reader(channels: int, code: int) -> nn.Sequential:
    """An image as a vector: three convolutions that halve it, then the mean over what is left."""
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3, 2, 1), nn.SiLU(),
        nn.Conv2d(32, 64, 3, 2, 1), nn.SiLU(),
        nn.Conv2d(64, 64, 3, 2, 1), nn.SiLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, code),
    )  # fmt: skip
