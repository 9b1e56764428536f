"""Intervals of a difference and a ratio from those of both numbers, which need not be symmetrical.

With estimates a and b, their intervals (la, ua) and (lb, ub) and their correlation r, what is reached to either side is
as far as both ends are from their estimates, taken together as the ends of a delta method would be (the method of
variance estimates recovery).

Source: Zou and Donner (2008), equations 8 and 9; Donner and Zou (2012), section 2, for ratios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from idgen_compiler.estimates.scales import Scale

__all__ = ["Divided", "End", "Moved"]


@dataclass(frozen=True)
class End:
    """One of two numbers: its scale, value and standard error, and the effective rows behind it."""

    scale: Scale
    value: float
    se: float
    rows: float

    def sides(self, critical: float) -> tuple[float, float]:
        """How far the interval reaches down and up."""
        low, high = self.scale.interval(self.value, self.se, critical, self.rows)
        return self.value - low, high - self.value


@dataclass(frozen=True)
class _Combined(Scale):
    """What is made of two numbers."""

    one: End
    other: End
    correlation: float

    @property
    def percentiles(self) -> bool:  # type: ignore[override]
        return self.one.scale.percentiles and self.other.scale.percentiles


@dataclass(frozen=True)
class Moved(_Combined):
    """a - b.

    >>> from idgen_compiler.estimates.scales import Share
    >>> none, some = End(Share(), 0.0, 0.0, 100), End(Share(), 0.1, 0.03, 100)
    >>> low, high = Moved(none, some, 0.0).interval(-0.1, 0.03, 1.96, 100)
    >>> round(low, 3), round(high, 3)
    (-0.176, -0.042)
    """

    def interval(self, value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
        (down, up), (other_down, other_up) = self.one.sides(critical), self.other.sides(critical)
        return value - self._reach(down, other_up), value + self._reach(up, other_down)

    def _reach(self, one: float, other: float) -> float:
        if not math.isfinite(one + other):
            return math.inf
        return math.sqrt(max(one**2 + other**2 - 2 * self.correlation * one * other, 0.0))


@dataclass(frozen=True)
class Divided(_Combined):
    """a / b of numbers that are not negative, with b > 0.

    >>> from idgen_compiler.estimates.scales import Share
    >>> none, some = End(Share(), 0.0, 0.0, 100), End(Share(), 0.1, 0.03, 100)
    >>> low, high = Divided(none, some, 0.0).interval(0.0, 0.0, 1.96, 100)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.406)
    """

    null = 1.0

    @property
    def reach(self) -> tuple[float, float]:
        return 0.0, math.inf

    def interval(self, value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
        (down, up), (other_down, other_up) = self.one.sides(critical), self.other.sides(critical)
        a, b = self.one.value, self.other.value
        middle, root = self._solved(down, other_up)
        low = (a**2 - down**2) / (middle + root) if middle + root > 0 else 0.0
        middle, root = self._solved(up, other_down)
        below = b**2 - other_down**2
        return low, (middle + root) / below if below > 0 else math.inf

    def _solved(self, one: float, other: float) -> tuple[float, float]:
        """The quotients q whose a - q b is zero when the numbers lie so far off: roots of a quadratic."""
        a, b = self.one.value, self.other.value
        middle = a * b - self.correlation * one * other
        return middle, math.sqrt(max(middle**2 - (a**2 - one**2) * (b**2 - other**2), 0.0))
