"""The catalogue says of each entry what identification finds."""

from __future__ import annotations

import re

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES, Entry, find


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_identification_agrees_with_the_literature(entry: Entry) -> None:
    query, graph = entry.parsed_query(), entry.parsed_graph()
    if not entry.identifiable:
        with pytest.raises(idgen.NotIdentifiable):
            idgen.identify(query, graph)
        return
    assert idgen.verify(query, graph, models=1).ok


def test_names_are_unique_and_can_be_typed() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


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
