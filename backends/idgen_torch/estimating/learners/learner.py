"""What a candidate is: a recipe that learns, and what it has learned, for each setting of its smoothness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idgen_torch.estimating.design import Design

__all__ = ["Array", "Codes", "Learner", "Path"]

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]


class Path(Protocol):
    """What was learned, from the smoothest setting to the roughest: a path of penalties, or of numbers of trees."""

    @property
    def settings(self) -> int:
        """How many settings there are; the same for every fold."""
        ...

    def at(self, design: Design, settings: Sequence[int]) -> Array:
        """Predictions by these settings, given in ascending order: (settings, rows, outcomes or classes)."""
        ...


class Learner(Protocol):
    """A recipe: `target` is (rows, outcomes), one column a class (0 or 1) where probabilities are learned.

    Weights are positive with mean 1.
    """

    @property
    def name(self) -> str:
        """What it is called where it was chosen."""
        ...

    def suits(self, design: Design) -> bool:
        """Whether it is worth trying on these rows."""
        ...

    def fit(self, design: Design, target: Array, weights: Array) -> Path:
        """Learn from rows."""
        ...
