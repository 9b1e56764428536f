"""Mixed-radix numbering of the cells that several discrete parts span."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.parts import Values

__all__ = ["cell_count", "cell_of", "codes_of", "sizes_of"]


def sizes_of(parts: Sequence[Part]) -> tuple[int, ...]:
    """The category counts of discrete parts; raises DataError for a real one."""
    sizes = []
    for part in parts:
        if part.size is None:
            raise DataError(
                f"{part.name} is {part.form}; tables take categories only: leave the family out, or name another"
            )
        sizes.append(part.size)
    return tuple(sizes)


def cell_count(parts: Sequence[Part]) -> int:
    """How many cells the parts span; one for no parts."""
    return prod(sizes_of(parts))


def cell_of(parts: Sequence[Part], rows: Values, device: torch.device) -> Tensor:
    """The cell number of each row, the last part counting fastest.  Shape: (rows,) int64."""
    sizes = sizes_of(parts)
    cell = rows[parts[0].name].to(device)
    for part, size in zip(parts[1:], sizes[1:], strict=True):
        cell = torch.add(rows[part.name].to(device), cell, alpha=size)
    return cell


def codes_of(parts: Sequence[Part], device: torch.device) -> Tensor:
    """The codes that each cell number stands for.  Shape: (parts, cells) int64."""
    sizes = sizes_of(parts)
    grid = torch.arange(prod(sizes), device=device)
    columns = []
    for size in reversed(sizes):
        columns.append(grid % size)
        grid = grid // size
    return torch.stack(columns[::-1])
