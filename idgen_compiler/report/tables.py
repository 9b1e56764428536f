"""Samples as files: Parquet, CSV, or CSV on standard output."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from idgen_compiler.data.atomic import check_room, followed, whole_or_absent
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.hinge.samples import Samples

__all__ = ["check_replaced", "check_writable", "columns_of", "in_parquet", "write_samples"]


_LONGEST = 2**20
"""No header of a table of samples that is compared has more characters."""


def check_writable(path: Path) -> None:
    """Raise DataError for a path that cannot become a table, before anything is sampled.

    >>> check_writable(Path("samples.txt"))
    Traceback (most recent call last):
    idgen_compiler.errors.DataError: --out samples.txt is neither .csv nor .parquet by its name
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(f"--out {path} is neither .csv nor .parquet by its name")
    if path.is_dir():
        raise DataError(f"--out {path} is a folder; give a file")
    if not path.parent.is_dir():
        raise DataError(f"there is no folder {path.parent} for --out {path.name}; create it first")
    target = followed(path)
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise DataError(f"--out {path} is no file that may be written over; give another one")
    check_room(target)


def check_replaced(path: Path, samples: Samples) -> None:
    """Raise DataError where a file is there that holds anything but a table of the columns that these samples have."""
    target = followed(path)
    if not target.exists() or not target.stat().st_size:
        return
    found, own = _columns_in(target), list(in_parquet(samples) if _is_parquet(path) else dict(columns_of(samples)))
    if found != own:
        what = f"the column(s) {', '.join(found)[:80]}" if found else "no table that can be read"
        raise DataError(
            f"--out {path} is there already and holds {what}, where samples have {', '.join(own)[:80]}; give another "
            "file, or --force to replace it"
        )


def _columns_in(path: Path) -> list[str]:
    """The names of the columns of a table that is there; none where it is no table."""
    try:
        if _is_parquet(path):
            from pyarrow import ArrowException, parquet

            try:
                return list(parquet.read_schema(path).names)
            except ArrowException:
                return []
        with path.open(encoding="utf-8", newline="") as file:
            return next(csv.reader([file.readline(_LONGEST)], strict=True), [])
    except (OSError, ValueError, csv.Error, ImportError):
        return []


def write_samples(pieces: Iterable[Samples], path: Path | None) -> int:
    """Write a table with one row for each sample, piece by piece; a file appears when it is complete.

    Returns the number of rows. Raises DataError where the file cannot be written, and IdgenError when Parquet is asked
    for and pyarrow is not installed.
    """
    if path is None:
        return _write_csv(pieces, sys.stdout)
    with whole_or_absent(followed(path)) as partial:
        if _is_parquet(path):
            return _write_parquet(pieces, partial)
        with partial.open("w", encoding="utf-8", newline="") as file:
            return _write_csv(pieces, file)


def columns_of(samples: Samples) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of a table.

    A composite gives `X.field` for each of its fields, a vector `X.0`, `X.1`, ..., and an image all of its bytes like a
    vector.
    """
    for name, values in _fields(samples):
        if values.ndim > 1:
            flat = values.reshape(len(values), -1)
            yield from ((f"{name}.{k}", flat[:, k]) for k in range(flat.shape[1]))
        else:
            yield name, values


def _fields(samples: Samples) -> Iterator[tuple[str, np.ndarray]]:
    for name, values in samples.items():
        if values.dtype.names:
            yield from ((f"{name}.{field}", values[field]) for field in values.dtype.names)
        else:
            yield name, values


def _write_csv(pieces: Iterable[Samples], file: TextIO) -> int:
    writer = csv.writer(file, lineterminator="\n")
    rows = 0
    for number, samples in enumerate(pieces):
        columns = dict(columns_of(samples))
        if number == 0:
            writer.writerow(columns)
        writer.writerows(zip(*map(_printed, columns.values()), strict=True))
        rows += samples.size
    return rows


def _printed(values: np.ndarray) -> list[Any]:
    """Values as a CSV file shows them: dates in ISO 8601, durations with their unit."""
    shown: list[Any]
    if values.dtype.kind == "M":
        unit = np.datetime_data(values.dtype)[0]
        whole = unit not in ("D", "M", "Y", "W") and (values == values.astype("M8[s]")).all()
        shown = np.datetime_as_string(values, unit="s" if whole else None).tolist()
        return shown
    if values.dtype.kind == "m":
        import pandas as pd

        return list(map(str, pd.to_timedelta(values)))
    shown = values.tolist()
    return shown


def _write_parquet(pieces: Iterable[Samples], path: Path) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise IdgenError("Parquet needs pyarrow (pip install 'idgen-compiler[torch]'); write a .csv instead") from None
    rows, writer = 0, None
    try:
        for samples in pieces:
            table = pyarrow.table(in_parquet(samples))
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
            rows += samples.size
    finally:
        if writer is not None:
            writer.close()
    return rows


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def in_parquet(samples: Samples) -> dict[str, Any]:
    """The columns of a Parquet file, in which images are PNG."""
    images = {name: _encoded(values) for name, values in _fields(samples) if _are_images(values)}
    others = Samples({name: values for name, values in _fields(samples) if name not in images})
    return dict(columns_of(others)) | images


def _are_images(values: np.ndarray) -> bool:
    return values.ndim == 4 and values.dtype == np.uint8


def _encoded(images: np.ndarray) -> list[dict[str, Any]]:
    """Images as PNG, in the way in which tables of images are exchanged: {"bytes": ..., "path": ...}."""
    from PIL import Image

    found = []
    for image in images:
        file = io.BytesIO()
        pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
        Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", compress_level=1)
        found.append({"bytes": file.getvalue(), "path": None})
    return found
