"""One thing that was tried: a table, what is asked of it, and the truth or the words that are expected."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

import idgen_compiler as idgen
from idgen_compiler.errors import DataWarning, GraphWarning
from idgen_torch.warning import NoiseWarning

__all__ = ["BAR", "Columns", "Outcome", "Tried", "judge"]

Array = np.ndarray[Any, Any]
Generator = np.random.Generator
Columns = dict[str, Any]

BAR = 0.15
"""An answer that is off by more standard deviations is wrong; with 4,000 rows that is three to five standard errors."""

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
OURS = (DataWarning, idgen.OverlapWarning, GraphWarning, NoiseWarning)


@dataclass(frozen=True)
class Tried:
    """A table and the law that it was drawn from.

    kind, name: what it is called.  wrong: what would come without a word.
    rows: the table as a user holds it, from a generator and a folder for files.
    truth: the value of X that is set, as the user writes it -> outcomes after it, as numbers; empty where no table of
    this kind can say. said: the words, any of which a clear line has to hold, where one is expected.
    number: the outcomes of samples as numbers.  bar: what is right; as many standard errors for other numbers of rows.
    """

    kind: str
    name: str
    wrong: str
    rows: Callable[[Generator, Path], Any]
    truth: Sequence[tuple[Any, Callable[[Generator], Array]]] = ()
    said: tuple[str, ...] = ()
    number: Callable[[Array], Array] = field(default=lambda values: np.asarray(values, dtype=np.float64))
    query: str = "P(Y | do(X))"
    graph: str = "Z -> X -> Y; Z -> Y"
    given: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    bar: float = BAR
    fast: bool = False  #: whether its models are tables, fitted in no time


@dataclass(frozen=True)
class Outcome:
    """What came: "right", "told", "wrong" or "crash", the error in standard deviations, and the words."""

    what: str
    error: float | None
    words: str


def judge(tried: Tried, seed: int, samples: int = 40_000, **options: Any) -> Outcome:
    """Fit, sample and compare."""
    said: list[str] = []
    errors: list[float] = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            program = idgen.compile(idgen.Query.parse(tried.query), idgen.ADMG.parse(tried.graph))
            rows = tried.rows(np.random.default_rng(seed), Path(folder))
            given = {"backend": "torch", "seed": seed, "progress": False, "device": "cpu", **options, **tried.options}
            sampler = program.fit(rows, **given)
            for value, law in tried.truth:
                drawn = sampler.sample(samples, do={"X": value}, given=tried.given, seed=seed)["Y"]
                true = law(np.random.default_rng(seed + 1))
                errors.append(distance(np.sort(np.asarray(true, dtype=np.float64)), _numbers(tried, drawn)))
        except idgen.IdgenError as error:
            said.append(str(error))
        except Exception as error:  # noqa: BLE001 - what a user would see as a traceback
            return Outcome("crash", None, f"{type(error).__name__}: {error}")
        told = [str(warning.message) for warning in caught if issubclass(warning.category, OURS)]
    said += told
    expected = next((line for line in said if any(word in line for word in tried.said)), None)
    error = max(errors) if errors and len(errors) == len(tried.truth) else None
    if error is not None and error <= tried.bar:
        return Outcome("right", error, expected or (f"also said: {said[0]}" if said else ""))
    if expected is not None:
        return Outcome("told", error, expected)
    return Outcome("wrong", error, said[0] if said else "")


def _numbers(tried: Tried, drawn: Array) -> Array:
    """The outcomes of samples as numbers; NaN where they are other values than those of the truth."""
    try:
        return tried.number(drawn)
    except (TypeError, ValueError):
        return np.full(len(drawn), np.nan)


def distance(truth: Array, drawn: Array) -> float:
    """How far quantiles and the mean of the ranks lie apart, in standard deviations of the truth's normal scores.

    Shape: truth sorted (n,), drawn (m,).  Within a point mass the distance is zero; for two values it is that of their
    shares, in their standard deviation.
    """
    values = np.unique(truth)
    if len(values) <= 10:
        shares = np.array([[np.mean(law == value) for value in values] for law in (truth, drawn)])
        return float(np.max(np.abs(shares[0] - shares[1]) / np.sqrt(np.maximum(shares[0] * (1 - shares[0]), 0.04))))
    return max(_apart(truth, np.sort(drawn), level) for level in LEVELS)


def _apart(truth: Array, drawn: Array, level: float) -> float:
    value = np.quantile(drawn, level)
    if np.isnan(value):
        return float("inf")
    low, high = (np.searchsorted(truth, value, side) / len(truth) for side in ("left", "right"))
    if low <= level <= high:
        return 0.0
    score = norm.ppf(np.clip([low if level < low else high, level], 1e-4, 1 - 1e-4))
    return float(abs(score[0] - score[1]))
