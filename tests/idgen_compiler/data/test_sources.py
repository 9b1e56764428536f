from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError

FRAME = pd.DataFrame({"X": ["a", "b", "a"], "Y": [0.5, 1.5, 2.5], "unused": pd.Timestamp(0)}, index=[7, 7, 9])


class Frames:
    def to_pandas(self) -> pd.DataFrame:
        return FRAME


def _formats(folder: Path) -> dict[str, Any]:
    FRAME.to_csv(folder / "t.csv", index=False)
    FRAME.to_csv(folder / "t.tsv", index=False, sep="\t")
    FRAME.to_csv(folder / "t.csv.gz", index=False)
    FRAME.to_parquet(folder / "t.parquet")
    return {
        "frame": FRAME,
        "arrow": pa.Table.from_pandas(FRAME),
        "dict": {name: FRAME[name].to_numpy() for name in FRAME},
        "lists": {"X": ["a", "b", "a"], "Y": [0.5, 1.5, 2.5]},
        "csv": folder / "t.csv",
        "text path": str(folder / "t.csv"),
        "tsv": folder / "t.tsv",
        "gzip": folder / "t.csv.gz",
        "parquet": folder / "t.parquet",
        "what turns itself into a frame": Frames(),
    }


def test_every_format_gives_the_same_columns(tmp_path: Path) -> None:
    for name, data in _formats(tmp_path).items():
        sources = read_sources(data, ["Y", "X"])
        assert list(sources) == ["Y", "X"], name
        assert list(sources["X"].columns[""].content) == ["a", "b", "a"], name
        assert list(sources["Y"].columns[""].content) == [0.5, 1.5, 2.5], name


def test_a_hugging_face_dataset_is_read_in_its_own_order() -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"X": ["a", "b", "c"], "Y": [1, 2, 3], "image": [0, 0, 0]})
    reversed_rows = data.select([2, 1, 0])
    assert list(read_sources(reversed_rows, ["X"])["X"].columns[""].content) == ["c", "b", "a"]
    with pytest.raises(DataError, match="choose one split, such as data\\['train'\\]"):
        read_sources(datasets.DatasetDict(train=data), ["X"])


def test_missing_columns_are_all_named_with_near_misses() -> None:
    with pytest.raises(
        DataError, match=r"lack 2 column\(s\)(.|\n)*Xs; did you mean X\?(.|\n)*Q; known names: X, Y, unused"
    ):
        read_sources(FRAME, ["Xs", "Q", "Y"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"X": [], "Y": []}, "no rows"),
        ({"X": [1, 2], "Y": [1]}, "differ in length: X has 2, Y has 1"),
        ({"X": 3, "Y": [1]}, "column X is int, not an array"),
        ([1, 2], "data of type list cannot be read"),
        ("nowhere.csv", "there is no file nowhere.csv"),
        ("table.xlsx", "only CSV and Parquet are read"),
        (pd.DataFrame([[1, 2, 3]], columns=["X", "X", "Y"]), "2 columns called X"),
    ],
)
def test_tables_that_cannot_be_read_say_why(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_sources(data, ["X", "Y"])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_damaged_file_is_a_data_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"broken.{suffix}"
    path.write_bytes(b'X,Y\n1,2\n"3' if suffix == "csv" else b"PAR1 and nothing else")
    with pytest.raises(DataError, match=f"cannot be read as {suffix.upper()}"):
        read_sources(path, ["X", "Y"])


def test_rows_of_other_lengths_than_the_header_are_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("X,M,Y\n1,2,3\nDoe, John,1,0\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 3"):
        read_sources(path, ["X", "Y"])
    path.write_text("X,M,Y\nfirst,1,2,3\nsecond,4,5,6\n", encoding="utf-8")  # as R writes the names of rows
    for wanted in (["X", "M", "Y"], ["Y"]):
        found = read_sources(path, wanted)
        assert list(found["Y"].columns[""].content) == [3, 6]
    path.write_text("X,Y\na,b,1,2\na,b,3,4\n", encoding="utf-8")
    with pytest.raises(DataError, match="2 fields more than its header"):
        read_sources(path, ["X"])


def test_columns_of_pandas_have_one_index() -> None:
    shuffled = FRAME["X"].sample(frac=1, random_state=1)
    with pytest.raises(DataError, match="columns X and Y have different pandas indexes"):
        read_sources({"X": shuffled, "Y": FRAME["Y"]}, ["X", "Y"])
    assert read_sources({"X": shuffled, "Y": shuffled}, ["X", "Y"])


def test_a_column_has_one_variable() -> None:
    with pytest.raises(DataError, match="column M belongs to X and to M"):
        read_sources({"X": [0, 1], "M": [0, 1]}, ["X", "M"], {"X": ["M"]})


def test_composites_are_listed_or_found_by_their_dots() -> None:
    data = {"W.digit": [1, 2], "W.color": ["r", "g"], "hue": [0.1, 0.2], "Y": [0, 1]}
    found = read_sources(data, ["W", "Y"])
    assert found["W"].composite
    assert not found["Y"].composite
    assert found["W"].names == {"digit": "W.digit", "color": "W.color"}
    listed = read_sources(data, ["W"], {"W": ["W.color", "hue"]})
    assert listed["W"].names == {"color": "W.color", "hue": "hue"}
    with pytest.raises(DataError, match=r"W\.size; did you mean W\.digit\?|W\.size"):
        read_sources(data, ["W"], {"W": ["W.size"]})
    with pytest.raises(DataError, match="give the list of its columns"):
        read_sources(data, ["W"], {"W": "hue"})


def test_a_plain_column_goes_before_dotted_ones() -> None:
    data = {"W": np.arange(2), "W.digit": np.arange(2)}
    assert not read_sources(data, ["W"])["W"].composite


def test_a_missing_column_may_be_a_hidden_cause() -> None:
    with pytest.raises(DataError) as caught:
        read_sources(FRAME, ["X", "lung cancer"])
    told = str(caught.value)
    for way in ('`"lung cancer" [latent]` in the graph', "latent=['lung cancer']", """--latent '"lung cancer"'"""):
        assert way in told


def test_accents_may_be_composed_or_not() -> None:
    decomposed, plain = "e\u0301te\u0301", "\u00e9t\u00e9"
    for column, name in ((decomposed, plain), (plain, plain)):
        source = read_sources({column: [1, 2], "X": [0, 1]}, [name])[name]
        assert list(source.columns[""].content) == [1, 2]
    made = read_sources({decomposed: [1, 2], "X": [0, 1]}, ["W"], {"W": [decomposed, "X"]})["W"]
    assert made.names == {plain: plain, "X": "X"}
    with pytest.raises(DataError, match="the table has 2 columns called"):
        read_sources({decomposed: [1], plain: [1]}, [plain])


def test_a_column_that_is_the_index_is_named() -> None:
    with pytest.raises(DataError, match=r"X is the index of the table, not a column; .*reset_index"):
        read_sources(FRAME.set_index("X"), ["X", "Y"])


@pytest.mark.parametrize("make", [np.array, list, torch.as_tensor, lambda v: pd.Series(list(v))])
def test_an_array_of_one_column_is_that_column(make: Any) -> None:
    found = read_sources({"X": make([[1], [0], [1]])}, ["X"])["X"].columns[""]
    assert found.values.tolist() == [1, 0, 1]


def test_times_of_several_zones_say_what_to_do() -> None:
    zones = [datetime.timezone(datetime.timedelta(hours=k % 2)) for k in range(4)]
    times = [datetime.datetime(2024, 1, 1, tzinfo=zone) for zone in zones]
    with pytest.raises(DataError, match="bring them to one time zone"):
        _ = read_sources({"X": pd.Series(times, dtype=object)}, ["X"])["X"].columns[""].values
