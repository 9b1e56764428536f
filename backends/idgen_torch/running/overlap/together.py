"""All numbers together: how much rarer a row is in the data than if its groups had nothing to do with each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from idgen_torch.running.overlap.support import BINS, Support

__all__ = ["Together"]

RATIO = 1e3
"""A density is absurd that is so many times smaller than that of independent groups, and than that of the data's own
rows but one in a thousand."""

OWN = 0.999


@dataclass(frozen=True, eq=False)
class Together:
    """Densities of numbers as ranks on a normal scale, Gaussian with the data's correlations.

    log p(a, b) - log p(a) - log p(b) is a quadratic form of the scores plus a constant; its `cross` matrix is the
    inverse correlation of all less those of the groups. Source: Liu et al. (2009), the nonparanormal.
    """

    columns: tuple[int, ...]
    cross: Tensor  #: (numbers, numbers) float64
    limit: float
    determined: tuple[float, ...]  #: of each column, how much of its variance the other groups explain

    @classmethod
    def of(cls, support: Support) -> Together | None:
        """None where fewer than two groups have numbers, or rows are too few to tell."""
        chosen = tuple(k for k, column in enumerate(support.columns) if column.number)
        groups = torch.tensor([support.columns[k].group for k in chosen], dtype=torch.int64)
        count = len(support.codes)
        if len(set(groups.tolist())) < 2 or count < 20 + 5 * len(chosen):
            return None
        scores = _scores(support.codes[:, chosen])
        correlation = torch.corrcoef(scores.T).nan_to_num(0.0)
        correlation.fill_diagonal_(1.0)
        slack = len(chosen) / count + 1e-4
        eye = torch.eye(len(chosen), dtype=torch.float64)
        correlation = (1 - slack) * correlation + slack * eye
        same = groups[:, None] == groups[None, :]
        apart = torch.where(same, correlation, 0.0)
        cross = torch.linalg.inv(correlation) - torch.linalg.inv(apart)
        own = _excess(scores, cross)
        limit = 2 * math.log(RATIO) + max(0.0, float(own.quantile(OWN)))
        return cls(chosen, cross, limit, _determined(correlation, same))

    def absurd(self, codes: Tensor) -> Tensor:
        """Whether each row lies where the data have next to no density.  Shape: (rows, columns) -> (rows,)."""
        return _excess(_scores(codes[:, self.columns]), self.cross) > self.limit


def _determined(correlation: Tensor, same: Tensor) -> tuple[float, ...]:
    """R squared of each column given those of the other groups.  Shape: (numbers, numbers)."""
    found = []
    for k in range(len(correlation)):
        others = ~same[k]
        beside = correlation[k, others]
        found.append(float(beside @ torch.linalg.solve(correlation[others][:, others], beside)))
    return tuple(found)


def _scores(codes: Tensor) -> Tensor:
    return torch.special.ndtri((codes.double() + 0.5) / BINS)


def _excess(scores: Tensor, cross: Tensor) -> Tensor:
    return ((scores @ cross) * scores).sum(1)
