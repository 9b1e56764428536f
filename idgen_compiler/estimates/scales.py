"""On which scale an interval is symmetrical: as it is, within 0 to 1, by factors."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from statistics import NormalDist

__all__ = ["Factor", "Plain", "Scale", "Share"]

NOTHING = 1e-12
"""A share so near an end is one of no or of all rows."""


@dataclass(frozen=True)
class Scale(ABC):
    """How a value and its standard error make an interval."""

    null = 0.0
    """Where there is no effect."""

    percentiles = True
    """Whether percentiles of a bootstrap are an interval, too."""

    @property
    def reach(self) -> tuple[float, float]:
        """Between which all values lie."""
        return -math.inf, math.inf

    @abstractmethod
    def interval(self, value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
        """The values that lie within `critical` standard errors; `rows` is the effective number of rows behind it."""

    def distance(self, value: float, se: float, null: float) -> float:
        """How many standard errors the value lies from another one; infinite where it has no error."""
        return _ratio(value - null, se)


@dataclass(frozen=True)
class Plain(Scale):
    """Any number.

    >>> Plain().interval(1.0, 0.5, 2.0, 100)
    (0.0, 2.0)
    """

    def interval(self, value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
        return value - critical * se, value + critical * se


@dataclass(frozen=True)
class Share(Scale):
    """A share of all rows, or a mean that lies as a share of the way between the `ends`: symmetrical in log odds.

    Source: Agresti (2013), section 3.1. A share of (almost) none or all rows has no log odds to speak of. Closer to an
    end than one standard error, its interval is Wilson's (1927) for as many rows as would give the error, and without
    any error the exact one for no event in so many effective rows (Clopper and Pearson 1934).

    >>> low, high = Share().interval(0.02, 0.014, 1.96, 100)
    >>> round(low, 3), round(high, 3)
    (0.005, 0.076)
    >>> round(Share().interval(0.0, 0.0, 1.96, 100)[1], 3)
    0.036
    >>> low, high = Share((1.0, 2.0)).interval(1.02, 0.014, 1.96, 100)
    >>> round(low, 3), round(high, 3)
    (1.005, 1.076)
    """

    ends: tuple[float, float] = (0.0, 1.0)

    @property
    def reach(self) -> tuple[float, float]:
        return self.ends

    def interval(self, value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
        first, width = self.ends[0], self.ends[1] - self.ends[0]
        low, high = _share_interval((value - first) / width, se / width, critical, rows)
        return first + width * low, first + width * high


@dataclass(frozen=True)
class Factor(Scale):
    """A ratio: symmetrical in its logarithm.

    >>> low, high = Factor().interval(2.0, 0.4, 1.96, 100)
    >>> round(low, 2), round(high, 2)
    (1.35, 2.96)
    """

    null = 1.0

    @property
    def reach(self) -> tuple[float, float]:
        return 0.0, math.inf

    def interval(self, value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
        reach = math.exp(min(critical * se / value, 700.0))
        return value / reach, value * reach

    def distance(self, value: float, se: float, null: float) -> float:
        return _ratio(math.log(value / null), se / value) if null > 0 else math.inf


def _share_interval(value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
    inside = min(value, 1 - value)
    if inside <= NOTHING:  # few rows say little of a share that none of them has, whatever the error
        tail = 1 - NormalDist().cdf(critical)
        far = 1 - tail ** (1 / rows) if rows > 0 and math.isfinite(rows) else float(rows <= 0)
        far = min(1.0, max(far, critical * se))
        return (0.0, far) if value < 0.5 else (1 - far, 1.0)
    if inside < se:
        return _wilson(value, value * (1 - value) / se**2, critical)
    middle, reach = math.log(value / (1 - value)), critical * se / (value * (1 - value))
    return _expit(middle - reach), _expit(middle + reach)


def _wilson(value: float, rows: float, critical: float) -> tuple[float, float]:
    """The shares that are not rejected, by their own standard errors, where `value` is seen in so many rows."""
    square = critical**2 / rows
    middle = (value + square / 2) / (1 + square)
    reach = math.sqrt(square * value * (1 - value) + square**2 / 4) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _ratio(distance: float, se: float) -> float:
    if se > 0:
        return distance / se
    return 0.0 if distance == 0 else math.copysign(math.inf, distance)


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(max(x, -700.0)) / (1 + math.exp(max(x, -700.0)))
