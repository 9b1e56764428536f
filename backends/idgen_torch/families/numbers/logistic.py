"""Multinomial logistic regression: where a classifier starts, and what sets its levels right in the end."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from idgen_torch.arithmetic import total

__all__ = ["Regression"]

_PENALTIES = (300.0, 30.0, 3.0, 0.3)
"""Precisions of the slopes, from strong to weak: each fit starts where the one before ended."""
_PLENTY = 50
"""So many rows of the rarest class for each feature are plenty."""
_STEPS = 30
_CLOSE = 2e-3
"""A fit ends when a step gains less than this for each number that is fitted, which chance alone moves by about 1."""
_CURVED, _ROWS_EACH, _MOST_CURVED = 2**24, 20, 2**14
"""So many multiplications tell how curved the likelihood is, by so many rows a feature at least, and in all at most."""


@dataclass(frozen=True, eq=False)
class Regression:
    """log q(label | x) is a constant plus offset + x @ slope; a slope is normal beforehand.

    design: (rows, width) float32, its first column of ones, whose slope is free; the rows are in no order.
    labels: (rows,) int64.  mass: (rows,) float32, which sums to the number of effective rows.
    """

    design: Tensor
    labels: Tensor
    mass: Tensor
    classes: int

    def fit(self, penalty: float, start: Tensor, offset: Tensor | None = None) -> Tensor:
        """The mode for normal slopes of this precision.  Shape: start, offset (width or rows, classes) -> start.

        Newton's steps for each class alone, shortened so that they are exact for two classes and for classes that are
        alike; a step that leads up is halved.  Source: Boehning (1992), "Multinomial logistic regression algorithm".
        """
        best, slope, step = float("inf"), start, torch.zeros_like(start)
        prior = torch.full((self.design.shape[1],), penalty, dtype=torch.float64, device=start.device)
        prior[0] = 0
        for _ in range(_STEPS):
            logits = self.design @ slope.float()
            logits = logits if offset is None else logits + offset
            log_law = logits.log_softmax(-1)
            loss = float(self._nll(log_law) + 0.5 * (prior @ slope.square()).sum())
            if loss > best + 1e-9 * abs(best):
                slope, step = slope - step / 2, step / 2
                continue
            best, law = loss, log_law.exp_()
            blocks = self._blocks(law) + torch.diag(prior + 1e-6)
            wrong = law.neg_()
            wrong.scatter_add_(1, self.labels.unsqueeze(1), torch.ones_like(wrong[:, :1]))
            slopes = (self.design.T @ wrong.mul_(self.mass.unsqueeze(1))).double() - prior.unsqueeze(1) * slope
            step = torch.linalg.solve(blocks, slopes.T.unsqueeze(2)).squeeze(2).T
            slope = slope + step
            if float((step * slopes).sum()) < _CLOSE * slope.numel():
                break
        return slope

    def chosen(self) -> tuple[float, Tensor]:
        """The penalty that predicts best by Akaike's criterion, and the mode for it.  Shape: -> (width, classes).

        Where rows of the rarest class are plentiful the choice is none.  Source: Akaike (1974).
        """
        width = self.design.shape[1]
        counts = torch.bincount(self.labels, weights=self.mass, minlength=self.classes)
        slope = torch.zeros(width, self.classes, dtype=torch.float64, device=self.design.device)
        slope[0] = ((counts + 0.5) / (counts + 0.5).sum()).log()
        if float(counts.min()) >= _PLENTY * width:
            return _PENALTIES[-1], self.fit(_PENALTIES[-1], slope)
        best = (float("inf"), _PENALTIES[0], slope)
        for penalty in _PENALTIES:
            slope = self.fit(penalty, slope)
            log_law = (self.design @ slope.float()).log_softmax(-1)
            blocks = self._blocks(log_law.exp())
            ridge = penalty * torch.eye(width, dtype=torch.float64, device=slope.device)
            kept = torch.linalg.solve(blocks + ridge, blocks).diagonal(dim1=1, dim2=2)[:, 1:]
            freedom = float(kept.sum()) * (self.classes - 1) / self.classes
            score = float(self._nll(log_law)) + freedom
            if score < best[0]:
                best = (score, penalty, slope)
        return best[1:]

    def _nll(self, log_law: Tensor) -> Tensor:
        return -total(log_law.gather(1, self.labels.unsqueeze(1)).squeeze(1) * self.mass)

    def _blocks(self, law: Tensor) -> Tensor:
        """How curved the likelihood is in each class's slopes alone.  Shape: -> (classes, width, width)."""
        width = self.design.shape[1]
        few = slice(min(max(_CURVED // (self.classes * width**2), _ROWS_EACH * width), _MOST_CURVED))
        design, mass = self.design[few].double(), self.mass[few].double()
        own = (law[few] * (1 - law[few])).T * (mass * (total(self.mass) / total(mass)))
        own *= self.classes / max(self.classes - 1, 1)
        if self.classes <= width:
            return torch.stack([design.T @ (design * each.unsqueeze(1)) for each in own])
        pairs = (design.unsqueeze(2) * design.unsqueeze(1)).flatten(1)  # one product for all classes
        return (own @ pairs).view(self.classes, width, width)
