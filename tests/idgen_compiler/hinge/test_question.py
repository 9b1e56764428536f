"""The contract of questions: a wrong call of `sample` gets the same answer from every backend that is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.backend import Sampler, find_backend, installed_backends
from idgen_compiler.hinge.question import Question, query_of, sampler_of

GRAPH = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; X -> W")
SEEN, SET = "P(Y | do(X), Z)", "P(W | do(X))"
ANOTHER = "to ask another, compile it and fit again"
PROGRAMS = {
    "one query": idgen.compile(idgen.Query.parse(SEEN), GRAPH),
    "several queries": idgen.compile([idgen.Query.parse(SEEN), idgen.Query.parse(SET)], GRAPH),
}
SIZES = {"X": 3, "Y": 2, "Z": 2, "W": 2}
LABELS = {"X": ("low", "mid", "high")}


def table(rows: int = 4_800) -> dict[str, np.ndarray]:
    """Every combination of the four variables, equally often; X by its labels, the others as codes."""
    cells = np.indices(tuple(SIZES.values())).reshape(len(SIZES), -1)
    columns = dict(zip(SIZES, np.tile(cells, rows // cells.shape[1]), strict=True))
    return columns | {"X": np.array(LABELS["X"])[columns["X"]]}


def data_for(backend: str) -> Any:
    """A law where a backend takes one, a table of rows otherwise."""
    if backend != "exact":
        return table()
    # The labels stand in the order in which a table lists them.
    uniform = np.full(tuple(SIZES.values()), 1 / np.prod(list(SIZES.values())))
    return idgen.Joint(tuple(SIZES), uniform, {"X": tuple(sorted(LABELS["X"]))})


@pytest.fixture(scope="module", params=installed_backends())
def samplers(request: pytest.FixtureRequest) -> dict[str, Sampler]:
    """A sampler of each program, by one of the backends."""
    backend, name = find_backend(request.param), request.param
    return {kind: backend.fit(program, data_for(name)) for kind, program in PROGRAMS.items()}


RIGHT: dict[str, Any] = {"n": 5, "do": {"X": "mid"}, "given": {"Z": 1}}

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing is set": (
        {"do": None, "given": None},
        f"{SEEN} needs values of X, Z: pass do={{'X': ...}}, given={{'Z': ...}}",
    ),
    "a treatment is missing": ({"do": {}}, f"{SEEN} needs a value of X: pass do={{'X': ...}}"),
    "a condition is missing": ({"given": {}}, f"{SEEN} needs a value of Z: pass given={{'Z': ...}}"),
    "a condition in do": (
        {"do": {"X": "mid", "Z": 1}, "given": {}},
        f"{SEEN} has Z in given, not in do: pass given={{'Z': ...}}",
    ),
    "a treatment in given": (
        {"do": {}, "given": {"X": "mid", "Z": 1}},
        f"{SEEN} has X in do, not in given: pass do={{'X': ...}}",
    ),
    "a treatment twice": (
        {"given": {"X": "mid", "Z": 1}},
        f"X has a value in do and in given; {SEEN} has it in do: keep that one",
    ),
    "a condition twice": (
        {"do": {"X": "mid", "Z": 1}},
        f"Z has a value in do and in given; {SEEN} has it in given: keep that one",
    ),
    "an unknown treatment": ({"do": {"X1": "mid"}}, f"do names 'X1', which {SEEN} does not; did you mean X?"),
    "an unknown condition": (
        {"given": {"Q": 1, "Z": 1}},
        f"given names 'Q', which {SEEN} does not; known names: Z",
    ),
    "an outcome is set": ({"do": {"X": "mid", "Y": 1}}, f"do names 'Y', which {SEEN} does not; known names: X"),
    "do is a list": ({"do": ["X"]}, "do is ['X']; give a mapping from variables to values, such as {'X': 1}"),
    "given is a text": ({"given": "Z"}, "given is 'Z'; give a mapping from variables to values, such as {'X': 1}"),
    "a value that is none": ({"do": {"X": None}}, "do(X=...) is None; give a value"),
    "a column too short": (
        {"do": {"X": ["mid"] * 4}},
        "do(X=...) has 4 values for 5 samples; give one value, or exactly 5",
    ),
    "an array too long": (
        {"given": {"Z": np.ones(6, dtype=int)}},
        "given(Z=...) has 6 values for 5 samples; give one value, or exactly 5",
    ),
    "several axes": (
        {"given": {"Z": np.ones((5, 1), dtype=int)}},
        "given(Z=...) has shape (5, 1); give one value, or one for each of the 5 samples",
    ),
    "a mapping for a value": (
        {"do": {"X": {"a": 1}}},
        "do(X=...) is a mapping, but X is no composite; give one value, or one for each sample",
    ),
    "no label": (
        {"do": {"X": "maybe"}},
        "do(X=...) is 'maybe', which the data never show; the labels of X are 'high', 'low', 'mid'",
    ),
    "some are no labels": (
        {"given": {"Z": [0, 1, 2, 7, 2]}},
        "given(Z=...) is 2, 7, which the data never show; the labels of Z are 0, 1",
    ),
    "a number for a text": (
        {"do": {"X": 1}},
        "do(X=...) is 1, which the data never show; the labels of X are 'high', 'low', 'mid'",
    ),
    "a missing value": ({"given": {"Z": float("nan")}}, "given(Z=...) holds a missing value; the labels of Z are 0, 1"),
    "no value of some": (
        {"do": {"X": ["mid", None, "low", "mid", "low"]}},
        "do(X=...) holds a missing value; the labels of X are 'high', 'low', 'mid'",
    ),
    "a list in a list": (
        {"do": {"X": [["mid"], "low", "mid", "low", "mid"]}},
        "do(X=...) is ['mid'], 'low', 'mid' and 2 more, which is no label; the labels of X are 'high', 'low', 'mid'",
    ),
    "a set for a value": (
        {"do": {"X": {"mid"}}},
        "do(X=...) is {'mid'}, which is no label; the labels of X are 'high', 'low', 'mid'",
    ),
    "pandas' missing value": (
        {"given": {"Z": pd.Series([0, 1, None, 1, 0], dtype="Int64")}},
        "given(Z=...) holds a missing value; the labels of Z are 0, 1",
    ),
    "a time that is none": (
        {"given": {"Z": np.array(["NaT"] * 5, dtype="datetime64[ns]")}},
        "given(Z=...) holds a missing value; the labels of Z are 0, 1",
    ),
    "a column of a table too long": (
        {"do": {"X": pd.Series(["mid"] * 6)}},
        "do(X=...) has 6 values for 5 samples; give one value, or exactly 5",
    ),
    "a table for a value": (
        {"do": {"X": pd.DataFrame({"X": ["mid"] * 5})}},
        "do(X=...) has shape (5, 1); give one value, or one for each of the 5 samples",
    ),
    "an unseen truth value": (
        {"given": {"Z": [True, 2.5, False, 0.0, 1.0]}},
        "given(Z=...) is 2.5, which the data never show; the labels of Z are 0, 1",
    ),
    "lists for values": (
        {"given": {"Z": [[0], [1], [0], [1], [0]]}},
        "given(Z=...) is [0], [1], [0] and 2 more, which is no label; the labels of Z are 0, 1",
    ),
    "a negative n": ({"n": -1}, "n is -1; give a whole number of samples, 0 or more"),
    "a broken n": ({"n": 2.5}, "n is 2.5; give a whole number of samples, 0 or more"),
    "a truth value as n": ({"n": True}, "n is True; give a whole number of samples, 0 or more"),
    "a text as n": ({"n": "3"}, "n is '3'; give a whole number of samples, 0 or more"),
    "an n beyond every table": ({"n": 10**30}, "n is 1e+30, more samples than can be held; draw them in pieces"),
    "a text as seed": ({"seed": "x"}, "the seed is 'x'; give a whole number"),
    "a broken seed": ({"seed": 0.5}, "the seed is 0.5; give a whole number"),
    "a query that is none": ({"query": 3}, "the query is 3; give a Query or its text"),
}


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_call_gets_one_answer(samplers: dict[str, Sampler], kind: str, wrong: str) -> None:
    changed, message = WRONG[wrong]
    call: Any = {**RIGHT, **({"query": SEEN} if kind == "several queries" else {}), **changed}
    with pytest.raises(idgen.DataError) as told:
        samplers[kind].sample(**call)
    assert str(told.value) == message


@pytest.mark.parametrize(
    ("kind", "query", "message"),
    [
        ("one query", SET, f"the program answers no query '{SET}'; did you mean {SEEN}? {ANOTHER}"),
        (
            "several queries",
            "P(Y)",
            f"the program answers no query 'P(Y)'; known names: {SEEN}, {SET}; {ANOTHER}",
        ),
        ("several queries", None, f"the program answers 2 queries; choose with query= one of: {SEEN}; {SET}"),
    ],
)
def test_a_query_that_is_not_answered(samplers: dict[str, Sampler], kind: str, query: str | None, message: str) -> None:
    with pytest.raises(idgen.DataError) as told:
        samplers[kind].sample(**RIGHT, query=query)
    assert str(told.value) == message


def test_a_query_without_conditions_takes_none(samplers: dict[str, Sampler]) -> None:
    with pytest.raises(idgen.DataError) as told:
        samplers["several queries"].sample(**RIGHT, query=SET)
    assert str(told.value) == f"given names 'Z', which {SET} does not; it takes no given-values"


def test_right_calls_are_answered(samplers: dict[str, Sampler]) -> None:
    for query in (SEEN, "P(Y|do(X),Z)", idgen.Query.parse(SEEN)):
        found = samplers["several queries"].sample(**RIGHT, query=query, seed=1)
        assert list(found) == ["Y"]
        assert found.size == 5
        again = samplers["several queries"].sample(**{**RIGHT, "n": np.int64(5)}, query=query, seed=np.uint8(1))
        assert found["Y"].tolist() == again["Y"].tolist()
    assert samplers["one query"].sample(0, do={"X": "mid"}, given={"Z": []}).size == 0
    assert samplers["one query"].sample(3, do={"X": ["mid", "low", "low"]}, given={"Z": np.array([0, 1, 1])}).size == 3


def test_a_typed_value_that_is_none_gets_one_answer(samplers: dict[str, Sampler]) -> None:
    sampler = samplers["one query"]
    assert (sampler.read_value("X", " mid "), sampler.read_value("Z", "1")) == ("mid", 1)
    assert sampler.read_value("Q", "mid") == "mid"
    for name, labels in (("X", "high, low, mid"), ("Z", "0, 1")):
        with pytest.raises(idgen.DataError) as told:
            sampler.read_value(name, "maybe")
        assert str(told.value) == f"'maybe' is no label of {name}; it has {labels}"


def test_a_question_holds_what_was_asked() -> None:
    question = Question.of(PROGRAMS["several queries"], 3, {"X": "low"}, {"Z": 0}, 7, SEEN)
    assert (question.n, question.seed, question.query) == (3, 7, idgen.Query.parse(SEEN))
    assert question.sampler == sampler_of(PROGRAMS["several queries"], SEEN)
    assert {name: (str(setting), value) for name, (setting, value) in question.settings.items()} == {
        "X": ("do(X=...)", "low"),
        "Z": ("given(Z=...)", 0),
    }


def test_without_a_seed_each_question_draws_its_own() -> None:
    program = PROGRAMS["one query"]
    seeds = {Question.of(program, 1, {"X": "low"}, {"Z": 0}).seed for _ in range(4)}
    assert len(seeds) == 4


def test_inputs_that_no_query_names_are_treatments() -> None:
    text = str(PROGRAMS["one query"]).replace(SEEN, "what Y is")
    program = idgen.Program.parse(text)
    assert query_of(program, program.sampler) == idgen.Query(["Y"], ["X", "Z"])
    assert set(Question.of(program, 1, {"X": "low", "Z": 0}).do) == {"X", "Z"}


def test_values_of_the_query_are_used_where_nothing_else_is_said(samplers: dict[str, Sampler]) -> None:
    """Explicit values overrule those of the query that is asked, and these those of the query that was compiled."""
    program = idgen.compile(idgen.Query.parse('P(Y=1 | do(X="mid"), Z=1)'), GRAPH)
    assert Question.of(program, 5, seed=0).do == {"X": "mid"}
    assert Question.of(program, 5, seed=0).given == {"Z": 1}
    asked = Question.of(program, 5, {"X": "high"}, seed=0, query="P(Y | do(X=low), Z=0)")
    assert (asked.do, asked.given) == ({"X": "high"}, {"Z": 0})
    assert Question.of(program, 5, {"X": "high"}, {"Z": 0}).settings.keys() == {"X", "Z"}
    with pytest.raises(DataError, match="has X in do, not in given"):
        Question.of(program, 5, given={"X": "low"})
    sampler = samplers["one query"]
    said = sampler.sample(50, do={"X": "mid"}, given={"Z": 1}, seed=3)
    stated = sampler.sample(50, query="P(Y | do(X=mid), Z=1)", seed=3)
    assert said["Y"].tolist() == stated["Y"].tolist()
    with pytest.raises(DataError, match="needs a value of Z"):
        sampler.sample(5, query="P(Y | do(X=mid), Z)")


def test_a_compiled_value_reaches_every_backend() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X=mid), Z=1)"), GRAPH)
    again = idgen.Program.parse(str(program))
    for name in installed_backends():
        sampler = find_backend(name).fit(again, data_for(name))
        assert len(sampler.sample(7, seed=0)["Y"]) == 7
        with pytest.raises(DataError):
            find_backend(name).fit(PROGRAMS["one query"], data_for(name)).sample(7)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("P(Y=5 | do(X=mid), Z)", "P(Y=...) is 5, which the data never show; the labels of Y are 0, 1; {left}"),
        ("P(Y | do(X=x), Z)", "do(X=...) is 'x', which the data never show; the labels of X are {labels}; {left}"),
        ("P(Y | do(X), Z=9)", "given(Z=...) is 9, which the data never show; the labels of Z are 0, 1; {left}"),
    ],
)
def test_values_that_no_row_shows_are_refused_as_soon_as_the_kinds_are_known(
    samplers: dict[str, Sampler], query: str, told: str
) -> None:
    left = query.replace("=5", "").replace("=x", "").replace("=9", "") + " leaves it open"
    said = told.format(left=left, labels=", ".join(map(repr, sorted(LABELS["X"]))))
    for name in installed_backends():
        with pytest.raises(DataError) as caught:
            find_backend(name).fit(idgen.compile(idgen.Query.parse(query), GRAPH), data_for(name))
        assert str(caught.value) == said
    with pytest.raises(DataError, match="which the data never show"):
        samplers["one query"].sample(5, do={"X": "mid"}, given={"Z": 1}, query="P(Y=5 | do(X), Z)")
