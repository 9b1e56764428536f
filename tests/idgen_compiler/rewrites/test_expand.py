"""Expansion brings in a variable where both halves can then be had without regeneration."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.estimand.nodes import Conditional, Intervened, Marginal
from idgen_compiler.rewrites import Eliminate, Exchange, Expand, Minimize, regenerated
from tests.idgen_compiler.rewrites.kernels import after, answer, equal, observed, of

FRONT_DOOR = "X -> M -> Y; X <-> Y; M -> Q"
"""The front door with an effect Q of the mediator."""


def _node() -> Conditional:
    law = after(observed(FRONT_DOOR), "X", "M | X", "Q | M", "Y | X, M")
    outer = Intervened(observed(FRONT_DOOR), ("M",), (of(observed(FRONT_DOOR), "X |"), of(law.law, "Y | X, M")))
    law = Intervened(observed(FRONT_DOOR), ("X",), (*law.factors[:2], of(outer, "Y | M")))
    return of(law, "Y | X, Q")


def test_the_right_variable_makes_both_halves_observable() -> None:
    node = _node()
    assert regenerated(node)
    found = Expand().apply(node)
    assert isinstance(found, Marginal)
    assert found.over == ("M",)
    assert not regenerated(found)
    assert equal(node, found, FRONT_DOOR)


def test_a_condition_on_an_effect_of_the_mediator() -> None:
    """P(Y | do(X), Q) needs no regeneration once M is summed over, and one without."""
    before = answer("P(Y | do(X), Q)", FRONT_DOOR, Minimize(), Exchange(), Eliminate())
    assert regenerated(before)
    assert regenerated(Expand(depth=0).apply(before))
    assert not regenerated(Expand().apply(before))


def test_conditions_are_kept_beside_the_new_variable() -> None:
    """Y depends on Q given M too: Σ_m P(m | q ; do(x)) P(y | m, q ; do(x))."""
    graph = "X -> M -> Y; X <-> Y; M -> Q -> Y"
    before = answer("P(Y | do(X), Q)", graph, Minimize(), Exchange(), Eliminate())
    found = Expand().apply(before)
    assert regenerated(before)
    assert not regenerated(found)
    assert equal(before, found, graph)


def test_depth_and_breadth_bound_the_search() -> None:
    node = _node()
    assert regenerated(Expand(depth=0).apply(node))
    assert regenerated(Expand(breadth=0).apply(node))
    assert not regenerated(Expand(depth=1).apply(node))


@pytest.mark.parametrize(
    ("query", "graph", "left"),
    [
        (
            "P(V2, V1 | do(V3), V4, V5)",
            "V1 -> V2 -> V3 -> V4; V1 -> V3 -> V5; V1 -> V4; V2 -> V5; V1 <-> V4 <-> V5",
            (1, 1, 1),
        ),
        ("P(Y | do(X))", "V2 -> W1 -> W2 -> X -> Y -> V1; V2 <-> W1; W1 <-> X; W1 <-> Y", (1, 1, 1)),
        (
            "P(V3, V6 | do(V5))",
            "V1 -> V2 -> V4; V1 -> V3 -> V4 -> V5 -> V6; V2 -> V5; V3 -> V5; V2 -> V6; V3 -> V6;"
            "V1 <-> V3; V1 <-> V4; V2 <-> V5; V4 <-> V6",
            (1, 1, 0),
        ),
    ],
)
def test_the_search_ends_at_its_depth(query: str, graph: str, left: tuple[int, ...]) -> None:
    """Each half is searched one variable less deep: what needs more variables than the depth allows stays."""
    before = answer(query, graph, Minimize(), Exchange(), Eliminate())
    for depth, laws in enumerate(left):
        found = Expand(depth=depth).apply(before)
        assert len(regenerated(found)) == laws
        assert equal(before, found, graph)


def test_a_variable_that_the_target_does_not_need_is_left_out() -> None:
    """P(Y | X ; do(W)) with Y not depending on U: no sum over U is built."""
    graph = "W -> X -> Y; U -> X"
    node = of(after(observed(graph), "W", "U |", "X | W, U", "Y | X"), "Y | X, W")
    found = Expand().apply(node)
    assert found is of(observed(graph), "Y | X")


@pytest.mark.parametrize(
    ("query", "graph"),
    [
        ("P(Y | do(X))", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"),
        ("P(A | do(X), B)", "X -> A -> B; X <-> B"),
    ],
)
def test_a_true_ratio_stays(query: str, graph: str) -> None:
    kernel = answer(query, graph, Minimize())
    found = Expand().apply(kernel)
    assert len(regenerated(found)) == 1
    assert equal(kernel, found, graph)


def test_a_group_shares_the_variable_that_is_brought_in() -> None:
    # P(A, B | Z ; do(X)) through the root W: neither conditional has a network of its own, both together have one.
    graph = idgen.ADMG.parse("W -> X, Z; X <-> Z; W, X, Z -> B; W, B -> A")
    query = idgen.Query.parse("P(A, B | do(X), Z)")
    program = idgen.compile(query, graph)
    assert not program.laws
    assert idgen.verify(query, graph, models=3).ok
