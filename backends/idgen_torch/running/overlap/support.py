"""What is kept of the rows that a model was trained on: which inputs stood together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.arithmetic import rows_that_weigh
from idgen_torch.parts import Values, of_form

__all__ = ["BINS", "MOST_RARE", "MOST_ROWS", "Column", "Groups", "Support", "codes_of", "seen_parts"]

BINS = 128
"""A number is known by which of so many parts of the data, equal in rows, it lies in."""

MOST_ROWS = 8192
MOST_COLUMNS = 24
"""At most so many rows and inputs are kept; of more rows, so many evenly spaced ones."""

RARE = 500
MOST_RARE = 4096
"""Of a category that stands apart from the other inputs so many rows of each value are kept, beyond the evenly spaced
ones; of all values together, at most the second number more."""

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
    """The inputs of a model in rows that it was trained on, `kept` of the `rows` that there were.

    The first MOST_ROWS that are kept are evenly spaced; what follows has values of categories that few of these have.
    """

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
        there = rows_that_weigh(weights)
        count = len(rows[parts[0].name]) if there is None else len(there)
        if not count:
            return None
        even = _evenly(count, MOST_ROWS)
        more = _rare([rows[part.name] for part in _apart(parts, groups)], there, count, even)
        index = torch.cat([even, more]) if there is None else torch.cat([there[even], there[more]])
        kept = {part.name: rows[part.name][index.to(rows[part.name].device)].cpu() for part in parts}
        return cls(parts, kept, groups, count)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The inputs, each entry of a vector by itself."""
        found = [c for p in self.parts for c in _columns(p, *self.groups[p.name], self.kept[p.name][:MOST_ROWS])]
        return tuple(found[:MOST_COLUMNS])

    @cached_property
    def codes(self) -> Tensor:
        """The evenly spaced rows as codes.  Shape: (rows, columns) int64."""
        return self.all_codes[:MOST_ROWS]

    @cached_property
    def all_codes(self) -> Tensor:
        """All rows that are kept as codes.  Shape: (rows kept, columns) int64."""
        return codes_of(self.columns, self.kept)

    @property
    def whole(self) -> bool:
        """Whether every row is kept."""
        return len(self.codes) == self.rows


def seen_parts(inputs: Sequence[Part]) -> tuple[Part, ...]:
    """The inputs that are looked at: all but images and texts, of which every one may be new."""
    return of_form(inputs, Form.CODES, Form.NUMBERS)


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


def _evenly(rows: int, count: int) -> Tensor:
    """At most so many row numbers, as far apart as they can be.  Shape: (count or rows,) int64."""
    if rows <= count:
        return torch.arange(rows)
    return torch.linspace(0, rows - 1, count, dtype=torch.float64).round().long()


def _apart(parts: Sequence[Part], groups: Groups) -> list[Part]:
    """Categories that no other input comes in one row with."""
    return [
        part
        for part in parts
        if part.discrete and all(other is part or groups[other.name][0] != groups[part.name][0] for other in parts)
    ]


def _rare(categories: Sequence[Tensor], there: Tensor | None, count: int, even: Tensor) -> Tensor:
    """Which more rows to keep, of those that are there, so that values that few rows have are known."""
    found = even.new_zeros(0)
    if len(even) == count:
        return found
    left = torch.ones(count, dtype=torch.bool)
    left[even] = False
    for values in categories:
        own = values.cpu() if there is None else values.cpu()[there]
        known = torch.bincount(own[even], minlength=int(own.max()) + 1)
        if bool((known >= RARE).all()):
            continue
        rows = (left & (known < RARE)[own]).nonzero()[:, 0]  # of all levels that few rows have, one after the other
        rows = rows[own[rows].argsort(stable=True)]
        sizes = torch.bincount(own[rows], minlength=len(known)).tolist()
        for level, its in enumerate(rows.split(sizes)):
            if not len(its):
                continue
            more = its[_evenly(len(its), RARE - int(known[level]))]
            left[more] = False
            found = torch.cat([found, more])
    return found[:MOST_RARE]
