"""How numbers of a text table are written, and what is said where that means two things."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Integer
from idgen_compiler.data.reading import delimited
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import infer_schema, numbers_among
from idgen_compiler.data.sources import Source, read_sources
from idgen_compiler.errors import DataError, DataWarning


def sources(folder: Path, text: str, name: str = "X", numbers: tuple[str, ...] = (), **how: Any) -> dict[str, Source]:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_sources(path, [name], how=Reading(**how), numbers=numbers)


def values(folder: Path, text: str, name: str = "X", **how: Any) -> list[Any]:
    return list(sources(folder, text, name, **how)[name].columns[""].values.tolist())


# -- points that part thousands ----------------------------------------------------------------------------------------

PARTED = "X;Y\n1.793;a\n302;b\n12.000;a\n"


@pytest.mark.parametrize(
    "text",
    [
        PARTED,
        "X;Y\n1.793;a\n2.450;b\n",
        "X;Y\n302;a\n1.793;b\n;a\n",
        "X;Y\n-1.793;a\n302;b\n",
        "X;Y\n1.793;1.234.567\n302;5\n",
        "X\tY\n1.793\t1.234.567\n302\t5\n",
    ],
)
def test_points_that_may_part_thousands_are_refused_with_both_readings(text: str, tmp_path: Path) -> None:
    told = (
        r"holds '-?1\.793'( beside '302')?, where .*; say decimal=',' if it is -?1793, decimal='\.' if it is -?1\.793"
    )
    with pytest.raises(DataError, match=told) as caught:
        sources(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_saying_what_a_point_is_reads_either(tmp_path: Path) -> None:
    assert values(tmp_path, PARTED, decimal=",") == [1793, 302, 12000]
    assert values(tmp_path, PARTED, decimal=".") == [1.793, 302, 12]
    assert values(tmp_path, "X;Y\n1.793,5;a\n302;b\n0,25;b\n", decimal=",") == [1793.5, 302, 0.25]


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("X;Y\n1.793;0.5\n302;0.25\n", [1.793, 302]),  # the other column shows what a point is
        ("X;Y\n1.793;a\n0.302;b\n", [1.793, 0.302]),
        ("X;Y\n1.793;a\n3021;b\n", [1.793, 3021]),
        ("X;Y\n1.793;a\n3.5;b\n", [1.793, 3.5]),
        ("X;Y\n1.793;a\n1e+05;b\n", [1.793, 100000]),
        ("X,Y\n1.793,a\n302,b\n", [1.793, 302]),
        ("X\tY\n1.793\ta\n302\tb\n", [1.793, 302]),
        ("X;Y\n302;a\n117;b\n", [302, 117]),
    ],
)
def test_points_that_are_decimal_beyond_doubt_are_read(text: str, x: list[float], tmp_path: Path) -> None:
    assert values(tmp_path, text) == x


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("X;Y\n1.234.567;a\n302;b\n", [1234567, 302]),
        ("X;Y\n1.234.567;a\n1.793;b\n", [1234567, 1793]),
        ("X;Y\n1.234,5;a\n302;b\n0,5;a\n", [1234.5, 302, 0.5]),
        ("X,Y\n1.234.567,a\n302,b\n", [1234567, 302]),
        ("X;Y\n1.2.3;a\n302;b\n", ["1.2.3", "302"]),
        ("X;Y\n192.168.1.17;a\n302;b\n", ["192.168.1.17", "302"]),
        ("X;Y\n01.02.2020;a\n302;b\n", ["01.02.2020", "302"]),
    ],
)
def test_two_points_part_thousands_for_certain(text: str, x: list[Any], tmp_path: Path) -> None:
    assert values(tmp_path, text) == x


def test_thousands_that_lack_some_values_stay_whole(tmp_path: Path) -> None:
    text = "X;Y\n" + "".join(f"1.{100 + k}.567;a\n" for k in range(60)) + "NA;b\n"
    with pytest.raises(DataError, match=r"1 missing value.* read from 'NA'"):
        sources(tmp_path, text)
    with pytest.warns(DataWarning, match=r"1 of 61 rows .*read from 'NA'"):
        found = infer_schema(sources(tmp_path, text, missing="drop"))["X"]
    assert isinstance(found, Integer)
    assert found.low == 1_100_567


# -- zeros before codes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", ["NA,1\n", ""])
def test_codes_keep_their_zeros(gap: str, tmp_path: Path) -> None:
    text = "X,Y\n" + "".join(f"{k},1\n" for k in range(1000, 3000)) + gap + "02139,1\n2139,0\n"
    with pytest.warns(DataWarning) as caught:
        found = values(tmp_path, text, missing="drop")
    assert (found[0], *found[-2:]) == ("1000", "02139", "2139")
    said = [str(one.message) for one in caught]
    assert said[0] == (
        "column X holds '02139', whose zero a number would lose, so that its values are kept as texts; say "
        "types={'X': 'integer'} if they are numbers"
    )
    assert ["1 of 2003 rows" in one for one in said[1:]] == [True] * bool(gap)


def test_zeros_in_any_piece_of_the_file_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_PIECE", 3)
    text = "X,Y\n" + "1,0.5\n" * 10 + "01,0.5\n"
    with pytest.warns(DataWarning, match="holds '01'"):
        assert values(tmp_path, text) == ["1"] * 10 + ["01"]
    assert values(tmp_path, text, "Y") == [0.5] * 11


def test_digits_with_zeros_are_numbers_where_somebody_says_so(tmp_path: Path) -> None:
    numbers = tuple(numbers_among({"X": "integer", "Y": "categorical"}))
    assert numbers == ("X",)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert values(tmp_path, "X,Y\n007,1\n12,0\n", numbers=numbers) == [7, 12]
    with pytest.warns(DataWarning, match="1 of 3 rows"):
        assert values(tmp_path, "X,Y\n007,1\n12,0\n-9,0\n", numbers=numbers, missing="drop", missing_marks={"X": -9})
    rows = "".join(f"{k:03},{k % 2}\n" for k in range(400))
    (tmp_path / "r.csv").write_text("X,Y\n" + rows)
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    fitted: Any = program.fit(tmp_path / "r.csv", backend="null", types={"X": "integer"})
    assert isinstance(fitted.schema["X"], Integer)


def test_zeros_before_numbers_that_are_no_codes_lose_nothing(tmp_path: Path) -> None:
    assert values(tmp_path, "X,Y\n0,1\n0.5,0\n") == [0, 0.5]
    assert values(tmp_path, "X,Y\n05,1\n0.5,0\n") == [5, 0.5]


def test_codes_with_marks_of_their_column_lose_these(tmp_path: Path) -> None:
    with pytest.warns(DataWarning) as told:
        found = values(tmp_path, "X,Y\n02139,1\n99999,0\n", missing="drop", missing_marks={"X": 99999})
    assert found == ["02139"]
    assert len(told) == 2


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (["1E5", "100000", "207"], True),
        (["3e2", "17"], True),
        (["1e5", "0.5"], False),
        (["1e+05", "2"], False),
        (["1E5", "2E7"], False),
    ],
)
def test_codes_that_look_like_powers_of_ten_are_told(x: list[str], told: bool, tmp_path: Path) -> None:
    text = "X,Y\n" + "".join(f"{one},1\n" for one in x)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        values(tmp_path, text)
    said = [str(one.message) for one in caught]
    assert [f"{float(x[0]):.10g}" in one and "another letter" in one for one in said] == ([True] if told else [])
