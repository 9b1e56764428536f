"""Over what a variable spreads: what a uniform law on it needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Choices", "Interval", "Points", "Spread"]


@dataclass(frozen=True, slots=True)
class Choices:
    """Codes 0 .. count-1."""

    count: int

    @property
    def log_density(self) -> float:
        """Log of the probability of one of them, where all are equally likely."""
        return -math.log(self.count)


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`, as models see them."""

    low: float
    high: float

    @property
    def log_density(self) -> float:
        """Log of the density of the uniform law on them; a point counts as a very short interval."""
        return -math.log(max(self.high - self.low, 1e-12))


@dataclass(frozen=True, slots=True)
class Points:
    """A few numbers, as models see them."""

    places: tuple[float, ...]

    @property
    def log_density(self) -> float:
        """Log of the probability of one of them, where all are equally likely."""
        return -math.log(len(self.places))


Spread = Choices | Interval | Points
