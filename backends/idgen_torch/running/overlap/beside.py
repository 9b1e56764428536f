"""A category beside all other inputs: whether any row near a sample has its value, and how likely such a row is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from idgen_torch.running.overlap.support import BINS, Column, Support

__all__ = ["Beside", "besides"]

EXPECTED = 20.0
EXPECTED_IN_CELLS = 12.0
LEAST = 5.3
PART = 5
"""No row with the value is nearer than rows among which so many would have it by chance: EXPECTED, of values that few
rows have a fifth of these, and LEAST, of which chance leaves none in one of 200 places."""

RATIO = 0.01
"""A value is out of reach where it is a hundred times rarer than in the data as a whole."""

ROWS_PER_INPUT = 10
MOST_TERMS = 80
"""A logistic law is fitted from so many rows on, for each term, with the value and without it. Terms are the inputs,
and their squares and products where rows are enough for these and all terms no more than the second number."""

MOST = 4
LOOKED_AT = 500
"""So many categories are looked at, and so many rows."""

FEW_LEVELS = 32
APART = 1.5
"""Two categories are so many standard deviations of a number apart; those with more levels are not looked at."""

RIDGE = 1.0
STEPS = 25
FARTHEST = 30.0
NO_DISTANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Beside:
    """One category, `column`, that is chosen apart from the `others`.

    Source: Crump et al. (2009) for propensities as what says where answers rest on rows; ranks on a normal scale, as in
    `together`.
    """

    support: Support
    column: int
    others: tuple[int, ...]
    laws: dict[int, Tensor | None] = field(default_factory=dict)  #: level -> coefficients

    @property
    def cells(self) -> bool:
        """Whether all others are categories, too."""
        return not any(self.support.columns[k].number for k in self.others)

    @cached_property
    def kept(self) -> Tensor:
        """Where the rows are that are kept.  Shape: (rows kept, entries) float64."""
        return self._places(self.support.all_codes)

    def bare(self, codes: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Some of the rows, and which of these no near row supports, by each of two measures.

        Shape: (rows, columns of the support) -> (looked at,), and twice (looked at,) booleans.
        """
        index = torch.arange(0, len(codes), max(1, -(-len(codes) // LOOKED_AT)))
        places, levels = self._places(codes[index]), codes[index, self.column]
        alone, far = (torch.zeros(len(index), dtype=torch.bool) for _ in range(2))
        for level in levels.unique().tolist():
            there = levels == level
            alone[there] = self._alone(level, places[there])
            far[there] = self._far(level, places[there])
        return index, [alone, far]

    def _alone(self, level: int, places: Tensor) -> Tensor:
        """Whether many rows are nearer than any that has the value."""
        having = self.kept[self.support.all_codes[:, self.column] == level]
        known = self.kept[: len(self.support.codes)]
        most = EXPECTED_IN_CELLS if self.cells else EXPECTED
        wanted = min(most, max(LEAST, len(having) / PART))
        if len(having) < wanted:
            return torch.zeros(len(places), dtype=torch.bool)
        nearest = _distances(places, having).min(1).values - NO_DISTANCE
        nearer = (_distances(places, known) < nearest[:, None]).sum(1)
        return nearer * (len(having) / len(known)) >= wanted

    def _far(self, level: int, places: Tensor) -> Tensor:
        """Whether the value is next to impossible there, by a logistic law."""
        if level not in self.laws:
            self.laws[level] = self._law(level)
        law = self.laws[level]
        if law is None:
            return torch.zeros(len(places), dtype=torch.bool)
        return _terms(places, len(law)) @ law < 0

    def _law(self, level: int) -> Tensor | None:
        """Coefficients of log p(level | others) - log(RATIO p(level)), odds in the place of chances."""
        codes = self.support.codes
        has, places = codes[:, self.column] == level, self.kept[: len(codes)]
        count, entries = int(has.sum()), places.shape[1]
        enough = min(count, len(has) - count) / ROWS_PER_INPUT
        if enough < entries:
            return None
        products = entries * (entries + 1) // 2
        pairs = entries + products <= min(enough, MOST_TERMS)
        law = _logistic(_terms(places, 1 + entries + products * pairs), has.double())
        share = RATIO * count / len(has)
        law[0] -= torch.logit(torch.tensor(share, dtype=torch.float64))
        return law

    def _places(self, codes: Tensor) -> Tensor:
        """Where rows are by the other inputs.  Shape: (rows, columns of the support) -> (rows, entries) float64."""
        return torch.cat([self._entries(k, codes[:, k]) for k in self.others], 1)

    def _entries(self, k: int, codes: Tensor) -> Tensor:
        """Where one input puts rows: numbers and ordered categories by rank, each other category apart from all."""
        column = self.support.columns[k]
        if column.number:
            return torch.special.ndtri((codes.double() + 0.5) / BINS)[:, None]
        if k in self.ranks:
            return self.ranks[k][codes][:, None]
        return torch.nn.functional.one_hot(codes, column.size).double() * (APART / 2**0.5)

    @cached_property
    def ranks(self) -> dict[int, Tensor]:
        """Of each ordered category the normal score of every code, in the middle of its rows."""
        levels, found = {part.name: part.levels for part in self.support.parts}, {}
        for k in self.others:
            column = self.support.columns[k]
            order = torch.tensor(levels[column.part], dtype=torch.float64).argsort()
            if not column.number and len(order) == column.size > 2:
                shares = torch.bincount(self.support.codes[:, k], minlength=column.size).double()
                shares = (shares + 1e-3) / (shares + 1e-3).sum()
                found[k] = torch.empty_like(shares)
                found[k][order] = torch.special.ndtri(shares[order].cumsum(0) - shares[order] / 2)
        return found


def besides(support: Support) -> list[Beside]:
    """Categories that no other input comes in one row with, each beside the other inputs; those that are set first."""
    columns, found = support.columns, []
    ordered = {part.name for part in support.parts if part.levels}
    for k, column in enumerate(columns):
        others = tuple(
            j
            for j, other in enumerate(columns)
            if other.part != column.part and (_seen(other) or other.part in ordered)
        )
        alone = all(other.part == column.part or other.group != column.group for other in columns)
        if not column.number and alone and others:
            found.append(Beside(support, k, others))
    return sorted(found, key=lambda beside: not columns[beside.column].set)[:MOST]


def _seen(column: Column) -> bool:
    return column.number or column.size <= FEW_LEVELS


def _distances(places: Tensor, rows: Tensor) -> Tensor:
    return torch.cdist(places.float(), rows.float(), compute_mode="donot_use_mm_for_euclid_dist")


def _terms(places: Tensor, count: int) -> Tensor:
    """One, the entries, and where `count` says so their products by twos.  Shape: (rows, entries) -> (rows, count)."""
    terms = [places.new_ones(len(places), 1), places]
    if count > 1 + places.shape[1]:
        first, second = torch.triu_indices(places.shape[1], places.shape[1])
        terms.append(places[:, first] * places[:, second])
    return torch.cat(terms, 1)


def _logistic(inputs: Tensor, has: Tensor) -> Tensor:
    """Coefficients of a logistic regression with a small ridge, by Newton's steps.

    Shape: inputs (rows, k), has (rows,) -> (k,).
    """
    law = inputs.new_zeros(inputs.shape[1])
    ridge = RIDGE * torch.eye(len(law), dtype=inputs.dtype)
    ridge[0, 0] = 1e-6
    for _ in range(STEPS):
        chance = (inputs @ law).clamp(-FARTHEST, FARTHEST).sigmoid()
        weight = chance * (1 - chance) + 1e-9
        step = inputs.T @ (has - chance) - ridge @ law
        law = law + torch.linalg.solve(inputs.T @ (inputs * weight[:, None]) + ridge, step)
    return law
