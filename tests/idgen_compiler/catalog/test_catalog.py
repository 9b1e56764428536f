"""Every entry: its verdict, its estimand and programs against the truth, and the formula of its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import idgen_compiler as idgen
from idgen_compiler import catalog
from idgen_compiler.catalog import ENTRIES, Entry, find
from idgen_compiler.catalog.entry import read_entries
from idgen_compiler.catalog.formula import TextbookFormula
from idgen_compiler.catalog.shelf import FILES
from idgen_compiler.identify.fixing import identifiable
from idgen_compiler.verify import CausalModel

IDENTIFIABLE = [entry for entry in ENTRIES if entry.identifiable]
LARGE = 9  #: exact arithmetic on more vertices is left to the benchmark


def by_name(entry: Entry) -> str:
    return entry.name


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_verdict(entry: Entry) -> None:
    query, graph = entry.parsed_query(), entry.parsed_graph()
    assert identifiable(query, graph) == entry.identifiable
    if entry.identifiable:
        idgen.identify(query, graph)
        return
    with pytest.raises(idgen.NotIdentifiable) as refusal:
        idgen.identify(query, graph)
    outer, inner = refusal.value.hedge
    assert inner < outer <= graph.nodes


@pytest.mark.parametrize("entry", [e for e in IDENTIFIABLE if len(e.parsed_graph()) < LARGE], ids=by_name)
def test_estimand_and_programs_equal_the_truth(entry: Entry) -> None:
    report = idgen.verify(entry.parsed_query(), entry.parsed_graph(), models=1, seed=7)
    assert report.ok, report


@pytest.mark.parametrize("entry", [e for e in IDENTIFIABLE if e.formula], ids=by_name)
def test_textbook_formula_equals_the_truth(entry: Entry) -> None:
    query, graph = entry.parsed_query(), entry.parsed_graph()
    formula = TextbookFormula.parse(entry.formula, graph.order)
    for seed in (0, 1) if len(graph) < LARGE else (0,):
        model = CausalModel.random(graph, seed)
        assert formula.evaluate(model.observational(), query) == model.truth(query)


def test_there_are_enough_of_each_kind() -> None:
    assert len(ENTRIES) >= 60
    assert sum(not entry.identifiable for entry in ENTRIES) >= 15
    assert sum(bool(entry.formula) for entry in ENTRIES) >= 60
    assert sum(bool(entry.parsed_query().conditions) for entry in ENTRIES) >= 10
    through_7 = [e for e in IDENTIFIABLE if 7 in idgen.identify(e.parsed_query(), e.parsed_graph()).trace.lines]
    assert len(through_7) >= 12


def test_what_cannot_be_identified_has_no_formula() -> None:
    assert [entry.name for entry in ENTRIES if entry.formula and not entry.identifiable] == []


def test_names_are_unique_and_can_be_typed() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_no_question_stands_twice_with_one_formula() -> None:
    questions = [(e.parsed_graph(), e.parsed_query(), e.formula) for e in ENTRIES]
    # The napkin, the front door and M-bias are told by several books.
    assert len(questions) - len(set(questions)) <= 6


def test_every_entry_says_where_it_is_from() -> None:
    assert [entry.name for entry in ENTRIES if not re.search(r"\(\d{4}\)", entry.source)] == []


def test_find() -> None:
    assert find("napkin").query == "P(Y | do(X))"
    with pytest.raises(idgen.IdgenError, match="did you mean napkin"):
        find("napkn")


def test_paper_formula_of_the_prescription_graph() -> None:
    """Equation (1) of appendix C.1: four factors, two of them through line 7."""
    entry = find("prescription")
    identification = idgen.identify(entry.parsed_query(), entry.parsed_graph())
    assert identification.trace.lines.count(7) == 2
    joint_factors = {step.problem.graph.names(step.problem.y) for step in identification.trace.steps}
    assert joint_factors == {("W2", "W3"), ("W4",), ("W1",), ("X",)}


def test_every_file_is_on_the_shelf() -> None:
    folder = Path(catalog.__file__).parent
    assert {path.stem for path in folder.glob("*.toml")} == set(FILES)
    assert len(ENTRIES[:3]) == 3
    assert ENTRIES[-1] == list(ENTRIES)[-1]


NAPKIN = """[[entries]]
name = "napkin"
title = "The napkin"
graph = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
query = "P(Y | do(X))"
identifiable = true
source = "Pearl and Mackenzie (2018)"
lesson = "A ratio."
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NAPKIN + "[[", r"mine.toml cannot be read as TOML: Invalid"),
        (NAPKIN.replace('lesson = "A ratio."', ""), "mine.toml: 'entries', item 0 lacks 'lesson'"),
        (NAPKIN + "year = 2018", "item 0 has unknown fields: year"),
        (NAPKIN + "tags = [1]", "item 0: 'tags', item 0 must be a text, not 1"),
        (NAPKIN.replace("[[entries]]", "[[entry]]"), "mine.toml lacks 'entries'"),
    ],
)
def test_a_file_is_read_strictly(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(NAPKIN, encoding="utf-8")
    assert [entry.name for entry in read_entries(path)] == ["napkin"]
    path.write_text(text, encoding="utf-8")
    with pytest.raises(idgen.IdgenError, match=message):
        read_entries(path)
