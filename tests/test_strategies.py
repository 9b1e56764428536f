"""The random queries that other tests rest on: the same every time, and of the promised mixture."""

from __future__ import annotations

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from idgen_compiler.identify import identify
from tests.strategies import NAPKIN, Case, admgs, cases, napkin_ladder, random_cases


def test_the_stream_is_the_same_for_a_seed_and_never_repeats() -> None:
    first, again, other = (list(map(str, islice(random_cases(seed), 40))) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert len(set(first)) == 40


def test_the_stream_has_its_mixture() -> None:
    found = list(islice(random_cases(0), 120))
    assert all(3 <= len(case.graph) <= 6 for case in found)
    assert sum(case.visits_line_7 for case in found) >= 40
    assert sum(case.kind == "napkin" for case in found) >= 24
    assert sum(bool(case.query.conditions) for case in found) >= 12
    assert sum(len(case.query.outcomes) > 1 for case in found) >= 12
    assert sum(len(case.query.treatments) > 1 for case in found) >= 12


@settings(max_examples=20)
@given(cases())
def test_drawn_cases_are_identifiable(case: Case) -> None:
    case.query.check(case.graph)
    assert case.identifiable


@settings(max_examples=20)
@given(admgs(least=4, most=6, core=NAPKIN))
def test_a_core_stays_in_the_graph(graph: object) -> None:
    assert set(NAPKIN.directed) <= set(graph.directed)  # type: ignore[attr-defined]
    edges = {frozenset(edge) for edge in graph.bidirected}  # type: ignore[attr-defined]
    assert {frozenset(edge) for edge in NAPKIN.bidirected} <= edges


@settings(max_examples=5)
@given(st.integers(1, 4))
def test_a_ladder_nests_one_line_7_for_each_rung(rungs: int) -> None:
    graph, query = napkin_ladder(rungs)
    assert identify(query, graph).trace.lines.count(7) == rungs
