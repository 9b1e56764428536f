"""Files of tables: which language they are in, and what goes wrong while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from idgen_compiler.data.arrays import pandas
from idgen_compiler.errors import DataError

__all__ = ["PARQUET", "language_of", "read_csv", "reading"]

PARQUET, _MARKS = ("parquet", "pq"), {"csv": ",", "tsv": "\t"}


def language_of(path: Path) -> str:
    """The language of a table's file by its name: one of `PARQUET`, csv or tsv.  Raises DataError for any other."""
    language = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if language not in (*PARQUET, *_MARKS):
        raise DataError(f"{path} is neither CSV nor Parquet by its name; rename it to .csv, .tsv or .parquet")
    return language


@contextmanager
def reading(path: Path, *also: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong while a table's file is read into a DataError; `also` are errors of the reader's own."""
    failures: tuple[type[Exception], ...] = (OSError, ValueError, *also)  # pandas' own parser errors are among these
    try:
        yield
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(f"there is no file {path}; give the path of a CSV or Parquet file") from None
    except failures as error:
        raise DataError(f"{path} cannot be read as {language_of(path).upper()}: {error}") from error


def read_csv(path: Path, rows: int | None = None) -> Any:
    """The whole table as a DataFrame, or its first rows; columns are parted by commas, or by tabs in a .tsv file.

    Where every row has one field more than the header, the first is a row's name, as R writes them, and is left out.
    All columns are read, whichever are wanted: told to read some only, pandas takes rows of any length.

    Raises DataError for what is no such table, naming the line.
    """
    with reading(path):
        table = pandas().read_csv(path, sep=_MARKS[language_of(path)], low_memory=False, nrows=rows)
    if table.index.nlevels > 1:
        raise DataError(f"the rows of {path} have {table.index.nlevels} fields more than its header; name them all")
    return table.reset_index(drop=True)
