"""Smooth functions of all features at once: coordinates in the space of a product kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.learner import Array

__all__ = ["KernelBasis", "kernel_width"]

LANDMARKS = 200  # at most, and twice as many as columns
WIDTH = 2.5  # of each feature's kernel, in standard deviations
ORDER = 1.0  # how much interactions of many features weigh: the sum of all features' own weights
FAR = 3.0  # standard deviations at which a feature is held
LEVELS = 30  # a category of more levels takes no part
PRODUCTS = 40  # for more features than that, one kernel of their distance


@dataclass(frozen=True, eq=False)
class KernelBasis:
    """Coordinates of rows, whose inner products are about k(x, x') = product of 1 + c exp(-(xj - xj')^2 / 2w^2) over j.

    The product holds every interaction, c to the power of its order.  `turn` (landmarks, columns) takes k of a row with
    `landmarks` to principal coordinates, of mean 0 and together of variance 1, the widest first.
    Source: Gu (2013), section 2.4; Williams and Seeger (2001) for the landmarks.
    """

    middle: Array
    spread: Array
    landmarks: Array
    strength: float
    turn: Array
    center: Array

    @classmethod
    def of(cls, design: Design, weights: Array, columns: int) -> tuple[KernelBasis, Array]:
        """For these rows, with landmarks among them by chance that does not change; and its columns for them."""
        rows = _stacked(design)
        middle, spread = rows.mean(0), rows.std(0)
        spread = np.where(spread > 1e-9 * (1 + np.abs(middle)), spread, np.inf)
        blank = cls(middle, spread, np.empty((0, 0)), ORDER / rows.shape[1], np.empty((0, 0)), np.zeros(0))
        held = blank._held(rows)
        chosen = np.random.default_rng(0).permutation(len(rows))[: min(LANDMARKS, 2 * columns)]
        landmarks = held[np.sort(chosen)]
        s, vectors = np.linalg.eigh(blank._kernel(landmarks, landmarks))
        kept = s > 1e-9 * s[-1]
        root = vectors[:, kept] / np.sqrt(s[kept])
        near = blank._kernel(held, landmarks) @ root
        center = np.average(near, axis=0, weights=weights)
        off = (near - center) * np.sqrt(weights / weights.sum())[:, None]
        size, axes = np.linalg.eigh(off.T @ off)
        axes = axes[:, ::-1][:, :columns] / np.sqrt(max(size.sum(), 1e-300))
        basis = cls(middle, spread, landmarks, blank.strength, root @ axes, center @ axes)
        return basis, (near - center) @ axes

    def at(self, design: Design) -> Array:
        """(rows, columns)."""
        return np.asarray(self._kernel(self._held(_stacked(design)), self.landmarks) @ self.turn - self.center)

    def _held(self, rows: Array) -> Array:
        return np.clip((rows - self.middle) / self.spread, -FAR, FAR)

    def _kernel(self, left: Array, right: Array) -> Array:
        if left.shape[1] > PRODUCTS:
            apart = (left**2).sum(1)[:, None] + (right**2).sum(1) - 2 * left @ right.T
            return np.asarray(np.exp(apart / left.shape[1] / (-2 * WIDTH**2)))
        out = np.ones((len(left), len(right)))
        for a, b in zip(left.T, right.T, strict=True):
            out *= 1 + self.strength * np.exp(((a[:, None] - b) / WIDTH) ** 2 / -2)
        return out


def _stacked(design: Design) -> Array:
    """Numbers, and a column for each level of a category."""
    levels = [np.eye(size)[design.codes[:, k]] for k, size in enumerate(design.sizes) if size <= LEVELS]
    return np.column_stack([design.numbers, *levels])


def kernel_width(design: Design) -> int:
    """How many features the kernel has."""
    return design.numbers.shape[1] + sum(size for size in design.sizes if size <= LEVELS)
