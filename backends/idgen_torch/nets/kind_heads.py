"""The network behind the law of kinds: the code of the inputs, and a head for each level, given the levels before."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, silu

from idgen_compiler.data.part import Part
from idgen_torch.arithmetic import Made
from idgen_torch.nets.conditioning import InputCode
from idgen_torch.parts import Values

__all__ = ["KindHeads"]


class KindHeads(nn.Module):
    """q(kind | inputs), level by level: logits linear in the code of the inputs and the kinds of the levels before."""

    def __init__(self, inputs: Sequence[Part], sizes: Sequence[int], width: int) -> None:
        """`sizes` are how many kinds each level has, `width` that of the code. Build within `Made`."""
        super().__init__()
        self.sizes = tuple(sizes)
        self.code = InputCode(inputs, width)
        self.heads = nn.ModuleList(_head(level, width, self.sizes) for level in range(len(self.sizes)))
        temperature = torch.ones(len(self.sizes), dtype=torch.float32)
        self.temperature: Tensor
        self.register_buffer("temperature", temperature)  #: divides the logits of each level, once it is fitted

    @classmethod
    def start(cls, inputs: Sequence[Part], sizes: Sequence[int], width: int, seed: int) -> KindHeads:
        """Random weights that depend on the seed alone."""
        with Made(seed):
            return cls(inputs, sizes, width)

    @property
    def device(self) -> torch.device:
        """Where the weights live."""
        return self.temperature.device

    def seen(self, given: Values, rows: int) -> Tensor:
        """What the heads see of the inputs.  Shape: (rows, width)."""
        return silu(self.code(given, rows))

    def logits(self, level: int, seen: Tensor, codes: Tensor) -> Tensor:
        """Shape: seen (rows, width), codes (rows, at least the levels before) int64 -> (rows, kinds of this level)."""
        before = [one_hot(codes[:, k], self.sizes[k]).to(seen.dtype) for k in range(level)]
        put_out: Tensor = self.heads[level](torch.cat([seen, *before], 1))
        return put_out / self.temperature[level]


def _head(level: int, width: int, sizes: Sequence[int]) -> nn.Module:
    seen = width + sum(sizes[:level])
    if level < 2 or sizes[level] == 1:
        return nn.Linear(seen, sizes[level])
    return nn.Sequential(nn.Linear(seen, width), nn.SiLU(), nn.Linear(width, sizes[level]))
