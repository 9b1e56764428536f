"""Whatever table a user has, as columns that are read on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import as_numpy, pandas
from idgen_compiler.data.files import PARQUET, language_of, read_csv, reading
from idgen_compiler.data.images import is_images
from idgen_compiler.errors import DataError, IdgenError

__all__ = ["Content", "Table", "open_table"]

Content = Any
"""A pandas Series, a NumPy array, or what images are read from; the first axis is the row."""


@dataclass(frozen=True)
class Table:
    """A table whose column names are known and whose columns are read on demand."""

    names: tuple[str, ...]
    read: Callable[[Sequence[str]], Mapping[str, Content]]


def open_table(data: Any) -> Table:
    """Any supported table.

    A pandas DataFrame, an Arrow table, a mapping of arrays, a Hugging Face Dataset, the path of a CSV or Parquet file,
    or what turns itself into a DataFrame (`to_pandas`). Raises DataError for anything else.

    >>> open_table({"X": [0, 1], "Y": [0.5, 1.5]}).names
    ('X', 'Y')
    """
    package = type(data).__module__.split(".")[0]
    if isinstance(data, pandas().DataFrame):
        return _frame(data)
    if isinstance(data, str | Path):
        return _file(Path(data))
    if package == "datasets":
        return _hugging_face(data)
    if package == "pyarrow" and hasattr(data, "column_names"):
        return _arrow(data)
    if isinstance(data, Mapping):
        _check_aligned(data)
        return Table(tuple(map(str, data)), lambda names: {name: _array(name, data[name]) for name in names})
    if callable(convert := getattr(data, "to_pandas", None)):
        return _frame(pandas().DataFrame(convert()))
    raise DataError(
        f"data of type {type(data).__name__} cannot be read; give a pandas DataFrame, an Arrow table, a dict of "
        "arrays, a Hugging Face Dataset, or the path of a CSV or Parquet file"
    )


def _frame(frame: Any) -> Table:
    names = tuple(map(str, frame.columns))

    def read(wanted: Sequence[str]) -> dict[str, Content]:
        for name in wanted:
            if names.count(name) > 1:
                raise DataError(f"the table has {names.count(name)} columns called {name}; keep one")
        return {name: frame.iloc[:, names.index(name)].reset_index(drop=True) for name in wanted}

    return Table(names, read)


def _arrow(table: Any) -> Table:
    return Table(tuple(table.column_names), lambda names: _frame(table.select(list(names)).to_pandas()).read(names))


def _file(path: Path) -> Table:
    if language_of(path) not in PARQUET:
        names = tuple(map(str, read_csv(path, rows=0).columns))
        return Table(names, lambda wanted: _frame(read_csv(path)).read(wanted))
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise IdgenError("a Parquet file needs pyarrow; pip install 'idgen-compiler[check]', or [torch]") from None
    with reading(path, pyarrow.ArrowException):
        names = tuple(pyarrow.parquet.read_schema(path).names)
    return Table(names, lambda wanted: _arrow(pyarrow.parquet.read_table(path, columns=list(wanted))).read(wanted))


def _hugging_face(dataset: Any) -> Table:
    names = getattr(dataset, "column_names", None)
    if isinstance(names, dict):
        raise DataError(f"the data are a DatasetDict; choose one split, such as data[{next(iter(names), 'train')!r}]")
    if names is None or not hasattr(dataset, "with_format") or not hasattr(dataset, "select_columns"):
        raise DataError("a streamed dataset has no rows to read yet; load it without streaming=True")
    return Table(
        tuple(names),
        lambda wanted: _arrow(dataset.select_columns(list(wanted)).with_format("arrow")[:]).read(wanted),
    )


def _check_aligned(columns: Mapping[Any, Any]) -> None:
    """Raise DataError for columns of pandas with unlike indexes: by place and by name their rows would pair unlike."""
    series = {str(name): column for name, column in columns.items() if isinstance(column, pandas().Series)}
    first = next(iter(series), "")
    for name, column in series.items():
        if not column.index.equals(series[first].index):
            raise DataError(
                f"columns {first} and {name} have different pandas indexes; join them in one DataFrame, or give arrays "
                "in the order of the rows"
            )


def _array(name: str, values: Any) -> Content:
    if is_images(values):
        return values
    if isinstance(values, pandas().Series):
        return values.reset_index(drop=True)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise DataError(f"column {name} is {type(values).__name__}, not an array with one entry a row")
    values = as_numpy(values)
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
