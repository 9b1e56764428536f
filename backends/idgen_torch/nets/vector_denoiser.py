"""The network of a diffusion model of vectors: a residual perceptron that sees noisy vectors, the time and inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import silu

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import Made
from idgen_torch.nets.conditioning import Condition, DenoisingNetwork, InputCode
from idgen_torch.parts import Values

__all__ = ["VectorDenoiser"]

_WAVES = 64
"""Sines and cosines that tell the time."""


class VectorDenoiser(DenoisingNetwork):
    """Blocks of one hidden layer each, scaled, shifted and gated by the time's embedding plus the code of the inputs.

    `widths` has a number for each block, which has twice as many hidden units; between blocks the width is the first.
    Source of the blocks: Peebles and Xie (2023), "Scalable diffusion models with transformers", section 3.2 (adaLN).
    """

    def __init__(self, size: int, inputs: Sequence[Part], widths: Sequence[int]) -> None:
        """Build with random weights: see `VectorDenoiser.start`."""
        super().__init__()
        try:
            from diffusers.models.embeddings import TimestepEmbedding, Timesteps
        except ImportError as error:
            raise DataError(
                f"diffusion of vectors needs {error.name or error}: pip install 'idgen-compiler[images]', "
                "or choose the family flow or from-images"
            ) from None
        self.shape = (size,)
        self.widths = tuple(widths)
        width = self.widths[0]
        self.clock: Any = nn.Sequential(
            Timesteps(_WAVES, flip_sin_to_cos=True, downscale_freq_shift=0), TimestepEmbedding(_WAVES, width)
        )
        self.enter = nn.Linear(size, width)
        self.blocks = nn.ModuleList(_Block(width, 2 * own) for own in self.widths)
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, size))
        self.code = InputCode(inputs, width)

    @classmethod
    def start(cls, size: int, inputs: Sequence[Part], widths: Sequence[int], seed: int) -> VectorDenoiser:
        """Random weights that depend on the seed alone."""
        with Made(seed):
            return cls(size, inputs, widths)

    def condition(self, given: Values, rows: int, keep: Tensor | None = None) -> Condition:
        """The code of the inputs alone.  Shape: (rows, width)."""
        return (self.code(given, rows, keep),)

    def forward(self, noisy: Tensor, times: Tensor, *told: Tensor) -> Tensor:
        """What the objective asks for.  Shape: noisy (rows, size), times (rows,) in [0, 1000] -> (rows, size)."""
        (code,) = told
        known = silu(self.clock(times) + code)
        hidden = self.enter(noisy)
        for block in self.blocks:
            hidden = block(hidden, known)
        put_out: Tensor = self.leave(hidden)
        return put_out


class _Block(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.body = nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, width))
        self.told = nn.Linear(width, 3 * width)
        nn.init.zeros_(self.told.weight)
        nn.init.zeros_(self.told.bias)

    def forward(self, hidden: Tensor, known: Tensor) -> Tensor:
        """Shape: hidden, known (rows, width) -> (rows, width)."""
        scale, shift, gate = self.told(known).chunk(3, -1)
        changed: Tensor = hidden + (1 + gate) * self.body(self.norm(hidden) * (1 + scale) + shift)
        return changed
