"""The linear part of a conditional density: regress, then whiten what is left."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from idgen_torch.families.numbers.line import EXACT, Line, settled, trusted
from idgen_torch.nets.heads import Features

__all__ = ["Residual"]

_ROUNDS = 8
"""So often at most it is looked which rows to trust."""


@dataclass(frozen=True, slots=True)
class Residual:
    """y = features @ slope + intercept + r @ factor.T, with r of mean 0 and covariance 1 over the training rows.

    slope: (feature width, targets).  intercept: (targets,).  factor: (targets, targets), lower triangular, with a
    zero on the diagonal for a target that the features and the earlier targets determine exactly.
    apart: how many rows the line was learned without (see `trusted`).
    A density is then learned for r alone, which leaves the network little to do where the truth is linear, and lets the
    law go on linearly beyond the data.
    """

    slope: Tensor
    intercept: Tensor
    factor: Tensor
    apart: int = 0

    @classmethod
    def fit(cls, features: Features, one_hot: int, values: Tensor, mass: Tensor | None) -> Residual:
        """Ridge regression in float64, its penalty chosen by generalized cross-validation (Golub et al. 1979).

        Rows count less where a value lies beyond `FARTHEST`, and nothing where they are the few that lie apart from
        what the others say of them (see `trusted`).
        The covariance of what is left counts the degrees of freedom that the regression took.
        Shape: values (rows, targets), mass (rows,).
        """
        trust = None
        for _ in range(_ROUNDS):
            line = Line.of(features, one_hot, values, mass, trust)
            before, trust = trust, trusted(line, features, one_hot, values, mass, trust)
            if settled(before, trust):
                break
        else:  # rows without which the others say nothing of them
            line, trust = Line.of(features, one_hot, values, mass, None), None
        apart = 0 if trust is None else int((trust < 0.5).sum())
        return cls(line.slope[1:].float(), line.slope[0].float(), _factor(line.left).float(), apart)

    @property
    def free(self) -> list[int]:
        """The targets that keep some randomness, in order."""
        return [j for j, scale in enumerate(self.factor.diagonal().tolist()) if scale > 0]

    def mean(self, features: Features, one_hot: int) -> Tensor:
        """The linear prediction.  Shape: -> (rows, targets)."""
        total = self.intercept + features.reals @ self.slope[one_hot:]
        for k in range(features.codes.shape[1]):
            total = total + self.slope[features.codes[:, k]]
        return total

    def whitened(self, features: Features, one_hot: int, values: Tensor) -> Tensor:
        """r of each row, 0 for exact targets.  Shape: values (rows, targets) -> (rows, targets)."""
        left = values - self.mean(features, one_hot)
        exact = self.factor.diagonal() == 0
        solved = torch.linalg.solve_triangular(self.factor + torch.diag(exact.float()), left.T, upper=False).T
        return torch.where(exact, 0.0, solved).contiguous()

    def to(self, device: str | torch.device) -> Residual:
        """The same on another device."""
        return Residual(self.slope.to(device), self.intercept.to(device), self.factor.to(device), self.apart)


def _factor(covariance: Tensor) -> Tensor:
    """A Cholesky factor whose columns of (nearly) no variance are zero.  Shape: (targets, targets)."""
    size = len(covariance)
    factor = torch.zeros_like(covariance)
    for j in range(size):
        left = covariance[j:, j] - factor[j:, :j] @ factor[j, :j]
        if left[0] > EXACT**2:
            factor[j:, j] = left / left[0].sqrt()
    return factor
