"""Two or three inputs together: where rows would be if they had nothing to do with each other, and where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import torch
from torch import Tensor

from idgen_torch.running.overlap.support import BINS, Support

__all__ = ["Place", "places"]

EXPECTED = 50.0
LEAST = 15.0
RATIO = 50.0
FEW = 3
"""A cell is bare that holds at most FEW rows, where by chance it would hold EXPECTED and RATIO times as many (of
small tables an eighth of the rows, and LEAST); and so is a category that has FEW rows itself where it is set, and none
elsewhere."""

COARSE_BELOW = 500
FINE_FROM = 2000
"""Numbers are looked at in quarters of the data below so many rows, and in sixteenths, as pairs, from so many on."""

MOST_CELLS = 2**18
MOST_TRIPLES = 400


@dataclass(frozen=True, eq=False)
class Place:
    """The cells of some columns together; a number counts by coarser bins, `steps` of the finest each.

    Shape: bare, empty, near (cells,): whether rows are missing there, whether there is none, and how many are near.
    """

    columns: tuple[int, ...]
    steps: tuple[int, ...]
    widths: tuple[int, ...]
    bare: Tensor
    empty: Tensor
    near: Tensor

    def cells(self, codes: Tensor) -> Tensor:
        """The cell of each row.  Shape: (rows, columns of the support) -> (rows,) int64."""
        return _flat(_coarse(codes, self.columns, self.steps), self.widths)


def places(support: Support) -> list[Place]:
    """Pairs and triples of inputs that need not stand together, one entry of a vector each, and categories alone."""
    found = [_place(support, chosen) for chosen in _chosen(support)]
    return [place for place in found if place is not None]


def _chosen(support: Support) -> Iterator[tuple[int, ...]]:
    columns = support.columns
    categories = tuple(k for k, column in enumerate(columns) if not column.number)
    yield from ((k,) for k in categories)
    for size in (2, 3):
        crossing = [
            c
            for c in combinations(range(len(columns)), size)
            if len({columns[k].group for k in c}) > 1 and len({columns[k].part for k in c}) == size
        ]
        if size == 2 or len(crossing) <= MOST_TRIPLES:
            yield from crossing
    if len(categories) > 3 and len({columns[k].group for k in categories}) > 1:
        yield categories


def _place(support: Support, chosen: tuple[int, ...]) -> Place | None:
    columns = [support.columns[k] for k in chosen]
    numbers = sum(column.number for column in columns)
    count = len(support.codes)
    bins = 4 if count < COARSE_BELOW else 16 if numbers <= 2 and count >= FINE_FROM else 8
    steps = tuple(BINS // bins if column.number else 1 for column in columns)
    widths = tuple(-(-column.size // step) for column, step in zip(columns, steps, strict=True))
    if prod(widths) > MOST_CELLS:
        return None
    cells = _flat(_coarse(support.codes, chosen, steps), widths)
    counts = torch.bincount(cells, minlength=prod(widths)).double().reshape(widths)
    near, expected = counts, _expected(counts, [column.group for column in columns])
    for axis, column in enumerate(columns):
        if column.number:
            near, expected = _with_neighbors(near, axis), _with_neighbors(expected, axis)
    if len(chosen) == 1:
        bare = near <= (FEW if columns[0].set else 0)
    else:
        bare = (near <= FEW) & (expected >= min(EXPECTED, max(LEAST, count / 8)) + RATIO * near)
    return Place(chosen, steps, widths, bare.flatten(), (counts == 0).flatten(), near.flatten())


def _expected(counts: Tensor, groups: Sequence[int]) -> Tensor:
    """The counts that independent groups of columns with the same margins would have; an axis belongs to a group."""
    total = counts.sum()
    product = total
    for group in dict.fromkeys(groups):
        others = [axis for axis, own in enumerate(groups) if own != group]
        product = product * ((counts.sum(others, keepdim=True) if others else counts) / total)
    return product


def _with_neighbors(counts: Tensor, axis: int) -> Tensor:
    """Each cell together with the two beside it."""
    wide = counts.clone()
    size = counts.shape[axis]
    wide.narrow(axis, 1, size - 1).add_(counts.narrow(axis, 0, size - 1))
    wide.narrow(axis, 0, size - 1).add_(counts.narrow(axis, 1, size - 1))
    return wide


def _coarse(codes: Tensor, columns: Sequence[int], steps: Sequence[int]) -> list[Tensor]:
    return [codes[:, k] if step == 1 else codes[:, k] // step for k, step in zip(columns, steps, strict=True)]


def _flat(columns: Sequence[Tensor], widths: Sequence[int]) -> Tensor:
    cell = columns[0]
    for column, width in zip(columns[1:], widths[1:], strict=True):
        cell = cell * width + column
    return cell
