"""What trees are grown on: numbers as places between edges, and categories as ranks by what goes with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from idgen_torch.drawing import generator_for, some_rows
from idgen_torch.nets.heads import Features

__all__ = ["Array", "Bins", "ranks_of"]

Array = NDArray[Any]
MOST_BINS = 200
ROWS = 20_000
PRIOR = 5.0
"""So many rows of the mean of all are added to those of each category, so that rare ones stay in the middle."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Edges of numbers: place k is above the first k edges.  They are float32, as what is asked about is.

    scikit-learn bins by itself, but with weights at twenty times the cost of the trees.
    """

    edges: tuple[Array, ...]

    @classmethod
    def of(cls, reals: Array) -> Bins:
        """About equally filled bins of the columns of numbers.  Shape: reals (rows, columns) float32."""
        if len(reals) > ROWS:  # drawn, since tables come sorted, and in turns
            reals = reals[some_rows(len(reals), ROWS, generator_for(0)).numpy()]
        return cls(tuple(_edges(column) for column in reals.T))

    def places(self, reals: Array) -> Array:
        """Shape: (rows, columns) float32 -> (rows, columns) float64, whole numbers."""
        pairs = zip(self.edges, reals.T, strict=True)
        columns = [np.searchsorted(edges, column) for edges, column in pairs]
        return np.column_stack([np.empty((len(reals), 0)), *columns]).astype(np.float64)

    def threshold(self, feature: Array, place: Array) -> Array:
        """The number at which trees that were grown on places part rows: a place at most k is a number at most edge k.

        Features beyond those that have edges are ranks, which stay.  Shape: (nodes,) -> (nodes,) float32.
        """
        found = place.astype(np.float32)
        for column, edges in enumerate(self.edges):
            mine = feature == column
            if len(edges):
                found[mine] = edges[np.clip(np.floor(place[mine]).astype(np.int64), 0, len(edges) - 1)]
        return found


def _edges(values: Array) -> Array:
    distinct = np.unique(values)
    if len(distinct) > MOST_BINS:
        distinct = np.unique(np.quantile(values, np.linspace(0, 1, MOST_BINS), method="nearest"))
    return np.asarray((distinct[1:].astype(np.float64) + distinct[:-1]) / 2, np.float32)


def ranks_of(features: Features, one_hot: int, target: Array, weights: Array) -> Array:
    """For each category its rank among those of its part, by the mean of what goes with it.

    Of several outcomes it is their first principal component over the categories, so that few splits part them
    (Coppersmith et al. 1999).  Shape: target (rows, outcomes), weights (rows,) -> (one-hot width,) float32.
    """
    ranks, mean = np.zeros(one_hot, np.float32), np.average(target, axis=0, weights=weights)
    for column in features.codes.T:
        codes = column.numpy()
        first, size = int(codes.min()), int(codes.max()) + 1 - int(codes.min())
        total = np.bincount(codes - first, weights, size)
        sums = np.stack([np.bincount(codes - first, weights * one, size) for one in target.T], 1)
        apart = (sums + PRIOR * mean) / (total + PRIOR)[:, None] - mean
        along = apart[:, 0]
        if target.shape[1] > 1:
            _, vectors = np.linalg.eigh((apart * total[:, None]).T @ apart)
            along = apart @ vectors[:, -1]
        ranks[first : first + size] = _ranked(np.round(along, 9))
    return ranks


def _ranked(values: Array) -> Array:
    """Equal values share a rank."""
    return np.asarray(np.unique(values, return_inverse=True)[1], np.float32)


def as_array(values: torch.Tensor) -> Array:
    """A tensor as NumPy sees it."""
    return np.asarray(values.detach().cpu().numpy())
