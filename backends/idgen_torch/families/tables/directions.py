"""Whether a dependence of two codes stands out from chance in one direction: a trend, or a single level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Self

import torch
from torch import Tensor

__all__ = ["THRESHOLD", "direction", "tilted"]

THRESHOLD = 5.0
"""Standard deviations above independence at which a dependence counts."""

_EVEN = 0.01
"""Places that are so near to even ones are."""

_ROUNDS, _STEPS, _MOST_SINGLE = 20, 30, 40
"""At most so many directions that a law is tilted in, steps of Newton's method for each, and codes that stand out."""


def direction(counts: Tensor, inputs: Sequence[float] = (), outcomes: Sequence[float] = ()) -> float:
    """How far the clearest direction of a dependence within strata exceeds chance, in the unit of `association`.

    A test of any dependence has a degree of freedom for each pair of codes, among which one that matters drowns. Here
    each statistic has a single one, Mantel's M^2: the sum over the strata of what scores of the inputs and of the
    outcomes have in common, less what is expected, squared over its variance where outcomes are dealt at random within
    strata. Scores are the places of codes on a scale, `inputs` and `outcomes`, where there are any, and their order (a
    trend), and whether a code is one certain (a level that stands out). The largest counts, less 2 log(k) where k were
    looked at, which is Bonferroni's correction. Where few rows have a code, sums are far from normal: the variance
    grows as in Bernstein's inequality, by a third of the sum times the most that one row contributes.
    Sources: Mantel (1963), "Chi-square tests with one degree of freedom"; Agresti (2002), "Categorical data analysis",
    section 7.5.3; Boucheron, Lugosi and Massart (2013), "Concentration inequalities", section 2.8.
    Shape: counts (strata, codes of the input, codes of the outcome); inputs and outcomes one score a code, or none.

    >>> rows = 4 * torch.tensor([[[30.0, 30, 30, 30, 30], [20, 25, 30, 35, 40]]]).double()
    >>> direction(rows) > THRESHOLD, direction(rows, outcomes=range(5)) > THRESHOLD
    (False, True)
    """
    found = _Directions.of(counts, inputs, outcomes)
    strengths = found.strengths(found.statistic(counts.sum(0) - found.expected))
    return max(float(strengths.max()), 0.0) if strengths.numel() else 0.0


def tilted(counts: Tensor, law: Tensor, inputs: Sequence[float] = (), outcomes: Sequence[float] = ()) -> Tensor:
    """A law of the outcomes given the input, moved in each direction in which the counts stand out from it.

    law(y | x) exp(t a(x) b(y)), with the scores a and b of the clearest direction of `direction`, and t such that their
    mean product is the rows' own, but for the part of it that chance is expected to add (James and Stein, 1961); then
    in the next clearest one, until none stands out. Where very many codes stand out by themselves, no tilt is needed:
    they say that little is to be borrowed.
    Source: the linear-by-linear association model, Agresti (2002), section 9.4.
    Shape: counts (strata, codes of the input, codes of the outcome); law (codes of the input, codes of the outcome).

    >>> rows = 4 * torch.tensor([[[30.0, 30, 30, 30, 30], [20, 25, 30, 35, 40]]]).double()
    >>> law = (rows.sum(1) / rows.sum()).expand(2, 5)
    >>> tilted(rows, law, outcomes=range(5)).mul(100).round().int().tolist()
    [[20, 20, 20, 20, 20], [14, 17, 20, 23, 27]]
    """
    found = _Directions.of(counts, inputs, outcomes)
    own = counts.sum(0)
    count = own.sum(1, keepdim=True)
    for _ in range(_ROUNDS):
        excess = own - count * law
        statistic = found.statistic(excess)
        strengths = found.strengths(statistic)
        if not strengths.numel() or float(strengths.max()) < THRESHOLD:
            break
        at = divmod(int(strengths.argmax()), strengths.shape[1])
        single = at[0] < len(found.across.codes) and at[1] < len(found.down.codes)
        if single and int((strengths >= THRESHOLD).sum()) > _MOST_SINGLE:
            break
        first, second = found.across.scores(at[0]), found.down.scores(at[1])
        wanted = first @ (count * law + (1 - 1 / statistic[at]) * excess) @ second
        law = _moved_to(law, count.squeeze(1), first, second, float(wanted))
    return law


def _moved_to(law: Tensor, count: Tensor, first: Tensor, second: Tensor, wanted: float) -> Tensor:
    """law(y | x) exp(t a(x) b(y)), where the sum of a(x) b(y) is as wanted; of scores that are at most 1."""
    tilt, found = 0.0, law
    for _ in range(_STEPS):
        found = law * (tilt * torch.outer(first, second)).exp()
        found = found / found.sum(1, keepdim=True)
        mean = found @ second
        slope = float(count @ (first.square() * (found @ second.square() - mean.square())))
        missing = wanted - float(count @ (first * mean))
        step = missing / max(slope, 1e-300)
        if abs(step) < 1e-4:
            break
        tilt += min(max(step, -1.0), 1.0)
    return found


@dataclass(frozen=True, slots=True)
class _Directions:
    """Mantel's statistic for each score of the input and each of the outcome.

    expected: the counts where both are independent within strata, summed over these.  variance, step and penalty: of
    the sum of products of the scores, the most that a row contributes to it, and twice the logarithm of how many
    were looked at.  Shape: expected (codes, codes); the others (scores of the input, scores of the outcome).
    """

    across: _Margin
    down: _Margin
    expected: Tensor
    variance: Tensor
    step: Tensor
    penalty: Tensor

    @classmethod
    def of(cls, counts: Tensor, inputs: Sequence[float], outcomes: Sequence[float]) -> Self:
        """Those of counts.  Shape: counts (strata, codes of the input, codes of the outcome)."""
        total = counts.sum((1, 2)).unsqueeze(1)
        first, second = counts.sum(2), counts.sum(1)
        across, down = _Margin.of(first, total, inputs), _Margin.of(second, total, outcomes)
        variance = (across.spread * (total > 1) / (total - 1).clamp(min=1e-9)).T @ down.spread
        expected = (first / total.clamp(min=1e-300)).T @ second
        penalty = 2 * torch.outer(across.tried, down.tried).log()
        return cls(across, down, expected, variance, torch.outer(across.step, down.step), penalty)

    def statistic(self, excess: Tensor) -> Tensor:
        """M^2 of what counts exceed the expected by.  Shape: (codes, codes) -> (scores, scores)."""
        common = self.down.applied(self.across.applied(excess).T).T
        return common.square() / (self.variance + common.abs() * self.step / 3).clamp(min=1e-300)

    def strengths(self, statistic: Tensor) -> Tensor:
        """The same in standard deviations, less what is expected of the largest."""
        strength = (statistic - self.penalty - 1) / sqrt(2)
        return torch.where(self.variance > 1e-9, strength, -1.0)


@dataclass(frozen=True, slots=True)
class _Margin:
    """The scores of one margin: each code by itself, and the scales if it has any.

    share: of the rows, of each code.  codes: those that are looked at.  scales: centered and at most 1.
    spread: the sum of squares of each score about its mean in each stratum.  step: the most that a row differs from the
    mean.  tried: how many kinds of scores there are, times how many of a kind.
    Shape: share (all codes,); codes (codes,); scales (scales, all codes); spread (strata, scores); others (scores,).
    """

    share: Tensor
    codes: Tensor
    scales: Tensor
    spread: Tensor
    step: Tensor
    tried: Tensor

    @classmethod
    def of(cls, margin: Tensor, total: Tensor, scale: Sequence[float]) -> Self:
        """The scores of a margin.  Shape: margin (strata, all codes); total (strata, 1)."""
        share = margin.sum(0) / margin.sum().clamp(min=1e-300)
        codes = (share > 0).nonzero().squeeze(1)
        pair = len(codes) == 2
        codes = codes[:1] if pair else codes  # the other one of two says the same
        total = total.clamp(min=1e-300)
        own, step = margin[:, codes], torch.maximum(share[codes], 1 - share[codes])
        scales = margin.new_empty(0, len(share)) if pair or len(scale) != len(share) else _scales(scale, share)
        squares = (margin @ scales.T.square() - (margin @ scales.T).square() / total).clamp(min=0)
        tried = torch.full_like(step, (1 + len(scales)) * len(codes))
        return cls(
            share,
            codes,
            scales,
            torch.cat([own - own.square() / total, squares], 1),
            torch.cat([step, step.new_ones(len(scales))]),
            torch.cat([tried, tried.new_full((len(scales),), 1 + len(scales))]),
        )

    def applied(self, excess: Tensor) -> Tensor:
        """Each score's sum over the codes.  Shape: (all codes, others) -> (scores, others)."""
        own = excess[self.codes] - torch.outer(self.share[self.codes], excess.sum(0))
        return torch.cat([own, self.scales @ excess])

    def scores(self, index: int) -> Tensor:
        """One of the scores, centered.  Shape: (all codes,)."""
        if index >= len(self.codes):
            return self.scales[index - len(self.codes)]
        code = int(self.codes[index])
        score = torch.full_like(self.share, -float(self.share[code]))
        score[code] += 1
        return score


def _scales(places: Sequence[float], share: Tensor) -> Tensor:
    """Places on a scale, centered and at most 1; and the order alone, where places are uneven: it bears far ones.

    Shape: places (codes,); share (codes,) -> (scales, codes).
    """
    even = torch.arange(len(share), dtype=share.dtype)
    kinds = torch.stack([torch.tensor([*places], dtype=share.dtype), even])
    kinds -= (kinds @ share).unsqueeze(1)
    kinds /= kinds[:, share > 0].abs().amax(1, keepdim=True).clamp(min=1e-300)
    return kinds[:1] if torch.allclose(kinds[0], kinds[1], atol=_EVEN) else kinds
