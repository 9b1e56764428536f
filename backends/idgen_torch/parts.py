"""Values of parts as tensors: what kernel families are fitted to and give back."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from idgen_compiler.data.part import Part

__all__ = ["Values", "rows_at_once"]

Values = dict[str, Tensor]
"""Part name -> values.  Shape: discrete (rows,) int64; real (rows, dim) float32; image (rows, *shape) uint8."""


def rows_at_once(parts: Iterable[Part], most: int, pixels: int) -> int:
    """How many rows a network takes at once: at most so many, and fewer where their largest images have more pixels."""
    largest = max((part.shape[1] * part.shape[2] for part in parts if part.shape is not None), default=1)
    return max(1, min(most, pixels // largest))
