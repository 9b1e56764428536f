"""How text tables are read: delimiters, decimals, encodings, names and what stands for nothing."""

from __future__ import annotations

import gzip
import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Continuous, Integer, Kind
from idgen_compiler.data.reading import bounded
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, DataWarning


def write(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def columns(data: Any, *names: str, **how: Any) -> dict[str, list[Any]]:
    sources = read_sources(data, names or ("X", "Y"), how=Reading(**how))
    return {name: source.columns[""].values.tolist() for name, source in sources.items()}


def kinds(data: Any, *names: str, **how: Any) -> dict[str, Kind]:
    return dict(infer_schema(read_sources(data, names or ("X", "Y"), how=Reading(**how))).types)


PLAIN = {"X": [1, 2], "Y": ["a", "é"]}


@pytest.mark.parametrize(
    "text",
    [
        "X,Y\n1,a\n2,é\n",
        "X;Y\n1;a\n2;é\n",
        "X\tY\n1\ta\n2\té\n",
        "X|Y\n1|a\n2|é\n",
        "sep=;\nX;Y\n1;a\n2;é\n",
        " X , Y \n1, a\n2, é\n",
        "\r\n\r\nX,Y\r\n1,a\r\n2,é\r\n",
        "X,Y\r1,a\r2,é\r",
        'X,Y\n1, "a"\n2, "é"',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_is_not_said_is_found(text: str, encoding: str, tmp_path: Path) -> None:
    content = text.encode(encoding)
    assert columns(write(tmp_path, content)) == PLAIN
    assert columns(write(tmp_path, gzip.compress(content), "t.csv.gz")) == PLAIN
    assert columns(write(tmp_path, content, "t.tsv")) == PLAIN


def test_other_encodings_are_named_or_guessed_aloud(tmp_path: Path) -> None:
    path = write(tmp_path, "X,Y\n1,a\n2,é\n".encode("latin-1"))
    with pytest.warns(DataWarning, match=r"is no UTF-8 and was read as cp1252.*encoding='mac-roman'"):
        assert columns(path) == PLAIN
    assert columns(path, encoding="latin-1") == PLAIN
    assert columns(write(tmp_path, "X,Y\n1,a\n2,é\n".encode("mac-roman")), encoding="mac-roman") == PLAIN
    with pytest.raises(DataError, match="no text in UTF-8 or cp1252; name its encoding"):
        columns(write(tmp_path, b"X,Y\n1,\x81\n"))
    with pytest.raises(DataError, match="zero bytes"):
        columns(write(tmp_path, b"X,Y\n1,\0\n"))
    with pytest.raises(DataError, match="cannot be read as CSV"):
        columns(write(tmp_path, b"X,Y\n1,\xe9\n"), encoding="utf-8")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"missing": "keep"}, "missing is 'keep'; choose refuse, drop, category, text"),
        ({"delimiter": ";;"}, "delimiter is ';;'"),
        ({"delimiter": 5}, "delimiter is 5"),
        ({"decimal": ";"}, "decimal is ';'"),
        ({"decimal": ",", "delimiter": ","}, "they have to differ"),
        ({"encoding": "klingon"}, "encoding is 'klingon'"),
        ({"encoding": 8}, "encoding is 8"),
        ({"size_limit": 0}, "size_limit is 0"),
        ({"size_limit": "1 GB"}, "size_limit is '1 GB'"),
        ({"images_root": "nowhere"}, "images_root 'nowhere' is no folder"),
        ({"missing_marks": 1j}, r"missing_marks is 1j"),
        ({"missing_marks": [None]}, r"missing_marks holds None"),
    ],
)
def test_options_that_cannot_be_say_so(how: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message) if "(" in message else message):
        Reading(**how)


@pytest.mark.parametrize(
    ("text", "how", "x"),
    [
        ("X;Y\n1,5;a\n2,25;b\n", {}, [1.5, 2.25]),
        ("X\tY\n1,5\ta\n2,25\tb\n", {}, [1.5, 2.25]),
        ("X;Y\n1,500;a\n2,250;b\n", {"decimal": ","}, [1.5, 2.25]),
        ('X,Y\n"1,5",a\n"2,25",b\n', {"decimal": ","}, [1.5, 2.25]),
        ('X,Y\n"1,5",a\n"2,25",b\n', {"decimal": "."}, ["1,5", "2,25"]),
        ("X Y\n1.5 a\n2.25   b\n", {"delimiter": "space"}, [1.5, 2.25]),
        ("X,a;Y\n1,5;a\n2,25;b\n", {"delimiter": ";"}, None),
    ],
)
def test_decimal_commas(text: str, how: dict[str, Any], x: list[Any] | None, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    name = "X" if x is not None else "X,a"
    assert columns(path, name, **how)[name] == (x or [1.5, 2.25])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X,a;Y\n1,a;a\n2,b;b\n", "may be parted by commas or by semicolons; name the delimiter"),
        ("X\n1,5\n2,3\n", "has one name in its header and up to 2 fields in a row"),
        ("X;Y\n1,500;a\n2,250;b\n", "holds '1,500', where the comma may part thousands or decimals"),
        ("X;Y\n1,5;1.5\n2,25;3.2\n", "column X of .* has decimal commas, and column Y points, as in '1.5'"),
        ('X,Y\n"1,5",a\n"2,25",b\n', r"holds '1,5'; say decimal=',' if that is a number, decimal='\.' if it is a text"),
        ("X,Y,X\n1,2,a\n2,3,b\n", "2 columns called X, in the places 1 and 3"),
        ("X , Y,X\n1,2,a\n2,3,b\n", None),
        ("X,Y\n1,2,\n2,4,\n", "the last is empty; remove the delimiter that ends each line"),
        ("X,Y\n1,99999999999999999999\n2,4\n", "beyond 64 bits"),
        ("", "the file is empty"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str, message: str | None, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    if message is None:  # the name that stands there exactly goes before one with white space around it
        assert columns(path)["X"] == ["a", "b"]
        return
    with pytest.raises(DataError, match=message):
        columns(path, *(("X",) if text.startswith(("X\n", "X,a")) else ("X", "Y")))


def test_a_few_words_among_numbers_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k % 2}\n" for k in range(50))
    path = write(tmp_path, f"X,Y\n{rows}n.a.,1\n")
    with pytest.warns(DataWarning, match=r"'n\.a\.' in row 50 .* missing_marks=\['n\.a\.'\]"):
        columns(path)
    with pytest.warns(DataWarning, match=r"1 of 51 rows lack a value .*X lacks 1 \(read from 'n\.a\.'\)"):
        assert isinstance(kinds(path, missing="drop", missing_marks=["n.a."])["X"], Integer)


@pytest.mark.parametrize(("words", "told"), [(10, True), (11, False)])
def test_words_in_the_first_rows_are_few_by_the_whole_column(words: int, told: bool, tmp_path: Path) -> None:
    rows = "".join(f"{'n.a.' if k < words else k},{k % 2}\n" for k in range(100))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        columns(write(tmp_path, f"X,Y\n{rows}"))
    assert any("holds numbers, but 'n.a.' in row 0" in str(each.message) for each in heard) is told


# -- what is missing ---------------------------------------------------------------------------------------------------


def test_words_for_nothing_are_refused_by_name_or_are_labels(tmp_path: Path) -> None:
    path = write(tmp_path, "X,Y\n1,NA\n2,b\n3,None\n")
    with pytest.raises(DataError, match=r"Y has 2 missing.*row 0.*read from 'NA', 'None'; .*missing='text'"):
        columns(path)
    assert columns(path, missing="text")["Y"] == ["NA", "b", "None"]
    with pytest.raises(DataError, match=r"1 missing value\(s\) in 2 rows, the first in row 1"):
        columns(write(tmp_path, "X,Y\n1,NA\n2,\n"), missing="text")


FRAME = pd.DataFrame({"X": [1.5, np.nan, 3.5, 4.5], "Y": ["a", "b", None, "b"], "Z": [1, 2, 3, -9]})


@pytest.mark.parametrize("form", ["frame", "csv", "parquet", "arrow", "mapping", "nullable"])
def test_rows_are_dropped_and_counted(form: str, tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    FRAME.to_parquet(tmp_path / "t.parquet")
    data: Any = {
        "frame": FRAME,
        "csv": tmp_path / "t.csv",
        "parquet": tmp_path / "t.parquet",
        "arrow": pa.Table.from_pandas(FRAME),
        "mapping": {name: FRAME[name].to_numpy() for name in FRAME},
        "nullable": FRAME.convert_dtypes(),
    }[form]
    with pytest.warns(DataWarning, match=r"2 of 4 rows lack .*X lacks 1, Y lacks 1.*missing completely at random"):
        assert columns(data, "X", "Y", "Z", missing="drop") == {"X": [1.5, 4.5], "Y": ["a", "b"], "Z": [1, -9]}
    with pytest.warns(DataWarning, match="3 of 4 rows"):
        assert columns(data, "X", "Y", "Z", missing="drop", missing_marks=[-9])["Z"] == [1]
    with pytest.warns(DataWarning, match="2 of 4 rows"):
        assert columns(data, "Y", "Z", missing="drop", missing_marks={"Z": -9})["Z"] == [1, 2]
    with pytest.raises(DataError, match=r"column [XY] has 1 (NaN|missing) value\(s\) in 4 rows.*missing='drop'"):
        columns(data, "X", "Y")


def test_whole_numbers_with_gaps_stay_whole(tmp_path: Path) -> None:
    text = "X,Y\n" + "".join(f"{'' if k == 5 else k},{'' if k == 7 else k % 2 == 0}\n" for k in range(60))
    arrow = pa.table({"X": [None if k == 5 else k for k in range(60)], "Y": [k % 2 == 0 for k in range(60)]})
    for data in (write(tmp_path, text), arrow):
        with pytest.warns(DataWarning):
            found = kinds(data, missing="drop")
        assert isinstance(found["X"], Integer)
        assert found["Y"] == Categorical((False, True), "bool")


def test_what_is_missing_becomes_a_label_of_categories_alone() -> None:
    category = pd.Series(["hi", None, "lo", "hi"], dtype=pd.CategoricalDtype(["lo", "mid", "hi"], ordered=True))
    data = {"X": category, "Y": [1.0, 0.0, np.nan, 1.0], "Z": [0.5, 1.5, np.nan, 2.5]}
    with pytest.warns(DataWarning, match="X lacks 1 of 4 values, which are a label of their own"):
        found = kinds(data, "X", missing="category")
    assert found["X"] == Categorical(("lo", "hi", "missing"), "object")
    with pytest.warns(DataWarning):
        assert kinds(data, "Y", missing="category")["Y"] == Categorical((0.0, 1.0, "missing"), "object")
    with pytest.warns(DataWarning), pytest.raises(DataError, match="Z lacks 1 of 4 values and holds no categories"):
        kinds(data, "Z", missing="category")
    many = {"Z": [*np.linspace(0, 1, 40), np.nan]}
    with pytest.warns(DataWarning), pytest.raises(DataError, match="say missing='drop', or fill them in"):
        kinds(many, "Z", missing="category")  # no category of forty numbers
    with pytest.raises(DataError, match=r"column X has 1 missing .*\(counting from 0\), Y lacks 1, Z lacks 1; drop"):
        kinds(data, "X", "Y", "Z")
    with pytest.warns(DataWarning):
        sources = read_sources(data, ["X"], how=Reading(missing="category"))
    kind = infer_schema(sources, {"X": Categorical(("hi", "mid", "lo"))})["X"]
    assert kind == Categorical(("hi", "mid", "lo", "missing"), "object")
    with pytest.warns(DataWarning), pytest.raises(DataError, match="has the label 'missing' as well"):
        kinds({"X": ["missing", None]}, "X", missing="category")
    with pytest.raises(DataError, match="holds no value at all"):
        kinds({"X": [None, None]}, "X", missing="category")
    with pytest.raises(DataError, match=r"no row is complete.*of 2 rows, X lacks 2"):
        kinds({"X": [None, None], "Y": [1, 2]}, missing="drop")


def test_pictures_go_with_their_rows(tmp_path: Path) -> None:
    pictures = np.arange(4 * 3 * 2 * 2, dtype=np.uint8).reshape(4, 3, 2, 2)
    np.save(tmp_path / "p.npy", pictures)
    for held in (pictures, tmp_path / "p.npy", list(pictures)):
        data = {"X": held, "Y": [1, None, 0, 1]}
        with pytest.warns(DataWarning):
            sources = read_sources(data, ["X", "Y"], how=Reading(missing="drop"))
        assert np.array_equal(sources["X"].columns[""].content, pictures[[0, 2, 3]])


def test_every_backend_and_the_check_read_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, 200)
    path = tmp_path / "t.csv"
    pd.DataFrame({"X": x, "Y": np.where(rng.random(200) < 0.1, -9999, x)}).to_csv(path, index=False, sep=";")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    how: dict[str, Any] = {"missing": "drop", "missing_marks": [-9999]}
    for backend, options in (("null", {}), ("torch", {"epochs": 1, "progress": False, "device": "cpu"})):
        with pytest.warns(DataWarning, match=r"of 200 rows lack a value"):
            sampler: Any = program.fit(path, backend=backend, **options, **how)
        assert sampler.schema["Y"] == Categorical((0, 1), "int64")
    with pytest.warns(DataWarning, match=r"of 200 rows lack a value"):
        assert not idgen.check_graph(idgen.ADMG.parse("X; Y"), path, **how).ok
    with pytest.raises(idgen.IdgenError, match="check_graph has no option mising"):
        idgen.check_graph(idgen.ADMG.parse("X; Y"), path, mising="drop")


# -- sizes and places --------------------------------------------------------------------------------------------------


def test_a_file_that_unfolds_into_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LEAST_LIMIT", 2**20)
    path = write(tmp_path, gzip.compress(b"X,Y\n" + b"1,2\n" * 10**6), "t.csv.gz")
    with pytest.raises(DataError, match=r"unfolds into more than 1 MiB; if you trust it, say size_limit="):
        columns(path)
    assert len(columns(path, size_limit=10**7)["X"]) == 10**6
    pq.write_table(pa.table({"X": pa.array(np.zeros(10**6)), "Y": pa.array(np.zeros(10**6))}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"unfolds into 15\.3 MiB, more than 1 MiB"):
        columns(tmp_path / "t.parquet")
    assert len(columns(tmp_path / "t.parquet", size_limit=10**8)["X"]) == 10**6


@pytest.mark.parametrize("path", ["x" * 5000 + ".csv", "a\0b.csv", "no/such/t.csv", "/dev/null.csv", ".csv"])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(DataError, match=r"no path|there is no file|cannot be read"):
        columns(path)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(DataError, match="is no regular file"):
        columns(tmp_path / "t.csv")
    (tmp_path / "t.parquet").mkdir()
    with pytest.raises(DataError, match="holds no Parquet or Arrow files"):
        columns(tmp_path / "t.parquet")


# -- tables in memory --------------------------------------------------------------------------------------------------


class Polars:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def to_pandas(self) -> Any:
        if self.error is not None:
            raise self.error
        return pd.DataFrame({"X": [1, 2], "Y": ["a", "é"]})


class Lazy:
    def collect(self) -> Polars:
        return Polars()


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({" X": [1, 2], "Y ": ["a", "é"]}),
        pd.DataFrame({"X": [1, 2], "Y": pd.array(["a", "é"], dtype="string")}),
        pd.DataFrame({"X": pd.array([1, 2], dtype="Int8"), "Y": pd.Categorical(["a", "é"])}),
        pd.DataFrame({"X": [1, 2], "Y": ["a", "é"]}).set_index("X", drop=False),
        pa.table({"X": [1, 2], "Y": pa.array(["a", "é"]).dictionary_encode()}),
        pa.table({"X": pa.chunked_array([[1], [2]]), "Y": ["a", "é"]}),
        {"X": pd.Index([1, 2]), "Y": pd.Categorical(["a", "é"])},
        {"X": pa.array([1, 2]), "Y": pa.array(["a", "é"]).dictionary_encode()},
        {"X": range(1, 3), "Y": ("a", "é")},
        Polars(),
    ],
)
def test_tables_of_every_maker(data: Any) -> None:
    assert columns(data) == PLAIN


def test_names_that_are_no_texts() -> None:
    assert columns(pd.DataFrame([[1, "a"], [2, "é"]]), "0", "1") == {"0": [1, 2], "1": ["a", "é"]}
    assert columns({0: [1, 2], ("a", 1): ["a", "é"]}, "0", "('a', 1)")["0"] == [1, 2]
    with pytest.raises(DataError, match=r"columns have 2 levels; join them"):
        columns(pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("X", "a"), ("Y", "b")])))
    with pytest.raises(DataError, match="2 columns called X, in the places 1 and 2"):
        columns(pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["X", "X", "Y"]))
    with pytest.raises(DataError, match="2 columns called 1"):
        columns({1: [1], "1": [2], "Y": [3]}, "1", "Y")
    assert columns(pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["Z", "Z", "Y"]), "Y") == {"Y": [3]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"X": {1, 2}, "Y": [1, 2]}, "column X is a set, whose entries have no order; give a list"),
        ({"X": {"a": 1}, "Y": [1, 2]}, "column X is dict, not an array"),
        ({"X": iter([1]), "Y": [1, 2]}, "not an array with one entry a row"),
        (Lazy(), r"cannot be read; collect\(\) it first"),
        (Polars(ImportError("no pyarrow")), "do not become a DataFrame .*no pyarrow"),
        ({"X": [10**400, 1], "Y": [1, 2]}, "beyond 64 bits"),
        ({"X": [10**400, 1.5], "Y": [1, 2]}, "beyond 64 bits"),
        ({"X": [[[1], [2, 3]], [[1], [2]]], "Y": [1, 2]}, "lists within lists"),
        ({"X": [1, "a"], "Y": [1, 2]}, r"mixed values: int .* such as .* in row"),
        ({"X": pd.cut([1, 2], 2), "Y": [1, 2]}, r"Interval.*rename_categories\(str\)"),
        ({"X": pd.period_range("2020-01", periods=2), "Y": [1, 2]}, r"Period.*to_timestamp"),
    ],
)
def test_tables_in_memory_that_cannot_be_read_say_why(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        kinds(data)


def test_decimals_and_narrow_floats_are_numbers() -> None:
    torch = pytest.importorskip("torch")
    from decimal import Decimal
    from fractions import Fraction

    numbers = [Decimal("0.5"), Decimal("1.5"), Fraction(5, 2)]
    assert columns({"X": numbers}, "X") == {"X": [0.5, 1.5, 2.5]}
    narrow = torch.tensor([0.5, 1.5, 2.5], dtype=torch.bfloat16)
    assert isinstance(kinds({"X": narrow}, "X")["X"], Continuous)
    with pytest.raises(DataError, match="becomes no array"):
        columns({"X": narrow.to_sparse()}, "X")


def test_categories_keep_their_order_and_lose_what_does_not_occur(tmp_path: Path) -> None:
    levels = pd.CategoricalDtype(["lo", "never", "mid", "hi"], ordered=True)
    frame = pd.DataFrame({"X": pd.Series(["hi", "lo", "mid"] * 4, dtype=levels)})
    frame.to_parquet(tmp_path / "t.parquet")
    for data in (
        frame,
        pa.Table.from_pandas(frame),
        tmp_path / "t.parquet",
        {"X": frame["X"]},
        {"X": frame["X"].array},
    ):
        assert kinds(data, "X")["X"] == Categorical(("lo", "mid", "hi"), "object", ordered=True)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"PAR1\0\0", "a Parquet file; rename it"), (b"PK\x03\x04\0", "workbooks"), (b"%PDF-1.4\n", "a PDF")],
)
def test_files_of_other_kinds_are_named(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(DataError, match=f"t.csv is no text, but .*{what}"):
        columns(write(tmp_path, content))


def test_a_field_too_many_in_the_first_rows_moves_no_columns(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k}\n" for k in range(9))
    with pytest.raises(DataError, match=r"only some rows .* have one field more than its header"):
        columns(write(tmp_path, f"X,Y\n1,1,7\n{rows}"))


def test_a_line_of_sums_below_few_numbers_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "X,Y\n" + "0,1\n1,0\n" * 40 + "Total,40\n")
    with pytest.warns(DataWarning, match="column X of .* holds numbers, but 'Total' in row 80"):
        columns(path)


@pytest.mark.parametrize("word", ["nan", "None", "", "?", "#DIV/0!"])
@pytest.mark.parametrize("make", [list, np.array, pd.Series, pd.Categorical, lambda v: pd.Series(v, dtype="string")])
def test_words_for_nothing_among_labels_are_told_once(word: str, make: Any) -> None:
    data = {"X": make(["a", word, "b"] * 50), "Y": [1, 2, 3] * 50}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    told = f"column X holds the label {word!r} in 50 of 150 rows, first in row 1 .* missing_marks="
    with pytest.warns(DataWarning, match=re.escape(told).replace(r"\ \.\*\ ", ".*")) as caught:
        program.fit(data, progress=False)
    assert len(caught) == 1
    program.fit(data, progress=False, missing="text")
    with pytest.warns(DataWarning, match="50 of 150 rows lack a value and were left out"):
        program.fit(data, progress=False, missing="drop", missing_marks=[word])


def test_marks_of_a_column_that_is_not_there_are_refused() -> None:
    data = {"birth": [1, -9, 2], "Y": [1, 2, 3]}
    with pytest.raises(DataError, match=r"missing_marks names 'Birt', which is no column .*; did you mean birth\?"):
        columns(data, "birth", missing="drop", missing_marks={"Birt": [-9]})
    assert columns(data, "Y", missing_marks={"birth": [-9]})["Y"] == [1, 2, 3]
    with pytest.warns(DataWarning, match="1 of 3 rows lack a value"):
        assert columns(data, "birth", missing="drop", missing_marks={" birth": [-9]})["birth"] == [1, 2]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("t.xlsx", r"is a workbook by its name.*pandas.read_excel\('t.xlsx'\).*\.to_parquet\('t.parquet'\)"),
        ("t.json", r"is JSON by its name.*pandas.read_json"),
        ("t.dta", r"is a Stata file by its name.*pandas.read_stata"),
        ("t.feather", r"is a Feather or Arrow file by its name.*pandas.read_feather"),
        ("t.zip", r"is by its name an archive; unpack it"),
        ("t.dat", r"rename it to .csv"),
    ],
)
def test_files_of_other_kinds_are_known_by_their_names(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=told):
        columns(tmp_path / name, "X")


@pytest.mark.parametrize("values", [pd.to_datetime(["2020-01-01", None] * 3), pd.to_timedelta([1, None] * 3)])
def test_dates_and_durations_are_not_advised_to_become_a_category(values: pd.Index) -> None:
    with pytest.raises(DataError, match="drop these rows with missing='drop', or fill them in"):
        columns(pd.DataFrame({"X": values}), "X")


@pytest.mark.parametrize("mark", ["\ufeff", "\xef\xbb\xbf", "\u200b "])
def test_marks_that_nobody_sees_are_no_part_of_a_name(mark: str) -> None:
    assert columns(pd.DataFrame({f"{mark}X": [1, 2], "Y": [3, 4]}), "X")["X"] == [1, 2]
