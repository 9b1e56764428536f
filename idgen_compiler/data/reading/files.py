"""Files of tables: which language they are in, and what goes wrong while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idgen_compiler.errors import DataError

__all__ = ["DELIMITERS", "PARQUET", "language_of", "reading", "table_file"]

PARQUET, DELIMITERS = ("parquet", "pq"), {"csv": ",", "tsv": "\t"}

_OTHERS = {
    ("xlsx", "xls", "xlsm", "xlsb", "ods"): ("a workbook", "read_excel"),
    ("json", "jsonl", "ndjson"): ("JSON", "read_json"),
    ("dta",): ("a Stata file", "read_stata"),
    ("sav", "zsav"): ("an SPSS file", "read_spss"),
    ("sas7bdat", "xpt"): ("a SAS file", "read_sas"),
    ("feather", "arrow", "ipc"): ("a Feather or Arrow file", "read_feather"),
    ("orc",): ("an ORC file", "read_orc"),
    ("h5", "hdf5", "hdf"): ("an HDF5 file", "read_hdf"),
    ("xml",): ("XML", "read_xml"),
    ("html", "htm"): ("a page of the web", "read_html"),
}
"""Other files of tables, by how their names end: what they are, and what of pandas reads them."""

_NO_TABLES = {
    ("rds", "rda", "rdata"): "a file of R; write the table there with write.csv",
    ("pkl", "pickle"): "a pickle, which may run code when it is read; write the table with to_parquet",
    ("db", "sqlite", "sqlite3"): "a database; export the table as CSV",
    ("zip", "bz2", "xz", "zst", "7z", "tar", "tgz"): "an archive; unpack it (of compressed tables .csv.gz is read)",
    ("pdf",): "a PDF; export the table as CSV",
}

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
        for endings, (what, reader) in _OTHERS.items():
            if language in endings:
                raise DataError(
                    f"{path} is {what} by its name, and only CSV and Parquet are read; give the table that "
                    f"pandas.{reader}({path.name!r}) reads, or write it with .to_parquet('{path.stem}.parquet')"
                )
        for endings, told in _NO_TABLES.items():
            if language in endings:
                raise DataError(f"{path} is by its name {told}")
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
