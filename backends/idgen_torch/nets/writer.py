"""The network that writes texts: a small transformer that sees the tokens before, and the inputs as a first one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from idgen_compiler.data.part import Part
from idgen_torch.arithmetic import Made
from idgen_torch.nets.conditioning import InputCode
from idgen_torch.parts import Values

__all__ = ["Past", "Writer"]

_HEAD = 32
"""The width of one head of attention, where the network's is a multiple."""

Past = list[tuple[Tensor, Tensor]]
"""Of each block the keys and values of what was read.  Shape: (rows, heads, read, width of a head)."""


class Writer(nn.Module):
    """A transformer whose first position holds the code of the inputs, which is added to every other position too.

    Sources: Vaswani et al. (2017); normalization before each block as in Xiong et al. (2020); the output layer is the
    transposed embedding (Press and Wolf 2017).
    """

    def __init__(self, inputs: Sequence[Part], tokens: int, longest: int, widths: Sequence[int]) -> None:
        """Build with random weights: see `Writer.start`. `widths`: of the network, and how many blocks it has."""
        super().__init__()
        width = widths[0]
        self.code = InputCode(inputs, width)
        self.token = nn.Embedding(tokens, width)
        self.place = nn.Embedding(1 + longest, width)
        self.blocks = nn.ModuleList(_Block(width, 4 * own) for own in widths)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(tokens, dtype=torch.float32))
        nn.init.normal_(self.token.weight, std=width**-0.5)
        nn.init.normal_(self.place.weight, std=0.1 * width**-0.5)

    @classmethod
    def start(cls, inputs: Sequence[Part], tokens: int, longest: int, widths: Sequence[int], seed: int) -> Writer:
        """Random weights that depend on the seed alone."""
        with Made(seed):
            return cls(inputs, tokens, longest, widths)

    def forward(self, given: Values, tokens: Tensor) -> Tensor:
        """What comes at each place, and after the last.  Shape: tokens (rows, t) -> (rows, t + 1, tokens)."""
        code = self.code(given, len(tokens)).unsqueeze(1)
        hidden = torch.cat([code, self.token(tokens) + code], 1) + self.place.weight[: 1 + tokens.shape[1]]
        for block in self.blocks:
            hidden, _ = block(hidden, None)
        return self._logits(hidden)

    def begin(self, given: Values, rows: int) -> tuple[Tensor, Tensor, Past]:
        """What comes first, the code of the inputs, and what was read.  Shape: (rows, tokens), (rows, width)."""
        code = self.code(given, rows)
        logits, past = self._one(code, 0, [])
        return logits, code, past

    def after(self, token: Tensor, number: int, code: Tensor, past: Past) -> tuple[Tensor, Past]:
        """What comes after the token of this number, from 1 on.  Shape: token (rows,) -> (rows, tokens)."""
        return self._one(self.token(token) + code, number, past)

    def _one(self, hidden: Tensor, number: int, past: Past) -> tuple[Tensor, Past]:
        hidden, read = (hidden + self.place.weight[number]).unsqueeze(1), []
        for k, block in enumerate(self.blocks):
            hidden, own = block(hidden, past[k] if past else None)
            read.append(own)
        return self._logits(hidden)[:, 0], read

    def _logits(self, hidden: Tensor) -> Tensor:
        put_out: Tensor = self.norm(hidden) @ self.token.weight.T + self.bias
        return put_out


class _Block(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.heads = max(1, width // _HEAD) if width % _HEAD == 0 else 1
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width)
        self.told = nn.Linear(width, width)
        self.body = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, hidden: Tensor, past: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Shape: hidden (rows, t, width); with a past t is 1, and without one no place sees those after it."""
        rows, count, width = hidden.shape
        pieces = self.asked(self.before(hidden)).view(rows, count, 3, self.heads, width // self.heads)
        query, key, value = pieces.permute(2, 0, 3, 1, 4)
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        seen = scaled_dot_product_attention(query, key, value, is_causal=past is None)
        hidden = hidden + self.told(seen.transpose(1, 2).reshape(rows, count, width))
        return hidden + self.body(self.between(hidden)), (key, value)
