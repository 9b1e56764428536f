"""A denoiser of two layers, as somebody might bring one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Tiny(nn.Module):
    """Two convolutions, between which the code and the time shift the channels; with dropout and a buffer."""

    def __init__(self, seen: int, drawn: int, size: tuple[int, int], width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(seen, 8, 3, padding=1)
        self.last = nn.Conv2d(8, drawn, 3, padding=1)
        self.told = nn.Linear(width + 1, 8)
        self.dropout = nn.Dropout(0.5)
        self.register_buffer("scale", torch.full((1,), 1000.0), persistent=False)

    def forward(self, noisy: Tensor, times: Tensor, code: Tensor) -> Tensor:
        told = self.told(torch.cat([code, (times / self.scale)[:, None]], 1))
        out: Tensor = self.last(torch.relu(self.dropout(self.first(noisy)) + told[:, :, None, None]))
        return out


def tiny(seen: int, drawn: int, size: tuple[int, int], width: int) -> nn.Module:
    return Tiny(seen, drawn, size, width)


def other(seen: int, drawn: int, size: tuple[int, int], width: int) -> nn.Module:
    return Other(seen, drawn, size, width)


class Other(Tiny):
    """The same with a layer more."""

    def __init__(self, seen: int, drawn: int, size: tuple[int, int], width: int) -> None:
        super().__init__(seen, drawn, size, width)
        self.more = nn.Linear(1, 1)
