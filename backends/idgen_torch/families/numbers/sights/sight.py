"""What a network sees: the columns of its inputs, and what trees and kernels say of a row.

A network that sees the word of learners on the rows that taught them trusts it too much. So each row of a fit is told
what they say that did not see it; those that learned from all rows answer for what is asked later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.families.numbers.sights.kernel import Kernel
from idgen_torch.families.state import Tensors
from idgen_torch.families.trees.boosting import Boosting
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.parts import Values

__all__ = ["Seen", "Sight", "Told", "Word"]


class Word(Protocol):
    """A learner that has learned: it says some numbers of a row."""

    @property
    def outputs(self) -> int:
        """How many."""

    def __call__(self, features: Features) -> Tensor:
        """Shape: -> (rows, outputs) float32."""

    def state(self, prefix: str) -> Tensors:
        """All arrays, under a prefix."""

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""


@dataclass(frozen=True, eq=False)
class Told:
    """Words, and what each row of a fit is told by such as did not see it.  Shape: rows (rows, outputs)."""

    words: tuple[Word, ...]
    rows: Tensor


@dataclass(frozen=True, eq=False)
class Sight:
    """What trees say of a row, then kernels, centered and scaled as on the rows of the fit.

    Shape: center, scale (outputs,).
    """

    words: tuple[Word, ...]
    center: Tensor
    scale: Tensor

    @classmethod
    def of(cls, told: Sequence[Told], device: torch.device) -> tuple[Self, Tensor]:
        """The words, and what the rows of the fit are told.  Shape: -> (rows, width)."""
        rows = torch.cat([each.rows for each in told], 1)
        center, scale = rows.mean(0), rows.std(0, correction=0).clamp(min=1e-6)
        sight = cls(tuple(word for each in told for word in each.words), center, scale)
        return sight.to(device), ((rows - center) / scale).to(device)

    @property
    def width(self) -> int:
        """How many features it adds."""
        return len(self.center)

    def count(self, kind: type[Word]) -> int:
        """How many words are of a kind."""
        return sum(isinstance(word, kind) for word in self.words)

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
    def from_state(cls, tensors: Tensors, trees: int, kernels: int, columns: Columns) -> Self:
        """What was saved.  Raises DataError for what is missing, unknown or does not fit the columns."""
        one_hot, words = columns.one_hot_width, trees + kernels
        reals = columns.width - one_hot
        if min(trees, kernels) < 0 or not 0 < words <= len(tensors):
            raise DataError(f"a saved model sees by {trees} sums of trees and {kernels} kernels, and has no such")
        read: list[Word] = [
            *(Boosting.from_state(tensors, f"sight.{k}", reals, len(columns.discrete), one_hot) for k in range(trees)),
            *(Kernel.from_state(tensors, f"sight.{k}", reals, one_hot) for k in range(trees, words)),
        ]
        center, scale = (
            tensors.get(f"sight.{name}", torch.empty(0, dtype=torch.float32)) for name in ("center", "scale")
        )
        sight, width = cls(tuple(read), center, scale), sum(word.outputs for word in read)
        if not (center.shape == scale.shape == (width,)) or not bool((scale > 0).all()):
            raise DataError(f"saved tensors sight.center and sight.scale are not {width} numbers, the scales above 0")
        if unknown := sorted(set(tensors) - set(sight.state())):
            raise DataError(f"a saved model's tensors do not fit its configuration: unknown {', '.join(unknown)}")
        return sight

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""
        words = tuple(word.to(device) for word in self.words)
        return type(self)(words, self.center.to(device), self.scale.to(device))


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network sees of the inputs: their columns, and what others say of them, if any do."""

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
        """The columns' features with what the others say behind them."""
        if self.sight is None:
            return plain
        return Features(plain.codes, torch.cat([plain.reals, self.sight(plain)], 1))

    def to(self, device: str | torch.device) -> Seen:
        """The same on another device."""
        return Seen(self.columns, None if self.sight is None else self.sight.to(device))
