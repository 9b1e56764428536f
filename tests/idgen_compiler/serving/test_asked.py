"""Bodies of requests: read once, refused in words, and never a fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.serving.asked import EstimateAsked, SampleAsked, Unreadable, parsed
from idgen_compiler.serving.drawing.pieces import pieces
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.values.reading import read_setting

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["n", "do", "given", "seed", "query", "batch_size", "what", "versus", "kind", "level", "X"])
BODIES = st.dictionaries(FIELDS, JSON | st.fixed_dictionaries({"X": JSON}), max_size=5)
SAMPLER = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y")).fit(
    idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.1, 0.4]]), backend="exact"
)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no JSON"),
        (b"[1]", "not an object"),
        (b'{"n": NaN}', "NaN is no number of JSON"),
        (b'{"n": 1, "n": 2}', "stands twice"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"n": ' + b"9" * 10_000 + b"}", "no JSON"),
    ],
)
def test_what_is_no_json_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match="the body is") as error:
        parsed(body)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"n": 10, "do": {"X": "yes"}, "sed": 1}, "no field 'sed'; did you mean seed?"),
        ({"n": -1, "do": {"X": "yes"}}, "n is -1; give a whole number"),
        ({"n": True, "do": {"X": "yes"}}, "n is True"),
        ({"n": 2000, "do": {"X": "yes"}}, "at most 1,000 rows"),
        ({"do": {"X": "yes"}, "seed": -1}, "seed is -1; send a whole number from 0"),
        ({"do": {"X": "yes"}, "seed": 2**63}, "send a whole number from 0"),
        ({"do": {"X": "yes"}, "batch_size": 0}, "batch_size is 0"),
        ({"do": {"X": "yes"}, "batch_size": 2}, "leave batch_size out"),
        ({"do": None}, "do is None; send an object"),
        ({"do": {"X": "yes"}, "query": 3}, "query is 3; send a text"),
        ({"do": {"X": "yes"}, "query": "P(Z | do(X))"}, "the program answers no query"),
        ({"do": {}}, "needs a value of X"),
        ({"do": {"X": "yes", "Z": 1}}, "do names 'Z'"),
        ({"given": {"X": "yes"}}, "has X in do, not in given"),
        ({"do": {"\ud800": 1}}, "\\ud800"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(exact: idgen.Sampler, body: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError) as error:
        SampleAsked.read(body, exact, Limits(rows=1000))
    assert told in str(error.value)


@settings(max_examples=60)
@given(body=BODIES)
def test_no_body_is_a_fault(body: dict[str, Any]) -> None:
    for read in (
        lambda: next(pieces(SAMPLER, SampleAsked.read(body, SAMPLER, Limits(rows=100)))),
        lambda: EstimateAsked.read(body, SAMPLER),
    ):
        try:
            read()
        except IdgenError as error:
            json.dumps(str(error)).encode()


def test_limits_count_pixels(every_folder: Path) -> None:
    sampler = idgen.load(every_folder)
    body = {"n": 11, "do": {"X": "low"}, "query": "P(I | do(X))"}
    assert SampleAsked.read(body, sampler, Limits(numbers=176)).numbers == 16
    with pytest.raises(DataError, match="at most 10 of them"):
        SampleAsked.read(body, sampler, Limits(numbers=175))


def test_a_label_is_the_one_that_is_sent() -> None:
    kind = Categorical(("01", "1", "1.0"))
    for label in kind.labels:
        assert kind.labels[kind.seen("X", [read_setting("do", "X", label, kind)])[0]] == label
    with pytest.raises(DataError, match=r"the labels of X are '01', '1', '1\.0'; quote it: .1."):
        kind.seen("X", [read_setting("do", "X", 1, kind)])


def test_limits_are_positive() -> None:
    with pytest.raises(IdgenError, match="the limit queue is 0"):
        Limits(queue=0)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"do": {"X": "yes"}}, "what is None; send what is to be estimated"),
        ({"what": [], "do": {"X": "yes"}}, "send what is to be estimated"),
        ({"what": "Y", "kind": "ratio"}, "compares with versus"),
        ({"what": "Y", "level": 95}, "level is 95; send a number between 0 and 1"),
        ({"what": "Y", "folds": None}, "folds is null"),
        ({"what": "Y", "repeats": 1}, "repeats is 1"),
        ({"what": "Y", "do": {"X": ["yes", "no"]}}, "do(X=...) is a list; an estimate is at one value"),
    ],
)
def test_estimates_are_asked_in_words(exact: idgen.Sampler, body: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError) as error:
        EstimateAsked.read(body, exact)
    assert told in str(error.value)
