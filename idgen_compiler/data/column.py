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

_TEXTS = frozenset({"string[pyarrow]", "large_string[pyarrow]"})
"""How pandas calls texts that Arrow holds, beside its own type of them."""


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
            known = self._from_dictionary
            plain = plain_column(self.name, self.content) if known is None else known[1][known[0]]
        except DataError as error:
            return error
        if self.blank is None or plain.ndim > 1:
            return plain
        values = np.full(len(self.blank), MISSING, dtype=object)
        values[~self.blank] = plain.astype(object)
        return values

    @cached_property
    def _from_dictionary(self) -> tuple[Array, Array] | None:
        """What `coded` gives, of a column that is stored as codes, or as texts that are hashed faster than read."""
        return None if self.pictures is not None else _dictionary_of(self.name, self.content)

    @cached_property
    def coded(self) -> tuple[Array, Array]:
        """Which of the values that occur each row has, and these, in the order in which they first do.

        The rows are gone through once, however often it is asked.  Shape: (rows,) of the narrowest integers, (values,).
        """
        if self._from_dictionary is not None and self.blank is None:
            return self._from_dictionary
        codes, found = pandas().factorize(self.values)
        return _narrow(codes, len(found)), found

    @property
    def distinct(self) -> Array:
        """The values that occur, each once, in the order in which they first do."""
        # Numbers with a fraction are rarely labels, and codes of them all would be held for nothing.
        return self._seen if self.values.dtype.kind == "f" else self.coded[1]

    @cached_property
    def _seen(self) -> Array:
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


def _narrow(codes: Array, count: int) -> Array:
    """Codes below `count` in the narrowest integers that hold them, -1 included."""
    dtype = next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if count <= np.iinfo(kind).max)
    return codes.astype(dtype, copy=False)


def _dictionary_of(name: str, content: Any) -> tuple[Array, Array] | None:
    """The code of each row and the plain values that occur, in the order in which they first do.

    Of what pandas calls categorical, of Arrow's dictionaries, which pandas reads so, and of texts that Arrow holds;
    None for any other column, and for one that lacks values or holds what is no plain value, of which
    `plain_column` has more to say.  Shape: (rows,) of the narrowest integers, (values,).

    >>> import pandas
    >>> _dictionary_of("X", pandas.Series(pandas.Categorical(["b", "a", "b"], ["a", "b", "c"])))
    (array([0, 1, 0], dtype=int8), array(['b', 'a'], dtype=object))
    """
    pd = pandas()
    if not isinstance(content, pd.Series) or not len(content):
        return None
    if content.dtype == "category":
        codes, known = np.asarray(content.cat.codes), content.dtype.categories.astype(object)
    elif isinstance(content.dtype, pd.StringDtype) or str(content.dtype) in _TEXTS:
        codes, known = content.factorize()
    else:
        return None
    if int(codes.min()) < 0:
        return None
    place, occurring = pd.factorize(codes)
    try:
        values = plain_column(name, pd.Series(known).iloc[occurring].reset_index(drop=True))
    except DataError:
        return None
    return _narrow(place, len(occurring)), values
