"""One column of a table: what it held when it was read, and its values in plain types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, Pictures, pandas
from idgen_compiler.data.plain import plain_column
from idgen_compiler.errors import DataError

__all__ = ["FEW_VALUES", "MISSING", "Column"]

FEW_VALUES = 10
"""A column of so few different values may hold categories, whatever they say; of more numbers hardly."""

MISSING = "missing"
"""The label of what is missing, where that is a category."""

_TEXTS = frozenset({"string[pyarrow]", "large_string[pyarrow]"})
"""How pandas calls texts that Arrow holds, beside its own type of them."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column by its name in the user's table.

    `stored` is what was read: a pandas Series, a NumPy array of one or two axes, or pictures. `lacks` says which rows
    lack a value, where that is to be a category; `stored` then holds the others. Of a table whose rows are few
    different ones, these are stored, and `place` says which of them each row is.
    """

    name: str
    stored: Any
    lacks: Array | None = None  #: shape (stored rows,) bool
    place: Array | None = None  #: shape (rows,) of whole numbers

    def __len__(self) -> int:
        if self.place is not None:
            return len(self.place)
        return len(self.stored) if self.lacks is None else len(self.lacks)

    @cached_property
    def few(self) -> Column:
        """The rows that are stored, as a column of their own."""
        return self if self.place is None else Column(self.name, self.stored, self.lacks)

    @property
    def content(self) -> Any:
        """What was read, of every row that holds a value."""
        return self.stored if self.place is None else self.stored.iloc[self._holding].reset_index(drop=True)

    @property
    def blank(self) -> Array | None:
        """Which rows lack a value, where that is a category.  Shape: (rows,) bool."""
        return self.lacks if self.place is None or self.lacks is None else self.lacks[self.place]

    @property
    def _holding(self) -> Array:
        """Where the value of each row that holds one is stored."""
        place: Array = np.empty(0) if self.place is None else self.place
        if self.lacks is None:
            return place
        there = (np.cumsum(~self.lacks) - 1).astype(place.dtype)
        return np.asarray(there[place[~self.lacks[place]]])

    @property
    def present(self) -> Column:
        """The rows that hold a value, as a column of their own."""
        return Column(self.name, self.stored, None, None if self.place is None else self._holding)

    @property
    def pictures(self) -> Pictures | None:
        """The column where it holds images.  Shape: (rows, channels, height, width)."""
        return self.stored if isinstance(self.stored, np.ndarray) and self.stored.ndim == 4 else None

    @property
    def values(self) -> Array:
        """Booleans, whole numbers, floats or strings (rows,), or numbers (rows, dim).

        Raises DataError where the column holds anything else, saying what to do (see `plain_column`).
        """
        held = self.held
        return held if self.place is None else held[self.place]

    @property
    def held(self) -> Array:
        """The values of the rows that are stored: every one that occurs.  Raises DataError as `values` does."""
        if isinstance(self.few._plain, DataError):
            raise self.few._plain if self.place is None else self._told
        return self.few._plain

    @property
    def plain(self) -> Array | None:
        """The values, or None where these are an error."""
        return None if isinstance(self.few._plain, DataError) else self.values

    @property
    def plainly_held(self) -> Array | None:
        """The values of the rows that are stored, or None where these are an error."""
        return None if isinstance(self.few._plain, DataError) else self.held

    @cached_property
    def _told(self) -> DataError:
        """What is wrong with the values, told of all rows."""
        found = Column(self.name, self.content, self.blank)._plain
        return found if isinstance(found, DataError) else DataError(f"column {self.name} cannot be read")

    @cached_property
    def _plain(self) -> Array | DataError:
        if self.pictures is not None:
            shape = self.pictures.shape[1:]
            return DataError(f"column {self.name} holds images of {shape}; leave it out of types")
        try:
            known = self._from_dictionary
            plain = plain_column(self.name, self.stored) if known is None else known[1][known[0]]
        except DataError as error:
            return error
        if self.lacks is None or plain.ndim > 1:
            return plain
        values = np.full(len(self.lacks), MISSING, dtype=object)
        values[~self.lacks] = plain.astype(object)
        return values

    @cached_property
    def _from_dictionary(self) -> tuple[Array, Array] | None:
        """What `coded` gives, of a column that is stored as codes, or as texts that are hashed faster than read."""
        return None if self.pictures is not None else _dictionary_of(self.name, self.stored)

    @property
    def coded(self) -> tuple[Array, Array]:
        """Which of the values that occur each row has, and these, in the order in which they first do.

        The rows are gone through once, however often it is asked.  Shape: (rows,) of the narrowest integers, (values,).
        """
        if self.place is None:
            return self._coded
        codes, found = self.few._coded
        return codes[self.place], found

    @cached_property
    def _coded(self) -> tuple[Array, Array]:
        if self._from_dictionary is not None and self.lacks is None:
            return self._from_dictionary
        codes, found = pandas().factorize(self.values)
        return _narrow(codes, len(found)), found

    @property
    def distinct(self) -> Array:
        """The values that occur, each once, in the order in which they first do."""
        # Numbers with a fraction are rarely labels, and codes of them all would be held for nothing.
        return self.few._seen if self.held.dtype.kind == "f" else self.few._coded[1]

    @cached_property
    def _seen(self) -> Array:
        found: Array = pandas().unique(self.values)
        return found

    @property
    def ordered(self) -> bool:
        """Whether pandas calls it categorical and knows an order of its labels."""
        return self.lacks is None and self.categories is not None and bool(self.stored.dtype.ordered)

    @property
    def categories(self) -> list[Any] | None:
        """The labels that pandas knows of a column that it calls categorical, in the user's order; None for others.

        Where what is missing is a category, all labels, that one last.
        """
        if self.lacks is not None:
            present = self.few.present
            known = sorted(present.distinct) if present.categories is None else present.categories
            return [*known, MISSING]
        said = isinstance(self.stored, pandas().Series) and self.stored.dtype == "category"
        return list(self.stored.dtype.categories) if said else None


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
