"""Other graphs and questions on odd tables, containers of tables, and labels in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from tests.benchmarks.tried.case import BAR, Array, Columns, Generator, Tried
from tests.benchmarks.tried.models import few, real

__all__ = ["CONTAINERS", "QUESTIONS"]

Q, C = "questions and graphs", "containers"
FRONT, NAPKIN = "X -> M -> Y; X <-> Y", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
SWITCHED = "the sign turned by the alphabet"


def _front(write: Callable[[Columns], Any] = lambda c: c, rows: int = 4_000) -> Any:
    """X -> M -> Y with a hidden cause of X and Y; all of them 0 or 1."""

    def table(rng: Generator, folder: Path) -> Any:
        u = rng.random(rows) < 0.5
        x = (rng.random(rows) < np.where(u, 0.75, 0.25)).astype(int)
        m = (rng.random(rows) < np.where(x == 1, 0.8, 0.2)).astype(int)
        return write({"X": x, "M": m, "Y": (rng.random(rows) < 0.1 + 0.4 * m + 0.4 * u).astype(int)})

    return table


def _front_law(x: int) -> Callable[[Generator], Array]:
    def law(rng: Generator) -> Array:
        m = rng.random(200_000) < (0.8 if x else 0.2)
        return np.asarray(rng.random(len(m)) < 0.1 + 0.4 * m + 0.4 * (rng.random(len(m)) < 0.5)).astype(int)

    return law


def _front_numbers(rng: Generator, folder: Path) -> Columns:
    u, n = rng.normal(size=4_000), 4_000
    x = u + rng.normal(size=n)
    m = 0.8 * x + rng.normal(size=n)
    return {"X": x * 1e6, "M": m - 1e4, "Y": np.exp(m + u + 0.5 * rng.normal(size=n))}


def _front_numbers_law(x: float) -> Callable[[Generator], Array]:
    return lambda r: np.exp(0.8 * x + r.normal(size=200_000) + r.normal(size=200_000) + 0.5 * r.normal(size=200_000))


def _napkin(write: Callable[[Columns], Any] = lambda c: c) -> Any:
    def table(rng: Generator, folder: Path) -> Any:
        n = 20_000
        a, b = rng.random((2, n)) < 0.5
        w1 = (rng.random(n) < 0.2 + 0.3 * a + 0.3 * b).astype(int)
        w2 = (rng.random(n) < 0.3 + 0.4 * w1).astype(int)
        x = (rng.random(n) < 0.1 + 0.4 * w2 + 0.4 * a).astype(int)
        return write({"W1": w1, "W2": w2, "X": x, "Y": (rng.random(n) < 0.1 + 0.3 * x + 0.5 * b).astype(int)})

    return table


def _napkin_law(x: int) -> Callable[[Generator], Array]:
    return lambda r: (r.random(200_000) < 0.1 + 0.3 * x + 0.5 * (r.random(200_000) < 0.5)).astype(int)


def _named(columns: Columns) -> Any:
    return pd.DataFrame(columns).map(lambda v: "treated" if v else "control")


def _treated(values: Any) -> Array:
    return (np.asarray(values) == "treated").astype(float)


def _spelled_outcome(c: Columns, rng: Generator, folder: Path) -> Any:
    return {**c, "Y": np.where(c["Y"] == 1, np.where(rng.random(len(c["Y"])) < 0.5, "yes", "Yes"), "no")}


def _words(low: str, high: str, name: str) -> Any:
    return lambda c, r, f: {**c, name: np.where(c[name] == 1, high, low)}


def _panel(c: Columns, rng: Generator, folder: Path) -> Columns:
    """Five waves of each person, whose cause and treatment stay."""
    return {"Z": np.repeat(c["Z"], 5), "X": np.repeat(c["X"], 5),
            "Y": np.repeat(c["X"] + c["Z"], 5) + 0.7 * rng.normal(size=5 * len(c["Z"]))}  # fmt: skip


def _leaky(c: Columns, rng: Generator, folder: Path) -> Columns:
    return {**c, "W": 2 * c["Y"] + 1}


QUESTIONS: list[Tried] = [
    few(Q, "labels low and high, of the treatment", SWITCHED, _words("low", "high", "X"),
        values=(("low", 0), ("high", 1))),
    few(Q, "outcomes Healthy and Caries", SWITCHED, _words("Healthy", "Caries", "Y"),
        number=lambda v: (np.asarray(v) == "Caries").astype(float)),
    few(Q, "an outcome spelled yes and Yes", "half of the risk", _spelled_outcome,
        number=lambda v: (np.asarray(v) == "yes").astype(float), said=("differ only in spelling",)),
    few(Q, "1 for control and 2 for treated, as floats", SWITCHED, lambda c, r, f: {**c, "X": 2.0 - c["X"]},
        values=((1.0, 1), (2.0, 0))),
    Tried(Q, "a front-door of 0 and 1", "confounded", _front(), ((0, _front_law(0)), (1, _front_law(1))), graph=FRONT),
    Tried(Q, "a front-door of texts", "confounded", _front(_named), (("control", _front_law(0)),
        ("treated", _front_law(1))), graph=FRONT, number=_treated),
    Tried(Q, "a front-door of booleans", "confounded", _front(lambda c: {n: v == 1 for n, v in c.items()}),
        ((False, _front_law(0)), (True, _front_law(1))), graph=FRONT),
    Tried(Q, "a front-door of numbers in odd units", "confounded", _front_numbers, ((-1e6, _front_numbers_law(-1)),
        (1e6, _front_numbers_law(1))), graph=FRONT),
    Tried(Q, "a front-door in which the mediator is the treatment", "confounded", _front(
        lambda c: {**c, "M": c["X"]}), ((0, _front_law(0)),), graph=FRONT, said=("no row", "hardly any", "function")),
    Tried(Q, "a napkin of 0 and 1", "confounded", _napkin(), ((0, _napkin_law(0)), (1, _napkin_law(1))), graph=NAPKIN),
    Tried(Q, "a napkin of texts", "confounded", _napkin(_named), (("control", _napkin_law(0)),
        ("treated", _napkin_law(1))), graph=NAPKIN, number=_treated),
    real(Q, "given a category", "the law of all", lambda c, r, f: {**c, "Z": np.where(c["Z"] > 0, "old", "young")},
         query="P(Y | do(X), Z)", given={"Z": "old"}, within=1.0, bar=2 * BAR,
         cause=lambda r, n: np.where(r.random(n) < 0.5, 1.0, -1.0)),
    real(Q, "given a number", "the law of all", query="P(Y | do(X), Z)", given={"Z": 1.0}, within=1.0),
    real(Q, "given a label that does not occur", "the law of all", query="P(Y | do(X), Z)", given={"Z": 5},
         cause=lambda r, n: r.integers(0, 3, n), said=("which the data never show",)),
    real(Q, "given values that no row has together", "the law of others", lambda c, r, f: {
        **c, "X": np.where(c["Z"] == 2, 1, c["X"])}, query="P(Y | do(X), Z)", given={"Z": 2},
         cause=lambda r, n: r.integers(0, 3, n), values=((0, 0),), said=("no row", "hardly any")),
    real(Q, "given a number far beyond the data", "a guess", query="P(Y | do(X), Z)", given={"Z": 40.0},
         said=("beyond",)),
    real(Q, "a column that the query does not need, with text", "refused", lambda c, r, f: {
        **c, "W": [f"text {k}" for k in range(len(c["Z"]))]}, graph="Z -> X -> Y; Z -> Y; Y -> W"),
    real(Q, "a column that follows from the outcome", "adjusted for", _leaky, graph="Z -> X -> Y; Z -> Y; Y -> W"),
    real(Q, "a panel, five rows for each person", "persons as rows", _panel, rows=1_000),
    real(Q, "a column name with spaces and a hyphen", "not found", lambda c, r, f: {
        "age - in years": c["Z"], "X": c["X"], "Y": c["Y"]},
         graph='"age - in years" -> X -> Y; "age - in years" -> Y'),
    real(Q, "y for Y", "not found", lambda c, r, f: {"Z": c["Z"], "X": c["X"], "y": c["Y"]}, said=("did you mean y",)),
    real(Q, "one column", "crash", lambda c, r, f: {"Y": c["Y"]}, said=("lack 2 column(s)",)),
    real(Q, "a type for a column that is not there", "not heard", options={"types": {"Q": "integer"}},
         said=("types names 'Q'",)),
    real(Q, "a type that no column is", "not heard", options={"types": {"Z": "nominal"}}, said=("nominal",)),
    real(Q, "texts said to be numbers", "codes of texts", lambda c, r, f: {
        **c, "Z": np.where(c["Z"] > 0, "a", "b")}, options={"types": {"Z": "continuous"}}, said=("column Z",)),
    real(Q, "numbers said to be categories", "4,000 levels", options={"types": {"Z": "categorical"}},
         said=("categories in",)),
    real(Q, "labels listed without one that occurs", "dropped", lambda c, r, f: {**c, "Z": np.sign(c["Z"])},
         options={"types": {"Z": "vector"}}, said=("column Z",)),
    real(Q, "an option that is none", "not heard", options={"epoch": 3}, said=("epoch",)),
    real(Q, "missing values: a word that is none", "not heard", options={"missing": "ignore"}, said=("missing is",)),
    few(Q, "rows left out", "said to nobody", lambda c, r, f: {**c, "Z": np.where(r.random(len(c["Z"])) < 0.1, np.nan,
        c["Z"])}, options={"missing": "drop"}, said=("were left out",)),
    few(Q, "every row lacks something", "an empty table", lambda c, r, f: {**c, "Z": np.full(len(c["Z"]), np.nan)},
        options={"missing": "drop"}, blind=True, said=("no row is complete",)),
    few(Q, "marks named", "one more level", lambda c, r, f: {**c, "Z": np.where(r.random(len(c["Z"])) < 0.1, -9,
        c["Z"])}, options={"missing": "drop", "missing_marks": [-9]}, said=("were left out",)),
    few(Q, "what is missing as a category of the cause", "dropped", lambda c, r, f: {**c, "Z": pd.Series(
        np.where(c["Z"] == 0, None, c["Z"].astype(object)))}, options={"missing": "category"},
        said=("label of their own",)),
]  # fmt: skip


def _saved(write: Callable[[pd.DataFrame, Path], Any], name: str) -> Any:
    def table(c: Columns, rng: Generator, folder: Path) -> Any:
        path = folder / name
        write(pd.DataFrame(c), path)
        return path

    return table


def _parquet_index(frame: pd.DataFrame, path: Path) -> None:
    frame.set_index("Z").to_parquet(path)


def _hugging_face(c: Columns, rng: Generator, folder: Path) -> Any:
    from datasets import Dataset

    return Dataset.from_dict({name: values.tolist() for name, values in c.items()})


def _shuffled_hugging_face(c: Columns, rng: Generator, folder: Path) -> Any:
    return _hugging_face(c, rng, folder).shuffle(seed=1).select(range(3_990))


CONTAINERS: list[Tried] = [
    few(C, "lists", "crash", lambda c, r, f: {n: v.tolist() for n, v in c.items()}),
    few(C, "tuples", "crash", lambda c, r, f: {n: tuple(v.tolist()) for n, v in c.items()}),
    few(C, "tensors", "crash", lambda c, r, f: {n: torch.as_tensor(v) for n, v in c.items()}),
    few(C, "tensors of one column", "vectors", lambda c, r, f: {n: torch.as_tensor(v)[:, None] for n, v in c.items()}),
    few(C, "arrays of one column", "vectors", lambda c, r, f: {n: v[:, None] for n, v in c.items()}),
    few(C, "lists of one entry", "vectors", lambda c, r, f: {n: v[:, None].tolist() for n, v in c.items()}),
    few(C, "a frame of lists of one entry", "vectors", lambda c, r, f: pd.DataFrame(
        {n: v[:, None].tolist() for n, v in c.items()})),
    few(C, "Series in a dict", "crash", lambda c, r, f: {n: pd.Series(v) for n, v in c.items()}),
    few(C, "a Hugging Face data set", "crash", _hugging_face),
    few(C, "a Hugging Face data set, shuffled", "rows as stored", _shuffled_hugging_face),
    few(C, "Parquet", "crash", _saved(lambda t, p: t.to_parquet(p), "t.parquet")),
    few(C, "Parquet with the cause as an index", "the cause not found", _saved(_parquet_index, "t.parquet")),
    few(C, "Parquet in many groups of rows", "the first only", _saved(
        lambda t, p: t.to_parquet(p, row_group_size=100), "t.parquet")),
    few(C, "Parquet cut in half", "half of the rows", _saved(lambda t, p: (t.to_parquet(p), p.write_bytes(
        p.read_bytes()[:-200])), "t.parquet"), blind=True, said=("cannot be read",)),
    few(C, "CSV in gzip", "crash", _saved(lambda t, p: t.to_csv(p, index=False), "t.csv.gz")),
    few(C, "CSV in gzip, cut", "half of the rows", _saved(lambda t, p: (t.to_csv(p, index=False), p.write_bytes(
        p.read_bytes()[:-200])), "t.csv.gz"), blind=True, said=("cannot be read",)),
    few(C, "a workbook by name", "crash", _saved(lambda t, p: p.write_bytes(b"PK"), "t.xlsx"), blind=True,
        said=("by its name",)),
    few(C, "JSON by name", "crash", _saved(lambda t, p: t.to_json(p), "t.json"), blind=True, said=("by its name",)),
    few(C, "a folder", "crash", lambda c, r, f: f, blind=True, said=("holds no Parquet or Arrow files",)),
    few(C, "a file that is not there", "crash", lambda c, r, f: f / "none.csv", blind=True, said=("no file",)),
    few(C, "an address in the web", "crash", lambda c, r, f: "https://example.org/t.csv", blind=True,
        said=("no file",)),
    few(C, "a generator as a column", "crash", lambda c, r, f: {**c, "Z": (v for v in c["Z"])}, blind=True,
        said=("column Z is",)),
    few(C, "one value as a column", "repeated in every row", lambda c, r, f: {**c, "Z": 1}, blind=True,
        said=("column Z is",)),
    few(C, "a set as a column", "any order", lambda c, r, f: {**c, "Z": set(range(4_000))}, blind=True,
        said=("no order",)),
    few(C, "a function", "crash", lambda c, r, f: len, blind=True, said=("cannot be read",)),
    few(C, "nothing", "crash", lambda c, r, f: None, blind=True, said=("cannot be read",)),
    few(C, "an empty dict", "crash", lambda c, r, f: {}, blind=True, said=("lack",)),
]  # fmt: skip
