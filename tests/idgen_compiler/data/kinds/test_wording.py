"""Labels that say something else to their owner."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from idgen_compiler.data.kinds.wording import meant_as
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, DataWarning


def told(column: Any) -> list[str]:
    """What is said of a column."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        infer_schema(read_sources({"X": column}, ["X"]))
    return [str(one.message) for one in caught]


@pytest.mark.parametrize(
    "labels",
    [
        ("Yes", "yes"),
        ("yes", "yes "),
        ("a b", "a  b"),
        ("not given", "not\u00a0given"),
        ("donn\u00e9", "donne\u0301"),
        ("y", "Yes"),
        ("true", "T"),
        ("1", "1.0"),
        ("7", "007"),
        ("stra\u00dfe", "STRASSE"),
    ],
)
def test_one_label_in_two_spellings_is_told(labels: tuple[str, str]) -> None:
    (line,) = told([*labels, "other"] * 40)
    assert "column X holds labels that differ only in spelling" in line
    assert all(repr(label) in line for label in labels)


@pytest.mark.parametrize(
    "labels",
    [("yes", "no"), ("a", "b"), ("1", "2"), ("1e5", "100000"), ("site 1", "site 10"), ("A-", "A+"), ("<5", ">5")],
)
def test_other_labels_are_not(labels: tuple[str, ...]) -> None:
    assert told([*labels] * 40) == []


NUMBERS = {
    "$1,200": [f"${k},200" for k in range(12)],
    "EUR": [f"EUR {k}.50" for k in range(12)],
    "12%": [f"{k}%" for k in range(12)],
    "1.234,5": [f"{k}.234,5" for k in range(12)],
    "years": [f"{k} years" for k in range(12)],
    "kg": [f"{k}kg" for k in range(12)],
    "floats": [f"{k}.5" for k in range(12)],
    "negative": [f"{k - 6}" for k in range(12)],
    "e": [f"{k}.5e3" for k in range(12)],
    "one word": [*(f"{k}.5" for k in range(19)), "unknown"],
}
DATES = {
    "01/02/2024": [f"{k:02}/02/2024" for k in range(1, 13)],
    "1.2.24": [f"{k}.2.24" for k in range(1, 13)],
    "3 Jan 2024": [f"{k} Jan 2024" for k in range(1, 13)],
    "January 3, 2024": [f"January {k}, 2024" for k in range(1, 13)],
}
TIMES = {"14:05": [f"14:{k:02}" for k in range(12)], "2:05 pm": [f"2:{k:02} pm" for k in range(12)]}
OTHERS = {
    "codes": [f"{k:05}" for k in range(12)],
    "sites": [f"site {k}" for k in range(12)],
    "letters and digits": [f"A{k}" for k in range(12)],
    "streets": [f"{k} {'abcdefghijkl'[k]} road" for k in range(12)],
    "groups": [f"{k}0-{k}9" for k in range(1, 13)],
    "few": ["1.5", "2.5"],
    "words": [f"{a} {b}" for a in ("small", "large", "middle") for b in ("red", "green", "blue", "gray")],
}


@pytest.mark.parametrize(
    ("word", "texts"),
    [(word, texts) for word, cases in (("numbers", NUMBERS), ("dates", DATES), ("times of day", TIMES))
     for texts in cases.values()],
)  # fmt: skip
def test_texts_that_mean_numbers_or_times_are_told(word: str, texts: list[str]) -> None:
    assert meant_as(texts) == word
    (line,) = told(texts * 10)
    assert f"column X holds {word}, written as texts such as" in line


@pytest.mark.parametrize("name", OTHERS)
def test_other_texts_mean_themselves(name: str) -> None:
    assert meant_as(OTHERS[name]) is None
    assert told(OTHERS[name] * 10) == []


def test_what_somebody_ordered_is_not_told() -> None:
    assert told(pd.Series(pd.Categorical(NUMBERS["12%"] * 10, categories=NUMBERS["12%"], ordered=True))) == []


def test_all_different_numbers_as_texts_say_so() -> None:
    texts = [f"{value:.5f}" for value in np.random.default_rng(0).normal(size=300)]
    with pytest.raises(DataError, match=r"column X holds numbers, written as texts such as .*; make them numbers"):
        told(texts)
