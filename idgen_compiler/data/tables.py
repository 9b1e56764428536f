"""Whatever table a user has, as columns that are read on demand."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy, pandas
from idgen_compiler.data.holding.few import Few
from idgen_compiler.data.holding.memory import A_VALUE, budget
from idgen_compiler.data.images import is_images
from idgen_compiler.data.reading.delimited import DelimitedFile
from idgen_compiler.data.reading.files import PARQUET, language_of, table_file
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.reading.parquet import ParquetFile, arrow
from idgen_compiler.data.reading.weights import checked_weights
from idgen_compiler.data.shards.series import series_of
from idgen_compiler.data.shards.source import Shards, of_batches, of_dataset, of_files, of_folder
from idgen_compiler.data.shards.streamed import of_hugging_face, of_iterable, of_reader
from idgen_compiler.data.shards.table import ShardedColumns
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.spelling import composed

__all__ = ["Content", "Table", "open_table", "some_rows_of", "weight_column", "weights_of"]

Content = Any
"""A pandas Series, a NumPy array, or what images are read from; the first axis is the row."""

_UNSEEN, _MISREAD = "\ufeff\u200b", "\xef\xbb\xbf"
"""A byte-order mark and a space without width, as other readers leave at names; and the mark in Latin letters."""


@dataclass(frozen=True)
class Table:
    """A table whose column names are known and whose columns are read on demand.

    `raw` are the names as they stand there, `pick` reads columns by their places. Files of images that the table names
    lie below `images_root`; None where a caller names them himself. `folder` is that of the table's file. `index` are
    the names of what pandas has as an index, which is no column; `rows` is that index.
    """

    raw: tuple[str, ...]
    pick: Callable[[Sequence[int]], Sequence[Content]]
    images_root: Path | None = None
    folder: Path | None = None
    index: tuple[str, ...] = ()
    rows: Any = None
    path: str = ""  #: that of its file or folder, where it was given as one

    @property
    def names(self) -> tuple[str, ...]:
        """The names, accents composed, without white space or unseen marks around them where they stay different."""
        whole = [composed(name) for name in self.raw]
        bare = [name.strip().strip(_UNSEEN).removeprefix(_MISREAD).strip() for name in whole]
        return tuple(new if new and bare.count(new) == 1 else old for old, new in zip(whole, bare, strict=True))

    def read(self, wanted: Sequence[str]) -> dict[str, Content]:
        """Some columns, by name.  Raises DataError for a name that several columns have."""
        names, places = self.names, []
        for name in wanted:
            found = [k for k, other in enumerate(names) if other == name]
            if len(found) > 1:
                where = " and ".join(str(k + 1) for k in found)
                raise DataError(f"the table has {len(found)} columns called {name}, in the places {where}; keep one")
            places += found
        return dict(zip(wanted, self.pick(places), strict=True))


def open_table(data: Any, how: Reading | None = None) -> Table:
    """Any supported table.

    A pandas DataFrame, an Arrow table, a mapping of arrays, a Hugging Face Dataset, the path of a CSV or Parquet file,
    or what turns itself into a DataFrame (`to_pandas`), such as a polars DataFrame. What may be larger than memory is
    read shard by shard (see `data.shards`): a folder or list of files, a data set or reader of pyarrow, an
    IterableDataset. An opened table is given back as it is. Raises DataError for anything else.

    >>> open_table({"X": [0, 1], "Y": [0.5, 1.5]}).names
    ('X', 'Y')
    """
    if isinstance(data, Table):
        return data
    how = how or Reading()
    root = Path.cwd() if how.images_root is None else Path(how.images_root)
    package = type(data).__module__.split(".")[0]
    if isinstance(data, pandas().DataFrame):
        return _frame(data, root)
    if isinstance(data, str | Path):
        return _file(Path(data), how)
    if isinstance(data, list | tuple) and data and all(isinstance(each, str | Path) for each in data):
        return _sharded(of_files(data, how.size_limit), how)
    if package == "datasets":
        return _hugging_face(data, root, how)
    if package == "pyarrow" and (shards := _of_pyarrow(data, how)) is not None:
        return _sharded(shards, how)
    if package == "pyarrow" and hasattr(type(data), "column_names"):
        return _arrow(data, root)
    if isinstance(data, Mapping):
        return _mapping(data, None if how.images_root is None else root)
    if callable(convert := getattr(data, "to_pandas", None)):
        try:
            frame = pandas().DataFrame(convert())
        except Exception as error:  # whatever another library raises
            told = f"{type(error).__name__}: {error}"
            raise DataError(
                f"data of type {type(data).__name__} do not become a DataFrame ({told:.200}); convert them yourself"
            ) from error
        return _frame(frame, root)
    hint = "; collect() it first" if callable(getattr(data, "collect", None)) else ""
    raise DataError(
        f"data of type {type(data).__name__} cannot be read{hint}; give a pandas DataFrame, an Arrow table, a dict of "
        "arrays, a Hugging Face Dataset, or the path of a CSV or Parquet file, or of a folder of Parquet files"
    )


def some_rows_of(content: Content, rows: Array) -> Content:
    """The content of some rows, by their numbers.  Shape: rows (some,) int64."""
    if isinstance(content, Few):
        return content.take(rows)
    return content.iloc[rows].reset_index(drop=True) if hasattr(content, "iloc") else content[rows]


def weight_column(table: Table, how: Reading) -> tuple[str, ...]:
    """The column that says how much each row counts, where a caller names one.

    Raises DataError for a name that no column has.
    """
    if not isinstance(how.weights, str):
        return ()
    name = composed(how.weights).strip()
    if name not in table.names:
        hint = near_misses(name, table.names)
        raise DataError(f"weights names {how.weights!r:.80}, which is no column of the table{hint}")
    return (name,)


def weights_of(table: Table, how: Reading, read: Mapping[str, Content], rows: int) -> Array | None:
    """How much each of so many rows counts, where a caller says so; `read` has the `weight_column`.

    Raises DataError as `checked_weights` does, and for weights in another order than the rows.
    Shape: (rows,) float64.
    """
    if how.weights is None:
        return None
    for name in weight_column(table, how):
        own = read[name]
        return checked_weights(name, own.whole() if isinstance(own, Few) else own, how, rows)
    content = _array("weights", how.weights)
    if isinstance(how.weights, pandas().Series) and table.rows is not None and not how.weights.index.equals(table.rows):
        raise DataError(
            "weights and the table have different pandas indexes; make the weights a column of the table, or give an "
            "array in the order of its rows"
        )
    return checked_weights("", content, how, rows)


def _frame(frame: Any, root: Path) -> Table:
    if frame.columns.nlevels > 1:
        raise DataError(
            f"the table's columns have {frame.columns.nlevels} levels; join them, for example by "
            "table.columns = ['.'.join(map(str, name)) for name in table.columns]"
        )
    return Table(
        tuple(map(str, frame.columns)),
        lambda places: [frame.iloc[:, k].reset_index(drop=True) for k in places],
        root,
        index=tuple(str(name) for name in frame.index.names if name is not None),
        rows=frame.index,
    )


def _arrow(table: Any, root: Path) -> Table:
    try:
        names = tuple(map(str, table.column_names))
    except UnicodeDecodeError as error:
        raise DataError(f"the names of the table's columns are no UTF-8 ({error}); rename them") from None
    return Table(names, lambda places: [series_of(table, k) for k in places], root)


def _sharded(shards: Shards, how: Reading, path: str = "") -> Table:
    """A table that is read shard by shard, where it takes more memory than it may."""
    folder = shards.folder
    root = Path(how.images_root) if how.images_root is not None else folder or Path.cwd()
    return Table(shards.names, ShardedColumns(shards, budget(how.memory)).pick, root, folder, path=path)


def _of_pyarrow(data: Any, how: Reading) -> Shards | None:
    """What pyarrow reads in batches; None for a table that fits."""
    if hasattr(data, "get_fragments"):
        return of_dataset(data)
    if hasattr(data, "read_next_batch"):
        return of_reader(data)
    if hasattr(type(data), "column_names") and hasattr(data, "to_batches") and hasattr(data, "num_rows"):
        if data.num_rows * data.num_columns * A_VALUE <= budget(how.memory):
            return None
        table = arrow().table(data) if not hasattr(data, "unify_dictionaries") else data.unify_dictionaries()
        return of_batches(table.schema.remove_metadata(), lambda: iter(table.to_batches()), table.num_rows)
    return None


def _file(path: Path, how: Reading) -> Table:
    if os.path.isdir(path):  # which no name disturbs, however long
        return _sharded(of_folder(path, how.size_limit), how, str(path))
    table_file(path)
    root = path.parent if how.images_root is None else Path(how.images_root)
    if language_of(path) not in PARQUET:
        file = DelimitedFile(path, how)
        return Table(file.names, file.read, root, path.parent, path=str(path))
    if ParquetFile(path, how.size_limit).values * A_VALUE > budget(how.memory):
        return _sharded(of_files([path], how.size_limit), how, str(path))
    columns = ParquetFile(path, how.size_limit)
    names = columns.names

    def pick(places: Sequence[int]) -> list[Content]:
        wanted = [names[k] for k in places]
        table = columns.read(wanted)
        return [series_of(table, table.column_names.index(name)) for name in wanted]

    return Table(names, pick, root, path.parent, path=str(path))


def _hugging_face(dataset: Any, root: Path, how: Reading) -> Table:
    names = getattr(dataset, "column_names", None)
    if isinstance(names, dict):
        raise DataError(f"the data are a DatasetDict; choose one split, such as data[{next(iter(names), 'train')!r}]")
    if not hasattr(dataset, "with_format") or not hasattr(dataset, "select_columns"):
        raise DataError(f"data of type {type(dataset).__name__} have no columns; give a Dataset or an IterableDataset")
    if names is None or not hasattr(dataset, "__len__"):
        return _sharded(of_iterable(dataset), how)
    if len(dataset) * len(names) * A_VALUE > budget(how.memory):
        return _sharded(of_hugging_face(dataset), how)

    def pick(places: Sequence[int]) -> list[Content]:
        table = dataset.select_columns([names[k] for k in places]).with_format("arrow")[:]
        return [series_of(table, table.column_names.index(names[k])) for k in places]

    return Table(tuple(names), pick, root)


def _mapping(columns: Mapping[Any, Any], root: Path | None) -> Table:
    _check_aligned(columns)
    keys = list(columns)
    names = tuple(map(str, keys))
    index = next((column.index for column in columns.values() if isinstance(column, pandas().Series)), None)
    return Table(names, lambda places: [_array(names[k], columns[keys[k]]) for k in places], root, rows=index)


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
    pd = pandas()
    if isinstance(values, str | bytes | Mapping) or (not isinstance(values, Path) and not hasattr(values, "__len__")):
        raise DataError(f"column {name} is {type(values).__name__}, not an array with one entry a row")
    if isinstance(values, AbstractSet):
        raise DataError(f"column {name} is a {type(values).__name__}, whose entries have no order; give a list")
    if is_images(values):
        return values
    if type(values).__module__.split(".")[0] == "pyarrow" and hasattr(values, "to_pandas"):
        return series_of(arrow().table({name: values}), 0)
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    if isinstance(values, pd.Index | pd.api.extensions.ExtensionArray):
        return pd.Series(values).reset_index(drop=True)
    return _plain_array(name, as_numpy(values))


def _plain_array(name: str, values: Any) -> Content:
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        hidden = np.ma.getmaskarray(values)
        values = np.ma.getdata(values).astype(object)
        values[hidden] = None  # what is masked is missing
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError):  # rows of unequal length, or a number beyond all floats
        array = _objects(values)
    except (TypeError, RuntimeError) as error:
        raise DataError(f"column {name} of type {type(values).__name__} becomes no array: {error!s:.200}") from None
    if array.ndim == 0:
        raise DataError(f"column {name} is a single value, not an array with one entry a row")
    if array.dtype.kind == "U" and not isinstance(values, np.ndarray):
        # NumPy turns a list that mixes strings and numbers into strings; the entries themselves tell.
        array = _objects(values)
    if array.ndim == 2 and array.shape[1] == 1:  # an array of one column is that column
        return array[:, 0]
    return array


def _objects(values: Any) -> Content:
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array
