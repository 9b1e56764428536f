"""Files of tables: which language they are in, and what goes wrong while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idgen_compiler.errors import DataError

__all__ = ["DELIMITERS", "PARQUET", "language_of", "reading", "table_file"]

PARQUET, DELIMITERS = ("parquet", "pq"), {"csv": ",", "tsv": "\t"}

LONGEST = 4096
"""No file system has longer paths."""


def table_file(path: Path) -> Path:
    """The path of a file that may hold a table.  Raises DataError where there is none, or it is of another language."""
    if len(str(path)) > LONGEST or "\0" in str(path):
        raise DataError(f"{str(path)[:60]!r}... is no path; give the path of a CSV or Parquet file")
    language_of(path)
    try:
        found = path.stat()
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise DataError(f"there is no file {path}; give the path of a CSV or Parquet file") from None
        raise DataError(f"{str(path)[:200]} cannot be read: {error.strerror or error}") from None
    if path.is_dir():
        raise DataError(f"there is no file {path}; give the path of a CSV or Parquet file")
    if not path.is_file():
        raise DataError(f"{path} is no regular file; give the path of a CSV or Parquet file")
    if found.st_size == 0:
        raise DataError(f"{path} cannot be read as {language_of(path).upper()}: the file is empty")
    return path


def language_of(path: Path) -> str:
    """The language of a table's file by its name: one of `PARQUET`, csv or tsv.  Raises DataError for any other."""
    language = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if language not in (*PARQUET, *DELIMITERS):
        raise DataError(f"{path} is neither CSV nor Parquet by its name; rename it to .csv, .tsv or .parquet")
    return language


@contextmanager
def reading(path: Path, *also: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong while a table's file is read into a DataError; `also` are errors of the reader's own."""
    # pandas' own parser errors are ValueErrors; damaged files also make readers fail at what they cannot do
    failures: tuple[type[Exception], ...] = (
        OSError,
        ValueError,
        OverflowError,
        MemoryError,
        KeyError,
        TypeError,
        *also,
    )
    try:
        yield
    except DataError:
        raise
    except failures as error:
        told = " ".join(str(error).split())[:300]
        raise DataError(f"{path} cannot be read as {language_of(path).upper()}: {told}") from error
