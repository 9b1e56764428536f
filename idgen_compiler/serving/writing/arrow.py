"""Samples as a stream of Arrow record batches."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Categorical, Kind
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.serving.values.pictures import are_pictures, png
from idgen_compiler.serving.writing.writer import Writer, compact

__all__ = ["Arrow"]


class Arrow(Writer):
    """Arrow IPC, a record batch a piece: pictures are PNG, composites structs, vectors lists of a fixed size.

    What is warned of stands as JSON in the metadata of the batch, under `warnings`, that of the first batch in the
    schema's too. `kinds` say of what type a column without rows is. Raises IdgenError where pyarrow is not installed.

    >>> import pyarrow
    >>> writer = Arrow({})
    >>> found = writer.piece(Samples({"Y": np.array([1, 2])}), ["extrapolated"]) + writer.end()
    >>> table = pyarrow.ipc.open_stream(found).read_all()
    >>> table["Y"].to_pylist(), table.schema.metadata
    ([1, 2], {b'warnings': b'["extrapolated"]'})
    """

    media_type: ClassVar[str] = "application/vnd.apache.arrow.stream"
    name: ClassVar[str] = "arrow"
    suffix: ClassVar[str] = ".arrows"

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        try:
            import pyarrow
        except ImportError:
            raise IdgenError(
                "Arrow needs pyarrow (pip install 'idgen-compiler[torch]'); ask for application/x-ndjson"
            ) from None
        self._arrow, self._kinds = pyarrow, kinds
        self._file, self._writer, self._schema = io.BytesIO(), cast(Any, None), None

    def piece(self, samples: Samples, warnings: Sequence[str], cut: bool = False) -> bytes:
        pa = self._arrow
        told = {b"warnings": compact(list(warnings)).encode()} if warnings else None
        columns = {name: self._column(name, values) for name, values in samples.items()}
        if self._writer is None:
            fields = [pa.field(name, column.type, metadata=_said(samples[name])) for name, column in columns.items()]
            self._schema = pa.schema(fields, metadata=told)
            self._writer = pa.ipc.new_stream(self._file, self._schema)
        try:
            batch = pa.record_batch(list(columns.values()), schema=self._schema)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise DataError(f"the rows have no one type in Arrow ({error}); ask for application/x-ndjson") from None
        self._writer.write_batch(batch, custom_metadata=told)
        return self._taken()

    def end(self) -> bytes:
        if self._writer is not None:
            self._writer.close()
        return self._taken()

    def _taken(self) -> bytes:
        """What was written since."""
        found = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return found

    def _column(self, name: str, values: Array) -> Any:
        pa = self._arrow
        if values.dtype.names:
            kinds = dict(getattr(self._kinds.get(name), "fields", ()))
            fields = values.dtype.names
            made = [Arrow._column_of(pa, f"{name}.{field}", values[field], kinds.get(field)) for field in fields]
            return pa.StructArray.from_arrays(made, names=list(fields))
        return Arrow._column_of(pa, name, values, self._kinds.get(name))

    @staticmethod
    def _column_of(pa: Any, name: str, values: Array, kind: Kind | None) -> Any:
        if are_pictures(values):
            return pa.array(map(png, values), type=pa.binary())
        if values.ndim > 1:
            flat = pa.array(np.ascontiguousarray(values).reshape(-1))
            return pa.FixedSizeListArray.from_arrays(flat, int(np.prod(values.shape[1:])))
        if values.dtype.kind == "M" and np.datetime_data(values.dtype)[0] in ("Y", "M", "W", "h", "m"):
            values = values.astype("M8[s]" if np.datetime_data(values.dtype)[0] in ("h", "m") else "M8[D]")
        if values.dtype.kind == "m" and np.datetime_data(values.dtype)[0] not in ("s", "ms", "us", "ns"):
            values = values.astype("m8[s]")
        if values.dtype.kind not in "OUS":
            return pa.array(np.ascontiguousarray(values))
        labels = kind.labels if isinstance(kind, Categorical) else ()
        types = {type(label) for label in labels}
        if len(types) > 1 and not types <= {int, float}:
            raise DataError(f"{name} has labels of several types, which no column of Arrow holds; ask for NDJSON")
        wanted = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
        told = pa.float64() if len(types) > 1 else wanted.get(next(iter(types), object))
        return pa.array(values.tolist(), type=told if told is not None or len(values) else pa.string())


def _said(values: Array) -> dict[bytes, bytes] | None:
    return {b"content-type": b"image/png"} if are_pictures(values) else None
