"""Gradient boosting on histograms (scikit-learn) as tensors, and what it says of rows that it was not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.families.state import LARGEST, Tensors
from idgen_torch.families.trees.bins import Array, Bins, as_array, ranks_of
from idgen_torch.nets.heads import Features

__all__ = ["Boosting", "Growth", "held_out", "one_threaded"]

_BLOCK = 2**19
"""So many nodes are asked at once (a node for a row is one), which stays in the cache."""
DEEPEST = 10
HARDLY = 1.002
"""A squared error that is so much larger is as good, by fewer trees."""
FAR = LARGEST / 10
"""No number is above; what saved states may hold is below `LARGEST`."""


@dataclass(frozen=True, eq=False)
class Boosting:
    """Sums of trees of one depth: an output is its base and what its trees add; the outputs' trees take turns.

    Trees are whole, so that all nodes of all trees are asked at once: node k leads to 2k + 1, or where its feature is
    above the threshold to 2k + 2.  Shape: feature, threshold (trees, 2^depth - 1) int64 and float32, value (trees,
    2^depth) float32, base (outputs,) float32; ranks (one-hot width,) float32, in whose place a category is seen.
    """

    feature: Tensor
    threshold: Tensor
    value: Tensor
    base: Tensor
    ranks: Tensor

    @property
    def outputs(self) -> int:
        """How many numbers it says of a row."""
        return len(self.base)

    def __call__(self, features: Features) -> Tensor:
        """Shape: -> (rows, outputs) float32."""
        seen = torch.cat([features.reals, self.ranks[features.codes]], 1).T.contiguous()
        pieces = [self._sums(piece) for piece in seen.split(max(1, _BLOCK // self.feature.numel()), 1)]
        return torch.cat(pieces, 1).T.contiguous() if pieces else seen.new_empty(0, len(self.base))

    def _sums(self, seen: Tensor) -> Tensor:
        """Shape: seen (features, rows) -> (outputs, rows)."""
        trees, nodes = self.feature.shape
        asked = seen.index_select(0, self.feature.flatten())
        # Ones and zeros in the numbers' own place, and weighted means by them: each several times faster than a mask.
        right = torch.gt(asked, self.threshold.flatten().unsqueeze(1), out=asked).unflatten(0, (trees, nodes))
        found = self.value.unsqueeze(2)
        while found.shape[1] > 1:  # from the leaves up: what each node says of each row
            half = found.shape[1] // 2
            found = torch.lerp(found[:, ::2], found[:, 1::2], right[:, half - 1 : 2 * half - 1])
        return self.base.unsqueeze(1) + found[:, 0].unflatten(0, (trees // len(self.base), len(self.base))).sum(0)

    def first(self, number: int) -> Boosting:
        """Only so many trees of each output."""
        some = number * len(self.base)
        return Boosting(self.feature[:some], self.threshold[:some], self.value[:some], self.base, self.ranks)

    def state(self, prefix: str) -> Tensors:
        """All arrays, under a prefix."""
        return {f"{prefix}.{name}": getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_state(cls, tensors: Tensors, prefix: str, reals: int, parts: int, one_hot: int) -> Boosting:
        """What was saved, over so many numbers and categories.  Raises DataError for what is none."""
        found = {}
        for name in cls.__dataclass_fields__:
            wanted, axes = torch.int64 if name == "feature" else torch.float32, 1 if name in ("base", "ranks") else 2
            value = tensors.get(f"{prefix}.{name}")
            if value is None or value.dtype != wanted or value.dim() != axes:
                raise DataError(f"saved trees lack {prefix}.{name}, or it is not {wanted} of {axes} axes")
            found[name] = value
        (trees, nodes), feature = found["feature"].shape, found["feature"]
        whole = found["threshold"].shape == (trees, nodes) and found["value"].shape == (trees, nodes + 1)
        outputs, deep = len(found["base"]), nodes + 1 in {2**depth for depth in range(1, DEEPEST + 1)}
        if not (whole and deep and outputs and trees % outputs == 0 and trees and len(found["ranks"]) == one_hot):
            raise DataError(f"saved trees {prefix} do not fit each other, or the inputs")
        if not bool(((feature >= 0) & (feature < max(1, reals + parts))).all()):
            raise DataError(f"saved trees {prefix} ask for a feature that there is not")
        return cls(**found)

    def to(self, device: str | torch.device) -> Boosting:
        """The same on another device."""
        return Boosting(**{name: getattr(self, name).to(device) for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Growth:
    """How trees are grown: `trees` of a `depth`, shrunk by `rate`; a leaf has so many `rows` at least.

    Source: Friedman (2001), on histograms as in LightGBM (Ke et al. 2017).
    """

    trees: int = 60
    depth: int = 3
    rate: float = 0.1
    rows: int = 20

    def of(
        self, features: Features, one_hot: int, target: Array, weights: Array | None, bins: Bins, places: Array
    ) -> Boosting:
        """Boosting of a number, (rows,) float64, or of classes, (rows,) int64, whose outputs are log-odds.

        places: those of the numbers in the bins.  Classes that do not occur have no output of their own: the labels
        are to be 0, 1, ... without a gap.
        """
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        classes = target.dtype.kind == "i"
        mass = np.ones(len(target)) if weights is None else weights
        told = np.eye(int(target.max()) + 1)[target] if classes else target[:, None]
        ranks = ranks_of(features, one_hot, told, mass)
        seen = np.column_stack([places, ranks[features.codes.numpy()]])
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        model = kind(
            max_iter=self.trees,
            max_leaf_nodes=None,
            max_depth=self.depth,
            learning_rate=self.rate,
            min_samples_leaf=min(self.rows, max(2, len(target) // 10)),
            early_stopping=False,
            random_state=0,
        )
        with one_threaded():
            model.fit(seen, target, sample_weight=weights)
        return _taken(model, self.depth, bins, ranks)


def _taken(model: Any, depth: int, bins: Bins, ranks: Array) -> Boosting:
    """The trees of a model of scikit-learn, which keeps them to itself; a test holds its answers against these."""
    grown = [predictor.nodes for turn in model._predictors for predictor in turn]
    inner = 2**depth - 1
    feature, threshold = np.zeros((len(grown), inner), np.int64), np.full((len(grown), inner), FAR, np.float32)
    value = np.zeros((len(grown), inner + 1), np.float32)
    for k, nodes in enumerate(grown):
        parting = bins.threshold(nodes["feature_idx"].astype(np.int64), nodes["num_threshold"])
        here = {0: 0}  # whole tree's node -> grown tree's; a leaf that comes early leads on to itself
        for place in range(2 * inner + 1):
            own = here[place]
            leaf = bool(nodes["is_leaf"][own])
            if place >= inner:
                value[k, place - inner] = nodes["value"][own]
                continue
            here[2 * place + 1], here[2 * place + 2] = (
                (own, own) if leaf else (int(nodes["left"][own]), int(nodes["right"][own]))
            )
            if not leaf:
                feature[k, place], threshold[k, place] = nodes["feature_idx"][own], parting[own]
    base = np.asarray(model._baseline_prediction, np.float32).reshape(-1)
    return Boosting(*map(torch.from_numpy, (feature, threshold, value, base, ranks)))


def held_out(
    learn: Callable[[Tensor], Boosting],
    features: Features,
    folds: Tensor,
    target: Tensor,
    mass: Tensor | None,
    numbers: Sequence[int],
) -> tuple[int, Tensor]:
    """By how many trees, of some numbers, a target is told best to rows that taught none of them, and what they say.

    The least number is taken whose squared error, by the rows' mass, is hardly more than the smallest.
    learn: row numbers -> trees.  target, mass: (rows,).  folds: (rows,) int64, from 0 on; rows of fold -1 are seen by
    none, and answered by the first.  Shape: -> (rows,) float32.
    """
    said = torch.zeros(len(numbers), len(folds), dtype=torch.float32)
    for fold in range(int(folds.max()) + 1):
        grown = learn(((folds != fold) & (folds >= 0)).nonzero().flatten())
        mine = ((folds == fold) | ((folds < 0) & (fold == 0))).nonzero().flatten()
        for k, number in enumerate(numbers):
            said[k, mine] = grown.first(number)(features[mine])[:, 0]
    there = folds >= 0
    weights = None if mass is None else as_array(mass[there].double())
    errors = [float(np.average(as_array((each - target)[there].square()), weights=weights)) for each in said]
    taken = next(k for k, error in enumerate(errors) if error <= HARDLY * min(errors))
    return numbers[taken], said[taken]


@contextmanager
def one_threaded() -> Iterator[None]:
    """Keep scikit-learn to one thread, which gives the same sums everywhere."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
