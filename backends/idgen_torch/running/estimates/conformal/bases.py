"""What is guessed of an outcome at given conditions before it is calibrated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_torch.estimating import Design
from idgen_torch.estimating.learners.boosted import LEVELS, Bins

__all__ = ["Quantiles", "Shares"]

TREES, RATE, LEAVES, ROWS_OF_LEAF = 80, 0.08, 8, 15


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Two quantiles of numbers given conditions, by boosted trees.  Source: Romano, Patterson and Candes (2019)."""

    low: Callable[[Design], Array]
    high: Callable[[Design], Array]

    @classmethod
    def of(cls, design: Design, y: Array, weights: Array, level: float) -> Quantiles:
        """The quantiles (1 - level) / 2 and (1 + level) / 2 of weighed rows.  Shape: y and weights (rows,)."""
        tail = (1 - level) / 2
        return cls(*(_quantile(design, y, weights, q) for q in (tail, 1 - tail)))

    def at(self, design: Design) -> tuple[Array, Array]:
        """Both at other rows, in order.  Shape: two of (rows,)."""
        low, high = self.low(design), self.high(design)
        return np.minimum(low, high), np.maximum(low, high)


def _quantile(design: Design, y: Array, weights: Array, q: float) -> Callable[[Design], Array]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    bins = Bins.of(design)
    model = HistGradientBoostingRegressor(
        loss="quantile", quantile=q, max_iter=TREES, learning_rate=RATE, max_leaf_nodes=LEAVES,
        min_samples_leaf=ROWS_OF_LEAF, early_stopping=False, random_state=0, categorical_features=_categories(design),
    )  # fmt: skip
    model.fit(bins.at(design), y, sample_weight=weights / weights.mean())
    return lambda rows: np.asarray(model.predict(bins.at(rows)))


@dataclass(frozen=True, eq=False)
class Shares:
    """The share of each label given conditions, by boosted trees."""

    shares: Callable[[Design], Array]

    @classmethod
    def of(cls, design: Design, codes: Array, weights: Array, count: int) -> Shares:
        """Learned from weighed rows; labels that none has get no share.  Shape: codes and weights (rows,)."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        bins, present = Bins.of(design), np.unique(codes)
        if len(present) < 2:
            return cls(lambda rows: np.tile(np.eye(count)[present[0]], (len(rows), 1)))
        model = HistGradientBoostingClassifier(
            max_iter=TREES, learning_rate=RATE, max_leaf_nodes=LEAVES, min_samples_leaf=ROWS_OF_LEAF,
            early_stopping=False, random_state=0, categorical_features=_categories(design),
        )  # fmt: skip
        model.fit(bins.at(design), codes, sample_weight=weights / weights.mean())

        def at(rows: Design) -> Array:
            found = np.zeros((len(rows), count))
            found[:, present] = model.predict_proba(bins.at(rows))
            return found

        return cls(at)

    def at(self, design: Design) -> Array:
        """At other rows.  Shape: (rows, labels)."""
        return self.shares(design)


def _categories(design: Design) -> list[bool] | None:
    found = [False] * design.numbers.shape[1] + [2 < size <= LEVELS for size in design.sizes]
    return found if any(found) else None
