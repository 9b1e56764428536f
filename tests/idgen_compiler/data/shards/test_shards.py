"""Shards give the columns that the whole table gives, or say in which file they do not."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idgen_compiler.data.holding.few import Few
from idgen_compiler.data.holding.streamed import Streamed
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import Source, read_sources
from idgen_compiler.data.tables import open_table
from idgen_compiler.errors import DataError

RNG = np.random.default_rng(0)

SMALL = {"memory": 1}
"""So little memory that every table is read shard by shard."""

KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "codes": (pa.int16(), st.integers(0, 3)),
    "words": (pa.string(), st.sampled_from(["red", "blue", "green", "NA"])),
    "truths": (pa.bool_(), st.booleans()),
    "halves": (pa.float32(), st.sampled_from([0.0, 1.0, 2.0])),
    "labels": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["lo", "hi"])),
    "many": (pa.int64(), st.integers(-1000, 1000)),
    "real": (pa.float64(), st.floats(-10, 10)),
    "dates": (pa.date32(), st.dates()),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    names = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4, unique=True))
    rows = draw(st.integers(20, 60))
    missing = draw(st.booleans())
    columns = {}
    for name in names:
        kind, values = KINDS[name]
        entries = draw(st.lists(values | st.none() if missing else values, min_size=rows, max_size=rows))
        columns[name] = pa.array(entries, kind)
    return pa.table(columns)


def read(data: Any, names: list[str], **how: Any) -> tuple[dict[str, Any] | str, list[str]]:
    """What each column is and holds, or what is wrong with the table; and what is said of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            sources = read_sources(data, names, how=Reading(**how))
            schema = infer_schema(sources)
        except DataError as error:
            return str(error), sorted(str(one.message) for one in caught)
        found = {
            name: (schema[name], *(repr(own) for own in _held(source, schema[name])))
            for name, source in sources.items()
        }
    return found, sorted(str(one.message) for one in caught)


def _held(source: Source, kind: Any) -> list[Any]:
    column = source.columns[""]
    (atom,) = kind.atoms("X")
    return [len(column), atom.kind.encode(column, np.random.default_rng(0)).tolist()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from(["refuse", "drop", "category"]), st.integers(1, 30))
def test_columns_and_words_are_those_of_the_whole_table(
    tmp_path_factory: pytest.TempPathFactory, table: pa.Table, missing: str, size: int
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    for k, start in enumerate(range(0, table.num_rows, size)):
        pq.write_table(table.slice(start, size), folder / f"{k:03}.parquet")
    names = table.column_names
    assert read(str(folder), names, missing=missing, **SMALL) == read(table, names, missing=missing)


def written(folder: Path, *shards: Mapping[str, Any]) -> str:
    for k, shard in enumerate(shards):
        pq.write_table(pa.table(shard), folder / f"{k}.parquet")
    return str(folder)


def column(data: Any, name: str, **how: Any) -> Any:
    found = open_table(data, Reading(**how)).read([name])[name]
    return found.whole() if isinstance(found, Few) else found


def test_folders_of_hive_are_columns_of_their_own_type(tmp_path: Path) -> None:
    for year in (2023, 2024):
        for place in ("north", "south"):
            folder = tmp_path / f"year={year}" / f"place={place}"
            folder.mkdir(parents=True)
            pq.write_table(pa.table({"X": [year % 2, 1]}), folder / "part.parquet")
    table = open_table(tmp_path)
    assert table.names == ("X", "year", "place")
    for how in ({}, SMALL):
        assert column(tmp_path, "year", **how).tolist() == [2023] * 4 + [2024] * 4
        assert (
            column(tmp_path, "place", **how).tolist() == ["north"] * 2 + ["south"] * 2 + ["north"] * 2 + ["south"] * 2
        )
        assert column(tmp_path, "year", **how).dtype.kind == "i"


@pytest.mark.parametrize("how", [{}, SMALL])
def test_what_comes_late_is_seen(tmp_path: Path, how: dict[str, Any]) -> None:
    data = written(tmp_path, {"X": ["a"] * 30}, {"X": ["b"] * 29 + ["c"]}, {"X": pa.array([None], pa.string())})
    with pytest.raises(DataError, match=r"column X has 1 missing value.* in 61 rows, the first in row 60 "):
        read_sources(data, ["X"], how=Reading(**how))
    with pytest.warns(UserWarning, match="1 of 61 rows lack a value"):
        (source,) = read_sources(data, ["X"], how=Reading(missing="drop", **how)).values()
    assert infer_schema({"X": source})["X"].labels == ("a", "b", "c")  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", [{}, SMALL])
def test_types_that_differ_are_joined_or_told_with_the_file(tmp_path: Path, how: dict[str, Any]) -> None:
    data = written(tmp_path, {"X": pa.array([1, 2], pa.int8())}, {"X": [0.5, 3.0]}, {"X": pa.array([], pa.null())})
    assert column(data, "X", **how).tolist() == [1.0, 2.0, 0.5, 3.0]
    wide = written(tmp_path, {"X": pa.array([1, 2], pa.int8())}, {"X": [10**9]}, {"X": pa.array([None], pa.null())})
    assert column(wide, "X", **how).isna().tolist() == [False, False, False, True]
    with pytest.raises(DataError, match=r"column X is string in .*1\.parquet and int8 in other files"):
        open_table(written(tmp_path, {"X": pa.array([1], pa.int8())}, {"X": ["one"]}), Reading(**how))


@pytest.mark.parametrize("how", [{}, SMALL])
def test_empty_shards_and_lacking_columns(tmp_path: Path, how: dict[str, Any]) -> None:
    data = written(tmp_path, {"X": pa.array([], pa.int64())}, {"X": [1, 2]}, {"X": pa.array([], pa.int64())})
    (tmp_path / "9.parquet").touch()
    assert column(data, "X", **how).tolist() == [1, 2]
    (tmp_path / "9.parquet").unlink()
    written(tmp_path, {"X": [1], "Y": [1]}, {"X": [2]}, {"X": [3]})
    assert column(data, "Y", **how).isna().tolist() == [False, True, True]
    with pytest.raises(DataError, match="the table has no rows"):
        read_sources(written(tmp_path / "..", *[{"X": pa.array([], pa.int64())}]) + "/0.parquet", ["X"])


@pytest.mark.parametrize("how", [{}, SMALL])
def test_labels_of_dictionaries_are_joined(tmp_path: Path, how: dict[str, Any]) -> None:
    one = pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int8()), pa.array(["lo", "hi"]))
    two = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array(["top", "lo"]))
    data = written(tmp_path, {"X": one}, {"X": two})
    found = column(data, "X", **how)
    assert found.astype(str).tolist() == ["hi", "lo", "top", "lo"]
    assert found.dtype.categories.tolist() == ["lo", "hi", "top"]


@pytest.mark.parametrize("how", [{}, SMALL])
def test_a_shard_that_breaks_off_is_named(tmp_path: Path, how: dict[str, Any]) -> None:
    data = written(tmp_path, {"X": list(range(1000))}, {"X": list(range(1000))})
    whole = (tmp_path / "1.parquet").read_bytes()
    (tmp_path / "1.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"1\.parquet cannot be read"):
        column(data, "X", **how)
    (tmp_path / "1.parquet").write_bytes(b"x" * 2000 + whole[2000:])
    with pytest.raises(DataError, match=r"1\.parquet cannot be read"):
        column(data, "X", **how)


@pytest.mark.parametrize("how", [{}, SMALL])
def test_lists_of_files_data_sets_readers_and_tables(tmp_path: Path, how: dict[str, Any]) -> None:
    data = written(tmp_path, {"X": [0, 1], "Y": [0.5, 1.5]}, {"X": [1, 1], "Y": [2.5, 3.5]})
    files = [f"{data}/1.parquet", f"{data}/0.parquet"]
    assert column(files, "X", **how).tolist() == [1, 1, 0, 1]
    dataset = ds.dataset(data)
    table = dataset.to_table()
    for each in (dataset, table, table.to_reader(), dataset.scanner().to_reader()):
        assert column(each, "Y", **how).tolist() == [0.5, 1.5, 2.5, 3.5]
    folder = tmp_path / "arrow"
    folder.mkdir()
    for k in range(2):
        with pa.ipc.new_file(str(folder / f"{k}.arrow"), table.schema) as file:
            file.write_table(table.slice(2 * k, 2))
    assert column(folder, "X", **how).tolist() == [0, 1, 1, 1]


def test_folders_that_are_no_data_sets(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no Parquet or Arrow files"):
        open_table(tmp_path)
    written(tmp_path, {"X": [1]})
    (tmp_path / "x.csv").write_text("X\n1\n")
    with pytest.raises(DataError, match="files of several kinds: csv, parquet"):
        open_table(tmp_path)
    with pytest.raises(DataError, match="holds text tables"):
        open_table([str(tmp_path / "x.csv")])
    with pytest.raises(DataError, match="there is no file"):
        open_table([str(tmp_path / "nothing.parquet")])


@pytest.mark.parametrize("how", [{}, SMALL])
def test_streams_are_read_once(how: dict[str, Any]) -> None:
    datasets = pytest.importorskip("datasets")
    rows = [{"X": k % 3, "S": "ab"[k % 2]} for k in range(30)]
    read_times = 0

    def twice() -> Any:
        nonlocal read_times
        read_times += 1
        yield from rows

    again = datasets.IterableDataset.from_generator(twice)
    table = open_table(again, Reading(**how))
    asked = read_times
    assert _list(table.read(["X", "S"])["X"]) == [k % 3 for k in range(30)]
    assert _list(table.read(["S"])["S"]) == ["ab"[k % 2] for k in range(30)]
    assert read_times == asked
    once = iter(rows)
    stream = datasets.IterableDataset.from_generator(lambda: (row for row in once))
    assert _list(open_table(stream, Reading(**how)).read(["X"])["X"]) == [k % 3 for k in range(30)]
    plain = datasets.Dataset.from_list(rows)
    assert column(plain, "S", **how).tolist() == ["ab"[k % 2] for k in range(30)]


def test_streams_that_fail(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    with pytest.raises(DataError, match="the stream has no rows"):
        open_table(datasets.IterableDataset.from_generator(lambda: iter(())))

    def broken() -> Any:
        yield {"X": 1}
        raise ValueError("the line is dead")

    with pytest.raises(DataError, match=r"the stream cannot be read after .* the line is dead"):
        open_table(datasets.IterableDataset.from_generator(broken))


def _list(content: Any) -> list[Any]:
    return list(content.whole() if isinstance(content, Few) else content)


def test_pictures_are_decoded_one_by_one(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = RNG.integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
    encoded = []
    for own in pixels:
        file = io.BytesIO()
        image.fromarray(own).save(file, "png")
        encoded.append({"bytes": file.getvalue(), "path": None})
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    whole = pa.table({"I": pa.array(encoded, kind), "X": list(range(20))})
    for k in range(2):
        pq.write_table(whole.slice(10 * k, 10), tmp_path / f"{k}.parquet")
    assert isinstance(open_table(tmp_path, Reading(**SMALL)).read(["I"])["I"], Streamed)
    for how in ({}, SMALL):
        found = read_sources(tmp_path, ["I"], how=Reading(**how))["I"].columns[""]
        assert np.array_equal(found.pictures, np.moveaxis(pixels, -1, 1))
    pq.write_table(pa.table({"I": pa.array([None], kind), "X": [1]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match="row 20"):
        read_sources(tmp_path, ["I"], how=Reading(**SMALL))


def test_weights_and_frequencies(tmp_path: Path) -> None:
    table = pd.DataFrame({"X": [0, 1, 0, 1] * 10, "w": [0.0, 1.0, 2.0, 3.0] * 10, "f": [0, 1, 2, 3] * 10})
    table.to_parquet(tmp_path / "t.parquet")
    for options in ({"weights": "w"}, {"weights": "f", "weights_are": "frequency"}):
        assert read(str(tmp_path), ["X"], **options, **SMALL) == read(table, ["X"], **options)


@pytest.mark.parametrize("said", [0, -1, True, "2 apples", "GB", 1.5, ""])
def test_memory_is_said_in_bytes(said: Any) -> None:
    with pytest.raises(DataError, match="memory is"):
        Reading(memory=said)
