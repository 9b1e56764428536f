"""The atoms that conditional models see.

A variable of the causal graph may be one column or several (a composite such as digit, colour and
thickness). Before a model sees it, every variable is taken apart into *parts*: a discrete part is a
code in 0..size-1, a real part is a standardised vector. A kernel family is written for parts only and
never sees labels, units or file formats.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["Part", "Rows"]

Rows = dict[str, Tensor]
"""Part name -> values.  Shape: discrete (rows,) int64; real (rows, dim) float32."""


@dataclass(frozen=True, slots=True)
class Part:
    """One atomic column.

    `size` is the number of categories of a discrete part and None for a real one;
    `dim` is the width of a real part and 1 for a discrete one.
    """

    name: str
    size: int | None = None
    dim: int = 1

    @property
    def discrete(self) -> bool:
        """Whether the part holds category codes rather than real numbers."""
        return self.size is not None
