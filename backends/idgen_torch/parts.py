"""The atoms that conditional models see.

A variable of the causal graph may be one column or several (a composite such as digit, colour and
thickness). Before a model sees it, every variable is taken apart into *parts*: a discrete part is a
code in 0..size-1, a real part is a standardised vector, an image part is an array of bytes. A kernel family is
written for parts only and never sees labels, units or file formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor

__all__ = ["Part", "Rows", "rows_at_once"]

Rows = dict[str, Tensor]
"""Part name -> values.  Shape: discrete (rows,) int64; real (rows, dim) float32; image (rows, *shape) uint8."""


@dataclass(frozen=True, slots=True)
class Part:
    """One atomic column.

    `size` is the number of categories of a discrete part and None for any other;
    `dim` is how many numbers a value has, 1 for a discrete part;
    `shape` is (channels, height, width) of an image and None for any other part.
    """

    name: str
    size: int | None = None
    dim: int = 1
    shape: tuple[int, int, int] | None = None

    @property
    def discrete(self) -> bool:
        """Whether the part holds category codes."""
        return self.size is not None

    @property
    def image(self) -> bool:
        """Whether the part holds pictures."""
        return self.shape is not None


def rows_at_once(parts: Iterable[Part], most: int, pixels: int) -> int:
    """How many rows a network takes at once: at most so many, and fewer where their largest images have more pixels."""
    largest = max((part.shape[1] * part.shape[2] for part in parts if part.shape is not None), default=1)
    return max(1, min(most, pixels // largest))
