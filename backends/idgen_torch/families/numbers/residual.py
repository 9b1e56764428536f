"""The linear part of a conditional density: regress, then whiten what is left."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

from idgen_torch.nets.heads import Features

__all__ = ["EXACT", "Residual", "designed"]

_CHUNK = 65_536
_PLENTY, _WIDEST = 50, 2_000
_PENALTIES = [10.0**k for k in (-6, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1)]
FARTHEST = 6.0
"""A row with a value beyond weighs so much less in the regression that no outlier turns it; what learns from such rows
has them drawn in here."""

EXACT = 1e-4
"""What its inputs leave less of to a number, in its deviations, is a linear function of them."""


@dataclass(frozen=True, slots=True)
class Residual:
    """y = features @ slope + intercept + r @ factor.T, with r of mean 0 and covariance 1 over the training rows.

    slope: (feature width, targets).  intercept: (targets,).  factor: (targets, targets), lower triangular, with a
    zero on the diagonal for a target that the features and the earlier targets determine exactly.
    A density is then learned for r alone, which leaves the network little to do where the truth is linear, and lets the
    law go on linearly beyond the data.
    """

    slope: Tensor
    intercept: Tensor
    factor: Tensor

    @classmethod
    def fit(cls, features: Features, one_hot: int, values: Tensor, mass: Tensor | None) -> Residual:
        """Ridge regression in float64, its penalty chosen by generalized cross-validation (Golub et al. 1979).

        Rows count less where a value lies beyond `FARTHEST`.
        The covariance of what is left counts the degrees of freedom that the regression took.
        Shape: values (rows, targets), mass (rows,).
        """
        width = one_hot + features.reals.shape[1]
        size = 1 + width + values.shape[1]
        gram = torch.zeros(size, size, dtype=torch.float64, device=values.device)
        for start in range(0, len(values), _CHUNK):
            piece = slice(start, start + _CHUNK)
            rows = torch.cat([designed(features[piece], one_hot), values[piece].double()], 1)
            # Whole rows weigh less, so that what follows exactly from the rest still does.
            own = (FARTHEST / rows.abs().amax(1, keepdim=True)).clamp(max=1).square()
            gram += rows.T @ (rows * (own if mass is None else own * mass[piece].double().unsqueeze(1)))
        gram /= gram[0, 0].clone()
        known, cross = gram[: 1 + width, : 1 + width], gram[: 1 + width, 1 + width :]
        count = len(values) if mass is None else float(mass.double().sum().square() / mass.double().square().sum())
        penalty, freedom = _penalty(gram, width, count)
        ridge = penalty * torch.eye(1 + width, dtype=torch.float64, device=values.device)
        ridge[0, 0] = 0
        solution = torch.linalg.solve(known + ridge, cross)
        # E[(y - Bx)(y - Bx)'] without a second pass over the rows.
        left = gram[1 + width :, 1 + width :] - cross.T @ solution - solution.T @ cross + solution.T @ known @ solution
        left *= count / max(count - freedom, 1.0)
        return cls(solution[1:].float(), solution[0].float(), _factor(left).float())

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
        return Residual(self.slope.to(device), self.intercept.to(device), self.factor.to(device))


def _penalty(gram: Tensor, width: int, count: float) -> tuple[float, float]:
    """The ridge penalty and the degrees of freedom that it leaves to the regression, the intercept's among them.

    More than half as many degrees as rows are not taken, since cross-validation is blind where a fit is exact. Where
    rows are plentiful the choice is none, and the least penalty is taken at once.
    Shape: gram (1 + width + targets, 1 + width + targets), second moments with the constant first.
    """
    if count >= _PLENTY * width or width > _WIDEST:
        return _PENALTIES[0], float(min(1 + width, count / 2))
    means = gram[0, 1:]
    centerd = gram[1:, 1:] - torch.outer(means, means)
    spread, directions = torch.linalg.eigh(centerd[:width, :width])
    spread = spread.clamp(min=0)
    along, total = directions.T @ centerd[:width, width:], centerd[width:, width:]
    best = (float("inf"), _PENALTIES[-1], 1.0)
    for penalty in _PENALTIES:
        kept = 1 / (spread + penalty)
        freedom = 1 + float((spread * kept).sum())
        if freedom > max(count / 2, 1.0) and penalty < _PENALTIES[-1]:
            continue
        left = total - along.T @ ((2 * kept - spread * kept.square()).unsqueeze(1) * along)
        # The determinant, so that a target that follows from the inputs and another target stays so.
        spans = torch.linalg.eigvalsh(left).clamp(min=EXACT**4)
        score = float(spans.log().sum()) - 2 * len(left) * log(max(1 - freedom / count, 1e-6))
        best = min(best, (score, penalty, freedom))
    return best[1], best[2]


def designed(features: Features, one_hot: int) -> Tensor:
    """One, one-hot blocks, reals.  Shape: -> (rows, 1 + width) float64."""
    width = 1 + one_hot + features.reals.shape[1]
    rows = torch.zeros(len(features), width, dtype=torch.float64, device=features.reals.device)
    rows[:, 0] = 1
    if features.codes.shape[1]:
        rows.scatter_(1, features.codes + 1, 1.0)
    rows[:, 1 + one_hot :] = features.reals.double()
    return rows


def _factor(covariance: Tensor) -> Tensor:
    """A Cholesky factor whose columns of (nearly) no variance are zero.  Shape: (targets, targets)."""
    size = len(covariance)
    factor = torch.zeros_like(covariance)
    for j in range(size):
        left = covariance[j:, j] - factor[j:, :j] @ factor[j, :j]
        if left[0] > EXACT**2:
            factor[j:, j] = left / left[0].sqrt()
    return factor
