"""Streams of rows that may be read but once: put down in a file on the way, and read again from there."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from idgen_compiler.data.reading.parquet import arrow
from idgen_compiler.data.shards.source import Shards, of_batches
from idgen_compiler.errors import DataError

__all__ = ["of_hugging_face", "of_iterable", "of_reader"]

_ROWS = 10_000
"""So many rows of a stream are put down at once."""


class _Spool:
    """A file of batches in a folder of its own, which goes when nobody holds this any more."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="idgen-stream-")
        self.path = Path(self._folder) / "rows.arrow"
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)


def of_reader(reader: Any) -> Shards:
    """A RecordBatchReader of pyarrow, which is read to its end now."""
    return _spooled(reader.schema, iter(reader))


def of_hugging_face(dataset: Any) -> Shards:
    """A Hugging Face Dataset, whose rows lie in Arrow files, mapped into memory."""
    schema = dataset.with_format("arrow")[:0].schema

    def batches() -> Iterator[Any]:
        for table in dataset.with_format("arrow").iter(batch_size=_ROWS):
            yield from table.combine_chunks().to_batches()

    return of_batches(schema.remove_metadata(), batches, len(dataset))


def of_iterable(dataset: Any) -> Shards:
    """A Hugging Face IterableDataset, which is read to its end now, once, for it need not give the same rows again.

    Raises DataError for a stream without rows, and for rows of unlike types.
    """
    library = arrow()
    features = getattr(dataset, "features", None)
    schema = None if features is None else features.arrow_schema.remove_metadata()

    def tables() -> Iterator[Any]:
        for rows in dataset.with_format("arrow").iter(batch_size=_ROWS):
            yield rows if isinstance(rows, library.Table) else library.table(rows)

    return _spooled(schema, _batches(tables()))


def _batches(tables: Iterable[Any]) -> Iterator[Any]:
    for table in tables:
        yield from table.combine_chunks().to_batches()


def _spooled(schema: Any, batches: Iterator[Any]) -> Shards:
    """What is put down while it goes by: in pieces, each of the types that its rows have, where no schema is known."""
    library = arrow()
    spool, rows, pieces = _Spool(), 0, list[Any]()
    with library.OSFile(str(spool.path), "wb") as file:
        writer: Any = None
        try:
            for batch in batches:
                own = batch.schema.remove_metadata()
                batch = batch.replace_schema_metadata(None)
                if schema is None:
                    schema = own
                wider = schema if own.equals(schema) else _wider(schema, own, rows)
                if writer is not None and not wider.equals(schema):  # a file of Arrow has one schema
                    writer.close()
                    pieces.append((schema, file.tell()))
                    writer = None
                schema = wider
                writer = writer or library.ipc.new_stream(file, schema)
                writer.write_batch(_cast(batch, schema))
                rows += batch.num_rows
        except (library.ArrowException, ValueError, TypeError, OverflowError) as error:
            told = " ".join(str(error).split())[:300]
            raise DataError(f"the stream cannot be read after {rows} rows: {told}") from error
        finally:
            if writer is not None:
                writer.close()
    if not rows or schema is None:
        raise DataError("the stream has no rows; give at least one")
    final = schema

    def again() -> Iterator[Any]:
        with library.memory_map(str(spool.path)) as file:
            while file.tell() < file.size():
                for batch in library.ipc.open_stream(file):
                    yield _cast(batch, final)

    return of_batches(final, again, rows, spool)


def _wider(schema: Any, own: Any, rows: int) -> Any:
    library = arrow()
    try:
        return library.unify_schemas([schema, own], promote_options="permissive")
    except library.ArrowException as error:
        told = " ".join(str(error).split())[:200]
        raise DataError(f"the rows of the stream after {rows} have other types than those before: {told}") from None


def _cast(batch: Any, schema: Any) -> Any:
    """A batch with all columns of a schema, missing where it lacks them."""
    if batch.schema.equals(schema):
        return batch
    library = arrow()
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else library.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return library.RecordBatch.from_arrays(columns, schema=schema)
