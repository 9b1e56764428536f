"""A forest for many outcomes at once: one set of trees, whose leaves hold the means of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.boosted import FEATURES, Bins
from idgen_torch.estimating.learners.grown import Leaves
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Forest", "ForestPath"]


@dataclass(frozen=True)
class Forest:
    """Trees grown for the first principal components of the outcomes, on bootstrap samples; means in their leaves.

    Outcomes that are functions of one variable, such as 1(Y <= y) for many y, vary along few components. A setting is
    the least number of rows in a leaf.  Source: Breiman (2001); Meinshausen (2006) for leaves that hold a whole law.
    """

    components: int = 3
    trees: int = 50
    leaves: tuple[int, ...] = (25, 8)
    most_rows: int = 5_000  #: by which each tree is grown; the means in its leaves are those of all

    @property
    def name(self) -> str:
        return "forest"

    def suits(self, design: Design) -> bool:
        return design.width > 0 and len(design) >= 2 * self.leaves[0]

    def fit(self, design: Design, target: Array, weights: Array) -> ForestPath:
        from sklearn.ensemble import RandomForestRegressor

        bins = Bins.of(design)
        rows, grown = bins.at(design).astype(np.float32), _components(target, weights, self.components)
        weighed, settings = weights[:, None] * target, []
        for least in self.leaves:
            model = RandomForestRegressor(
                self.trees,
                min_samples_leaf=least,
                max_features=_features(design.width),
                max_samples=min(self.most_rows, len(design)),
                random_state=0,
            ).fit(rows, grown, sample_weight=weights)
            settings.append(tuple(_with_means(tree, rows, weighed, weights) for tree in model.estimators_))
        return ForestPath(bins, tuple(settings))


@dataclass(frozen=True, eq=False)
class ForestPath:
    """For each setting trees, with the means of their nodes."""

    bins: Bins
    forests: tuple[tuple[Leaves, ...], ...]

    @property
    def settings(self) -> int:
        return len(self.forests)

    def at(self, design: Design, settings: Sequence[int]) -> Array:
        rows = self.bins.at(design).astype(np.float32)
        return np.stack([np.mean([tree.at(rows) for tree in self.forests[setting]], axis=0) for setting in settings])


def _features(width: int) -> float:
    return min(1.0, max(1 / 3, 2 / width), FEATURES / width)


def _components(target: Array, weights: Array, count: int) -> Array:
    """The first principal components of outcomes.  Shape: (rows, m) -> (rows, count or m)."""
    centered = (target - np.average(target, axis=0, weights=weights)) * np.sqrt(weights)[:, None]
    vectors = np.linalg.eigh(centered.T @ centered)[1][:, ::-1][:, :count]
    return np.asarray(target @ vectors)


def _with_means(tree: Any, rows: Any, weighed: Array, weights: Array) -> Leaves:
    """A tree with the means of all rows, whether it was grown on them or not, in its leaves."""
    leaf, nodes = tree.tree_.apply(rows), tree.tree_.node_count
    total = np.bincount(leaf, weights, nodes)
    sums = np.stack([np.bincount(leaf, column, nodes) for column in weighed.T], 1)
    return Leaves.of(tree, sums / np.maximum(total, 1e-300)[:, None])
