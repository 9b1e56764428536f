"""A line through rows: ridge regression, and which few rows it should not trust."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

from idgen_torch.nets.heads import Features

__all__ = ["EXACT", "FARTHEST", "Line", "designed", "near_others", "settled", "trusted"]

_CHUNK = 65_536
_PLENTY, _WIDEST = 50, 2_000
_PENALTIES = [10.0**k for k in (-6, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1)]
FARTHEST = 6.0
"""A row with a value beyond weighs so much less in the regression that no outlier turns it; what learns from such rows
has them drawn in here."""

EXACT = 1e-4
"""What its inputs leave less of to a number, in its deviations, is a linear function of them."""

APART, GONE = 6.0, 9.0
"""A row is trusted less from so many spreads off the line through the others, and not at all from so many."""
REMOTE = 6.0
"""Inputs so many deviations beyond the mean distance of all rows lie far out (in square, of normals): a row with others
turns no line, however far out its outcome is, and a few such may be a hump."""
PULLED = 1.5
"""So much farther off counts a row that would have half of the line to itself."""
FEW, FEW_SHARE = 4, 0.01
"""More rows, or a larger share, that lie apart are a part of the law."""
RARE = 200
"""Of a label or a number that fewer rows have, each of them is needed."""
_EDGE, _EDGE_ROWS, _MOST_EDGE = 0.01, 5, 0.1
"""The spread is told by what this share of the rows, and as many at least, lie beyond: the few that lie apart and a
narrow peak say nothing of it; of fewer rows than a larger share asks for, none is apart."""
_NEAR = 1.5
"""A row this near to a line is not apart from the others' (so near it was drawn by a leverage up to .94)."""
_LEAST = 1e-3
_SETTLED = 0.01


@dataclass(frozen=True, slots=True)
class Line:
    """y = design @ slope, with what is left.

    slope: (1 + width, targets) float64, the intercept first.  left: (targets, targets), the covariance of what is left.
    moments: (1 + width, 1 + width), of which the inverse tells how far a row draws the line to itself.
    """

    slope: Tensor
    left: Tensor
    moments: Tensor

    @classmethod
    def of(cls, features: Features, one_hot: int, values: Tensor, mass: Tensor | None, trust: Tensor | None) -> Line:
        """By rows of these weights, which are trusted so much.  Shape: values (rows, targets), mass, trust (rows,)."""
        width = one_hot + features.reals.shape[1]
        size = 1 + width + values.shape[1]
        gram = torch.zeros(size, size, dtype=torch.float64, device=values.device)
        for piece, design in _pieces(features, one_hot):
            rows = torch.cat([design, values[piece].double()], 1)
            own = _own(rows) if mass is None else _own(rows) * mass[piece].double()
            gram += rows.T @ (rows * (own if trust is None else own * trust[piece]).unsqueeze(1))
        whole = gram[0, 0].clone()
        gram /= whole
        known, cross = gram[: 1 + width, : 1 + width], gram[: 1 + width, 1 + width :]
        count = len(values) if mass is None else float(mass.double().sum().square() / mass.double().square().sum())
        penalty, freedom = _penalty(gram, width, count)
        ridge = penalty * torch.eye(1 + width, dtype=torch.float64, device=values.device)
        ridge[0, 0] = 0
        solution = torch.linalg.solve(known + ridge, cross)
        # E[(y - Bx)(y - Bx)'] without a second pass over the rows.
        left = gram[1 + width :, 1 + width :] - cross.T @ solution - solution.T @ cross + solution.T @ known @ solution
        left *= count / max(count - freedom, 1.0)
        return cls(solution, left, (known + ridge) * whole)


def trusted(
    line: Line, features: Features, one_hot: int, values: Tensor, mass: Tensor | None, trust: Tensor | None
) -> Tensor | None:
    """How far to trust each row, from 0 to 1: not the few with inputs far out that a line through all others misses.

    What a line leaves of a row says little where the row has drawn the line to itself, as one does that has a number
    where no other row has one; so it is divided by one less the row's leverage, which makes it what a line through all
    other rows leaves, and counts for more (see `PULLED`) the more of the line the row would have to itself.
    Source: Belsley, Kuh and Welsch (1980), Regression Diagnostics, section 2.1, deleted residuals and DFFITS.
    Shape: values (rows, targets), mass, trust (rows,) -> (rows,) float64; None where all are trusted.
    """
    if len(line.slope) > _WIDEST:
        return None
    left = torch.cat([values[piece].double() - design @ line.slope for piece, design in _pieces(features, one_hot)])

    def drawn(index: Tensor) -> Tensor:
        near = designed(features[index], one_hot)
        pull = (near * torch.linalg.solve(line.moments, near.T).T).sum(1)
        own = _own(torch.cat([near, values[index].double()], 1))
        own = own if mass is None else own * mass[index].double()
        kept = (1 - pull * (own if trust is None else own * trust[index])).clamp(min=_LEAST)
        alone = pull / kept  # by a line through the other rows
        nearer = kept * (1 + alone).sqrt() / (1 + PULLED * (own * alone).clamp(max=1).sqrt())
        away, width = alone * line.moments[0, 0] - 1, len(line.slope) - 1  # the square of Mahalanobis's distance
        return torch.where(away > width + REMOTE * (2 * width) ** 0.5, nearer, torch.inf)

    return near_others(left, features, mass, drawn)


def near_others(
    left: Tensor, features: Features, mass: Tensor | None, drawn: Callable[[Tensor], Tensor] | None = None
) -> Tensor | None:
    """How far to trust each row by what is left of it, from 0 to 1: not the few that lie far from where others do.

    How far is told in spreads of what is left of all rows; the weights fall to nought as Hampel's do. Rows of a label,
    or off a value that nearly all rows have, of which there are few, say what nobody else says, and are all trusted.
    drawn: row numbers -> by how much more those rows lie apart than what is left of them says, (rows,) from 0 to 1.
    Source: Hampel et al. (1986), Robust Statistics, section 2.6.
    Shape: left (rows, targets), mass (rows,) -> (rows,) float64; None where all are trusted.
    """
    count = len(left) if mass is None else int((mass > 0).sum())
    share = max(_EDGE, _EDGE_ROWS / max(count, 1))
    if share > _MOST_EDGE:
        return None
    apart = left.abs().double()
    own = apart if mass is None else apart[mass > 0]
    edge = _beyond(own, None if mass is None else mass[mass > 0], share)
    spread = (edge / float(torch.special.ndtri(torch.tensor(1 - share / 2, dtype=torch.float64)))).clamp(min=EXACT)
    apart = (apart / spread).amax(1)
    if mass is not None:
        apart[mass <= 0] = 0
    index = (apart > _NEAR).nonzero().flatten()
    far = apart[index] if drawn is None else apart[index] / drawn(index)
    index, far = index[far > APART], far[far > APART]
    part = len(index) / count if mass is None else float(mass[index].sum() / mass.sum())
    few = len(index) <= FEW and part <= FEW_SHARE
    others = ~_rare(features, mass, index) if few else torch.zeros_like(far, dtype=torch.bool)
    if not bool(others.any()):
        return None
    found = torch.ones_like(apart)
    found[index[others]] = ((GONE - far[others]) / (GONE - APART)).clamp(0, 1)
    return found


def _beyond(values: Tensor, mass: Tensor | None, share: float) -> Tensor:
    """What this share of the rows lies beyond.  Shape: values (rows, targets), mass (rows,) -> (targets,)."""
    if mass is None:
        return values.kthvalue(max(int((1 - share) * len(values)), 1), 0).values
    ordered, order = values.sort(0)
    below = mass.double()[order].cumsum(0) / mass.double().sum()
    return ordered.gather(0, (below < 1 - share).sum(0, keepdim=True).clamp(max=len(values) - 1)).squeeze(0)


def _rare(features: Features, mass: Tensor | None, index: Tensor) -> Tensor:
    """Whether rows have a label that few have, or another number than nearly all.  Shape: index (k,) -> (k,) bool."""
    there = features if mass is None else features[mass > 0]
    found = torch.zeros(len(index), dtype=torch.bool, device=index.device)
    for own, codes in zip(features.codes[index].T, there.codes.T, strict=True):
        found |= torch.bincount(codes)[own] < RARE
    for own, numbers in zip(features.reals[index].T, there.reals.T, strict=True):
        middle = numbers.median()
        if int((numbers != middle).sum()) < min(RARE, len(there) / 2):
            found |= own != middle
    return found


def settled(before: Tensor | None, after: Tensor | None) -> bool:
    """Whether rows are trusted as they were."""
    if before is None or after is None:
        return before is after
    return float((before - after).abs().max()) < _SETTLED


def _pieces(features: Features, one_hot: int) -> Iterator[tuple[slice, Tensor]]:
    """The design, in pieces that memory holds."""
    for start in range(0, len(features), _CHUNK):
        piece = slice(start, start + _CHUNK)
        yield piece, designed(features[piece], one_hot)


def _own(rows: Tensor) -> Tensor:
    """How much rows count: whole rows weigh less, so that what follows exactly from the rest still does."""
    return (FARTHEST / rows.abs().amax(1)).clamp(max=1).square()


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
