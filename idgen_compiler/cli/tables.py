"""Samples as files: Parquet, CSV, or CSV on standard output."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from idgen_compiler.backend import Samples
from idgen_compiler.errors import DataError, IdgenError

__all__ = ["check_writable", "columns_of", "write_samples"]


def check_writable(path: Path) -> None:
    """Raise DataError for a path that cannot become a table, before anything is sampled."""
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(f"--out {path} is neither .csv nor .parquet by its name")
    if path.is_dir():
        raise DataError(f"--out {path} is a folder; give a file")
    if not path.parent.is_dir():
        raise DataError(f"there is no folder {path.parent} for --out {path.name}; create it first")


def write_samples(samples: Samples, path: Path | None) -> None:
    """Write a table with one row for each sample; a file appears when it is complete.

    Raises IdgenError when Parquet is asked for and pyarrow is not installed.
    """
    columns = dict(columns_of(samples))
    if path is None:
        _write_csv(columns, sys.stdout)
        return
    partial = path.with_name(path.name + ".partial")
    try:
        if path.suffix.lower() == ".parquet":
            _write_parquet(columns, partial)
        else:
            with partial.open("w", encoding="utf-8", newline="") as file:
                _write_csv(columns, file)
        partial.replace(path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)


def columns_of(samples: Samples) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of a table: a composite gives `X.field` for each of its fields, a vector `X.0`, `X.1`, ..."""
    for name, values in samples.items():
        if values.dtype.names:
            yield from ((f"{name}.{field}", values[field]) for field in values.dtype.names)
        elif values.ndim > 1:
            flat = values.reshape(len(values), -1)
            yield from ((f"{name}.{k}", flat[:, k]) for k in range(flat.shape[1]))
        else:
            yield name, values


def _write_csv(columns: dict[str, np.ndarray], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))


def _write_parquet(columns: dict[str, np.ndarray], path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise IdgenError("Parquet needs pyarrow (pip install 'idgen-compiler[torch]'); write a .csv instead") from None
    parquet.write_table(pyarrow.table(columns), path)
