"""Laws of numbers and categories as people have them, and marks for what is missing among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.tried.case import BAR, Array, Columns, Generator, Tried
from tests.benchmarks.tried.models import few, line, real

__all__ = ["MARKS", "OUTCOMES", "TREATMENTS"]

M, OF, T = "marks and codes", "outcomes and causes", "treatments"
FAR = ("looks like a mark for missing", "correct it if it is a mistake")
RIGHT_MEAN = "the unadjusted difference"


def _put(name: str, value: float, share: float) -> Any:
    def write(c: Columns, rng: Generator, folder: Path) -> Any:
        values = c[name].copy()
        values[rng.random(len(values)) < share] = value
        return {**c, name: values}

    return write


def _mean_filled(c: Columns, rng: Generator, folder: Path) -> Any:
    known = rng.random(len(c["Z"])) < 0.7
    return {**c, "Z": np.where(known, c["Z"], c["Z"][known].mean())}


def _ages(r: Generator, n: int) -> Array:
    return np.asarray(np.clip(np.round(45 + 15 * r.normal(size=n)), 18, 88)).astype(int)


def _of_age(r: Generator, z: Array, x: Array) -> Array:
    return np.asarray((z - 45) / 15 + x + 0.7 * r.normal(size=len(z)))


def _age_chance(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-(z - 45) / 12)))


AGES: dict[str, Any] = {"cause": _ages, "outcome": _of_age, "chance": _age_chance}

MARKS: list[Tried] = [
    real(M, "age 99 for unknown, 3 %", "an old person", _put("Z", 99, 0.03), said=FAR, **AGES),
    real(M, "age 999 for unknown, 3 %", "a very old person", _put("Z", 999, 0.03), said=FAR, **AGES),
    real(M, "age -1 for unknown, 3 %", "a very young person", _put("Z", -1, 0.03), said=FAR, **AGES),
    real(M, "age 0 for unknown, 20 %", "a newborn", _put("Z", 0, 0.2), said=FAR, values=(), **AGES),
    real(M, "-99 among numbers, 5 %", RIGHT_MEAN, _put("Z", -99.0, 0.05), said=FAR),
    real(M, "-999.25 among numbers, as well logs have it", RIGHT_MEAN, _put("Z", -999.25, 0.05), said=FAR),
    real(M, "9.96921e36, as netCDF has it", RIGHT_MEAN, _put("Z", 9.969209968386869e36, 0.02), said=FAR),
    real(M, "-2147483648, as exports have it", RIGHT_MEAN, _put("Z", -2147483648.0, 0.02), said=FAR),
    real(M, "the mean in the place of 30 % missing", "the rest of the difference", _mean_filled,
         said=("looks filled in",)),
    few(M, "-9 for unknown among categories", "one more level", lambda c, r, f: {
        **c, "Z": np.where(r.random(len(c["Z"])) < 0.1, -9, c["Z"])}, blind=True, said=("missing",)),
    few(M, "9 for unknown among categories", "one more level", lambda c, r, f: {
        **c, "Z": np.where(r.random(len(c["Z"])) < 0.1, 9, c["Z"] + 1)}, blind=True, said=("missing",)),
    few(M, "99 for unknown in the outcome", "a share of 99", lambda c, r, f: {
        **c, "Y": np.where(r.random(len(c["Z"])) < 0.1, 99, c["Y"])}, blind=True, said=("missing",)),
    few(M, "codes 1 and 2 for no and yes", "2 read as twice", lambda c, r, f: {**c, "X": c["X"] + 1},
        values=((1, 0), (2, 1))),
    few(M, "codes -1 and 1", "-1 as missing", lambda c, r, f: {**c, "X": 2 * c["X"] - 1}, values=((-1, 0), (1, 1))),
    few(M, "20 sites as numbers, each its own", "a line through codes", lambda c, r, f: {
        **c, "Z": c["Z"] * 7 % 20 + 100}),
    few(M, "postal codes as numbers", "a line through codes", lambda c, r, f: {
        **c, "Z": np.array([10115, 99998, 50667])[c["Z"]]}),
    real(M, "a row number as one more cause", "everything explained by the row", lambda c, r, f: {
        **c, "id": np.arange(len(c["Z"]))}, graph="{Z, id} -> X -> Y; Z -> Y; id -> Y"),
    real(M, "a table sorted by the cause, and its row number", "everything explained by the row",
         lambda c, r, f: _sorted({**c}), graph="{Z, id} -> X -> Y; Z -> Y; id -> Y", said=("function", "determin"),
         values=((0, 0), (1, 1))),
]  # fmt: skip


def _sorted(c: Columns) -> Columns:
    order = np.argsort(c["Z"])
    return {**{name: values[order] for name, values in c.items()}, "id": np.arange(len(order))}


def _of_product(r: Generator, z: Array, w: Array, x: Array) -> Array:
    return np.asarray(1.5 * np.sign(z * w) + x + 0.7 * r.normal(size=len(z)))


def _product(r: Generator, folder: Path) -> Columns:
    z, w = r.normal(size=(2, 4_000))
    x = (r.random(4_000) < np.where(z * w > 0, 0.8, 0.2)).astype(int)
    return {"Z": z, "W": w, "X": x, "Y": _of_product(r, z, w, x)}


def _product_law(x: int) -> Callable[[Generator], Array]:
    return lambda r: _of_product(r, *r.normal(size=(2, 200_000)), np.full(200_000, x))


def _rating(r: Generator, z: Array, x: Array) -> Array:
    return np.clip(np.round(3 + 0.8 * line(r, z, x)), 1, 5)


def _tens(values: Array) -> Array:
    return np.asarray(10 * np.round(values / 10))


OUTCOMES: list[Tried] = [
    real(OF, "ratings of 1 to 5", "3.7 stars", outcome=_rating),
    real(OF, "percentages with many 0 and 100", "101 %", outcome=lambda r, z, x: np.clip(
        50 + 40 * line(r, z, x), 0, 100)),
    real(OF, "prices that end in .99", "prices of any cent", outcome=lambda r, z, x: np.floor(
        np.exp(3 + 0.5 * line(r, z, x))) + 0.99),
    real(OF, "ages heaped at fives", "heaps smeared", outcome=lambda r, z, x: (lambda y: np.where(
        r.random(len(y)) < 0.6, 5 * np.round(y / 5), np.round(y)))(40 + 10 * line(r, z, x))),
    real(OF, "counts of few", "-1 of them", outcome=lambda r, z, x: r.poisson(np.exp(0.4 * z + 0.5 * x))),
    real(OF, "counts, overdispersed", "fractions", outcome=lambda r, z, x: r.poisson(
        20 * r.gamma(2, 0.5, len(z)) * np.exp(0.5 * z + 0.5 * x))),
    real(OF, "durations, exponential", "negative times", outcome=lambda r, z, x: r.exponential(
        np.exp(0.7 * z + 0.7 * x))),
    real(OF, "durations, cut at 30 days", "31 days", outcome=lambda r, z, x: np.minimum(
        r.exponential(15 * np.exp(0.7 * z + 0.5 * x)), 30.0)),
    real(OF, "years of 1990 to 2020", "an offset of 2,000", outcome=lambda r, z, x: np.clip(
        np.round(2005 + 4 * line(r, z, x)), 1990, 2020).astype(int)),
    real(OF, "two humps", "one hump between", outcome=lambda r, z, x: z + np.where(
        r.random(len(z)) < 0.3 + 0.4 * x, 3, -3) + 0.5 * r.normal(size=len(z))),
    real(OF, "spread that grows with the cause", "one spread", outcome=lambda r, z, x: x + np.exp(
        0.7 * z) * r.normal(size=len(z)) + z),
    real(OF, "a sign that the cause turns", "no effect", outcome=lambda r, z, x: np.where(
        z > 0, 1, -1) * (2 * x - 1) + z + 0.5 * r.normal(size=len(z))),
    real(OF, "a step of the cause", "a slope", outcome=lambda r, z, x: line(r, 2.0 * (z > 0.5), x),
         chance=lambda z: 0.2 + 0.6 * (z > 0.5)),
    real(OF, "waves of the cause", "a slope", outcome=lambda r, z, x: np.sin(4 * z) + x + 0.3 * r.normal(size=len(z)),
         chance=lambda z: 0.5 + 0.35 * np.sin(4 * z)),
    real(OF, "waves of the cause, a binary outcome", "a slope", outcome=lambda r, z, x: (
        r.random(len(z)) < 0.45 + 0.35 * np.sin(4 * z) + 0.15 * x).astype(int),
         chance=lambda z: 0.5 + 0.35 * np.sin(4 * z)),
    real(OF, "short waves of the cause", "a slope", outcome=lambda r, z, x: line(r, np.sin(9 * z), x),
         chance=lambda z: 0.5 + 0.35 * np.sin(9 * z), said=("does not give its rows back",)),
    real(OF, "a spike of the cause", "no spike", outcome=lambda r, z, x: line(r, 4.0 * (np.abs(z - 0.5) < 0.15), x),
         chance=lambda z: np.where(np.abs(z - 0.5) < 0.15, 0.9, 0.45)),
    Tried(OF, "the sign of a product of two causes", "the unadjusted difference", _product, tuple(
        (x, _product_law(x)) for x in (0, 1)), graph="{Z, W} -> X -> Y; Z -> Y; W -> Y"),
    real(OF, "an hour of day as the cause", "23 and 0 far apart", cause=lambda r, n: r.integers(0, 24, n),
         outcome=lambda r, z, x: np.cos(2 * np.pi * z / 24) * 1.5 + x + 0.5 * r.normal(size=len(z)),
         chance=lambda z: 0.5 + 0.35 * np.cos(2 * np.pi * z / 24)),
    real(OF, "a month as the cause", "12 and 1 far apart", cause=lambda r, n: r.integers(1, 13, n),
         outcome=lambda r, z, x: np.cos(2 * np.pi * z / 12) * 1.5 + x + 0.5 * r.normal(size=len(z)),
         chance=lambda z: 0.5 + 0.35 * np.cos(2 * np.pi * z / 12)),
    real(OF, "a cause rounded to tens", "few values", cause=lambda r, n: _tens(50 + 20 * r.normal(size=n)),
         outcome=lambda r, z, x: line(r, (z - 50) / 20, x), chance=lambda z: 1 / (1 + np.exp(-(z - 50) / 16))),
    real(OF, "a cause of 1, 10, 100, ..., 1e6", "a slope through the last",
         cause=lambda r, n: 10 ** r.integers(0, 7, n), outcome=lambda r, z, x: line(r, np.log10(z) - 3, x),
         chance=lambda z: 1 / (1 + np.exp(3 - np.log10(z)))),
    real(OF, "a cause of two humps, far apart", "nothing between", cause=lambda r, n: np.where(
        r.random(n) < 0.5, -50, 50) + r.normal(size=n), outcome=lambda r, z, x: line(r, z / 50, x),
         chance=lambda z: np.where(z > 0, 0.8, 0.2)),
    real(OF, "a constant cause beside", "division by zero", lambda c, r, f: {**c, "W": np.ones(len(c["Z"]))},
         graph="Z -> X -> Y; Z -> Y; W -> X; W -> Y"),
    real(OF, "a cause twice, in two units", "singular", lambda c, r, f: {**c, "W": 2.54 * c["Z"]},
         graph="Z -> X -> Y; Z -> Y; W -> X; W -> Y; W <-> Z"),
    real(OF, "a cause twice, without an edge between", "singular", lambda c, r, f: {**c, "W": 2.54 * c["Z"]},
         graph="Z -> X -> Y; Z -> Y; W -> X; W -> Y"),
    real(OF, "a cause cut into 30 indicators", "1e9 cells", lambda c, r, f: {
        **c, **{f"Z{k}": (np.digitize(c["Z"], np.linspace(-1.5, 1.5, 29)) == k).astype(int) for k in range(30)}},
         graph="; ".join(f"Z{k} -> X; Z{k} -> Y" for k in range(30)) + "; X -> Y"),
    real(OF, "30 causes beside that matter not", "overfitted", lambda c, r, f: {
        **c, **{f"W{k}": r.normal(size=len(c["Z"])) for k in range(30)}},
         graph="Z -> X -> Y; Z -> Y; " + "; ".join(f"W{k} -> X; W{k} -> Y" for k in range(30))),
    real(OF, "each row ten times, as joins leave it", "ten times as sure, and overfitted", lambda c, r, f: {
        n: np.repeat(v, 10) for n, v in c.items()}, rows=400, said=("rows are different",)),
    real(OF, "a table sorted by the outcome", "held out at the end", lambda c, r, f: {
        n: v[np.argsort(c["Y"])] for n, v in c.items()}),
    real(OF, "an outcome that is constant", "division by zero", lambda c, r, f: {**c, "Y": np.full(len(c["Z"]), 3.5)},
         outcome=lambda r, z, x: np.full(len(z), 3.5)),
    real(OF, "an outcome that X says exactly", "infinite density", outcome=lambda r, z, x: 2.0 * x + 1),
    real(OF, "an outcome that X and Z say exactly", "infinite density", outcome=lambda r, z, x: x + z),
    few(OF, "an outcome that never occurs untreated", "log of zero", lambda c, r, f: {**c, "Y": c["Y"] * c["X"]},
        values=((1, 1),)),
    real(OF, "one treated in fifty", "a mean of few rows", chance=lambda z: 0.04 / (1 + np.exp(-z)), rows=20_000),
    real(OF, "500 rows", "overfitted", rows=500, said=("noise", "few")),
    real(OF, "100 rows", "overfitted", rows=100, said=("noise", "few")),
    real(OF, "one row", "crash", rows=1, said=("1 row",)),
    real(OF, "three rows", "a law of three rows", rows=3, said=("3 rows",)),
    real(OF, "no rows", "crash", rows=0, said=("no rows",)),
]  # fmt: skip


def _dose(r: Generator, z: Array) -> Array:
    return np.asarray(np.where(r.random(len(z)) < 0.5, 0.0, np.exp(0.5 * z + 0.4 * r.normal(size=len(z)))))


def _three(r: Generator, z: Array) -> Array:
    score = np.stack([np.zeros(len(z)), 0.8 * z, 1.6 * z - 0.5], 1) + r.gumbel(size=(len(z), 3))
    return np.asarray(score.argmax(1))


def _squared(r: Generator, z: Array, x: Array) -> Array:
    return np.asarray(x**2 - z + 0.7 * r.normal(size=len(z)))


def _by_arm(r: Generator, z: Array, x: Array) -> Array:
    return np.asarray(np.array([0.0, 1.0, -1.0])[np.asarray(x, int)] + z + 0.7 * r.normal(size=len(z)))


ARMS = np.array(["control", "drug", "surgery"])

TREATMENTS: list[Tried] = [
    real(T, "three arms as texts", "arms on a line", lambda c, r, f: {**c, "X": ARMS[c["X"]]}, treat=_three,
         outcome=_by_arm, values=(("control", 0), ("drug", 1), ("surgery", 2))),
    real(T, "three arms as 0, 1, 2", "arms on a line", treat=_three, outcome=_by_arm,
         values=((0, 0), (1, 1), (2, 2))),
    real(T, "an arm that does not occur", "between two arms", treat=_three, outcome=_by_arm, values=((3, 2),),
         said=("which the data never show",)),
    real(T, "a dose of 0, 10, 20, 50", "a line", treat=lambda r, z: np.array([0, 10, 20, 50])[np.clip(
        np.round(1.5 + z + r.normal(size=len(z))), 0, 3).astype(int)], outcome=lambda r, z, x: line(
            r, z, np.sqrt(x) / 3), values=((0, 0), (20, 20), (50, 50))),
    real(T, "a dose between those that occur", "a line", treat=lambda r, z: np.array([0, 10, 20, 50])[np.clip(
        np.round(1.5 + z + r.normal(size=len(z))), 0, 3).astype(int)], values=((30, 30),),
         said=("which the data never show",)),
    real(T, "a dose, half of it zero", "no zero", treat=_dose, outcome=lambda r, z, x: line(r, z, np.sqrt(x)),
         values=((0.0, 0.0), (1.0, 1.0), (2.0, 2.0))),
    real(T, "a number with a bent effect", "a slope", treat=lambda r, z: 0.7 * z + r.normal(size=len(z)),
         outcome=_squared, values=((-1.0, -1.0), (0.0, 0.0), (1.5, 1.5))),
    real(T, "a number with waves in its effect", "a slope", treat=lambda r, z: 0.7 * z + r.normal(size=len(z)),
         outcome=lambda r, z, x: line(r, z, 2 * np.sin(4 * np.asarray(x))), bar=2 * BAR,
         values=((-1.2, -1.2), (0.0, 0.0), (0.4, 0.4))),
    real(T, "a number with a step in its effect", "a slope", treat=lambda r, z: 0.7 * z + r.normal(size=len(z)),
         outcome=lambda r, z, x: line(r, z, 2.0 * (np.asarray(x) > 0)), values=((-1.0, -1.0), (1.0, 1.0))),
    real(T, "a number far beyond the data", "a guess without a word", treat=lambda r, z: 0.7 * z + r.normal(
        size=len(z)), values=((50.0, 50.0),), said=("beyond", "outside")),
    real(T, "NaN", "NaN samples", values=((float("nan"), 0),), said=("missing",)),
    real(T, "infinity", "NaN samples", treat=lambda r, z: z + r.normal(size=len(z)), values=((np.inf, 0),),
         said=("inf",)),
    real(T, "a text for a number", "crash", treat=lambda r, z: z + r.normal(size=len(z)), values=(("high", 0),),
         said=("'high'",)),
    real(T, "a date for a number", "nanoseconds", treat=lambda r, z: z + r.normal(size=len(z)),
         values=((np.datetime64("2024-01-01"), 0),), said=("2024-01-01",)),
    real(T, "a label of three rows", "a law of three rows", lambda c, r, f: {**c, "X": np.where(
        np.arange(len(c["X"])) < 3, 2, c["X"])}, values=((2, 2),), said=("hardly any row", "no row", "few")),
    real(T, "a treatment that does not vary", "the outcome's mean", treat=lambda r, z: np.ones(len(z), int),
         values=((1, 1),), said=("in every row",)),
    real(T, "a treatment that follows from the cause", RIGHT_MEAN, treat=lambda r, z: (z > 0).astype(int),
         said=("no row", "hardly any", "function")),
    real(T, "the cause as 400 levels of ten rows", RIGHT_MEAN, lambda c, r, f: {
        **c, "Z": [f"s{v}" for v in np.argsort(np.argsort(c["Z"])) // 10]}, said=("categories in", "trusted")),
    real(T, "the cause as 2,000 levels of two rows", RIGHT_MEAN, lambda c, r, f: {
        **c, "Z": [f"s{v}" for v in np.argsort(np.argsort(c["Z"])) // 2]}, said=("categories in", "trusted")),
    real(T, "the cause beside, without its edge", RIGHT_MEAN, graph="X -> Y; Z", values=((0, 0), (1, 1)),
         said=("contradict",)),
]  # fmt: skip
