"""Columns of Arrow tables as pandas Series."""

from __future__ import annotations

from typing import Any

from idgen_compiler.data.reading.parquet import arrow
from idgen_compiler.errors import DataError

__all__ = ["series_of"]


def series_of(table: Any, place: int) -> Any:
    """A column of an Arrow table, whatever pandas once noted about the table.  Raises DataError for what is damaged."""
    library = arrow()
    try:
        one = table.select([place])
        one.validate(full=True)  # what came over a wire may be damaged, and Arrow ends the process that looks into it
        frame = one.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    except (library.ArrowException, ValueError, TypeError, KeyError, OverflowError, NotImplementedError) as error:
        told = " ".join(str(error).split())[:200]
        raise DataError(
            f"column {table.column_names[place]} of type {table.column(place).type!s:.80} cannot be read: {told}"
        ) from None
    return frame.iloc[:, 0]
