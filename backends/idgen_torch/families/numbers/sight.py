"""What boosted trees say of a row, as further features of a network: steps are theirs, what is smooth is the network's.

A network that sees the trees' word on rows that taught them trusts it too much. So each row of a fit is told what trees
say that did not see it; trees grown on all rows answer for what is asked later.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.drawing import some_rows
from idgen_torch.families.state import Tensors
from idgen_torch.families.trees.bins import Bins, as_array
from idgen_torch.families.trees.boosting import Boosting, Growth, held_out
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.parts import Values

__all__ = ["Seen", "Sight", "sight_of_numbers"]

FOLDS, FEW_FOLDS, MANY_ROWS, MOST_ROWS = 5, 3, 10_000, 20_000
"""So many folds, fewer of many rows; trees are grown on so many rows at most."""
TREES = (60, 100, 150)
"""So many, as rows say that taught none: waves take more than steps do, which many trees fray."""
FARTHEST = 6.0
"""Numbers beyond are drawn in: one outlier would fill the trees."""
NEAR = 0.1
"""A distance from the mean is taken to be at least this share of the median one, before its logarithm."""


@dataclass(frozen=True, eq=False)
class Sight:
    """Outputs of trees, centered and scaled as on the rows of the fit.  Shape: center, scale (outputs,)."""

    words: tuple[Boosting, ...]
    center: Tensor
    scale: Tensor

    @property
    def width(self) -> int:
        """How many features it adds."""
        return len(self.center)

    def __call__(self, features: Features) -> Tensor:
        """Shape: -> (rows, width)."""
        return (torch.cat([word(features) for word in self.words], 1) - self.center) / self.scale

    def state(self) -> Tensors:
        """All arrays, each name beginning with "sight."."""
        found = {"sight.center": self.center, "sight.scale": self.scale}
        for k, word in enumerate(self.words):
            found |= word.state(f"sight.{k}")
        return found

    @classmethod
    def from_state(cls, tensors: Tensors, words: int, columns: Columns) -> Sight:
        """What was saved.  Raises DataError for what is missing, unknown or does not fit the columns."""
        reals = columns.width - columns.one_hot_width
        places = (reals, len(columns.discrete), columns.one_hot_width)
        if not 0 < words <= len(tensors):
            raise DataError(f"a saved model sees by {words} sums of trees, and has no such")
        read = tuple(Boosting.from_state(tensors, f"sight.{k}", *places) for k in range(words))
        center, scale = (
            tensors.get(f"sight.{name}", torch.empty(0, dtype=torch.float32)) for name in ("center", "scale")
        )
        sight, width = cls(read, center, scale), sum(len(word.base) for word in read)
        if not (center.shape == scale.shape == (width,)) or not bool((scale > 0).all()):
            raise DataError(f"saved tensors sight.center and sight.scale are not {width} numbers, the scales above 0")
        if unknown := sorted(set(tensors) - set(sight.state())):
            raise DataError(f"a saved model's tensors do not fit its configuration: unknown {', '.join(unknown)}")
        return sight

    def to(self, device: str | torch.device) -> Sight:
        """The same on another device."""
        words = tuple(word.to(device) for word in self.words)
        return Sight(words, self.center.to(device), self.scale.to(device))


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network sees of the inputs: their columns, and what trees say of them, if there are any."""

    columns: Columns
    sight: Sight | None = None

    @property
    def one_hot_width(self) -> int:
        """Width of all one-hot blocks."""
        return self.columns.one_hot_width

    @property
    def width(self) -> int:
        """Width of a feature row."""
        return self.columns.width + (self.sight.width if self.sight is not None else 0)

    def features(self, rows: Values, count: int, device: torch.device) -> Features:
        """The features of `count` rows that hold all inputs."""
        return self.extended(self.columns.features(rows, count, device))

    def extended(self, plain: Features) -> Features:
        """The columns' features with those of the trees behind them."""
        if self.sight is None:
            return plain
        return Features(plain.codes, torch.cat([plain.reals, self.sight(plain)], 1))

    def to(self, device: str | torch.device) -> Seen:
        """The same on another device."""
        return Seen(self.columns, None if self.sight is None else self.sight.to(device))


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
    def of(cls, features: Features, one_hot: int, mass: Tensor | None, growth: Growth, seed: torch.Generator) -> _Table:
        here = Features(features.codes.cpu(), features.reals.cpu())
        rows, mass = len(here), None if mass is None else mass.cpu()
        count = FOLDS if rows < MANY_ROWS else FEW_FOLDS
        folds = torch.randperm(rows, generator=seed) % count
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


def sight_of_numbers(
    features: Features, one_hot: int, values: Tensor, mass: Tensor | None, seed: torch.Generator
) -> tuple[Sight, Tensor]:
    """The mean and the log spread of each number, and what each row is told.  Shape: values (rows, targets)."""
    table = _Table.of(features, one_hot, mass, Growth(trees=TREES[-1]), seed)
    words, told = list[Boosting](), list[Tensor]()
    for column in values.cpu().double().clamp(-FARTHEST, FARTHEST).T:
        mean, said = table.both(column)
        apart = (column - said[:, 0]).abs()
        spread, wide = table.both((apart + NEAR * apart.median() + 1e-6).log())
        words += [mean, spread]
        told += [said, wide]
    return _scaled(words, torch.cat(told, 1), features.reals.device)


def _scaled(words: list[Boosting], told: Tensor, device: torch.device) -> tuple[Sight, Tensor]:
    center, scale = told.mean(0), told.std(0, correction=0).clamp(min=1e-6)
    return Sight(tuple(words), center, scale).to(device), ((told - center) / scale).to(device)
