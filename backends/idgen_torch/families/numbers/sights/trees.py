"""What boosted trees say of a row: steps are theirs, what is smooth is the network's."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from idgen_torch.drawing import some_rows
from idgen_torch.families.numbers.line import FARTHEST
from idgen_torch.families.numbers.sights.sight import Told
from idgen_torch.families.trees.bins import Bins, as_array
from idgen_torch.families.trees.boosting import Boosting, Growth, held_out
from idgen_torch.nets.heads import Features

__all__ = ["TREES", "told_by_trees"]

FOLDS, FEW_FOLDS, MANY_ROWS, MOST_ROWS = 5, 3, 10_000, 20_000
"""So many folds, fewer of many rows; trees are grown on so many rows at most."""
TREES = (60, 100, 150)
"""So many, as rows say that taught none: waves take more than steps do, which many trees fray."""
NEAR = 0.1
"""A distance from the mean is taken to be at least this share of the median one, before its logarithm."""


@dataclass(frozen=True, eq=False)
class _Table:
    """Features on the CPU with what trees need of them."""

    features: Features
    one_hot: int
    mass: Tensor | None
    folds: Tensor
    bins: Bins
    places: Tensor
    growth: Growth
    seed: torch.Generator

    @classmethod
    def of(
        cls,
        features: Features,
        one_hot: int,
        mass: Tensor | None,
        groups: Tensor | None,
        growth: Growth,
        seed: torch.Generator,
    ) -> _Table:
        here = Features(features.codes.cpu(), features.reals.cpu())
        rows, mass = len(here), None if mass is None else mass.cpu()
        count = FOLDS if rows < MANY_ROWS else FEW_FOLDS
        folds = torch.randperm(rows if groups is None else int(groups.max()) + 1, generator=seed) % count
        folds = folds if groups is None else folds[groups]
        if mass is not None:
            folds = torch.where(mass > 0, folds, -1)
        bins = Bins.of(as_array(here.reals))
        places = torch.from_numpy(bins.places(as_array(here.reals)))
        return cls(here, one_hot, mass, folds, bins, places, growth, seed)

    def both(self, target: Tensor) -> tuple[Boosting, Tensor]:
        """Trees of all rows, and what each row is told by trees that did not see it.  Shape: target (rows,)."""

        def learn(index: Tensor) -> Boosting:
            if len(index) > MOST_ROWS:  # drawn, since tables come sorted, and in turns
                index = index[some_rows(len(index), MOST_ROWS, self.seed)]
            mass = None if self.mass is None else as_array(self.mass[index].double())
            own = as_array(target[index])
            return self.growth.of(
                self.features[index], self.one_hot, own, mass, self.bins, as_array(self.places[index])
            )

        number, told = held_out(learn, self.features, self.folds, target, self.mass, TREES)
        return learn((self.folds >= 0).nonzero().flatten()).first(number), told.unsqueeze(1)


def told_by_trees(
    features: Features,
    one_hot: int,
    values: Tensor,
    mass: Tensor | None,
    seed: torch.Generator,
    groups: Tensor | None = None,
) -> Told:
    """The mean and the log spread of each number; rows of a group are told by trees of others.

    Shape: values (rows, targets), groups (rows,) int64.
    """
    table = _Table.of(features, one_hot, mass, groups, Growth(trees=TREES[-1]), seed)
    words, told = list[Boosting](), list[Tensor]()
    for column in values.cpu().double().clamp(-FARTHEST, FARTHEST).T:
        mean, said = table.both(column)
        apart = (column - said[:, 0]).abs()
        spread, wide = table.both((apart + NEAR * apart.median() + 1e-6).log())
        words += [mean, spread]
        told += [said, wide]
    return Told(tuple(words), torch.cat(told, 1))
