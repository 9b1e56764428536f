"""Reading the columns that a program needs from whatever table the user has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.user_tables import PARQUET, check_aligned, kind_of, read_csv, reading
from idgen_torch.images import image_column, is_images

__all__ = ["Column", "Source", "open_table", "read_sources"]

Column = Any
"""A pandas Series, a NumPy array of one or two axes, or images as bytes with four; the first axis is the row."""


@dataclass(frozen=True)
class Source:
    """Where a variable's values come from: one column, or for a composite one column a field."""

    columns: Mapping[str, Column]  #: field -> column; the one field of a plain variable is ""
    names: Mapping[str, str]  #: field -> the column's name in the user's table

    @property
    def composite(self) -> bool:
        """Whether the variable is made of several columns."""
        return "" not in self.columns


@dataclass(frozen=True)
class OpenTable:
    """A table whose column names are known and whose columns are read on demand."""

    names: tuple[str, ...]
    read: Callable[[Sequence[str]], Mapping[str, Column]]


def read_sources(
    data: Any,
    variables: Iterable[str],
    composites: Mapping[str, Sequence[str]] | None = None,
    images: Collection[str] = (),
) -> dict[str, Source]:
    """The columns of each variable; other columns of the table are not read.

    A variable is the column of its name; or the columns that `composites` lists; or, where there is no such column,
    the columns called `variable.field`. `images` are columns that hold images even where they do not look like it.
    Raises DataError for what is missing, and for an empty table.
    """
    table = open_table(data)
    wanted: dict[str, dict[str, str]] = {}
    missing: list[str] = []
    for variable in variables:
        fields = _fields(variable, table.names, (composites or {}).get(variable))
        missing += [column for column in fields.values() if column not in table.names]
        wanted[variable] = fields
    if missing:
        hints = "".join(f"\n  {name}{near_misses(name, table.names)}" for name in missing)
        raise DataError(
            f"the data lack {len(missing)} column(s) that the program needs:{hints}\n"
            "rename the columns to the graph's names, or list the columns of a composite in composites={...}"
        )
    needed = list(dict.fromkeys(column for fields in wanted.values() for column in fields.values()))
    for column in needed:
        users = [variable for variable, fields in wanted.items() if column in fields.values()]
        if len(users) > 1:
            raise DataError(f"column {column} belongs to {' and to '.join(users)}; a column has one variable")
    columns = {
        name: image_column(name, c) if name in images or is_images(c) else c for name, c in table.read(needed).items()
    }
    lengths = {name: len(columns[name]) for name in needed}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns differ in length: {', '.join(f'{k} has {n}' for k, n in lengths.items())}")
    if not needed or next(iter(lengths.values())) == 0:
        raise DataError("the table has no rows; models are learnt from at least one")
    return {
        variable: Source({field: columns[column] for field, column in fields.items()}, fields)
        for variable, fields in wanted.items()
    }


def _fields(variable: str, names: Sequence[str], listed: Sequence[str] | None) -> dict[str, str]:
    """Field -> column name; the empty field stands for the variable itself."""
    prefix = f"{variable}."
    if listed is not None:
        if isinstance(listed, str) or not listed:
            raise DataError(f"composites[{variable!r}] is {listed!r}; give the list of its columns")
        fields = {column.removeprefix(prefix): column for column in listed}
        if len(fields) < len(listed):
            raise DataError(f"composites[{variable!r}] names a column twice: {', '.join(listed)}")
        return fields
    if variable in names:
        return {"": variable}
    dotted = {name.removeprefix(prefix): name for name in names if name.startswith(prefix) and name != prefix}
    return dotted or {"": variable}


def open_table(data: Any) -> OpenTable:
    """Any supported table.

    A pandas DataFrame, an Arrow table, a mapping of arrays, a Hugging Face Dataset, or the path of a CSV or Parquet
    file. Raises DataError for anything else.
    """
    if isinstance(data, pd.DataFrame):
        return _open_frame(data)
    if isinstance(data, pa.Table):
        return _open_arrow(data)
    if isinstance(data, str | Path):
        return _open_file(Path(data))
    if type(data).__module__.split(".")[0] == "datasets":
        return _open_hugging_face(data)
    if isinstance(data, Mapping):
        check_aligned(data)
        return OpenTable(tuple(map(str, data)), lambda names: {name: _array(name, data[name]) for name in names})
    raise DataError(
        f"data of type {type(data).__name__} cannot be read; give a pandas DataFrame, an Arrow table, a dict of "
        "arrays, a Hugging Face Dataset, or the path of a CSV or Parquet file"
    )


def _open_frame(frame: pd.DataFrame) -> OpenTable:
    names = tuple(map(str, frame.columns))

    def read(wanted: Sequence[str]) -> dict[str, Column]:
        for name in wanted:
            if names.count(name) > 1:
                raise DataError(f"the table has {names.count(name)} columns called {name}; keep one")
        return {name: frame.iloc[:, names.index(name)].reset_index(drop=True) for name in wanted}

    return OpenTable(names, read)


def _open_arrow(table: pa.Table) -> OpenTable:
    return OpenTable(
        tuple(table.column_names), lambda names: _open_frame(table.select(list(names)).to_pandas()).read(names)
    )


def _open_file(path: Path) -> OpenTable:
    if kind_of(path) in PARQUET:
        with reading(path, pa.ArrowException):
            names = tuple(pq.read_schema(path).names)
        return OpenTable(names, lambda wanted: _open_arrow(pq.read_table(path, columns=list(wanted))).read(wanted))
    names = tuple(map(str, read_csv(path, rows=0).columns))
    return OpenTable(names, lambda wanted: _open_frame(read_csv(path)).read(wanted))


def _open_hugging_face(dataset: Any) -> OpenTable:
    names = getattr(dataset, "column_names", None)
    if isinstance(names, dict):
        raise DataError(f"the data are a DatasetDict; choose one split, such as data[{next(iter(names), 'train')!r}]")
    if names is None or not hasattr(dataset, "with_format") or not hasattr(dataset, "select_columns"):
        raise DataError("a streamed dataset has no rows to read yet; load it without streaming=True")
    return OpenTable(
        tuple(names),
        lambda wanted: _open_arrow(dataset.select_columns(list(wanted)).with_format("arrow")[:]).read(wanted),
    )


def _array(name: str, values: Any) -> Column:
    if is_images(values):
        return values
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise DataError(f"column {name} is {type(values).__name__}, not an array with one entry a row")
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        hidden = np.ma.getmaskarray(values)
        values = np.ma.getdata(values).astype(object)
        values[hidden] = None  # what is masked is missing
    try:
        array = np.asarray(values)
    except ValueError:  # rows of unequal length
        array = np.empty(len(values), dtype=object)
        array[:] = list(values)
    if array.ndim == 0:
        raise DataError(f"column {name} is a single value, not an array with one entry a row")
    if array.dtype.kind == "U" and not isinstance(values, np.ndarray):
        # NumPy turns a list that mixes strings and numbers into strings; the entries themselves tell.
        array = np.empty(len(values), dtype=object)
        array[:] = list(values)
    return array
