"""Texts in tables: spellings of one label, numbers and dates written as texts, files as programs write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.tried.case import Columns, Generator, Tried
from tests.benchmarks.tried.dtypes import ANSWERS, NO_YES
from tests.benchmarks.tried.models import few, real

__all__ = ["FILES", "TEXTS"]


def _text(**columns: Callable[[Any], str]) -> Any:
    """Columns as texts, value by value."""

    def write(rows: Columns, rng: Generator, folder: Path) -> Any:
        return {**rows, **{name: [make(value) for value in rows[name].tolist()] for name, make in columns.items()}}

    return write


def _spelled(*spellings: tuple[str, ...]) -> Any:
    """The labels of X by chance in one of several spellings."""

    def write(rows: Columns, rng: Generator, folder: Path) -> Any:
        return {**rows, "X": [str(rng.choice(spellings[x])) for x in rows["X"]]}

    return write


def _csv(
    change: Callable[[pd.DataFrame, Generator], pd.DataFrame] = lambda t, r: t,
    text: Callable[[str], str] = lambda text: text,
    name: str = "table.csv",
    encoding: str = "utf-8",
    **how: Any,
) -> Any:
    def write(rows: Columns, rng: Generator, folder: Path) -> Any:
        frame = change(pd.DataFrame(rows), rng)
        path = folder / name
        path.write_bytes(text(frame.to_csv(**{"index": False, "lineterminator": "\n"} | how)).encode(encoding))
        return path

    return write


def _some(column: str, value: str, share: float = 0.02) -> Any:
    def change(frame: pd.DataFrame, rng: Generator) -> pd.DataFrame:
        frame = frame.astype({column: object})
        frame.loc[rng.random(len(frame)) < share, column] = value
        return frame

    return change


def _with(**columns: Callable[[Any], Any]) -> Any:
    return lambda frame, rng: frame.assign(**{name: make(frame[name]) for name, make in columns.items()})


def _ages(r: Generator, n: int) -> Any:
    return np.clip(np.round(45 + 15 * r.normal(size=n)), 18, 90).astype(int)


def _by_age(r: Generator, z: Any, x: Any) -> Any:
    return (z - 45) / 15 + x + 0.7 * r.normal(size=len(z))


def _likely_by_age(z: Any) -> Any:
    return 1 / (1 + np.exp(-(z - 45) / 12))


AGES: dict[str, Any] = {"cause": _ages, "outcome": _by_age, "chance": _likely_by_age}
SAME = ("differ only in spelling",)
AS_TEXT = ("holds numbers, written as texts",)
K = "texts"
F = "text files"
HALF = "only a part of the rows is set and seen"
UNORDERED = "a category for each number, without order"

TEXTS: list[Tried] = [
    few(K, "Yes, yes and YES", HALF, _spelled(("No", "no"), ("Yes", "yes", "YES")),
        values=(("No", 0), ("Yes", 1)), said=SAME),
    few(K, "labels with trailing spaces", HALF, _spelled(("no", "no "), ("yes", "yes  ")), values=NO_YES, said=SAME),
    few(K, "labels with a no-break space", HALF, _spelled(("not given", "not\u00a0given"), ("given",)),
        values=(("not given", 0), ("given", 1)), said=SAME),
    few(K, "composed and decomposed accents", HALF, _spelled(("non", "non"), ("donn\u00e9", "donne\u0301")),
        values=(("non", 0), ("donn\u00e9", 1)), said=SAME),
    few(K, "y, Y and yes", HALF, _spelled(("n", "no"), ("y", "Y", "yes")), values=(("n", 0), ("y", 1)), said=SAME),
    few(K, "1, 1.0 and 01 as texts", HALF, _spelled(("0", "0.0"), ("1", "1.0", "01")),
        values=(("0", 0), ("1", 1)), said=SAME),
    few(K, "a treatment of '0' and '1' set to 1", "all rows, none set", _text(X=str),
        said=("labels of X are '0', '1'",)),
    few(K, "a treatment of 0.0 and 1.0 set to True", "a label that is none", lambda c, r, f: {
        **c, "X": c["X"].astype(float)}, values=((False, 0), (True, 1))),
    few(K, "the texts True and False", "a text is always true", _text(Y=lambda v: str(v == 1)),
        number=lambda v: (np.asarray(v) == "True").astype(float)),
    few(K, "empty texts", "a label that nobody sees", _text(Z=lambda v: ["", "b", "c"][v]), blind=True,
        said=("missing",)),
    few(K, "nan as a text, from astype(str)", "a label for what is missing", _text(
        Z=lambda v: ["nan", "1.0", "2.0"][v]), blind=True, said=("missing",)),
    few(K, "None as a text, from astype(str)", "a label for what is missing", _text(
        Z=lambda v: ["None", "b", "c"][v]), blind=True, said=("missing",)),
    few(K, "a question mark for missing", "a label for what is missing", _text(
        Z=lambda v: ["?", "b", "c"][v]), blind=True, said=("missing",)),
    few(K, "Namibia's code, kept", "a country lost", _text(Z=lambda v: ["NA", "BW", "ZA"][v]),
        options={"missing": "text"}),
    real(K, "$1,200", UNORDERED, _text(Y=lambda v: f"${1000 * round(v, 1):,.0f}"), said=AS_TEXT),
    real(K, "$1,200.17, all different", UNORDERED, _text(Y=lambda v: f"${1000 * v:,.2f}"), said=AS_TEXT),
    real(K, "12%", UNORDERED, _text(Y=lambda v: f"{round(10 * v)}%"), said=AS_TEXT),
    real(K, "1.234,5", UNORDERED, _text(Y=lambda v: f"{1000 * round(v, 1):,.1f}".translate(
        str.maketrans(",.", ".,"))), said=AS_TEXT),
    real(K, "34 years", UNORDERED, _text(Z=lambda v: f"{v} years"), said=AS_TEXT, **AGES),
    real(K, "ages as texts", UNORDERED, _text(Z=str), said=AS_TEXT, **AGES),
    real(K, "floats as texts", UNORDERED, _text(Y=repr), said=AS_TEXT),
    real(K, "numbers in which one is '<5'", UNORDERED, _text(Z=lambda v: "<20" if v < 20 else str(v)),
         said=AS_TEXT, **AGES),
    real(K, "age groups as texts", "order lost", _text(Z=lambda v: f"{v // 10 * 10}-{v // 10 * 10 + 9}"), **AGES),
    real(K, "01/02/2024", UNORDERED, _text(Y=lambda v: f"{round(v) % 12 + 1:02d}/{round(20 * v) % 28 + 1:02d}/2024"),
         said=("dates",), values=()),
    real(K, "3 Jan 2024", UNORDERED, _text(Y=lambda v: f"{round(20 * v) % 28 + 1} Jan {2024 + round(v)}"),
         said=("dates",), values=()),
    real(K, "times of day, 14:05", UNORDERED, _text(
        Z=lambda v: f"{round(200 + 40 * v) // 60 % 24:02d}:{round(200 + 40 * v) % 60:02d}"), values=(),
         said=("times",)),
    real(K, "free texts", "a level for each row", _text(Z=lambda v: f"patient {v}"), said=("free text",)),
    few(K, "emoji and any script as labels", "crash", _spelled(("नहीं",), ("हाँ ✅",)),
        values=(("नहीं", 0), ("हाँ ✅", 1))),
    few(K, "half a letter, a lone surrogate", "a sampler that cannot be saved", _spelled(("no",), ("y\ud800",)),
        values=(("no", 0), ("y\ud800", 1)), said=("cannot be a label",)),
    few(K, "labels of 10,000 letters", "crash", _spelled(("n" * 10_000,), ("y" * 10_000,)),
        values=(("n" * 10_000, 0), ("y" * 10_000, 1))),
]  # fmt: skip

FILES: list[Tried] = [
    few(F, "as pandas writes it, with the index", "a column of row numbers", _csv(index=True)),
    few(F, "as R writes it, without a name for the rows", "columns moved by one", _csv(
        index=True, text=lambda t: t.removeprefix(","))),
    few(F, "a mark of byte order", "a name that none equals", _csv(encoding="utf-8-sig")),
    few(F, "UTF-16, as Excel writes it", "crash", _csv(sep="\t", encoding="utf-16")),
    few(F, "Windows' letters", "labels of broken letters", _csv(_with(X=lambda s: np.where(s == 1, "doné", "non")),
        encoding="cp1252"), values=(("non", 0), ("doné", 1))),
    few(F, "ends of lines of Windows", "a label with a carriage return", _csv(
        _with(Y=lambda s: ANSWERS[s]), text=lambda t: t.replace("\n", "\r\n")),
        number=lambda v: (np.asarray(v) == "yes").astype(float)),
    real(F, "semicolons and decimal commas", "texts, or a factor of ten", _csv(sep=";", decimal=",")),
    real(F, "sep= in the first line", "one column", _csv(sep=";", text=lambda t: "sep=;\n" + t)),
    real(F, "thousands in quotes", "cut at the comma", _csv(_with(Y=lambda s: s.map(lambda v: f"{1000 * v:,.0f}"))),
         said=("decimal",)),
    few(F, "spaces after commas", "labels with spaces", _csv(
        _with(X=lambda s: ANSWERS[s]), text=lambda t: t.replace(",", ", ")), values=NO_YES),
    few(F, "spaces in the header", "a column is not found", _csv(text=lambda t: t.replace("Z,X,Y", "Z , X , Y"))),
    few(F, "empty lines at the end", "rows of nothing", _csv(text=lambda t: t + "\n\n\n")),
    few(F, "lines of commas at the end", "rows of nothing", _csv(text=lambda t: t + ",,\n,,\n"), blind=True,
        said=("missing",)),
    few(F, "a line of sums at the end", "one more row", _csv(
        text=lambda t: t + "Total,2000,1900\n"), blind=True, said=("holds numbers, but 'Total'",)),
    few(F, "a comment before the header", "the comment as the header", _csv(
        text=lambda t: "# exported 2024-01-01\n" + t), blind=True, said=("",)),
    few(F, "no header", "the first row as names", _csv(header=False), blind=True, said=("lack",)),
    few(F, "a row with a field too many", "columns moved by one", _csv(
        text=lambda t: t.replace("\n", "\n0,1,1,9\n", 2)), blind=True, said=("one field more",)),
    few(F, "a row with a field too few", "the rest as missing", _csv(text=lambda t: t + "0,1\n"), blind=True,
        said=("missing",)),
    few(F, "an open quote", "half of the table in one label", _csv(text=lambda t: t + '0,1,"1\n0,1,1\n'), blind=True,
        said=("",)),
    few(F, "codes with leading zeros", "007 and 7 are one", _csv(_with(Z=lambda s: s.map(lambda v: f"0{v}7"))),
        said=("zero",)),
    real(F, "NA among numbers", "texts, or rows dropped", _csv(_some("Z", "NA")), said=("missing",)),
    real(F, "a question mark among numbers", "texts", _csv(_some("Z", "?")), said=("missing",)),
    real(F, "a full stop among numbers, as SAS writes it", "texts", _csv(_some("Z", ".")), said=("missing",)),
    real(F, "#DIV/0! among numbers, as Excel writes it", "texts", _csv(_some("Z", "#DIV/0!")), said=("missing",)),
    real(F, "inf among numbers", "NaN samples", _csv(_some("Y", "inf")), said=("infinite",)),
    real(F, "1e400 among numbers", "infinity", _csv(_some("Y", "1e400")), said=("infinite",)),
    real(F, "0x1F among numbers", "texts", _csv(_some("Z", "0x1F")), said=("numbers", "free text")),
    real(F, "1_000 among numbers", "texts", _csv(_some("Z", "1_000")), said=("numbers", "free text")),
    few(F, "the words TRUE and FALSE, as R writes them", "texts", _csv(_with(X=lambda s: np.where(s == 1, "TRUE",
        "FALSE"))), values=((False, 0), (True, 1))),
    few(F, "TRUE, and an empty field", "floats or texts", _csv(_with(X=lambda s: np.where(
        s.index == 7, "", np.where(s == 1, "TRUE", "FALSE")))), blind=True, said=("missing",)),
    few(F, "whole numbers with an empty field", "floats", _csv(_with(Z=lambda s: s.astype(object).mask(
        s.index == 7, ""))), blind=True, said=("missing",)),
    few(F, "country codes with NA", "Namibia lost", _csv(_with(Z=lambda s: np.array(["NA", "BW", "ZA"])[s])),
        blind=True, said=("missing='text'",)),
    few(F, "country codes with NA, kept", "Namibia lost", _csv(_with(Z=lambda s: np.array(["NA", "BW", "ZA"])[s])),
        options={"missing": "text"}),
    few(F, "scientific names: 1E5 and 2E5", "codes become numbers", _csv(_with(Z=lambda s: np.array(
        ["1E5", "2E5", "3E5"])[s]))),
    real(F, "Excel's day numbers", "an offset of 45,000", _csv(_with(Y=lambda s: (45_000 + 100 * s).round())),
         number=lambda v: (np.asarray(v, float) - 45_000) / 100),
    real(F, "dates in ISO 8601", UNORDERED, _csv(_with(Y=lambda s: (pd.Timestamp("2024-01-01") + pd.to_timedelta(
        (100 * s).round(), unit="D")).dt.strftime("%Y-%m-%d"))), number=lambda v: (
            np.asarray(v, "datetime64[D]") - np.datetime64("2024-01-01")).astype(float) / 100),
    real(F, "a gzipped file without its ending", "bytes as text", lambda c, r, f: _gzipped(c, f / "table.csv")),
    real(F, "a Parquet file called .csv", "bytes as text", lambda c, r, f: _parquet(c, f / "table.csv"),
         said=("a Parquet file",)),
    real(F, "a workbook called .csv", "bytes as text", lambda c, r, f: _bytes(b"PK\x03\x04" + bytes(200), f),
         said=("workbooks",)),
    few(F, "a web page called .csv", "one column", lambda c, r, f: _bytes(b"<html><body>404</body></html>\n", f),
        blind=True, said=("lack", "table.csv")),
    few(F, "an empty file", "crash", lambda c, r, f: _bytes(b"", f), blind=True, said=("table.csv",)),
    few(F, "a header alone", "crash", lambda c, r, f: _bytes(b"Z,X,Y\n", f), blind=True, said=("no rows",)),
]  # fmt: skip


def _bytes(content: bytes, folder: Path) -> Path:
    path = folder / "table.csv"
    path.write_bytes(content)
    return path


def _gzipped(columns: Columns, path: Path) -> Path:
    pd.DataFrame(columns).to_csv(path, index=False, compression="gzip")
    return path


def _parquet(columns: Columns, path: Path) -> Path:
    pd.DataFrame(columns).to_parquet(path)
    return path
