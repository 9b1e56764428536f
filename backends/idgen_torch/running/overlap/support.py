"""What is kept of the rows that a model was trained on: which inputs stood together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.parts import Values

__all__ = ["BINS", "MOST_ROWS", "Column", "Groups", "Support", "codes_of", "seen_parts"]

BINS = 128
"""A number is known by which of so many parts of the data, equal in rows, it lies in."""

MOST_ROWS = 8192
MOST_COLUMNS = 24
"""At most so many rows and inputs are kept; of more rows, so many evenly spaced ones."""

NO_WEIGHT = 1e-6
"""Rows that weigh less than this fraction of the mean are no rows."""

Groups = Mapping[str, tuple[int, bool]]
"""Input part -> the group of inputs that come out of one row, where a model is applied, as they do in its data; and
whether the caller sets it."""


@dataclass(frozen=True, eq=False)
class Column:
    """One input as codes: those of a category, or the bin of a number."""

    name: str  #: the input's, with the number of the entry of a vector
    part: str
    entry: int
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
    """The inputs of a model in rows that it was trained on, `kept` of the `rows` that there were."""

    parts: tuple[Part, ...]
    kept: Values
    groups: Groups
    rows: int

    @classmethod
    def of(cls, inputs: Sequence[Part], groups: Groups, rows: Values, weights: Tensor | None) -> Support | None:
        """The support of a model with these inputs; None where nothing can be said, as of images."""
        parts = seen_parts(inputs)
        if not parts:
            return None
        index, count = _rows(len(rows[parts[0].name]), weights)
        if not len(index):
            return None
        kept = {part.name: rows[part.name][index.to(rows[part.name].device)].cpu() for part in parts}
        return cls(parts, kept, groups, count)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The inputs, each entry of a vector by itself."""
        found = [c for p in self.parts for c in _columns(p, *self.groups[p.name], self.kept[p.name])]
        return tuple(found[:MOST_COLUMNS])

    @cached_property
    def codes(self) -> Tensor:
        """The rows that are kept as codes.  Shape: (rows kept, columns) int64."""
        return codes_of(self.columns, self.kept)

    @property
    def whole(self) -> bool:
        """Whether every row is kept."""
        return len(self.codes) == self.rows


def seen_parts(inputs: Sequence[Part]) -> tuple[Part, ...]:
    """The inputs that are looked at: all but images."""
    return tuple(part for part in inputs if part.form is not Form.PICTURES)


def codes_of(columns: Sequence[Column], rows: Values) -> Tensor:
    """The codes of some rows.  Shape: (rows, columns) int64."""
    return torch.stack([_codes(column, rows[column.part]) for column in columns], 1)


def _codes(column: Column, values: Tensor) -> Tensor:
    if column.edges is None:
        return values.long()
    return torch.bucketize(values[:, column.entry].contiguous(), column.edges, right=True)


def _columns(part: Part, group: int, is_set: bool, values: Tensor) -> list[Column]:
    if part.size is not None:
        return [Column(part.name, part.name, 0, group, is_set, part.size, None)]
    shares = torch.arange(1, BINS, dtype=torch.float64) / BINS
    columns = []
    for entry in range(min(part.dim, MOST_COLUMNS)):
        name = part.name if part.dim == 1 else f"{part.name}[{entry}]"
        edges = values[:, entry].double().quantile(shares).float()
        columns.append(Column(name, part.name, entry, group, is_set, BINS, edges))
    return columns


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
