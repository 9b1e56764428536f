"""Boosted trees over a path of numbers of trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.cells import CellMeans, CellPath
from idgen_torch.estimating.learners.grown import Boosting
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Bins", "BoostedClasses", "BoostedMeans", "BoostedPath"]

LEVELS = 200  # a category of more levels is cut by the order of its codes
BINS = 200
FEATURES = 40  # of more columns, each split looks at so many by chance
STOPS = (8, 15, 25, 40, 60, 90, 130, 180, 250, 350)


@dataclass(frozen=True)
class BoostedMeans:
    """Gradient boosting on histograms, squared loss; stopping early is to take fewer of its trees."""

    leaves: int = 8
    rate: float = 0.1
    trees: int = 250
    rows_of_leaf: int = 10

    @property
    def name(self) -> str:
        return f"trees-{self.leaves}"

    @property
    def stops(self) -> tuple[int, ...]:
        """After how many trees there is a setting."""
        return tuple(stop for stop in STOPS if stop <= self.trees)

    def suits(self, design: Design) -> bool:
        return design.width > 0 and len(design) >= 6 * self.rows_of_leaf

    def fit(self, design: Design, target: Array, weights: Array) -> BoostedPath:
        from sklearn.ensemble import HistGradientBoostingRegressor

        bins = Bins.of(design)
        rows, told = bins.at(design), _told(weights)
        models = tuple(
            Boosting.of(HistGradientBoostingRegressor(**self._options(design)).fit(rows, column, sample_weight=told))
            for column in target.T
        )
        return BoostedPath(bins, models, self.stops, None, target.shape[1])

    def _options(self, design: Design) -> dict[str, Any]:
        categories = [False] * design.numbers.shape[1] + [2 < size <= LEVELS for size in design.sizes]
        return {
            "learning_rate": self.rate,
            "max_leaf_nodes": self.leaves,
            "max_iter": self.stops[-1],
            "min_samples_leaf": self.rows_of_leaf,
            "categorical_features": categories if any(categories) else None,
            "max_features": min(1.0, FEATURES / design.width),
            "early_stopping": False,
            "random_state": 0,
        }


@dataclass(frozen=True)
class BoostedClasses(BoostedMeans):
    """The same by log loss, for shares of classes."""

    trees: int = 180
    rate: float = 0.07

    def fit(self, design: Design, target: Array, weights: Array) -> BoostedPath | CellPath:  # type: ignore[override]
        from sklearn.ensemble import HistGradientBoostingClassifier

        label = target.argmax(1)
        present = np.unique(label)
        # Each class has trees of its own: with many classes, fewer of each.
        stops = tuple(stop for stop in self.stops if stop <= max(25, 3 * self.trees // target.shape[1]))
        if len(present) < 2:
            constant = CellMeans(saturated=False).fit(design, target, weights)
            return CellPath(constant.cells, constant.means.repeat(len(stops), 0), constant.mean)
        bins = Bins.of(design)
        model = HistGradientBoostingClassifier(**self._options(design) | {"max_iter": stops[-1]})
        model.fit(bins.at(design), label, sample_weight=_told(weights))
        return BoostedPath(bins, (Boosting.of(model),), stops, present, target.shape[1])


@dataclass(frozen=True, eq=False)
class BoostedPath:
    """A model for each outcome, or one model for those classes that were `present`."""

    bins: Bins
    models: tuple[Boosting, ...]
    stops: tuple[int, ...]
    present: np.ndarray[tuple[int], np.dtype[np.int64]] | None
    width: int

    @property
    def settings(self) -> int:
        return len(self.stops)

    def at(self, design: Design, settings: Sequence[int]) -> Array:
        rows = self.bins.at(design)
        wanted = [self.stops[k] for k in settings]
        out = np.zeros((len(wanted), len(design), self.width))
        for k, model in enumerate(self.models):
            place = self.present if self.present is not None else [k]
            for stop, values in enumerate(model.staged(rows), 1):
                for row in (j for j, stopped in enumerate(wanted) if stopped == stop):
                    out[row][:, place] = values if self.present is None else _shares(values)
                if stop >= wanted[-1]:
                    break
        return out


def _shares(scores: Array) -> Array:
    """Shape: log-odds (rows, 1) of the second class, or scores (rows, classes) -> (rows, classes)."""
    from scipy.special import expit, softmax

    if scores.shape[1] > 1:
        return np.asarray(softmax(scores, axis=1))
    second = expit(scores[:, 0])
    return np.column_stack([1 - second, second])


@dataclass(frozen=True)
class Bins:
    """Numbers as places between quantiles of the training rows, which is all that trees look at.

    scikit-learn bins by itself, but with weights at twenty times the cost of the trees.
    """

    edges: tuple[Array, ...]

    @classmethod
    def of(cls, design: Design) -> Bins:
        """The bins of these rows, about equally filled."""
        return cls(tuple(_edges(column) for column in design.numbers.T))

    def at(self, design: Design) -> Array:
        """(rows, columns): places, then codes."""
        placed = [np.searchsorted(edges, column) for edges, column in zip(self.edges, design.numbers.T, strict=True)]
        return np.column_stack([np.empty((len(design), 0)), *placed, design.codes]).astype(np.float64)


def _edges(values: Array) -> Array:
    distinct = np.unique(values)
    if len(distinct) > BINS:
        distinct = np.unique(np.quantile(values, np.linspace(0, 1, BINS)))
    return np.asarray((distinct[1:] + distinct[:-1]) / 2)


def _told(weights: Array) -> Array | None:
    """No weights where all are equal, which is faster."""
    return None if (weights == weights[0]).all() else weights
