"""What is read shard by shard, as batches of Arrow: folders and lists of Parquet and Arrow files, and data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idgen_compiler.data.reading.files import PARQUET, language_of, table_file
from idgen_compiler.data.reading.parquet import ParquetFile, arrow
from idgen_compiler.errors import DataError, IdgenError

__all__ = ["AT_ONCE", "Shards", "of_batches", "of_dataset", "of_files", "of_folder"]

AT_ONCE = 2**18
"""So many rows are read at once."""

_FORMATS = {
    **dict.fromkeys(PARQUET, "parquet"),
    **dict.fromkeys(("arrow", "ipc", "feather"), "ipc"),
    "csv": "csv",
    "tsv": "csv",
}
_HIDDEN = (".", "_")


@dataclass(frozen=True, eq=False)
class Shards:
    """A table that is read in batches, as often as asked.

    schema: the Arrow types of all columns, joined over all shards.  batches: the columns of these names, in the order
    of the rows; raises DataError naming the shard that cannot be read.  rows: how many rows there are, where that is
    known before they are read.  folder: where files of images that the table names lie.  keeps: what has to live as
    long as the table, such as a scratch folder.
    """

    schema: Any
    batches: Callable[[Sequence[str]], Iterator[Any]]
    rows: int | None = None
    folder: Path | None = None
    keeps: Any = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.schema.names)

    def whole(self, wanted: Sequence[str]) -> Any:
        """Some columns as one Arrow table in memory."""
        library = arrow()
        kinds = library.schema([self.schema.field(name) for name in wanted])
        return library.Table.from_batches(list(self.batches(wanted)), kinds)


def of_folder(folder: Path, limit: int | None = None) -> Shards:
    """A folder of Parquet or Arrow files, with folders such as `year=2024` as columns.

    Files of one ending are read, in the order of their paths; names that begin with `.` or `_` are left out. `limit` is
    how many bytes a group of rows of one file may unfold into (see `Reading`).
    Raises DataError for a folder without any, with several kinds of files, or of unlike columns.
    """
    try:
        files = sorted(p for p in folder.rglob("*") if p.is_file() and not _is_hidden(p.relative_to(folder)))
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}") from None
    kinds = {ending for path in files if (ending := _format(path))}
    if not kinds:
        raise DataError(f"the folder {folder} holds no Parquet or Arrow files; give the folder of a data set")
    if len(kinds) > 1:
        raise DataError(f"the folder {folder} holds files of several kinds: {', '.join(sorted(kinds))}; keep one")
    return _of_paths([path for path in files if _format(path)], kinds.pop(), folder, limit)


def of_files(paths: Sequence[Any], limit: int | None = None) -> Shards:
    """Several files as one table, in their order.  Raises DataError for what is no file of a table."""
    files = [Path(path) for path in paths]
    for path in files:
        if _format(path) is None:
            language_of(path)  # which says what it is
        if _format(path) != "ipc":
            table_file(path)
    kinds = {_format(path) for path in files}
    if len(kinds) != 1:
        raise DataError(f"the files are of several kinds: {', '.join(sorted(map(str, kinds)))}; give those of one")
    return _of_paths(files, str(kinds.pop()), files[0].parent, limit)


def of_dataset(dataset: Any, folder: Path | None = None) -> Shards:
    """A data set of pyarrow.  Raises DataError where its files have unlike columns."""
    library = arrow()
    pieces = list(dataset.get_fragments())
    schema = _joined(dataset.schema, pieces)
    rows = 0
    for piece in pieces:
        with _told(piece, library):
            rows += piece.count_rows()

    def batches(wanted: Sequence[str]) -> Iterator[Any]:
        own = library.schema([schema.field(name) for name in wanted])
        for piece in pieces:
            found = _read(piece, schema, own, library)
            while True:
                with _told(piece, library):  # what goes wrong with whoever takes the batch is none of the shard's
                    batch = next(found, None)
                if batch is None:
                    break
                yield batch

    return Shards(schema, batches, rows, folder)


def _read(piece: Any, schema: Any, own: Any, library: Any) -> Iterator[Any]:
    """The batches of one shard that have rows, of the types of `own`."""
    scanner = piece.scanner(
        schema=schema, columns=own.names, batch_size=AT_ONCE, batch_readahead=2, fragment_readahead=1
    )
    for batch in scanner.to_batches():
        if batch.num_rows:
            yield batch if batch.schema.equals(own) else batch.cast(own)


def of_batches(schema: Any, batches: Callable[[], Iterator[Any]], rows: int | None, keeps: Any = None) -> Shards:
    """What gives all columns of a table in batches, such as a table in memory, or one that was put down in a file."""

    def some(wanted: Sequence[str]) -> Iterator[Any]:
        for batch in batches():
            if batch.num_rows:
                yield batch.select(list(wanted))

    return Shards(schema, some, rows, keeps=keeps)


def _of_paths(files: Sequence[Path], form: str, folder: Path, limit: int | None) -> Shards:
    if form == "csv":
        raise DataError(
            f"{folder} holds text tables, whose types are found in each as a whole; give one file, or write them as "
            "Parquet first, such as by pandas.read_csv(file).to_parquet(...) for each"
        )
    library = arrow()
    try:
        import pyarrow.dataset as ds
    except ImportError:
        raise IdgenError(
            "reading many files needs pyarrow.dataset; install pyarrow from a package that has it"
        ) from None
    full = [path for path in files if path.stat().st_size]
    if not full:
        raise DataError(f"all files in {folder} are empty; give at least one with rows")
    for path in full if form == "parquet" else ():
        ParquetFile(path, limit).check_groups()
    hive = any("=" in part for path in full for part in path.relative_to(folder).parts[:-1])
    try:
        given = {"partitioning": "hive", "partition_base_dir": str(folder)} if hive else {}
        found = ds.dataset([str(path) for path in full], format=form, **given)
    except (library.ArrowException, ValueError, TypeError, OSError) as error:
        _name_unreadable(full, form)
        raise DataError(f"{folder} cannot be read as a data set: {' '.join(str(error).split())[:300]}") from None
    return of_dataset(found, folder)


def _name_unreadable(files: Sequence[Path], form: str) -> None:
    """Raise DataError for the first file that cannot be read by itself."""
    import pyarrow.dataset as ds

    library = arrow()
    for path in files:
        try:
            _ = ds.dataset(str(path), format=form).schema
        except (library.ArrowException, ValueError, TypeError, OSError) as error:
            raise DataError(f"{path} cannot be read as {form.upper()}: {' '.join(str(error).split())[:300]}") from None


def _joined(schema: Any, pieces: Sequence[Any]) -> Any:
    """The types that hold the columns of all shards: wider numbers, what some lack as missing.

    Raises DataError, naming the file and the column, where there are none.
    """
    library = arrow()
    for piece in pieces:
        with _told(piece, library):
            own = piece.physical_schema
        if own.equals(schema):
            continue
        try:
            schema = library.unify_schemas([schema, own], promote_options="permissive")
        except library.ArrowException:
            name = next((n for n in own.names if n in schema.names and not _joins(schema.field(n), own.field(n))), "?")
            was = schema.field(name).type if name in schema.names else "?"
            now = own.field(name).type if name in own.names else "?"
            raise DataError(
                f"column {name} is {now} in {_name_of(piece)} and {was} in other files; write one type in all of them"
            ) from None
    return schema.remove_metadata()


def _joins(one: Any, other: Any) -> bool:
    library = arrow()
    try:
        library.unify_schemas([library.schema([one]), library.schema([other])], promote_options="permissive")
    except library.ArrowException:
        return False
    return True


@contextmanager
def _told(piece: Any, library: Any) -> Iterator[None]:
    """What goes wrong while a shard is read, as a DataError that names it."""
    try:
        yield
    except DataError:
        raise
    except (library.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{_name_of(piece)} cannot be read: {' '.join(str(error).split())[:300]}") from error


def _name_of(piece: Any) -> str:
    return str(getattr(piece, "path", "") or "a part of the data set")


def _format(path: Path) -> str | None:
    return _FORMATS.get(path.name.lower().rsplit(".", 1)[-1])


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(_HIDDEN) for part in path.parts)
