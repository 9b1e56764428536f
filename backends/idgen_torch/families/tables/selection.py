"""Which discrete parts a discrete target depends on, by conditional independence tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod, sqrt

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch.arithmetic import total
from idgen_torch.drawing import generator_for, some_rows
from idgen_torch.families.tables.cells import cell_of, sizes_of
from idgen_torch.families.tables.directions import THRESHOLD, direction
from idgen_torch.parts import Values

__all__ = ["Selection", "association", "select"]

_MOST_DEGREES = 100
"""Of the statistic for a dependence that is the same in many strata."""

_MOST_ROWS, _MOST_CELLS = 200_000, 2**22
"""More rows than this are thinned at random, since tables may be sorted; larger tables of counts are not made."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The parts that a target depends on; `complete` is False when further ones would span too many cells."""

    parts: tuple[Part, ...]
    complete: bool


def association(counts: Tensor) -> float:
    """How far a dependence between two codes within strata exceeds chance, in standard deviations.

    The larger one of two statistics: Pearson's, which sees a dependence of any kind in each stratum, and that of
    Cochran, Mantel and Haenszel, which sees a weak one that is the same in many.
    Shape: counts (strata, codes of the candidate, codes of the target).
    """
    return max(_within(counts), _common(counts))


def _common(counts: Tensor) -> float:
    """The generalized statistic of Cochran, Mantel and Haenszel; nought where there are too many codes for it.

    Source: Agresti (2002), "Categorical data analysis", section 7.5.3.
    """
    strata, rows, columns = counts.shape
    if (
        strata < 2
        or not 0 < (rows - 1) * (columns - 1) <= _MOST_DEGREES
        or counts.numel() * max(rows, columns) > _MOST_CELLS
    ):
        return 0.0
    total = counts.sum((1, 2))
    counts, total = counts[total > 1], total[total > 1]
    across, down = counts.sum(2)[:, :-1], counts.sum(1)[:, :-1]
    excess = (counts[:, :-1, :-1] - torch.einsum("si,sj->sij", across, down) / total.view(-1, 1, 1)).sum(0).flatten()
    first = torch.diag_embed(across) - torch.einsum("si,sj->sij", across, across) / total.view(-1, 1, 1)
    second = torch.diag_embed(down) - torch.einsum("si,sj->sij", down, down) / total.view(-1, 1, 1)
    covariance = torch.einsum("s,sij,skl->ikjl", 1 / (total - 1), first, second).reshape(len(excess), len(excess))
    spread, directions = torch.linalg.eigh(covariance)
    there = spread > 1e-9 * spread.abs().max().clamp(min=1e-300)
    degrees = int(there.sum())
    if not degrees:
        return 0.0
    along = directions.T @ excess
    return (float((along[there].square() / spread[there]).sum()) - degrees) / sqrt(2 * degrees)


def _within(counts: Tensor) -> float:
    """Pearson's statistic summed over the strata, less its degrees of freedom, over its standard deviation.

    The degrees are counted over the codes that a stratum has. A cell of expectation e contributes a variance of
    2 + 1/e, as a Poisson count does, so that thin tables need stronger evidence.
    """
    total = counts.sum((1, 2), keepdim=True)
    across, down = counts.sum(2, keepdim=True), counts.sum(1, keepdim=True)
    expected = across * down / total.clamp(min=1)
    there = expected > 0
    inverse = torch.where(there, 1 / expected.clamp(min=1e-12), 0)
    statistic = float(((counts - expected).square() * inverse).sum())
    degrees = ((across > 0).sum((1, 2)) - 1).clamp(min=0) * ((down > 0).sum((1, 2)) - 1).clamp(min=0)
    cells = there.sum((1, 2)).clamp(min=1)
    variance = float((((2 * there + inverse).sum((1, 2))) * degrees / cells).sum())
    return (statistic - float(degrees.sum())) / sqrt(variance) if variance > 0 else 0.0


def select(
    target: Part, candidates: Sequence[Part], rows: Values, weights: Tensor | None, max_cells: float
) -> Selection:
    """Add the strongest candidate while any is associated with the target given those chosen, then drop the idle ones.

    When no single candidate is, a trend or a level that stands out is looked for; then pairs are tried,
    so that an exclusive-or is found too. `max_cells` bounds the cells of the chosen parts and the target.
    """
    table = _Strata(target, rows, weights)
    chosen: list[Part] = []
    complete = True
    left = list(candidates)
    while left:
        sets: list[tuple[Part, ...]] = [(part,) for part in left]
        best, strength = _strongest(table, chosen, sets, table.association)
        complete = complete and all(table.fits(chosen, single) for single in sets)
        if strength < THRESHOLD:
            best, strength = _strongest(table, chosen, sets, table.direction)
        if strength < THRESHOLD:
            best, strength = _strongest(table, chosen, list(combinations(left, 2)), table.association)
        if strength < THRESHOLD:
            break
        if prod(sizes_of([*chosen, *best, target])) > max_cells:
            complete = False
            break
        chosen += best
        left = [part for part in left if part not in best]
    for part in list(chosen):
        others = [other for other in chosen if other != part]
        if len(chosen) > 1 and not table.depends(others, (part,)):
            chosen = others
    return Selection(tuple(part for part in candidates if part in chosen), complete)


def _strongest(
    table: _Strata,
    chosen: Sequence[Part],
    sets: list[tuple[Part, ...]],
    strength_of: Callable[[Sequence[Part], tuple[Part, ...]], float],
) -> tuple[tuple[Part, ...], float]:
    """The set of candidates that is strongest given the chosen parts, of those that can be counted."""
    best: tuple[tuple[Part, ...], float] = ((), 0.0)
    for candidate in sets:
        if not table.fits(chosen, candidate):
            continue
        strength = strength_of(chosen, candidate)
        if strength > best[1]:
            best = candidate, strength
    return best


class _Strata:
    """Counts of one target against candidates, within the cells of the chosen parts."""

    def __init__(self, target: Part, rows: Values, weights: Tensor | None) -> None:
        self._target = target
        rows = {name: values for name, values in rows.items() if values.dtype == torch.int64}
        self._all = rows, _effective(weights)
        if (count := len(next(iter(rows.values()), ()))) > _MOST_ROWS:
            taken = some_rows(count, _MOST_ROWS, generator_for(0))
            rows = {name: values[taken.to(values.device)] for name, values in rows.items()}
            weights = None if weights is None else weights[taken.to(weights.device)]
        self._some = {name: values.cpu() for name, values in rows.items()}, _effective(weights)

    def fits(self, chosen: Sequence[Part], candidate: Sequence[Part]) -> bool:
        """Whether the table of counts is small enough to be made."""
        return prod(sizes_of([*chosen, *candidate, self._target])) <= _MOST_CELLS

    def association(self, chosen: Sequence[Part], candidate: tuple[Part, ...]) -> float:
        """The association of the target with the candidate set within the chosen parts' cells."""
        return association(self._counts(self._some, chosen, candidate))

    def direction(self, chosen: Sequence[Part], candidate: tuple[Part, ...]) -> float:
        """The clearest direction in which the target depends on a candidate within the chosen parts' cells.

        All rows are counted here: what none of them shows is given up.
        """
        (part,) = candidate
        return direction(self._counts(self._all, chosen, candidate), part.levels, self._target.levels)

    def depends(self, chosen: Sequence[Part], candidate: tuple[Part, ...]) -> bool:
        """Whether either of the two tells the target's dependence on a candidate from chance."""
        return any(strength(chosen, candidate) >= THRESHOLD for strength in (self.association, self.direction))

    def _counts(
        self, rows: tuple[Values, Tensor | None], chosen: Sequence[Part], candidate: tuple[Part, ...]
    ) -> Tensor:
        """Shape: (strata, codes of the candidate set, codes of the target)."""
        parts = [*chosen, *candidate, self._target]
        sizes = sizes_of(parts)
        cell = cell_of(parts, rows[0], torch.device("cpu"))
        counts = torch.bincount(cell, weights=rows[1], minlength=prod(sizes)).double()
        return counts.view(prod(sizes_of(chosen)), prod(sizes_of(candidate)), sizes[-1])


def _effective(weights: Tensor | None) -> Tensor | None:
    """Weights that add up to Kish's effective rows."""
    if weights is None:
        return None
    mass = weights.double().cpu()
    return mass * (total(mass) / total(mass.square()))
