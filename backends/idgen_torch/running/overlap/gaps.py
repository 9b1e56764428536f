"""Gaps of one number: values between two parts of the data, far from every row."""

from __future__ import annotations

import torch
from torch import Tensor

from idgen_torch.running.overlap.support import Column

__all__ = ["in_gap"]

GAP = 0.25
ENOUGH = 100
"""A number lies in a gap that is so many standard deviations from the nearest of so many rows, tails apart."""

MARGIN = 7
MIDDLE = 3.2
"""Between the outermost seven bins of 128 a normal law has so many standard deviations."""


def in_gap(column: Column, kept: Tensor, asked: Tensor) -> Tensor:
    """Whether each value lies in a gap.  Shape: kept (rows, dim), asked (n, dim) -> (n,) booleans."""
    known, values = kept[:, column.entry].sort().values, asked[:, column.entry].contiguous()
    none = torch.zeros(len(values), dtype=torch.bool)
    if column.edges is None or len(known) < ENOUGH:
        return none
    scale = float(column.edges[-MARGIN] - column.edges[MARGIN - 1]) / MIDDLE
    above = torch.searchsorted(known, values).clamp(1, len(known) - 1)
    nearest = torch.minimum((known[above - 1] - values).abs(), (known[above] - values).abs())
    inside = (values > column.edges[1]) & (values < column.edges[-2])
    return (nearest > GAP * scale) & inside if scale > 0 else none
