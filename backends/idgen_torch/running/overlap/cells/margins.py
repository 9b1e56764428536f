"""The counts that say where an answer rests: of rows, or of a few margins that a saved sampler keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.discrete.sources import CountedRows
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Table
from idgen_compiler.hinge.probability import labels_of
from idgen_compiler.ir.program import Program
from idgen_torch.families.tables.cells import cell_of
from idgen_torch.parts import Values
from idgen_torch.recurring import Recurring, together

__all__ = ["MOST_CELLS", "Margins", "counted_rows"]

MOST_CELLS = 2**20
"""A conditional has at most so many cells where it is counted."""


@dataclass(frozen=True, eq=False)
class Margins:
    """The relative frequencies of some variables together, for each of several `tables`; axes of each sorted by name.

    names: variable -> its categories.  rows: how many rows were counted.
    """

    tables: Mapping[tuple[str, ...], Table]
    names: Mapping[str, Sequence[Any]]
    rows: float | None
    _made: dict[tuple[str, ...], Table] = field(default_factory=dict)

    exact = False

    @classmethod
    def of(cls, counted: CountedRows) -> Margins:
        """The margins that were asked of some rows, which are let go."""
        return cls(counted.made, counted.names, counted.rows)

    def labels(self, name: str) -> Sequence[Any]:
        """The categories of a variable."""
        return self.names[name]

    def marginal(self, names: Iterable[str]) -> Table:
        """The relative frequencies of the names.  Raises DataError where no table that is held has them together."""
        axes = tuple(sorted(set(names)))
        if axes in self.tables:
            return self.tables[axes]
        if axes not in self._made:
            wider = [held for held in self.tables if set(axes) <= set(held)]
            if not wider:
                raise DataError(f"no counts of {', '.join(axes)} together are kept")
            self._made[axes] = self.tables[min(wider, key=len)].summed(axes)
        return self._made[axes]


def counted_rows(
    program: Program, schema: Schema, rows: Values, weights: Array | None, frequency: bool = False
) -> CountedRows | None:
    """The rows as cells; None where something is no category, is brought, or a model would have too many cells."""
    names = program.observe.variables
    if program.bindings or not all(part.discrete for name in names for part in schema.parts(name)):
        return None
    sizes = {name: prod(part.size or 1 for part in schema.parts(name)) for name in names}
    wide = [(*op.targets, *op.inputs) for op in program.models]
    wide += [op.network.outputs for op in program.samplers]
    if any(prod(sizes[name] for name in columns if name in sizes) > MOST_CELLS for columns in wide):
        return None
    cpu = torch.device("cpu")
    cells = {name: cell_of(schema.parts(name), rows, cpu) for name in names}
    labels = {name: labels_of(schema, (name,))[0] for name in names}
    places = together(list(cells.values()))
    if places is not None and weights is None:
        few = {name: own.values.numpy() for name, own in cells.items() if isinstance(own, Recurring)}
        return CountedRows(few, labels, places.counts.numpy().astype(np.float64), True, places.index.numpy())
    return CountedRows({name: own.numpy() for name, own in cells.items()}, labels, weights, frequency)
