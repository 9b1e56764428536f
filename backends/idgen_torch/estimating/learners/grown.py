"""Trees of scikit-learn as plain arrays: what was grown is taken from its models, and can be kept without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Boosting", "Leaves"]

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, eq=False)
class Boosting:
    """Trees grown one after the other; a test holds what they say against scikit-learn.

    nodes: (nodes of all trees, bytes of one) as scikit-learn has them.  sets: (categorical splits of all trees, 8)
    uint32, the codes that go left.  ends, set_ends: (trees,) where those of each tree end.  base: (outputs,).
    levels: of each categorical column the codes that rows had, and `columns` where it stands among the columns;
    `codes` (categorical columns, 8) uint32 and `places` (columns,) uint32 say the same to scikit-learn.

    Raises DataError for nodes that lead nowhere.
    """

    nodes: Bytes
    ends: np.ndarray[Any, np.dtype[np.int64]]
    sets: np.ndarray[Any, np.dtype[np.uint32]]
    set_ends: np.ndarray[Any, np.dtype[np.int64]]
    base: Array
    levels: tuple[Array, ...]
    columns: tuple[int, ...]
    codes: np.ndarray[Any, np.dtype[np.uint32]]
    places: np.ndarray[Any, np.dtype[np.uint32]]

    @classmethod
    def of(cls, model: Any) -> Boosting:
        """The trees of a `HistGradientBoosting...` that was fitted."""
        trees = [tree for turn in model._predictors for tree in turn]
        nodes = np.concatenate([tree.nodes for tree in trees])
        levels, columns = [], list[int]()
        if model._preprocessor is not None:
            levels = model._preprocessor.named_transformers_["encoder"].categories_
            columns = np.flatnonzero(model.is_categorical_).tolist()
        codes, places = model._bin_mapper.make_known_categories_bitsets()
        return cls(
            nodes.view(np.uint8).reshape(len(nodes), -1),
            np.cumsum([len(tree.nodes) for tree in trees]),
            np.concatenate([tree.raw_left_cat_bitsets for tree in trees]).reshape(-1, 8),
            np.cumsum([len(tree.raw_left_cat_bitsets) for tree in trees]),
            np.asarray(model._baseline_prediction, np.float64).reshape(-1),
            tuple(np.asarray(each, np.float64) for each in levels),
            tuple(columns),
            codes.reshape(-1, 8),
            places,
        )

    def __post_init__(self) -> None:
        whole = self.ends[-1:].tolist() == [len(self.nodes)] and self.set_ends[-1:].tolist() == [len(self.sets)]
        if not whole or len(self.ends) != len(self.set_ends) or not len(self.base) or len(self.ends) % len(self.base):
            raise DataError("kept trees are not whole")
        for tree, sets in self._parts:
            inner = tree[tree["is_leaf"] == 0]
            count, children = len(tree), np.stack([inner["left"], inner["right"]])
            own = np.flatnonzero(tree["is_leaf"] == 0)
            inside = (children > own).all() and (children < count).all()
            known = (inner["feature_idx"] >= 0).all() and (inner["feature_idx"] < len(self.places)).all()
            parted = inner["bitset_idx"][inner["is_categorical"] != 0]
            finite = np.isfinite(tree["value"]).all()
            if not (count and inside and known and finite and (parted < max(1, len(sets))).all()):
                raise DataError("kept trees have nodes that lead nowhere")

    @cached_property
    def _parts(self) -> list[tuple[Any, Any]]:
        """The nodes of each tree, and its sets."""
        from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

        whole = np.ascontiguousarray(self.nodes).view(PREDICTOR_RECORD_DTYPE).reshape(-1)
        pairs = zip(np.split(whole, self.ends[:-1]), np.split(self.sets, self.set_ends[:-1]), strict=True)
        return [(nodes.copy(), np.ascontiguousarray(sets)) for nodes, sets in pairs]

    @cached_property
    def _trees(self) -> list[Any]:
        from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

        return [TreePredictor(nodes, sets, sets) for nodes, sets in self._parts]

    def staged(self, rows: Array) -> Iterator[Array]:
        """What the trees come to after each turn, which adds one for each output.  Shape: -> (rows, outputs) each."""
        seen, outputs = self._seen(rows), len(self.base)
        total = np.tile(self.base, (len(rows), 1))
        for start in range(0, len(self._trees), outputs):
            for k, tree in enumerate(self._trees[start : start + outputs]):
                total[:, k] += tree.predict(seen, self.codes, self.places, 1)
            yield total

    def _seen(self, rows: Array) -> Array:
        """Categorical columns first, each as the place of its code among those that were seen; NaN for others."""
        if not self.columns:
            return rows
        coded = np.full((len(rows), len(self.columns)), np.nan)
        for k, (column, levels) in enumerate(zip(self.columns, self.levels, strict=True)):
            place = np.searchsorted(levels, rows[:, column]).clip(max=len(levels) - 1)
            there = levels[place] == rows[:, column]
            coded[there, k] = place[there]
        others = [k for k in range(rows.shape[1]) if k not in self.columns]
        return np.column_stack([coded, rows[:, others]])


@dataclass(frozen=True, eq=False)
class Leaves:
    """One tree of a forest over so many columns, by the leaves that rows fall into.

    nodes: (nodes, bytes of one) as scikit-learn has them, no path longer than `depth`.  means: (nodes, outcomes).

    Raises DataError for nodes that lead nowhere.
    """

    nodes: Bytes
    width: int
    depth: int
    means: Array

    @classmethod
    def of(cls, tree: Any, means: Array) -> Leaves:
        """A `DecisionTreeRegressor` that was fitted, with the means of its nodes."""
        nodes = np.ascontiguousarray(tree.tree_.__getstate__()["nodes"])
        return cls(nodes.view(np.uint8).reshape(len(nodes), -1), tree.n_features_in_, tree.tree_.max_depth, means)

    def __post_init__(self) -> None:
        nodes = self._nodes
        inner = np.flatnonzero(nodes["left_child"] >= 0)
        for name in ("left_child", "right_child"):
            child = nodes[name][inner]
            if not ((child > inner).all() and (child < len(nodes)).all()) or len(self.means) != len(nodes):
                raise DataError("a kept tree has nodes that lead nowhere")
        feature = nodes["feature"][inner]
        if not ((feature >= 0).all() and (feature < self.width).all()):
            raise DataError("a kept tree asks for a column that there is not")

    @cached_property
    def _nodes(self) -> Any:
        from sklearn.tree._tree import NODE_DTYPE

        return np.ascontiguousarray(self.nodes).view(NODE_DTYPE).reshape(-1)

    @cached_property
    def _tree(self) -> Any:
        from sklearn.tree._tree import Tree

        tree, count = Tree(self.width, np.array([1], np.intp), 1), len(self._nodes)
        values = np.zeros((count, 1, 1))
        tree.__setstate__({"max_depth": self.depth, "node_count": count, "nodes": self._nodes, "values": values})
        return tree

    def at(self, rows: np.ndarray[Any, np.dtype[np.float32]]) -> Array:
        """The means of the leaves of rows.  Shape: (rows, columns) -> (rows, outcomes)."""
        return np.asarray(self.means[self._tree.apply(rows)])
