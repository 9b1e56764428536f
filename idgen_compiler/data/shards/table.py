"""Columns of a table that is read shard by shard: few different rows are counted, long columns lie in files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import pandas
from idgen_compiler.data.holding.few import Few
from idgen_compiler.data.holding.memory import A_VALUE, room
from idgen_compiler.data.holding.streamed import Streamed
from idgen_compiler.data.reading.parquet import arrow
from idgen_compiler.data.shards.counting import Counting
from idgen_compiler.data.shards.series import series_of
from idgen_compiler.data.shards.source import Shards
from idgen_compiler.errors import DataError

__all__ = ["ShardedColumns"]

A_PICTURE = 2**15
"""Bytes that an encoded picture may take."""


@dataclass(frozen=True, eq=False)
class ShardedColumns:
    """What reads columns of shards by their places: as a whole where they take at most so many bytes.

    Beyond that one pass says which rows differ in the columns of few values (see `Few`); numbers of many values are put
    into a file that is mapped into memory, and what else there is is read as a whole, one column after the other.
    """

    shards: Shards
    most: int
    _read: dict[str, Any] = field(default_factory=dict)

    def pick(self, places: Sequence[int]) -> list[Any]:
        """The columns at some places.  Raises DataError, naming the shard, for what cannot be read."""
        names = [self.shards.names[k] for k in places]
        wanted = list(dict.fromkeys(names))
        rows = self.shards.rows
        pictures = sum(_holds_pictures(self.shards.schema.field(name).type) for name in wanted)
        values = (rows or 0) * (len(wanted) + pictures * (A_PICTURE // A_VALUE))
        if rows is not None and values * A_VALUE <= self.most:
            table = self.shards.whole(wanted)
            return [series_of(table, table.column_names.index(name)) for name in names]
        if missing := [name for name in wanted if name not in self._read]:
            self._read.update(self._counted(missing))
        return [self._read[name] for name in names]

    def _counted(self, wanted: Sequence[str]) -> dict[str, Any]:
        library = arrow()
        kinds = {name: self.shards.schema.field(name).type for name in wanted}
        counting = Counting([name for name in wanted if _is_counted(kinds[name])])
        lacks = dict.fromkeys(wanted, 0)
        orders: dict[str, dict[Any, None]] = {}
        rows = 0
        for batch in self.shards.batches(wanted):
            rows += batch.num_rows
            for name in wanted:
                column = batch.column(name)
                lacks[name] += column.null_count
                if library.types.is_dictionary(kinds[name]):
                    orders.setdefault(name, {}).update(dict.fromkeys(column.dictionary.to_pylist()))
            counting.add(batch)
        found: dict[str, Any] = {}
        if counting.names:
            place = counting.place(room((rows,), counting.dtype, self.most))
            place.flags.writeable = True
            for name in counting.names:
                content = _series(name, kinds[name], counting, orders.get(name))
                found[name] = Few(content, place)
        for name in wanted:
            if name not in found:
                found[name] = self._long(name, kinds[name], rows, lacks[name])
        return found

    def _entries(self, name: str) -> Iterator[Any]:
        for batch in self.shards.batches([name]):
            for entry in batch.column(0):
                yield entry.as_py()

    def _long(self, name: str, kind: Any, rows: int, lacks: int) -> Any:
        """A column of many values: numbers in a file, encoded pictures as they are asked for, all else as a Series."""
        library = arrow()
        if _holds_pictures(kind):
            return Streamed(partial(self._entries, name), rows)
        if lacks or not (library.types.is_integer(kind) or library.types.is_floating(kind)):
            table = self.shards.whole([name])
            return series_of(table, 0)
        out = room((rows,), np.dtype(kind.to_pandas_dtype()), self.most)
        start = 0
        for batch in self.shards.batches([name]):
            out[start : start + batch.num_rows] = batch.column(0).to_numpy(zero_copy_only=False)
            start += batch.num_rows
        if start != rows:
            raise DataError(f"the data have {start} rows in column {name} and had {rows} before; do not change them")
        return pandas().Series(out, copy=False, name=name)


def _holds_pictures(kind: Any) -> bool:
    """Whether columns of an Arrow type are encoded pictures, as Hugging Face writes them."""
    return bool(arrow().types.is_struct(kind)) and {"bytes", "path"} <= {kind.field(k).name for k in range(len(kind))}


def _series(name: str, kind: Any, counting: Counting, order: dict[Any, None] | None) -> Any:
    """The values of a column in the rows that differ, as pandas has those of its Arrow type."""
    library = arrow()
    codes, values = counting.codes(name), counting.values(name)
    if order is not None:
        labels = [label for label in order if label is not None]
        place = {label: k for k, label in enumerate(labels)}
        index = [None if value is None else place[value] for value in values]
        coded = library.array(index, library.int32()).take(library.array(codes))
        dictionary = library.array(labels, kind.value_type)
        column = library.DictionaryArray.from_arrays(coded, dictionary, ordered=kind.ordered)
    else:
        column = library.array(values, kind).take(library.array(codes))
    return series_of(library.table({name: column}), 0)


def _is_counted(kind: Any) -> bool:
    """Whether columns of an Arrow type may have few values."""
    types = arrow().types
    if types.is_dictionary(kind):
        kind = kind.value_type
    of_texts = types.is_string(kind) or types.is_large_string(kind)
    return bool(of_texts or types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind))
