"""Verification: our answers are judged, y0's are shown."""

from __future__ import annotations

import sys
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import idgen_compiler as idgen
from idgen_compiler.verify import check
from tests.benchmarks.bench_exactness import ANSWERS, compared
from tests.strategies import NAPKIN, Case, cases, random_cases

QUERY = idgen.Query("Y", "X")
WRONG = """
program "plain conditioning" {
  graph "X -> Y"
  %obs = observe [X, Y]
  %m0 = train %obs : Y | X
  sample (X) {
    Y ~ %m0(X)
  } -> [Y]
}
"""


def test_the_napkin_verifies_and_y0_does_not() -> None:
    report = idgen.verify(QUERY, NAPKIN, models=5)
    assert report.ok
    assert len(report.rows) == 5
    for row in report.rows:
        assert list(row.ours) == ["estimand", "literal program", "program", "reweighting program"]
        assert {comparison.verdict for comparison in row.ours.values()} == {"agrees"}
        assert {comparison.difference for comparison in row.ours.values()} == {0}
        assert row.y0.verdict == "differs"
        assert isinstance(row.y0.difference, Fraction)
        assert row.y0.difference > 0
    text = str(report)
    assert "equal the truth in 5 of 5 models" in text
    assert "answers P(Y | X), which differs from the truth in 5 of 5 models; the error is y0's" in text


def test_a_wrong_program_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "programs", lambda *_: {"wrong program": idgen.Program.parse(WRONG)})
    report = idgen.verify(QUERY, NAPKIN, models=3)
    assert not report.ok
    assert [row.ours["wrong program"].verdict for row in report.rows] == ["differs"] * 3
    assert [row.ours["estimand"].verdict for row in report.rows] == ["agrees"] * 3
    assert "NOT verified: in model 0 the wrong program differs from the truth by 0.0" in str(report)


def test_a_program_that_fails_or_answers_another_query_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {
        "failing program": idgen.Program.parse(WRONG.replace("X", "Q")),
        "other program": idgen.Program.parse(WRONG.replace("(X)", "()").replace("| X", "").replace("%m0(X)", "%m0()")),
    }
    monkeypatch.setattr(check, "programs", lambda *_: broken)
    report = idgen.verify(QUERY, NAPKIN, models=1)
    assert not report.ok
    assert "failing program raised DataError: the joint lacks Q" in report.verdict
    assert report.rows[0].ours["other program"].detail == "answers (('Y',) | ())"


def test_y0_is_absent_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "y0.dsl", None)
    report = idgen.verify(QUERY, NAPKIN, models=2)
    assert report.ok
    assert {row.y0.verdict for row in report.rows} == {"absent"}
    assert "y0 is not installed" in str(report)


def test_what_y0_raises_is_shown_as_y0s() -> None:
    report = idgen.verify(idgen.Query(["Y1", "Y2"], "X"), idgen.ADMG.parse("Y1 -> X -> Y2"), models=2)
    assert report.ok
    assert {row.y0.verdict for row in report.rows} == {"error"}
    assert "y0 raised" in str(report)


def test_y0_is_right_on_the_front_door() -> None:
    report = idgen.verify(QUERY, idgen.ADMG.parse("X -> M -> Y; X <-> Y"), models=2)
    assert {row.y0.verdict for row in report.rows} == {"agrees"}
    assert "which equals the truth in every model" in str(report)


def test_markdown_is_a_table_of_what_agrees() -> None:
    lines = idgen.verify(QUERY, NAPKIN, models=2, seed=7).to_markdown().splitlines()
    assert lines[0] == "**P(Y | do(X)) in 2 random models with hidden causes (seed 7)**"
    assert "| estimand | 2 | 0 | 0 | 0 | 0 |" in lines


def test_a_seed_fixes_the_report() -> None:
    first, again, other = (idgen.verify(QUERY, NAPKIN, models=2, seed=seed) for seed in (1, 1, 2))
    assert first.rows == again.rows
    assert first.rows != other.rows


def test_queries_without_an_answer_pass_through() -> None:
    with pytest.raises(idgen.NotIdentifiable):
        idgen.verify(QUERY, idgen.ADMG.parse("X -> Y; X <-> Y"))
    with pytest.raises(idgen.QueryError, match="unknown vertex 'Q'"):
        idgen.verify(idgen.Query("Q", "X"), NAPKIN)


@pytest.mark.parametrize("options", [{"models": 0}, {"models": 1.5}, {"models": "a"}, {"seed": -1}])
def test_numbers_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(idgen.IdgenError, match="at least one model and a seed from 0"):
        idgen.verify(QUERY, NAPKIN, **options)


def test_a_graph_too_large_for_exact_tables() -> None:
    chain = idgen.ADMG([(f"V{i}", f"V{i + 1}") for i in range(19)])
    with pytest.raises(idgen.IdgenError, match="the query has 20 variables with its ancestors"):
        idgen.verify(idgen.Query("V19", "V0"), chain, models=1)
    assert idgen.verify(idgen.Query("V3", "V1"), chain, models=2).ok


def test_random_queries_are_answered_exactly() -> None:
    found = {str(case): compared(case, seed=k) for k, case in enumerate(islice(random_cases(seed=1), 60))}
    assert [case for case, equal in found.items() if equal != dict.fromkeys(ANSWERS, True)] == []


@settings(max_examples=40)
@given(cases())
def test_any_identifiable_query_is_answered_exactly(case: Case) -> None:
    assert compared(case, seed=0) == dict.fromkeys(ANSWERS, True)


# -- modulo primes, and in fractions ----------------------------------------------------------------------------------


def test_what_is_equal_modulo_primes_is_equal_in_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same reports when every comparison is made in fractions; wrong answers of y0 are among them."""
    cases = [*islice(random_cases(17), 25), Case(NAPKIN, idgen.Query("Y", "X"))]
    quick = [idgen.verify(case.query, case.graph, models=2) for case in cases]
    monkeypatch.setattr(check, "_equal_at_once", lambda *_: {})
    slow = [idgen.verify(case.query, case.graph, models=2) for case in cases]
    assert [report.rows for report in quick] == [report.rows for report in slow]
    assert any(row.y0.verdict == "differs" and row.y0.difference for report in quick for row in report.rows)


def test_primes_that_divide_a_denominator_leave_it_to_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    """101 divides the denominator of every probability."""
    monkeypatch.setattr(check, "drawn_primes", lambda seed: np.full(4, 101))
    assert idgen.verify(idgen.Query("Y", "X"), NAPKIN, models=2).ok


def test_a_difference_is_shown_in_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    """P(Y | X) in the place of the answer, whose distance from the truth is what it was."""
    graph, query = idgen.ADMG.parse("Z -> X -> Y; Z -> Y"), idgen.Query("Y", "X")
    wrong = idgen.compile(query, idgen.ADMG.parse("X -> Y; Z"))
    monkeypatch.setattr(check, "programs", lambda *_: {"program": wrong})
    (row,) = idgen.verify(query, graph, models=1).rows
    model = check.CausalModel.random(graph, (0, 0))
    joint, truth = model.observational(), model.truth(query)
    seen = wrong.fit(joint, backend="exact").kernel()
    assert row.ours["program"].verdict == "differs"
    assert row.ours["program"].difference == seen.distance(truth) > 0
