"""The same rows in every type that a column can have."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.benchmarks.tried.case import Columns, Generator, Tried
from tests.benchmarks.tried.models import few, real

__all__ = ["DTYPES"]

KIND = "types of columns"
LOST = "labels lost or paired with the wrong rows"


def _frame(**types: Any) -> Any:
    def write(columns: Columns, rng: Generator, folder: Path) -> Any:
        frame = pd.DataFrame(columns)
        return frame.assign(**{name: make(frame[name]) for name, make in types.items()})

    return write


def _arrow(**types: Any) -> Any:
    def write(columns: Columns, rng: Generator, folder: Path) -> Any:
        return pa.table({name: types.get(name, pa.array)(values) for name, values in columns.items()})

    return write


WORDS = np.array(["low", "middle", "high"])
ANSWERS = np.array(["no", "yes"])


def _words(series: Any) -> Any:
    return pd.Series(WORDS[series.to_numpy()], index=series.index)


def _answers(series: Any) -> Any:
    return pd.Series(ANSWERS[series.to_numpy()], index=series.index)


def _yes(values: Any) -> Any:
    return (np.asarray(values) == "yes").astype(float)


NO_YES = (("no", 0), ("yes", 1))


def _unsorted(columns: Columns, rng: Generator, folder: Path) -> Any:
    frame = pd.DataFrame(columns)
    return frame.sample(frac=1, random_state=3)


def _twice_indexed(columns: Columns, rng: Generator, folder: Path) -> Any:
    frame = pd.DataFrame(columns)
    frame.index = np.arange(len(frame)) % 7
    return frame


def _levels(columns: Columns, rng: Generator, folder: Path) -> Any:
    frame = pd.DataFrame(columns)
    frame.columns = pd.MultiIndex.from_product([["a"], frame.columns])
    return frame


def _index(columns: Columns, rng: Generator, folder: Path) -> Any:
    return pd.DataFrame(columns).set_index("Z")


def _series_apart(columns: Columns, rng: Generator, folder: Path) -> Any:
    order = rng.permutation(len(columns["Z"]))
    return {"Z": pd.Series(columns["Z"]), "X": pd.Series(columns["X"]).iloc[order], "Y": pd.Series(columns["Y"])}


def _lengths(columns: Columns, rng: Generator, folder: Path) -> Any:
    return {**columns, "Y": columns["Y"][:-1]}


def _records(columns: Columns, rng: Generator, folder: Path) -> Any:
    return pd.DataFrame(columns).to_dict("records")


def _matrix(columns: Columns, rng: Generator, folder: Path) -> Any:
    return pd.DataFrame(columns).to_numpy()


def _structured(columns: Columns, rng: Generator, folder: Path) -> Any:
    return pd.DataFrame(columns).to_records(index=False)


def _objects(make: Any) -> Any:
    return lambda series: pd.Series([make(value) for value in series], dtype=object)


def _one_bad(value: Any) -> Any:
    def put(series: Any) -> Any:
        changed = series.astype(object)
        changed.iloc[5] = value
        return changed

    return put


def _dates(series: Any) -> Any:
    return pd.Timestamp("2024-01-01") + pd.to_timedelta((series * 100).round().astype(int), unit="D")


def _day(values: Any) -> Any:
    return (np.asarray(values, "datetime64[D]") - np.datetime64("2024-01-01")).astype(float) / 100


REFUSED = ("column Z", "column Y", "column X")

DTYPES: list[Tried] = [
    few(KIND, "strings", LOST, _frame(Z=_words, X=_answers, Y=_answers), values=NO_YES, number=_yes),
    few(KIND, "booleans", "True and 1 taken apart", _frame(X=lambda s: s == 1, Y=lambda s: s == 1),
        values=((False, 0), (True, 1))),
    few(KIND, "nullable Int64", LOST, _frame(Z=lambda s: s.astype("Int64"), X=lambda s: s.astype("Int64"))),
    few(KIND, "nullable boolean", LOST, _frame(X=lambda s: (s == 1).astype("boolean")),
        values=((False, 0), (True, 1))),
    few(KIND, "nullable string", LOST, _frame(Z=lambda s: _words(s).astype("string"))),
    few(KIND, "nullable boolean with a gap", "a gap counted as False",
        _frame(X=lambda s: (s == 1).astype("boolean").mask(s.index == 5)), blind=True, said=("missing",)),
    few(KIND, "Arrow-backed integers", LOST, _frame(Z=lambda s: s.astype("int8[pyarrow]"))),
    few(KIND, "Arrow-backed strings", LOST, _frame(Z=lambda s: _words(s).astype("string[pyarrow]"))),
    few(KIND, "Arrow-backed booleans", LOST, _frame(X=lambda s: (s == 1).astype("bool[pyarrow]")),
        values=((False, 0), (True, 1))),
    few(KIND, "Arrow dictionaries", LOST, _arrow(Z=lambda v: pa.array(WORDS[v]).dictionary_encode())),
    few(KIND, "Arrow in many chunks", "chunks out of order",
        lambda c, r, f: pa.concat_tables([pa.table(c).slice(k, 100) for k in range(0, 4000, 100)])),
    real(KIND, "Arrow decimals", "digits lost",
         _arrow(Y=lambda v: pa.array([Decimal(f"{y:.4f}") for y in v], pa.decimal128(12, 4)))),
    real(KIND, "half-precision Arrow", "rounded to nothing", _arrow(Y=lambda v: pa.array(v.astype(np.float16)))),
    few(KIND, "categories with levels that never occur", "a level of probability above zero",
        _frame(Z=lambda s: pd.Categorical(_words(s), categories=["none", *WORDS, "top"]))),
    few(KIND, "ordered categories", "order lost",
        _frame(Z=lambda s: pd.Categorical(_words(s), categories=list(WORDS), ordered=True))),
    few(KIND, "categories of numbers", "codes in the place of labels",
        _frame(X=lambda s: pd.Categorical(s * 10 + 5, categories=[15, 5])), values=((5, 0), (15, 1))),
    few(KIND, "categories with a gap", "the gap as category -1",
        _frame(Z=lambda s: pd.Categorical(_words(s.mask(s.index == 9).fillna(9).astype(int) % 3).mask(s.index == 9))),
        blind=True, said=("missing",)),
    few(KIND, "objects of whole numbers", LOST, _frame(Z=_objects(int), X=_objects(int))),
    few(KIND, "objects of NumPy numbers", LOST, _frame(Z=_objects(np.int16), Y=_objects(np.float32))),
    real(KIND, "decimals", "digits lost", _frame(Z=_objects(lambda v: Decimal(f"{v:.5f}")))),
    real(KIND, "fractions", "digits lost", _frame(Y=_objects(lambda v: Fraction(round(v * 1000), 1000)))),
    real(KIND, "float16", "infinite spread", _frame(Z=lambda s: s.astype(np.float16), Y=lambda s: s.astype("f2"))),
    real(KIND, "float32", "quantiles rounded", _frame(Z=lambda s: s.astype(np.float32), Y=lambda s: s.astype("f4"))),
    real(KIND, "long double", "refused by libraries", _frame(Y=lambda s: s.astype(np.longdouble))),
    real(KIND, "the other byte order", "bytes swapped", lambda c, r, f: {**c, "Y": c["Y"].astype(">f8")}),
    real(KIND, "strided views", "every second row", lambda c, r, f: {n: np.repeat(v, 2)[::2] for n, v in c.items()}),
    real(KIND, "read-only arrays", "crash", lambda c, r, f: {n: np.frombuffer(np.asarray(v, "f8").tobytes())
                                                              for n, v in c.items()}),
    real(KIND, "masked array", "masked values taken", lambda c, r, f: {**c, "Z": np.ma.masked_array(
        c["Z"], np.arange(len(c["Z"])) % 10 == 0)}, said=("missing", "masked")),
    real(KIND, "sparse column", "only what is not zero", _frame(Z=lambda s: s.where(s > 0, 0.0).astype(
        pd.SparseDtype("float", 0.0))), cause=lambda r, n: np.maximum(r.normal(size=n), 0)),
    few(KIND, "sparse booleans", "only what is not zero", _frame(X=lambda s: (s == 1).astype(
        pd.SparseDtype(bool, False))), values=((False, 0), (True, 1))),
    few(KIND, "unsigned 8 bits", "differences wrap around", _frame(**{k: lambda s: s.astype(np.uint8) for k in "ZXY"})),
    real(KIND, "unsigned 64 bits near the end", "wraps to negative numbers",
         _frame(Y=lambda s: (2**63 + (s * 1e15).round().astype("int64").astype(object)).astype("uint64")),
         number=lambda v: (v.astype(object) - 2**63).astype(float) / 1e15),
    real(KIND, "signed 64 bits, far out", "differences overflow",
         _frame(Y=lambda s: (s * 1e18).clip(-9e18, 9e18).astype("int64")),
         number=lambda v: np.asarray(v, float) / 1e18),
    real(KIND, "whole numbers above 2^53", "neighbors become one", _frame(
        Z=lambda s: 2**60 + (s * 1000).round().astype("int64")), said=("precision",)),
    few(KIND, "labels that differ above 2^53", "two labels become one",
        _frame(X=lambda s: s.astype("int64") + 2**53), values=((2**53, 0), (2**53 + 1, 1))),
    few(KIND, "labels of 0.1 + 0.2 and 0.3", "two labels that print alike",
        _frame(X=lambda s: pd.Categorical(np.where(s == 1, 0.1 + 0.2, 0.3))), values=((0.3, 0), (0.1 + 0.2, 1))),
    few(KIND, "negative zero and zero", "two labels for one value",
        _frame(X=lambda s: np.where(s == 1, 1.0, np.where(s.index % 2 == 0, 0.0, -0.0)))),
    real(KIND, "negative zeros among numbers", "two point masses", cause=lambda r, n: np.where(
        r.random(n) < 0.4, np.where(r.random(n) < 0.5, -0.0, 0.0), r.normal(size=n))),
    real(KIND, "denormal numbers", "all become zero", _frame(Y=lambda s: s * 1e-310, Z=lambda s: s * 1e-312),
         number=lambda v: v / 1e-310),
    real(KIND, "float32 near its end", "infinite variance", _frame(Y=lambda s: (s * 5e37).astype(np.float32)),
         number=lambda v: np.asarray(v, float) / 5e37),
    real(KIND, "float64 near its end", "infinite variance", _frame(Y=lambda s: s * 2e307),
         number=lambda v: v / 2e307, said=("too large",)),
    real(KIND, "one infinity", "NaN samples", _frame(Y=_one_bad(np.inf)), said=("infinite",)),
    real(KIND, "one NaN", "NaN samples", _frame(Z=_one_bad(np.nan)), said=("missing", "NaN")),
    real(KIND, "one None", "NaN samples", _frame(Z=_one_bad(None)), said=("missing", "NaN")),
    real(KIND, "one text among numbers", "all numbers as texts", _frame(Z=_one_bad("n.a.")), said=("mixed",)),
    few(KIND, "one text among whole numbers", "all numbers as texts", _frame(Z=_one_bad("unknown")),
        said=("mixed",), blind=True),
    few(KIND, "booleans and numbers mixed", "True is 1", _frame(Z=_one_bad(True)), said=("mixed",), blind=True),
    few(KIND, "bytes", "labels that no text equals", _frame(Z=_objects(lambda v: WORDS[v].encode())), blind=True,
        said=("bytes",)),
    real(KIND, "complex numbers", "the imaginary part dropped", lambda c, r, f: {**c, "Z": c["Z"] + 1j},
         said=("complex",)),
    few(KIND, "tuples as labels", "taken for vectors", _frame(Z=_objects(lambda v: ("a", WORDS[v]))), blind=True,
        said=("lists",)),
    real(KIND, "lists of numbers", "only the first entry", _frame(Z=lambda s: pd.Series([[v, -v] for v in s]))),
    real(KIND, "lists of unlike lengths", "cut to the shortest", _frame(
        Z=lambda s: pd.Series([[v] * (1 + k % 2) for k, v in enumerate(s)])), said=("different lengths",)),
    few(KIND, "intervals of pandas.cut", "labels without a name", _frame(
        Z=lambda s: pd.cut(s, [-1, 0, 1, 2])), blind=True, said=("intervals", "Interval")),
    few(KIND, "intervals as texts", LOST, _frame(Z=lambda s: pd.cut(s, [-1, 0, 1, 2]).astype(str))),
    few(KIND, "periods", "labels without a name", _frame(
        Z=lambda s: pd.PeriodIndex(2020 + s, freq="Y")), blind=True, said=("period", "Period")),
    real(KIND, "dates as outcome", "nanoseconds in float32", _frame(Y=_dates), number=_day),
    real(KIND, "dates with a time zone", "moved by the zone's hours", _frame(
        Y=lambda s: _dates(s).dt.tz_localize("America/New_York")), number=lambda v: _day(
            pd.DatetimeIndex(v).tz_convert("America/New_York").tz_localize(None))),
    real(KIND, "two time zones in one column", "hours apart", _frame(Z=lambda s: pd.Series(
        [datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=int(k % 2))))
         + datetime.timedelta(days=round(v * 100)) for k, v in enumerate(s)], dtype=object)), said=("column Z",)),
    real(KIND, "durations as outcome", "nanoseconds in float32", _frame(
        Y=lambda s: pd.to_timedelta((s * 100).round(), unit="h")),
        number=lambda v: np.asarray(v, "timedelta64[h]").astype(float) / 100),
    few(KIND, "rows in another order than the index", "rows paired by index", _unsorted),
    few(KIND, "index that repeats", "rows multiplied", _twice_indexed),
    few(KIND, "column names in levels", "crash", _levels, blind=True, said=("levels",)),
    few(KIND, "a cause as the index", "the cause is not found", _index, blind=True, said=("index",)),
    few(KIND, "columns with unlike indexes", "rows paired by place", _series_apart, blind=True, said=("indexes",)),
    few(KIND, "columns of unlike lengths", "cut to the shortest", _lengths, blind=True, said=("length",)),
    few(KIND, "a list of records", "crash", _records, blind=True, said=("cannot be read",)),
    few(KIND, "a matrix without names", "columns guessed", _matrix, blind=True, said=("cannot be read",)),
    few(KIND, "a structured array", "crash", _structured, blind=True, said=("cannot be read",)),
    few(KIND, "column names that are numbers", "0 and '0' apart", lambda c, r, f: pd.DataFrame(c).rename(
        columns={"Z": 0}), graph='"0" -> X -> Y; "0" -> Y'),
    few(KIND, "a column twice", "the first is taken", lambda c, r, f: pd.concat(
        [pd.DataFrame(c), pd.DataFrame({"Z": c["X"]})], axis=1), blind=True, said=("2 columns called",)),
    few(KIND, "NaN in a column that nobody asked for", "rows dropped", lambda c, r, f: {
        **c, "W": np.full(len(c["Z"]), np.nan)}),
    few(KIND, "texts in a column that nobody asked for", "crash", lambda c, r, f: {
        **c, "note": [f"row {k}" for k in range(len(c["Z"]))]}),
]  # fmt: skip
