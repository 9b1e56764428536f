"""What a caller says about how a table is read."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from numbers import Real
from pathlib import Path
from typing import Any, Self

import numpy as np

from idgen_compiler.data.holding.memory import bytes_of
from idgen_compiler.errors import DataError
from idgen_compiler.forms.spelling import composed

__all__ = ["FREQUENCY", "MARK", "MISSING", "Reading"]

MISSING = ("refuse", "drop", "category", "text")

SURVEY, FREQUENCY = "survey", "frequency"
"""What weights may be."""

MARK = str | Real | np.bool_ | datetime.date | datetime.timedelta | np.datetime64 | np.timedelta64
"""What may stand for a missing value."""

_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True)
class Reading:
    """How a table is read; each field is an option of `fit` and `check_graph`.

    missing: what becomes of missing values: "refuse" (the default), "drop" (rows that lack a value are left out; a
        warning says how many, and what that assumes), "category" (a label "missing" is added to the categories that
        lack one; numbers are refused), or "text" (words of a text table such as NA and None are labels like any other;
        only what is empty is missing, and refused).
    missing_marks: values that stand for nothing, such as -9999, "unknown" or "1900-01-01": of every column, or by
        column. A text table has the usual words (NA, NaN, None, null, ...) besides.
    delimiter, decimal, encoding: of a text table; found where they are not named. A delimiter is one character, or
        "tab" or "space".
    images_root: the folder below which files of images lie that a table names; by default the folder of the table's
        file, or the working directory for a table in memory. Paths that a caller puts into a mapping himself are free.
    size_limit: bytes that one compressed file may unfold into. By default 1 GiB, or a hundred times the file where
        that is more, and 64 MiB for one image.
    weights: how much each row counts: the name of a column, which is no variable of the graph, or one number for each
        row. Rows of weight 0 count for nothing, as if the table did not have them.
    weights_are: "survey" (the default): the law of the data is the weighted one, and the scale of the weights means
        nothing, as of one over the probability that a row was drawn. "frequency": a row stands for so many equal rows.

    memory: how much memory the columns that are read may take, in bytes or as "2GB"; by default a quarter of what is
        free. Beyond it a Parquet file, a folder or a data set is read shard by shard.

    >>> Reading(missing="drop", missing_marks=(-9999,)).marks("income")
    (-9999,)
    """

    missing: str = "refuse"
    missing_marks: Any = ()
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    images_root: str | Path | None = None
    size_limit: int | None = None
    weights: Any = field(default=None, compare=False)
    weights_are: str = SURVEY
    memory: str | int | None = None

    def __post_init__(self) -> None:
        if self.missing not in MISSING:
            raise DataError(f"missing is {self.missing!r:.80}; choose {', '.join(MISSING)}")
        if self.delimiter is not None:
            object.__setattr__(self, "delimiter", _delimiter(self.delimiter))
        if self.decimal not in (None, ".", ","):
            raise DataError(f"decimal is {self.decimal!r:.80}; choose '.' or ','")
        if self.decimal is not None and self.decimal == self.delimiter:
            raise DataError(f"decimal and delimiter are both {self.decimal!r}; they have to differ")
        if self.encoding is not None:
            _check_encoding(self.encoding)
        limit = self.size_limit
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise DataError(f"size_limit is {limit!r:.80}; give a number of bytes, such as 4_000_000_000")
        if self.memory is not None:
            bytes_of(self.memory)
        if self.weights_are not in (SURVEY, FREQUENCY):
            raise DataError(f"weights_are is {self.weights_are!r:.80}; choose {SURVEY!r} or {FREQUENCY!r}")
        if self.weights is None and self.weights_are != SURVEY:
            raise DataError(f"weights_are={self.weights_are!r} says what no weights are; say weights='column', too")
        if self.images_root is not None and not Path(self.images_root).is_dir():
            raise DataError(f"images_root {str(self.images_root)!r:.200} is no folder; give one that is there")
        self.marks("")

    @property
    def counted(self) -> bool:
        """Whether a row stands for so many equal rows."""
        return self.weights_are == FREQUENCY

    @classmethod
    def take(cls, options: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """What options say about reading, and those that say something else."""
        names = {field.name for field in fields(cls)}
        said = {name: value for name, value in options.items() if name in names}
        return cls(**said), {name: value for name, value in options.items() if name not in names}

    @property
    def marked(self) -> tuple[str, ...]:
        """The columns that have marks of their own."""
        said = self.missing_marks
        return tuple(composed(str(name)).strip() for name in said) if isinstance(said, Mapping) else ()

    def marks(self, column: str) -> tuple[Any, ...]:
        """The values that stand for nothing in a column."""
        said = self.missing_marks
        if isinstance(said, Mapping):
            said = {composed(str(name)).strip(): marks for name, marks in said.items()}.get(column.strip(), ())
        if isinstance(said, MARK):
            said = (said,)
        if said is None or not isinstance(said, list | tuple | set | frozenset):
            raise DataError(f"missing_marks is {said!r:.80}; give a list of values such as [-9999, 'unknown']")
        for mark in said:
            if not isinstance(mark, MARK):
                raise DataError(f"missing_marks holds {mark!r:.80}; a mark is a text, a number, a date or a duration")
        return tuple(said)


def _delimiter(said: Any) -> str:
    found = _DELIMITERS.get(said, said) if isinstance(said, str) else ""
    if len(found) != 1 or found.isalnum() or found in '"\r\n\0':
        raise DataError(f"delimiter is {said!r:.80}; give one character such as ';', or tab or space")
    return found


def _check_encoding(said: Any) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=said)
    except (LookupError, TypeError, ValueError):
        raise DataError(f"encoding is {said!r:.80}; give one such as utf-8, utf-16, cp1252 or latin-1") from None
