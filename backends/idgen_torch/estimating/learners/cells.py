"""Means within cells of like rows, drawn to the mean of all rows by so many pseudo-rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.learner import Array, Codes

__all__ = ["CellClasses", "CellMeans", "CellPath"]

VALUES = 12  # so many different values make a number a category
ROWS = 5  # so many rows a cell has on average, at least


@dataclass(frozen=True)
class CellMeans:
    """(sum of w y + t m) / (sum of w + t) in each cell, m the mean of all rows; t = infinity is the constant.

    With `saturated=False` all rows are one cell.  Source: a conjugate posterior mean.
    """

    saturated: bool = True
    pseudo_rows: tuple[float, ...] = (30.0, 10.0, 3.0, 1.0, 0.0)

    @property
    def name(self) -> str:
        return "cells" if self.saturated else "constant"

    def suits(self, design: Design) -> bool:
        if not self.saturated:
            return True
        few = all(len(np.unique(column)) <= VALUES for column in design.numbers.T)
        return design.width > 0 and few and len(_cells(design)) * ROWS <= len(design)

    def fit(self, design: Design, target: Array, weights: Array) -> CellPath:
        mean = np.average(target, axis=0, weights=weights)
        if not self.saturated:
            return CellPath(np.empty((0, design.width)), np.empty((1, 0, target.shape[1])), mean)
        rows = _stacked(design)
        cells, index = np.unique(rows, axis=0, return_inverse=True)
        index = index.reshape(-1)
        total = np.bincount(index, weights, len(cells))[:, None]
        sums = np.column_stack([np.bincount(index, weights * column, len(cells)) for column in target.T])
        return CellPath(cells, np.stack([(sums + t * mean) / (total + t) for t in self.pseudo_rows]), mean)


@dataclass(frozen=True)
class CellClasses(CellMeans):
    """The same for shares of classes, which no setting may make 0."""

    pseudo_rows: tuple[float, ...] = (30.0, 10.0, 3.0, 1.0, 0.5)


@dataclass(frozen=True, eq=False)
class CellPath:
    """`cells` (cells, columns), their `means` (settings, cells, outcomes), and `mean` for cells that were not seen."""

    cells: Array
    means: Array
    mean: Array

    @property
    def settings(self) -> int:
        return len(self.means)

    def at(self, design: Design, settings: Sequence[int]) -> Array:
        out = np.broadcast_to(self.mean, (len(settings), len(design), len(self.mean))).copy()
        if len(self.cells):
            seen, index = _found(self.cells, _stacked(design))
            out[:, seen] = self.means[list(settings)][:, index[seen]]
        return out


def _stacked(design: Design) -> Array:
    return np.column_stack([design.numbers, design.codes.astype(np.float64)])


def _cells(design: Design) -> Array:
    return np.unique(_stacked(design), axis=0)


def _found(cells: Array, rows: Array) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], Codes]:
    """Whether each row is among the cells, and which of them it is."""
    index = np.unique(np.concatenate([cells, rows]), axis=0, return_inverse=True)[1].reshape(-1)
    place = np.full(int(index.max(initial=-1)) + 1, -1, np.int64)
    place[index[: len(cells)]] = np.arange(len(cells))
    of = place[index[len(cells) :]]
    return of >= 0, of
