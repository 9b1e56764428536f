"""Decision trees as tensors, so that they go into a file and answer on any device; scikit-learn grows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.families.state import Tensors
from idgen_torch.nets.heads import Features

__all__ = ["Nodes", "joined"]

DEEPEST = 512


@dataclass(frozen=True, eq=False)
class Nodes:
    """Trees side by side: a row goes from each root down, left where its feature is at most the threshold.

    feature, threshold, left, right: (nodes,) int64, float32, int64, int64; a leaf leads to itself.  roots: (trees,)
    int64.  ranks: (one-hot width,) float32, the number in whose place a category is seen.
    """

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    roots: Tensor
    ranks: Tensor

    def leaf(self, features: Features, tree: Tensor) -> Tensor:
        """The leaf of each row in one tree of its own.  Shape: tree (rows,) int64 -> (rows,) int64."""
        seen, place = torch.cat([features.reals, self.ranks[features.codes]], 1), self.roots[tree]
        for _ in range(self.depth):
            right = seen.gather(1, self.feature[place].unsqueeze(1)).squeeze(1) > self.threshold[place]
            place = self._below[2 * place + right]
        return place

    @cached_property
    def _below(self) -> Tensor:
        return torch.stack([self.left, self.right], 1).flatten()

    @cached_property
    def depth(self) -> int:
        """How many steps the longest way down has."""
        place, depth = self.roots, 0
        while len(place := place[self.left[place] != place]):
            place, depth = torch.cat([self.left[place], self.right[place]]), depth + 1
        return depth

    def state(self, prefix: str) -> Tensors:
        """All arrays, under a prefix."""
        return {f"{prefix}.{name}": getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_state(cls, tensors: Tensors, prefix: str, reals: int, parts: int, one_hot: int) -> Nodes:
        """The trees whose `state` this is, over so many numbers and categories.

        Raises DataError for arrays that are no trees: nothing leads out of them, or round in them.
        """
        found = {}
        for name in cls.__dataclass_fields__:
            wanted = torch.float32 if name in ("threshold", "ranks") else torch.int64
            value = tensors.get(f"{prefix}.{name}")
            if value is None or value.dtype != wanted or value.dim() != 1:
                raise DataError(f"saved trees lack {prefix}.{name}, or it is not {wanted} of one axis")
            found[name] = value
        nodes, size = cls(**found), len(found["feature"])
        here = torch.arange(size, device=nodes.left.device)
        whole = len({len(found[name]) for name in ("feature", "threshold", "left", "right")}) == 1
        leaf = whole and bool(((nodes.left == here) == (nodes.right == here)).all())
        down = leaf and all(bool(((way >= here) & (way < size)).all()) for way in (nodes.left, nodes.right))
        inside = [(nodes.feature, reals + parts), (nodes.roots, size)]
        if not down or not size or len(nodes.ranks) != one_hot or not _within(inside):
            raise DataError(f"saved trees {prefix} are none: a node leads out of them, or back")
        if not len(nodes.roots) or nodes.depth > DEEPEST:
            raise DataError(f"saved trees {prefix} are none, or deeper than {DEEPEST}")
        return nodes

    def to(self, device: str | torch.device) -> Nodes:
        """The same trees on another device."""
        return Nodes(**{name: getattr(self, name).to(device) for name in self.__dataclass_fields__})


def _within(pairs: Sequence[tuple[Tensor, int]]) -> bool:
    return all(not len(values) or bool(((values >= 0) & (values < most)).all()) for values, most in pairs)


def joined(trees: Sequence[tuple[Tensor, Tensor, Tensor, Tensor]], ranks: Tensor) -> Nodes:
    """Trees one after another: feature, threshold, left and right of each, whose leaves have a negative `left`."""
    pieces: list[list[Tensor]] = [[], [], [], []]
    roots, start = [], 0
    for feature, threshold, left, right in trees:
        here = torch.arange(len(feature))
        leaf = left < 0
        roots.append(start)
        pieces[0].append(torch.where(leaf, 0, feature))
        pieces[1].append(torch.where(leaf, 0.0, threshold).float())
        pieces[2].append(torch.where(leaf, here, left) + start)
        pieces[3].append(torch.where(leaf, here, right) + start)
        start += len(feature)
    feature, threshold, left, right = map(torch.cat, pieces)
    return Nodes(feature, threshold, left, right, torch.tensor(roots, dtype=torch.int64), ranks)
