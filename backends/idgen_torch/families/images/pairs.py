"""What each two categories say of a third, added to what a network says: few numbers, that few rows tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isqrt, prod
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch.arithmetic import total
from idgen_torch.families.numbers.logistic import Regression
from idgen_torch.parts import Values

__all__ = ["Pairs", "shifted"]

MOST_CELLS, MOST_CURVES = 512, 2**22
"""Pairs of the fewest cells come first, while all have at most so many, and their squares times the classes are few."""
PENALTY = 10.0
"""The precision of a shift: a cell of ten rows is moved halfway to what they say."""


@dataclass(frozen=True)
class Pairs:
    """The cells of each two of some categories, or of the only one there is."""

    pairs: tuple[tuple[Part, ...], ...]

    @classmethod
    def of(cls, categories: Sequence[Part], classes: int) -> Self:
        """Those of the fewest cells, so many that their shifts are found at once for so many classes."""
        each, chosen = sorted(combinations(categories, min(2, len(categories))), key=_cells), []
        left = min(MOST_CELLS, isqrt(MOST_CURVES // classes))
        for pair in each:
            if not pair or (left := left - _cells(pair)) < 0:
                break
            chosen.append(pair)
        return cls(tuple(chosen))

    @property
    def width(self) -> int:
        """One, and all cells."""
        return 1 + sum(map(_cells, self.pairs))

    def cells(self, given: Values, rows: int, device: torch.device) -> Tensor:
        """Which entries of a shift each row takes: the first, and one a pair.  Shape: (rows, 1 + pairs) int64."""
        found, start = [torch.zeros(rows, dtype=torch.long, device=device)], 1
        for pair in self.pairs:
            cell = torch.zeros(rows, dtype=torch.long, device=device)
            for part in pair:
                cell = cell * (part.size or 1) + given[part.name].to(device)
            found.append(start + cell)
            start += _cells(pair)
        return torch.stack(found, 1)

    def shift(self, cells: Tensor, logits: Tensor, labels: Tensor, mass: Tensor | None) -> Tensor:
        """What to add to the logits, by likelihood and a normal law beforehand (see `Regression`).

        Shape: cells (rows, 1 + pairs), logits (rows, classes), labels, mass (rows,) -> (width, classes) float32.
        """
        counted = torch.ones_like(logits[:, 0]) if mass is None else mass * (total(mass) / total(mass.square())).float()
        design = torch.zeros(len(cells), self.width, dtype=torch.float32, device=logits.device).scatter_(1, cells, 1.0)
        start = torch.zeros(self.width, logits.shape[1], dtype=torch.float64, device=logits.device)
        return Regression(design, labels, counted, logits.shape[1]).fit(PENALTY, start, logits).float()


def shifted(logits: Tensor, cells: Tensor, shift: Tensor) -> Tensor:
    """The logits with their cells' shifts.  Shape: (rows, classes)."""
    return logits + shift[cells].sum(1)


def _cells(pair: Sequence[Part]) -> int:
    return prod(part.size or 1 for part in pair)
