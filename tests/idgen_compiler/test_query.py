"""Queries: parts, equality, the text form and what it says to what it cannot read."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import QueryError
from idgen_compiler.graph import ADMG
from idgen_compiler.query import Query
from tests.idgen_compiler.graph.graphs import NAMES
from tests.idgen_compiler.transcripts import transcript


@st.composite
def queries(draw: st.DrawFn) -> Query:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=7))
    first = draw(st.integers(1, len(names)))
    second = draw(st.integers(first, len(names)))
    return Query(names[:first], names[first:second], names[second:])


@given(queries())
def test_the_text_form_is_read_back_in_its_order(query: Query) -> None:
    again = Query.parse(str(query))
    assert again == query
    assert hash(again) == hash(query)
    assert (again.outcomes, again.treatments, again.conditions) == (query.outcomes, query.treatments, query.conditions)
    assert str(again) == str(query)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P(Y|do(X))", Query("Y", "X")),
        (" P ( Y , Z | do( X1 , X2 ) ) ", Query(["Y", "Z"], ["X1", "X2"])),
        ("P(Y | Z, do(X))", Query("Y", "X", "Z")),
        ("P(Y | do(X1), Z, do(X2))", Query("Y", ["X1", "X2"], "Z")),
        ("P(Y | do(X) | Z)", Query("Y", "X", "Z")),
        ("P(Y | Z)", Query("Y", (), "Z")),
        ("P(Y)", Query("Y")),
        ("P(P | do(do), P.x)", Query("P", "do", "P.x")),
        ("E[Y | do(X)]", Query("Y", "X")),
        ("E(Y | do(X), Z)", Query("Y", "X", "Z")),
        ("P_{x}(y)", Query("y", "x")),
        ("P_x(y | z)", Query("y", "x", "z")),
        ("P_{x1, do(x2)}(y)", Query("y", ["x1", "x2"])),
        ("E_{x}[y]", Query("y", "x")),
        ("Pr(Y | do(X))", Query("Y", "X")),
        ('P("birth weight" | do(`2nd`), "P(x)")', Query("birth weight", "2nd", "P(x)")),
        ("P(e\u0301 | do(X))", Query("\u00e9", "X")),
    ],
)
def test_other_spellings(text: str, expected: Query) -> None:
    assert Query.parse(text) == expected


def test_order_within_a_part_does_not_count_but_parts_do() -> None:
    assert Query(["A", "B"], "X") == Query(["B", "A"], "X")
    assert Query("Y", "X") != Query("Y", (), "X")
    assert Query("Y", "X") != "P(Y | do(X))"
    assert Query(["A", "B"], "X", "Z").variables == {"A", "B", "X", "Z"}


def test_nothing_given_is_an_empty_part() -> None:
    assert Query(["Y"], None, None) == Query("Y")
    with pytest.raises(QueryError, match="the treatments are 3"):
        Query("Y", 3)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="read from a text"):
        Query.parse(None)  # type: ignore[arg-type]


def test_text_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "", "Y", "P", "P(", "P()", "P(Y", "P(Y |", "P(Y |)", "P(Y | do)X", "P(Y | do()", "P(Y | do())", "P(Y | do(X)",
        "P(Y | do(X) Z)", "P(Y,)", "P(Y; do(X))", "P(Y | do(X)) + 1", "P(Y | do(X), X)", "P(Y | do(Y))", "P(Y, Y)",
        "Q(Y)", "P(Y | do(X=))", "P(Y | do(X=1=2))", "P(1)", "P(Y | do(X)=1)", "P(Y=1e999)", "P(Y={1})",
        "E[Y)", "P[Y]", "E[Y=1]", "E[Y(1)]", "P(Y_{x})", "P_{}(y)", "P_{x(y)", 'P("")', 'P("\\q")',
        "E[Y | do(X=1)] - E[Y | do(X=0)]", "P(Y>1 | do(X))", "P(Y | X != 1)", "ATE(X, Y)", "P(Y do(X))", "P(Y, do(X))",
        "P(Y | do X)", "P(Y | do(X=1)) - P(Y)", "P(Y' | X)", "P(Y |\n  do(X) Z)",
    ]  # fmt: skip
    golden("query/text_errors.txt", transcript(cases, Query.parse, QueryError))


@pytest.mark.parametrize("text", ["P(OR | do(RR))", "P(Y | do, X)", "P(ATE)"])
def test_names_that_are_words_of_effects_are_names(text: str) -> None:
    assert str(Query.parse(text)) == text


def test_constructor_errors(golden: Callable[[str, str], None]) -> None:
    graph = ADMG.parse("Treatment -> Outcome; Treatment <-> Outcome")
    fixed = graph.intervened(["Treatment"])
    cases = [
        "Query([])", "Query(['a\\nb'])", "Query([1])", "Query('Y', ['X', 'X'])", "Query('Y', 'X', 'X')",
        "Query('Y', values={'X': 1})", "Query('Y', values={'Y': float('nan')})",
        "Query('Y', values={'Y': [1]})", "Query('Y', values=5)",
        "Query('Outcome', 'treatment').check(graph)", "Query('Yield', 'Treatment').check(graph)",
        "Query('Outcome', (), 'Q').check(graph)", "Query('Outcome', 'Treatment').check(fixed)",
    ]  # fmt: skip
    scope = {"Query": Query, "graph": graph, "fixed": fixed}
    golden("query/errors.txt", transcript(cases, lambda code: eval(code, scope), QueryError))  # noqa: S307


@given(st.text(alphabet="P(Y|do(X,Z)) \n'=1", max_size=25) | st.text(max_size=25))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        query = Query.parse(text)
    except QueryError:
        return
    assert Query.parse(str(query)) == query


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("P(Y | do(X=1))", {"X": 1}),
        ("P(Y=1 | do(X=-1.5), Z=0)", {"Y": 1, "X": -1.5, "Z": 0}),
        ("E[Y | do(X=1e3)]", {"X": 1000.0}),
        ("P_{x=1}(y)", {"x": 1}),
        ("P(Y | do(X=red), Z=True)", {"X": "red", "Z": True}),
        ("P(Y | do(X=\"a, b\"), Z='true')", {"X": "a, b", "Z": "true"}),
        ("P(Y | do(X=false))", {"X": False}),
        ("P(Y | do(X))", {}),
    ],
)
def test_values(text: str, values: dict[str, object]) -> None:
    query = Query.parse(text)
    assert query.values == values
    assert all(isinstance(query.values[name], type(value)) for name, value in values.items())
    assert [isinstance(value, bool) for value in query.values.values()] == [
        isinstance(v, bool) for v in values.values()
    ]
    again = Query.parse(str(query))
    assert again.settings == query.settings
    assert again == query == Query(query.outcomes, query.treatments, query.conditions)


@pytest.mark.parametrize("text", ["01", "007", "-01", "1.10", "1.0", "1.", ".5", "1e3", "-0"])
def test_a_number_is_printed_as_it_was_written(text: str) -> None:
    query = Query.parse(f"P(Y | do(X={text}))")
    value = query.values["X"]
    assert value == float(text)
    assert (str(value), f"{value}", repr(value), str(query)) == (text, text, text, f"P(Y | do(X={text}))")
    assert str(pickle.loads(pickle.dumps(query))) == str(copy.deepcopy(query)) == str(query)  # noqa: S301 - our own
    assert json.loads(json.dumps(value)) == float(text)


def test_values_do_not_count_in_equality() -> None:
    assert Query.parse("P(Y | do(X=1))") == Query.parse("P(Y | do(X=0))") == Query("Y", "X", values={"X": 2})
    assert len({Query.parse("P(Y | do(X=1))"), Query.parse("P(Y | do(X))")}) == 1


def test_a_value_of_numpy_is_a_plain_one() -> None:
    np = pytest.importorskip("numpy")
    query = Query("Y", "X", values={"X": np.int64(3)})
    assert str(query) == "P(Y | do(X=3))"
    assert type(query.values["X"]) is int


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("P(birth-weight | do(X))", '"birth-weight"'),
        ("P(Y | do(2nd))", '"2nd"'),
        ("P(Y-1)", '"Y-1"'),
        ("P(Y | do(X=low-high))", '"low-high"'),
        ("P(Y | do(X=2020-01-01))", '"2020-01-01"'),
        ("P(birth weight)", '"birth weight"'),
    ],
)
def test_what_lacks_its_quotes_is_shown_in_quotes(text: str, quoted: str) -> None:
    with pytest.raises(QueryError, match=f"quote.*: {quoted}"):
        Query.parse(text)
