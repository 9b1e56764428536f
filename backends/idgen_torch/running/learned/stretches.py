"""Stretches of a number where a model is not to be trusted: hardly a row lies there, or its draws are not as rows."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["Stretch"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `low` to `high` of an input, as models see it; None for no end.

    way: how the rows of a target lie among a model's draws there, "above", "below", "within" or "outside" their middle:
    `off` of the `rows` from `first` to `last` do; empty where hardly a row lies there at all.
    """

    part: str
    low: float | None
    high: float | None
    target: str = ""
    way: str = ""
    off: int = 0
    rows: int = 0
    first: float | None = None
    last: float | None = None

    def holds(self, values: Tensor) -> Tensor:
        """Which values of the input lie there.  Shape: (rows,) -> (rows,) bool."""
        low = values >= self.low if self.low is not None else values == values
        return low & (values <= self.high) if self.high is not None else low
