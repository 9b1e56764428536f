"""What a variable is called changes nothing: every text of a case with odd names is read back to the same thing."""

from __future__ import annotations

import json
from itertools import islice
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import idgen_compiler as idgen
from idgen_compiler.catalog.formula import TextbookFormula
from idgen_compiler.errors import GraphError
from idgen_compiler.graph.names import check_name
from idgen_compiler.verify.models import CausalModel
from tests.idgen_compiler.graph.graphs import NAMES
from tests.strategies import NAPKIN, Case, cases, nested_cases, random_cases

STREAM = [*islice(random_cases(14, (4, 6)), 20), *islice(nested_cases(14), 4)]


def is_name(text: str) -> bool:
    try:
        return bool(check_name(text))
    except GraphError:
        return False


def named(case: Case, names: list[str]) -> Case:
    """The case with its variables called otherwise."""
    to = dict(zip(case.graph.order, names, strict=False))
    graph = idgen.ADMG(
        [(to[a], to[b]) for a, b in case.graph.directed],
        [(to[a], to[b]) for a, b in case.graph.bidirected],
        [to[name] for name in case.graph.order],
    )
    parts = (case.query.outcomes, case.query.treatments, case.query.conditions)
    return Case(graph, idgen.Query(*([to[name] for name in part] for part in parts)))


def check(case: Case, like: Case) -> None:
    """Programs and estimands are read back, and the same as those of the case with plain names."""
    for level in (0, 2):
        program = idgen.compile(case.query, case.graph, optimize=level)
        plain = idgen.compile(like.query, like.graph, optimize=level)
        assert idgen.Program.parse(str(program)) == program
        assert str(idgen.Program.parse(str(program))) == str(program)
        assert idgen.Program.from_json(program.to_json()) == program
        assert program.cost == plain.cost
        assert program.to_dot().count("\n") == plain.to_dot().count("\n")
    case.identification.estimand.latex()
    str(case.identification.trace)


@pytest.mark.parametrize("case", STREAM, ids=range(len(STREAM)))
def test_names_that_stand_in_quotes(case: Case) -> None:
    shift = len(str(case)) % len(NAMES)
    names = [*NAMES[shift:], *NAMES[:shift]]
    check(named(case, names), case)


@settings(max_examples=40)
@given(cases(most=4), st.lists(st.text(min_size=1, max_size=5).filter(is_name), min_size=4, max_size=4,
                               unique_by=lambda name: normalize("NFC", name)))  # fmt: skip
def test_any_names(case: Case, names: list[str]) -> None:
    check(named(case, names), case)


@pytest.mark.parametrize("names", [["a b", "2nd", "आयु", "x=1"], ["P(x | y)", "X", "x'y", "é"], ["X", "x", '"', "`"]])
def test_the_text_of_an_estimand_is_a_formula(names: list[str]) -> None:
    """What is printed for the napkin has the value of the estimand when it is read as a formula of a book."""
    case = named(Case(NAPKIN, idgen.Query("Y", "X")), names)
    estimand = case.identification.estimand
    joint = CausalModel.random(case.graph, 0).observational()
    formula = TextbookFormula.parse(str(estimand), case.graph.order)
    ours, read = estimand.evaluate(joint), formula.evaluate(joint, case.query)
    assert ours.given == read.given
    assert ours.targets == read.targets
    assert (ours.table == read.table).all()


@given(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=5), st.data())
def test_values_of_a_query_are_read_back(names: list[str], data: st.DataObject) -> None:
    value = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
    values = {name: data.draw(value) for name in names if data.draw(st.booleans())}
    cut = data.draw(st.integers(1, len(names)))
    query = idgen.Query(names[:cut], names[cut:], values=values)
    again = idgen.Query.parse(str(query))
    assert again == query == idgen.Query(names[:cut], names[cut:])
    assert again.settings == query.settings
    assert json.dumps(again.values) == json.dumps(query.values)
