"""Rows drawn again, as weights: how often each is in a repeat of a bootstrap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["Resampling"]


@dataclass(frozen=True, eq=False)
class Resampling:
    """Of N units, rows or whole clusters of rows, each repeat draws N - 1 with replacement.

    A row weighs as often as its unit was drawn, times its survey weight. One draw less than there are units makes the
    variance of a weighted mean that of the textbook, without bias; weights of another scale change nothing here.
    Source: Rao, Wu and Yue (1992), "Some recent work on resampling methods for complex surveys", section 2.

    weights: of the rows, None where all count alike.  clusters: a code from 0 for each row, None where each is a unit.
    Shape of both: (rows,)

    >>> weights = Resampling(5, None, None).weights(seed=0, repeat=0)
    >>> len(weights), float(weights.sum())
    (5, 4.0)
    """

    rows: int
    weights_of_rows: Array | None
    clusters: Array | None

    def weights(self, seed: int, repeat: int) -> Array:
        """How much each row counts in a repeat; a repeat is the same in however many.  Shape: (rows,) float64."""
        generator = np.random.default_rng([seed % 2**64, repeat])
        units = self.rows if self.clusters is None else int(self.clusters.max()) + 1
        drawn = max(units - 1, 1)
        often = np.bincount(generator.integers(units, size=drawn), minlength=units).astype(np.float64)
        found = often if self.clusters is None else often[self.clusters]
        return found if self.weights_of_rows is None else found * self.weights_of_rows

    def each(self, seed: int, repeats: int) -> Iterator[Array]:
        """The weights of the repeats, in order."""
        return (self.weights(seed, repeat) for repeat in range(repeats))
