"""Laws of one number that are told by quantiles: linear between them, exponential beyond the outermost."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

__all__ = ["Quantiles"]

TAIL = 0.05
"""A tail's scale is told by the outermost quantile and the one that so large a share of the law lies beyond."""
NARROW = 1e-6
"""Neighbours are taken to be so far apart at least, in the units of the numbers: no density is infinite."""


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Some laws, each by its quantiles at the levels 1/(k+1) ... k/(k+1).

    Between two the distribution function is linear; beyond the outermost the tails are exponential, as in spline
    quantile functions (Park et al. 2022, "Learning quantile functions without quantile crossing").
    Shape: heights (laws, k) float64, rising; left, right (laws,), the tails' scales.

    >>> law = Quantiles.of(torch.tensor([[-1.0, 0.0, 1.0]], dtype=torch.float64))
    >>> which = torch.zeros(2, dtype=torch.long)
    >>> law.at(which, torch.tensor([0.5, 0.625], dtype=torch.float64)).round(decimals=3)
    tensor([0.0000, 0.5000], dtype=torch.float64)
    >>> law.log_prob(which, torch.tensor([0.5, -0.5], dtype=torch.float64)).exp().round(decimals=2)
    tensor([0.2500, 0.2500], dtype=torch.float64)
    """

    heights: Tensor
    left: Tensor
    right: Tensor

    @classmethod
    def of(cls, heights: Tensor) -> Quantiles:
        """From quantiles in any order.  Shape: (laws, k), of two at least."""
        ordered, count = heights.sort(1).values, heights.shape[1]
        ordered = ordered + NARROW * torch.arange(count, dtype=ordered.dtype, device=ordered.device)
        inner = min(count - 1, max(1, round(TAIL * (count + 1)) - 1))
        scale = log((inner + 1) / 1)  # the log of by how much rarer the outermost is than the inner one
        left = (ordered[:, inner] - ordered[:, 0]) / scale
        right = (ordered[:, -1] - ordered[:, -1 - inner]) / scale
        return cls(ordered, left, right)

    @property
    def _edge(self) -> float:
        """What lies beyond each outermost quantile."""
        return 1 / (self.heights.shape[1] + 1)

    def at(self, which: Tensor, level: Tensor) -> Tensor:
        """Where the law of each row reaches a level in [0, 1).  Shape: (rows,), (rows,) -> (rows,)."""
        edge, last = self._edge, self.heights.shape[1] - 1
        place = (level / edge - 1).clamp(0, last)
        below = place.floor().long().clamp(max=last - 1)
        first, second = self.heights[which, below], self.heights[which, below + 1]
        found = torch.lerp(first, second, place - below)
        low = self.heights[which, 0] + self.left[which] * (level.clamp(min=1e-12) / edge).log()
        high = self.heights[which, -1] - self.right[which] * ((1 - level).clamp(min=1e-12) / edge).log()
        return torch.where(level < edge, low, torch.where(level > 1 - edge, high, found))

    def log_prob(self, which: Tensor, value: Tensor) -> Tensor:
        """Log-density of each row's value.  Shape: (rows,), (rows,) -> (rows,)."""
        edge, own = self._edge, self.heights[which]
        last = own.shape[1] - 1
        below = (torch.searchsorted(own, value.unsqueeze(1), right=True).squeeze(1) - 1).clamp(0, last - 1)
        apart = own.gather(1, (below + 1).unsqueeze(1)) - own.gather(1, below.unsqueeze(1))
        left, right = self.left[which], self.right[which]
        low = (value - own[:, 0]) / left - left.log()
        high = (own[:, -1] - value) / right - right.log()
        middle = -apart.squeeze(1).log()
        return log(edge) + torch.where(value < own[:, 0], low, torch.where(value > own[:, -1], high, middle))
