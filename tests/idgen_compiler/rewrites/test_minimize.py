"""Minimization drops the inputs that m-separation says cannot matter, and none that can."""

from __future__ import annotations

import pytest

from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.nodes import Conditional, Product
from idgen_compiler.rewrites import Minimize
from idgen_compiler.rewrites.minimize import split
from tests.idgen_compiler.rewrites.kernels import after, equal, observed, of


@pytest.mark.parametrize(
    ("graph", "before", "wanted"),
    [
        ("X -> M -> Y", "Y | X, M", "Y | M"),  # a chain
        ("X -> M -> Y; X <-> Y", "Y | X, M", "Y | X, M"),  # ... with a hidden cause past its middle
        ("X -> M -> Y; X <-> M", "Y | X, M", "Y | M"),  # ... before its middle
        ("X -> M -> Y; M <-> Y", "Y | X, M", "Y | X, M"),  # ... where the middle is a collider
        ("X -> C <- Z", "Z | X", "Z |"),
        ("X -> C <- Z", "Z | X, C", "Z | X, C"),  # a collider opens when it is given
        ("X -> C <- Z; C -> D", "Z | X, D", "Z | X, D"),  # ... or when its effect is
        ("X -> Y; Z", "Y | Z", "Y |"),
        ("A -> B -> C -> D", "A | D, C, B", "A | B"),  # backwards, from effects to causes
        ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "X | W1, W2", "X | W1, W2"),
        ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "Y | W1, W2, X", "Y | W1, W2, X"),  # X and W1 are colliders
    ],
)
def test_what_matters_is_kept(graph: str, before: str, wanted: str) -> None:
    law = observed(graph)
    found = minimized(of(law, before))
    assert (found.to, set(found.given)) == (of(law, wanted).to, set(of(law, wanted).given))
    assert equal(found, of(law, before), graph)


@pytest.mark.parametrize(
    ("graph", "kept", "without"),
    [
        ("X -> M -> Y; X <-> Y", "Y | X, M", "Y | M"),
        ("X -> C <- Z", "Z | X, C", "Z | C"),
        ("X -> C <- Z; C -> D", "Z | X, D", "Z | D"),
        ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "Y | W1, W2, X", "Y | W1, X"),
    ],
)
def test_what_is_kept_does_matter(graph: str, kept: str, without: str) -> None:
    law = observed(graph)
    assert not equal(of(law, kept), of(law, without), graph)


def test_the_graph_is_that_of_the_law() -> None:
    """In the observed napkin W1 tells about Y; in the law where W2 is set, X alone still does not separate them."""
    napkin = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
    law = after(observed(napkin), "W2", "W1 |", "X | W1, W2", "Y | W1, W2, X")
    assert minimized(of(law, "Y | W2, X")) is of(law, "Y | X")  # the Verma constraint of the napkin
    assert equal(of(law, "Y | W2, X"), of(law, "Y | X"), napkin)
    assert minimized(of(law, "Y | W1, X")) is of(law, "Y | W1, X")
    assert minimized(of(observed(napkin), "Y | W2, X")) is of(observed(napkin), "Y | W2, X")


def test_several_targets_are_split_by_the_chain_rule() -> None:
    law = observed("X -> M -> Y")
    node = of(law, "M, Y | X")
    assert split(node) == [of(law, "M | X"), of(law, "Y | X, M")]
    assert Minimize().apply(node) is Product((of(law, "M | X"), of(law, "Y | M")))


def test_a_conditional_of_a_product_stays() -> None:
    """Without a graph nothing is known to be separated."""
    law = observed("X -> Y")
    node = Conditional(Product((of(law, "X |"), of(law, "Y | X"))), ("Y",), ("X",))
    assert minimized(node) is node


def test_nothing_is_built_where_nothing_changes() -> None:
    law = observed("X -> Y")
    assert Minimize().apply(of(law, "Y | X")) is of(law, "Y | X")
