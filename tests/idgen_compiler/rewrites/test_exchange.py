"""Observation leaves an intervened law where setting and seeing agree, and only there."""

from __future__ import annotations

import pytest

from idgen_compiler.estimand.nodes import Conditional, Intervened, Law
from idgen_compiler.rewrites import Exchange, Minimize, regenerated
from idgen_compiler.rewrites.exchange import _tried, why_not_exchanged
from idgen_compiler.rewrites.exchange import exchanged as by_exchange
from tests.idgen_compiler.rewrites.kernels import after, answer, equal, observed, of, rewritten
from tests.strategies import Case, napkin_ladder
from tests.truth import Truth

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


@pytest.mark.parametrize(
    ("graph", "do", "factors", "before", "wanted"),
    [
        # Rule 2: X is seen as it is set, since nothing hidden joins X and W2.
        ("X -> W2 <- W1; X -> W1", "X", ("W1 | X", "W2 | X, W1"), "W2 | W1, X", "W2 | X, W1"),
        # Rule 3: what is set lies after the target, or does not reach it.
        ("A -> X -> B", "X", ("A |", "B | X"), "A |", "A |"),
        # Seen and set agree given W, which is a common cause of X and Y.
        ("W -> X -> Y; W -> Y", "X", ("W |", "Y | W, X"), "Y | W, X", "Y | W, X"),
    ],
)
def test_an_exchangeable_conditional_is_observed(
    graph: str, do: str, factors: tuple[str, ...], before: str, wanted: str
) -> None:
    node = of(after(observed(graph), do, *factors), before)
    found = by_exchange(node)
    assert found.of is observed(graph)
    assert (found.to, set(found.given)) == (of(found.of, wanted).to, set(of(found.of, wanted).given))
    assert equal(node, found, graph)
    assert why_not_exchanged(node) == ()


@pytest.mark.parametrize(
    ("graph", "do", "factors", "before", "path"),
    [
        # A hidden cause of what is set and the target.
        (NAPKIN, "W2", ("W1 |", "X | W1, W2", "Y | W1, W2, X"), "Y | X", "do(W2) -> W2 <- W1 <-> Y"),
        # A common cause that is not given.
        ("W -> X -> Y; W -> Y", "X", ("W |", "Y | W, X"), "Y | X", "do(X) -> X <- W -> Y"),
        # The effect of what is set is given: the path into it is open.
        ("V1 -> V3 <- V2; V1 <-> V2", "V2", ("V1 |", "V3 | V1, V2"), "V1 | V2, V3", "do(V2) -> V2 <-> V1"),
    ],
)
def test_a_conditional_that_setting_changes_stays(
    graph: str, do: str, factors: tuple[str, ...], before: str, path: str
) -> None:
    law = after(observed(graph), do, *factors)
    node = of(law, before)
    assert by_exchange(node) is node
    assert " ".join(why_not_exchanged(node)) == path
    assert not any(
        equal(node, Conditional(observed(graph), node.to, given), graph)
        for given in (node.given, tuple(dict.fromkeys((*node.given, *law.do))))
    ), "the rule may be applied after all"


def _nest(laws: int) -> tuple[Law, Conditional]:
    """P(Y | X) under one intervention after the other, on a graph where none of them matters."""
    law: Law = observed("A -> B -> X -> Y")
    first = law
    for do, rest in (("A", ("B | A", "X | B", "Y | X")), ("B", ("X | B", "Y | X")))[:laws]:
        law = after(law, do, *rest)
    return first, of(law, "Y | X")


@pytest.mark.parametrize("laws", [1, 2])
def test_laws_are_left_up_to_the_outermost(laws: int) -> None:
    first, node = _nest(laws)
    assert by_exchange(node) is of(first, "Y | X")


def test_what_was_set_before_counts_too() -> None:
    """Seeing B is setting it, seeing W2 is not: P(Y | X ; do(W2), do(B)) may leave do(B) only."""
    graph = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y; B -> Y"
    first = after(observed(graph), "W2", "W1 |", "B |", "X | W1, W2", "Y | W1, W2, X, B")
    node = of(after(first, "B", "W1 |", "X | W1, W2", "Y | W1, W2, X, B"), "Y | X, B")
    found = by_exchange(node)
    assert found is of(first, "Y | X, B")
    assert equal(node, found, graph)
    assert not equal(node, of(observed(graph), "Y | X, B"), graph)


def test_what_is_set_after_counts_too() -> None:
    """The other way round: do(B) could be left, but do(W2) was made in it and cannot."""
    graph = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y; B -> Y"
    first = after(observed(graph), "B", "W1 |", "W2 | W1", "X | W1, W2", "Y | W1, W2, X, B")
    node = of(after(first, "W2", "W1 |", "X | W1, W2", "Y | W1, W2, X, B"), "Y | X, B")
    assert by_exchange(node) is node
    assert not equal(node, of(observed(graph), "Y | X, B"), graph)


@pytest.mark.parametrize("rungs", [2, 3])
def test_what_was_set_in_between_counts_too(rungs: int) -> None:
    """On a ladder every law is made in the one before; a conditional leaves it with all that was set on the way."""
    truth = Truth(Case(*napkin_ladder(rungs)), seed=0)
    kernel = rewritten(truth.case.identification.estimand.kernel, Minimize(), Exchange())
    assert truth.of_kernel(kernel)
    assert len(regenerated(kernel)) == rungs


def test_inner_laws_are_observed_first() -> None:
    """A law that is left by its conditional is no longer mentioned at all."""
    kernel = answer("P(Y | do(X))", "Z -> X -> Y; Z -> Y", Minimize(), Exchange())
    assert not any(isinstance(part, Intervened) for part in kernel.parts)


def test_a_law_that_nothing_was_done_in_forbids_nothing() -> None:
    assert why_not_exchanged(of(observed(NAPKIN), "Y | X")) == ()


@pytest.mark.parametrize(
    ("nested", "wanted"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (4, [0, 1, 2, 3]), (6, [0, 1, 4, 5])]
)
def test_of_a_deep_nest_the_ends_are_tried(nested: int, wanted: list[int]) -> None:
    assert _tried(range(nested)) == wanted
