"""Labels that say something else to their owner."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from idgen_compiler.data.kinds.wording import meant_as, remedy
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
    "whole": [f"{k}" for k in range(40)],
    "ages": [f"{k}" for k in range(18, 60)],
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
    "years": [f"{k}" for k in range(1990, 2020)],
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


REMEDIES = {
    "separators of thousands": [f"{k},234.56" for k in range(1, 200)],
    "separators of thousands and a decimal comma": [f"{k}.234,56" for k in range(1, 200)],
    "a currency": [f"${k}.30" for k in range(200)],
    "a percent sign": [f"{k}.5%" for k in range(200)],
}


@pytest.mark.parametrize("marks", REMEDIES)
def test_the_remedy_says_what_numbers_are_written_with(marks: str) -> None:
    with pytest.raises(DataError, match=rf"holds numbers, .*\(they are written with {marks}\), .*pandas.to_numeric"):
        told(REMEDIES[marks])


def test_one_text_among_numbers_is_named() -> None:
    with pytest.raises(DataError, match="all are plain numbers but '12,5'; write these as the others"):
        told([*(f"{k}.25" for k in range(200)), "12,5"])


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["13.05.2020", "01.06.2020"], "dayfirst=True"),
        (["05/13/2020", "06/01/2020"], "pandas.to_datetime$"),
        (["05/06/2020", "06/01/2020"], "say by dayfirst= whether"),
    ],
)
def test_dates_are_said_to_begin_with_the_day_where_they_do(texts: list[str], said: str) -> None:
    assert re.search(said, remedy("dates", texts))
