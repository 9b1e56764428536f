"""Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from idgen_compiler.data.reading.bounded import check_size
from idgen_compiler.data.reading.files import reading
from idgen_compiler.errors import IdgenError

__all__ = ["ParquetFile", "arrow"]

_BYTES = 8
"""Of a value in memory, at least as long as pandas has it."""


def arrow() -> Any:
    """The library.  Raises IdgenError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise IdgenError("a Parquet file needs pyarrow; pip install 'idgen-compiler[check]', or [torch]") from None
    return pyarrow


@dataclass(frozen=True, eq=False)
class ParquetFile:
    """A table in a Parquet file.  Everything here raises DataError for a damaged file."""

    path: Path
    limit: int | None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        library = arrow()
        with reading(self.path, library.ArrowException):
            return tuple(library.parquet.read_schema(self.path).names)

    @cached_property
    def values(self) -> int:
        """How many values the file says it has, in all columns."""
        library = arrow()
        with reading(self.path, library.ArrowException):
            found = library.parquet.read_metadata(self.path)
            return max(0, int(found.num_rows)) * max(0, int(found.num_columns))

    def check_groups(self) -> None:
        """Raise DataError where a group of rows, which is read at once, unfolds into more than the file may."""
        library = arrow()
        with reading(self.path, library.ArrowException):
            found = library.parquet.read_metadata(self.path)
            for k in range(found.num_row_groups):
                check_size(self.path, max(0, found.row_group(k).total_byte_size), self.limit)

    def read(self, wanted: Sequence[str]) -> Any:
        """Some columns as an Arrow table.  Raises DataError, before reading, where they unfold into too much."""
        library = arrow()
        with reading(self.path, library.ArrowException), library.parquet.ParquetFile(self.path) as file:
            check_size(self.path, max(_unfolded(file.metadata, len(wanted))), self.limit)
            return file.read(columns=list(wanted))


def _unfolded(metadata: Any, wanted: int) -> tuple[int, int]:
    """Bytes of all columns as pages say them, and of the wanted ones as values in memory are.

    A damaged column's own account of itself would end the process.
    """
    groups = [metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups)]
    return sum(max(0, size) for size in groups), max(0, metadata.num_rows) * wanted * _BYTES
