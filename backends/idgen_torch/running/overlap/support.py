"""What is kept of the rows that a model was trained on: which inputs stood together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.parts import Values

__all__ = ["BINS", "Column", "Support", "codes_of"]

BINS = 128
"""A number is known by which of so many parts of the data, equal in rows, it lies in."""

MOST_ROWS = 8192
MOST_COLUMNS = 24
"""At most so many rows and inputs are kept; of more rows, so many evenly spaced ones."""

NO_WEIGHT = 1e-6
"""Rows that weigh less than this fraction of the mean are no rows."""


@dataclass(frozen=True, eq=False)
class Column:
    """One input as codes: those of a category, or the bin of a number.

    Inputs of one `group` come out of one row where the model is applied, and so stand together as they do in the data.
    """

    part: str
    entry: int  #: which of the numbers of a vector
    group: int
    set: bool  #: whether the caller chooses the value
    size: int  #: codes
    edges: Tensor | None  #: of a number: where bins end, ascending.  Shape: (BINS - 1,) float32

    @property
    def number(self) -> bool:
        """Whether it is a number."""
        return self.edges is not None


@dataclass(frozen=True, eq=False)
class Support:
    """The inputs of some rows as codes.  Shape: codes (rows kept, columns) int32; there were `rows` in all."""

    columns: tuple[Column, ...]
    codes: Tensor
    rows: int

    @classmethod
    def of(
        cls,
        inputs: Sequence[Part],
        groups: Mapping[str, tuple[int, bool]],
        rows: Values,
        weights: Tensor | None,
    ) -> Support | None:
        """The support of a model with these inputs; None where nothing can be said, as of images.

        `groups` says of each part which group it belongs to, and whether the caller sets it.
        """
        seen = [part for part in inputs if part.form is not Form.PICTURES]
        if not seen:
            return None
        kept = _rows(len(rows[seen[0].name]), weights)
        if not len(kept[0]):
            return None
        found: dict[str, Tensor] = {p.name: rows[p.name][kept[0].to(rows[p.name].device)].cpu() for p in seen}
        columns = [column for part in seen for column in _columns(part, *groups[part.name], found[part.name])]
        columns = columns[:MOST_COLUMNS]
        return cls(tuple(columns), codes_of(columns, found).int(), kept[1])

    @property
    def whole(self) -> bool:
        """Whether every row is kept."""
        return len(self.codes) == self.rows


def codes_of(columns: Sequence[Column], rows: Values) -> Tensor:
    """The codes of some rows.  Shape: (rows, columns) int64."""
    return torch.stack([_codes(column, rows[column.part]) for column in columns], 1)


def _codes(column: Column, values: Tensor) -> Tensor:
    if column.edges is None:
        return values.long()
    return torch.bucketize(values[:, column.entry].contiguous(), column.edges, right=True)


def _columns(part: Part, group: int, is_set: bool, values: Tensor) -> list[Column]:
    if part.size is not None:
        return [Column(part.name, 0, group, is_set, part.size, None)]
    shares = torch.arange(1, BINS, dtype=torch.float64) / BINS
    return [
        Column(part.name, entry, group, is_set, BINS, values[:, entry].double().quantile(shares).float())
        for entry in range(min(part.dim, MOST_COLUMNS))
    ]


def _rows(count: int, weights: Tensor | None) -> tuple[Tensor, int]:
    """Which rows are kept, and how many there are."""
    there = torch.arange(count)
    if weights is not None:
        mass = weights.detach().cpu().double()
        there = there[mass > NO_WEIGHT * mass.mean()]
    if len(there) <= MOST_ROWS:
        return there, len(there)
    even = torch.linspace(0, len(there) - 1, MOST_ROWS, dtype=torch.float64).round().long()
    return there[even], len(there)
