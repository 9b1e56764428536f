"""Penalized least squares over a path of penalties, all of them by one decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.columns import Columns, Space, columns_of, has_columns
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Ridge", "RidgePath"]


@dataclass(frozen=True)
class Ridge:
    """Minimize mean w (y - a - x b)^2 + penalty |b|^2, x being lines and levels, splines and products, or a kernel."""

    space: Space = "splines"
    penalties: tuple[float, ...] = tuple(10.0 ** np.arange(1.0, -8.5, -0.5))
    most: int = 200  #: columns of a kernel

    @property
    def name(self) -> str:
        return self.space

    def suits(self, design: Design) -> bool:
        return has_columns(self.space, design)

    def fit(self, design: Design, target: Array, weights: Array) -> RidgePath:
        basis, columns = columns_of(self.space, design, target, weights, self.most)
        root = np.sqrt(weights / weights.sum())[:, None]
        mean = np.average(target, axis=0, weights=weights)
        x, y = columns * root, (target - mean) * root
        if x.shape[1] <= len(x):
            # (X'X + p)^-1 X'y = V (s + p)^-1 V'X'y, for every p at once.
            s, vectors = np.linalg.eigh(x.T @ x)
            turned = vectors.T @ (x.T @ y)
            slopes = [vectors @ (turned / (np.maximum(s, 0)[:, None] + p)) for p in self.penalties]
        else:
            # X' (X X' + p)^-1 y, the same with fewer rows than columns.
            s, vectors = np.linalg.eigh(x @ x.T)
            turned = vectors.T @ y
            slopes = [x.T @ (vectors @ (turned / (np.maximum(s, 0)[:, None] + p))) for p in self.penalties]
        return RidgePath(basis, mean, np.stack(slopes))


@dataclass(frozen=True, eq=False)
class RidgePath:
    """`mean` (outcomes,) and `slopes` (settings, columns, outcomes)."""

    basis: Columns
    mean: Array
    slopes: Array

    @property
    def settings(self) -> int:
        return len(self.slopes)

    def at(self, design: Design, settings: Sequence[int]) -> Array:
        return np.asarray(self.basis.at(design) @ self.slopes[list(settings)] + self.mean)
