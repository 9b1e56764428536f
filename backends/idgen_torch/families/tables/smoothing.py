"""Laws of cells from counts, where cells of few rows borrow from coarser ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from idgen_torch.families.tables.directions import tilted

__all__ = ["mutual_information", "smoothed"]

Scales: TypeAlias = tuple[Sequence[float], Sequence[float]]

_DOUBLINGS, _EVIDENCE = 18, 5.0
"""So many powers of two are tried for how many rows to borrow; another than the first has to say so many nats more."""

_ROUNDS, _CLOSE = 20, 1e-4
"""So many rounds of proportional fitting at most, until shares are as near as this."""


def smoothed(counts: Tensor, smoothing: float, learned: bool = False, scales: Sequence[Sequence[float]] = ()) -> Tensor:
    """Conditional laws from counts, each borrowing `smoothing` rows from a coarser law.

    q_k(y | x_1..x_k) = (n(y, x_1..x_k) + a c_k(y | x_1..x_k)) / (n(x_1..x_k) + a), from the marginal (itself with `a`
    rows spread evenly) up to all inputs; the inputs join in the order of their mutual information with the targets.
    Where it is to be `learned`, a is at each level the multiple of `smoothing` by which rows predict each other best,
    and the coarser law c_k is q_{k-1} moved by what x_k does in all cells alike (`_moved`): without that the weakest
    input would do less in every cell by as much as is borrowed, and a treatment within many levels lose its effect.
    Where it then would borrow more than the least, c_k keeps the directions in which the rows stand out (`tilted`): a
    trend along `scales`, the places of codes on one for each axis that has any, or a single level.
    Otherwise, where rows are plenty or the law is known, c_k is q_{k-1} itself.
    Source: hierarchical Dirichlet back-off as in MacKay and Peto (1995).
    Shape: counts (size of input 1, ..., size of input k, target cells) -> (input cells, target cells).
    """
    axes = list(range(counts.dim() - 1))
    # A sum over no axis would be one over all.
    strength = [mutual_information(counts.sum(axes[:a] + axes[a + 1 :]) if axes[1:] else counts) for a in axes]
    order = sorted(axes, key=lambda axis: (-strength[axis], axis))
    ordered = counts.permute(*order, counts.dim() - 1)
    outcomes = counts.shape[-1]
    law = torch.full((outcomes,), 1 / outcomes, dtype=counts.dtype)
    left_out = law
    least, learned = max(smoothing, 1e-9), learned and smoothing > 0  # an empty cell needs some prior, however little
    for level in range(len(axes) + 1):
        seen = ordered.sum(list(range(level, len(axes)))) if level < len(axes) else ordered
        base = law if level == 0 else law.unsqueeze(-2)
        left_out = left_out if level == 0 else left_out.unsqueeze(-2)
        along = (scales[order[level - 1]], scales[-1]) if scales and level else ((), ())
        if learned and level > 1:
            base, left_out = _moved(seen, base, left_out, least, along)
        prior = _learned(seen, left_out, least) if learned else least
        if level == 1 and prior > least:
            base, without = _kept(seen, base, left_out, along)
            prior = prior if without is left_out else _learned(seen, without, least)
            left_out = without
        law = (seen + prior * base) / (seen.sum(-1, keepdim=True) + prior)
        if learned:
            others = seen.sum(-1, keepdim=True) - 1
            left_out = ((seen - 1).clamp(min=0) + prior * left_out) / (others.clamp(min=0) + prior)
    back = [order.index(axis) for axis in axes]
    return law.permute(*back, len(axes)).reshape(-1, outcomes).contiguous()


def _kept(seen: Tensor, base: Tensor, left_out: Tensor, along: Scales) -> tuple[Tensor, Tensor]:
    """A law of the outcomes alone, and the same without one row of each cell, with the directions that stand out.

    Shape: seen (codes, outcomes); base, left_out (1, outcomes) -> two of `seen`'s, or as they came where none does.
    """
    same = base.expand(seen.shape)
    law = tilted(seen.unsqueeze(0), same, *along)
    return (base, left_out) if law is same else (law, _normal(left_out * (law / base.clamp(min=1e-300))))


def _moved(seen: Tensor, base: Tensor, left_out: Tensor, least: float, along: Scales) -> tuple[Tensor, Tensor]:
    """A coarser law, and the same without one row of each cell, moved by the last input in all cells alike.

    The law without interactions of x and the others, where each x has the outcomes that its rows have, and, where cells
    have many rows, all x together have what the coarser law says: without the latter an effect of an x that goes along
    with the others would be too small. The rows of x borrow from what the coarser law says of them, as many as rows
    predict each other best by, and in the directions in which they stand out from it, none.
    Source: iterative proportional fitting, Deming and Stephan (1940); Agresti (2002), section 8.7.
    Shape: seen (..., codes of x, outcomes); base, left_out (..., 1, outcomes) -> two of `seen`'s.
    """
    shape = seen.shape
    seen, base = seen.flatten(0, -3), base.reshape(-1, shape[-1])
    rows, own = seen.sum(-1), seen.sum(0)
    count = own.sum(-1, keepdim=True)
    said = (rows.T @ base) / count.clamp(min=1e-300)
    said = torch.where(count > 0, said, base.mean(0))
    prior, kept = _learned(own, said, least), said
    if prior > least:
        kept = tilted(seen, said, *along)
        prior = prior if kept is said else _learned(own, kept, least)
    wanted = (own + prior * kept) / (count + prior)
    move, stratum = wanted / said.clamp(min=1e-300), base
    # Which x the rows of a cell have is only known where they are many: there x may go along with the others.
    mix = rows / rows.sum(-1, keepdim=True).clamp(min=1e-300)
    lean = _learned(rows, (count / count.sum()).squeeze(1), least) <= least
    for _ in range(_ROUNDS):
        now = move * ((rows / (stratum @ move.T)).T @ stratum) / count.clamp(min=1e-300)
        now = torch.where(count > 0, now, wanted)
        if float((now - wanted).abs().max()) < _CLOSE:
            break
        move = move * (wanted / now.clamp(min=1e-300))
        if not lean:
            continue
        mixed = stratum * ((mix / (stratum @ move.T)) @ move)
        stratum = torch.where(mixed > 0, stratum * (base / mixed.clamp(min=1e-300)), stratum)
    others = (own - 1).clamp(min=0)
    alone = (others + prior * kept) / ((count - 1).clamp(min=0) + prior)
    without = left_out.reshape(-1, 1, shape[-1]) * (stratum / base.clamp(min=1e-300)).unsqueeze(1)
    total = without @ move.T
    without = without * (move * (alone / wanted.clamp(min=1e-300))) / total.transpose(1, 2)
    return _normal(stratum.unsqueeze(1) * move).view(shape), without.view(shape)


def _normal(law: Tensor) -> Tensor:
    """A law of the last axis that adds up to one."""
    return law / law.sum(-1, keepdim=True)


def _learned(seen: Tensor, base: Tensor, least: float) -> float:
    """How many rows to borrow: the power of two times `least` at which each row is likeliest given all others.

    That is told from `least` only by evidence: wide outcomes need far more, and what has plenty of rows none.
    Shape: seen (..., outcomes), counts; base of the same, broadcast: the coarser law without one row of each cell.
    """
    there = seen > 0
    often = seen[there]
    others = (often - 1).clamp(min=0)
    all_others = (seen.sum(-1, keepdim=True) - 1).clamp(min=0).expand(seen.shape)[there]
    coarser = base.expand(seen.shape)[there]

    def told(prior: float) -> float:
        return float((often * ((others + prior * coarser) / (all_others + prior)).log()).sum())

    found = {prior: told(prior) for prior in (least * 2**power for power in range(_DOUBLINGS))}
    best = max(found, key=lambda prior: found[prior])
    return best if found[best] > found[least] + _EVIDENCE else least


def mutual_information(pair: Tensor) -> float:
    """Plug-in mutual information of a two-way table of counts, in nats.  Shape: (rows, columns)."""
    p = pair / pair.sum()
    independent = p.sum(0, keepdim=True) * p.sum(1, keepdim=True)
    return float(torch.xlogy(p, p / independent.clamp(min=1e-300)).sum())
