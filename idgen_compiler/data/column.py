"""One column of a table: what it held when it was read, and its values in plain types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, Pictures, pandas
from idgen_compiler.data.plain import plain_column
from idgen_compiler.errors import DataError

__all__ = ["MISSING", "Column"]

MISSING = "missing"
"""The label of what is missing, where that is a category."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column by its name in the user's table.

    `content` is what was read: a pandas Series, a NumPy array of one or two axes, or pictures. `blank` says which rows
    lack a value, where that is to be a category; `content` then holds the others.
    """

    name: str
    content: Any
    blank: Array | None = None  #: shape (rows,) bool

    def __len__(self) -> int:
        return len(self.content) if self.blank is None else len(self.blank)

    @property
    def present(self) -> Column:
        """The rows that hold a value, as a column of their own."""
        return Column(self.name, self.content)

    @property
    def pictures(self) -> Pictures | None:
        """The column where it holds images.  Shape: (rows, channels, height, width)."""
        return self.content if isinstance(self.content, np.ndarray) and self.content.ndim == 4 else None

    @property
    def values(self) -> Array:
        """Booleans, whole numbers, floats or strings (rows,), or numbers (rows, dim).

        Raises DataError where the column holds anything else, saying what to do (see `plain_column`).
        """
        if isinstance(self._plain, DataError):
            raise self._plain
        return self._plain

    @property
    def plain(self) -> Array | None:
        """The values, or None where these are an error."""
        return None if isinstance(self._plain, DataError) else self._plain

    @cached_property
    def _plain(self) -> Array | DataError:
        if self.pictures is not None:
            shape = self.pictures.shape[1:]
            return DataError(f"column {self.name} holds images of {shape}; leave it out of types")
        try:
            plain = plain_column(self.name, self.content)
        except DataError as error:
            return error
        if self.blank is None or plain.ndim > 1:
            return plain
        values = np.full(len(self.blank), MISSING, dtype=object)
        values[~self.blank] = plain.astype(object)
        return values

    @cached_property
    def distinct(self) -> Array:
        """The values that occur, each once, in the order in which they first do."""
        found: Array = pandas().unique(self.values)
        return found

    @property
    def ordered(self) -> bool:
        """Whether pandas calls it categorical and knows an order of its labels."""
        return self.blank is None and self.categories is not None and bool(self.content.dtype.ordered)

    @property
    def categories(self) -> list[Any] | None:
        """The labels that pandas knows of a column that it calls categorical, in the user's order; None for others.

        Where what is missing is a category, all labels, that one last.
        """
        if self.blank is not None:
            present = self.present
            known = sorted(present.distinct) if present.categories is None else present.categories
            return [*known, MISSING]
        said = isinstance(self.content, pandas().Series) and self.content.dtype == "category"
        return list(self.content.dtype.categories) if said else None
