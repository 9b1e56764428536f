"""The columns that a check reads: categories as codes, numbers as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import TypeRequest, images_among, infer_schema
from idgen_compiler.data.sources import Source, read_sources
from idgen_compiler.errors import DataError

__all__ = ["CodedColumn", "Columns", "read_columns"]


@dataclass(frozen=True, eq=False)
class CodedColumn:
    """One variable's values: codes 0 .. size-1 where it is categorical, float64 where `size` is 0."""

    values: Array  #: shape (rows,)
    size: int = 0

    @property
    def categorical(self) -> bool:
        """Whether the values are codes of categories."""
        return self.size > 0


Columns = Mapping[str, CodedColumn]


def read_columns(
    data: Any,
    names: Iterable[str],
    types: Mapping[str, TypeRequest] | None = None,
    how: Reading | None = None,
) -> dict[str, CodedColumn]:
    """The columns of some variables of any table, read and typed as in fitting.

    Raises DataError naming the column and the remedy, also for a variable that is not one number or category.
    """
    sources = read_sources(data, names, images=images_among(types or {}), how=how)
    schema = infer_schema(sources, types)
    return {name: _column(name, source, schema[name]) for name, source in sources.items()}


def _column(name: str, source: Source, kind: Kind) -> CodedColumn:
    atoms = kind.atoms(name)
    if len(atoms) > 1 or kind.entries:
        raise DataError(
            f"{name} is of kind {kind.word}, which no test takes; give a column with a number or a category in each "
            "row, or project the variable out of the graph"
        )
    (atom,) = atoms
    values = atom.kind.numbers(source.columns[atom.field])
    return CodedColumn(values if atom.part.size else values.astype(np.float64).reshape(-1), atom.part.size or 0)
