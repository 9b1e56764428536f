"""Why a regeneration stays: the paths that are named are open, and there is one for every rule."""

from __future__ import annotations

from itertools import islice

import pytest

import idgen_compiler as idgen
from idgen_compiler.compile import explain
from idgen_compiler.report.regenerations import explain_regenerations
from tests.strategies import random_cases

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


def _reasons(query: str, graph: str, **options: object) -> list[str]:
    compilation = explain(idgen.Query.parse(query), idgen.ADMG.parse(graph), **options)  # type: ignore[arg-type]
    return [str(reason) for reason in explain_regenerations(compilation)]


def test_the_napkin() -> None:
    (reason,) = _reasons("P(Y | do(X))", NAPKIN)
    assert reason.splitlines() == [
        "P(Y | X ; do(W2)) needs %law0, samples of P(W1, X, Y ; do(W2))",
        "  not observed: set or seen, W2 makes a difference in P(W1, W2, X, Y)",
        "    do(W2) -> W2 <- W1 <-> Y",
        "  not sampled forwards: seeing X tells about Y by more than its effects",
        "    X <- W1 -> Y",
        "  by weights: rows of P(W1, W2, X, Y), each by policy / P(W2 | W1)",
    ]


def test_the_weights_of_an_inner_law_rest_on_the_outer_ones_rows() -> None:
    graph = "W1 -> W2 -> X -> Y; W3 -> W4 -> X; W1 <-> W3 <-> W2; X <-> W1 <-> Y"
    (reason,) = _reasons("P(Y | do(X))", graph)
    assert "needs %law1, samples of P(W1, X, Y ; do(W2, W4))" in reason
    last = reason.splitlines()[-1]
    assert last == "  by weights: rows of P(W1, W2, W3, X, Y ; do(W4)), each by policy / P(W2 | W1 ; do(W4))"


def test_a_posterior() -> None:
    """P(A | do(X), B): a cause given its effect, in a law whose district is fixed in part."""
    (reason,) = _reasons("P(A | do(X), B)", "X -> A -> B; X <-> B")
    assert "    B <- A" in reason.splitlines()
    assert "  by weights: not possible, a district is fixed in part" in reason.splitlines()


def test_weights_need_a_reason_too() -> None:
    (reason,) = _reasons("P(Y | do(X))", NAPKIN, realize="reweight")
    assert "needs %law0" in reason


@pytest.mark.parametrize("query", ["P(Y | do(X))", "P(Y | do(X), M)"])
def test_nothing_to_explain_without_regenerations(query: str) -> None:
    assert _reasons(query, "X -> M -> Y; X <-> Y") == []


def test_a_lower_level_says_that_a_higher_one_helps() -> None:
    (reason,) = _reasons("P(Y | do(X))", "X -> M -> Y; X <-> Y", optimize=0)
    assert "a rewrite spares it at a higher level of optimization" in reason


def test_every_kept_regeneration_has_its_reasons() -> None:
    """At the highest level both rules failed for every conditional: each has an open path to show for it."""
    kept = 0
    for case in islice(random_cases(seed=31, vertices=(4, 6)), 80):
        compilation = explain(case.query, case.graph)
        reasons = explain_regenerations(compilation)
        assert {reason.data for reason in reasons} == {op.result for op in compilation.program.regenerations}
        for reason in reasons:
            assert reason.observation, case
            assert reason.elimination, case
            kept += 1
    assert kept > 5
