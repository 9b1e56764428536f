"""Nodes of an estimand that do not fit together are refused; how every kind is drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from idgen_compiler.estimand.drawing import to_dot, to_mermaid
from idgen_compiler.estimand.nodes import (
    Conditional,
    EstimandError,
    Free,
    Intervened,
    Kernel,
    Marginal,
    Observed,
    Product,
    Renamed,
)
from idgen_compiler.graph import ADMG

LAW = Observed(ADMG.parse("X -> Y -> Z; X <-> Z"))
Y_GIVEN_X = Conditional(LAW, ("Y",), ("X",))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Conditional(LAW, ("W",), ()), "W is no target of"),
        (lambda: Conditional(LAW, ("Y",), ("W",)), "cannot condition .* on W"),
        (lambda: Conditional(LAW, ("Y",), ("Y",)), "cannot condition .* on Y"),
        (lambda: Conditional(LAW, (), ("X",)), "on nothing to predict"),
        (lambda: Marginal(LAW, ("W",)), "cannot sum .* over W"),
        (lambda: Marginal(LAW, ("X", "Y", "Z")), "cannot sum .* over X, Y, Z"),
        (lambda: Marginal(LAW, ()), "over nothing"),
        (lambda: Free(Y_GIVEN_X, ("Y",)), "Y cannot be free in"),
        (lambda: Free(Y_GIVEN_X, ()), "nothing cannot be free"),
        (lambda: Renamed(Y_GIVEN_X, (("Y", "X"),)), "makes two variables .* one"),
        (lambda: Product((Y_GIVEN_X, Conditional(LAW, ("Y",), ()))), "two factors share a target: Y, Y"),
        (lambda: Intervened(LAW, ("Z",), (Y_GIVEN_X,)), "X must be fixed in the law of Y"),
    ],
)
def test_nodes_that_do_not_fit(build: Callable[[], Kernel], message: str) -> None:
    with pytest.raises(EstimandError, match=message):
        build()


def test_equal_nodes_are_one_object_however_they_are_written() -> None:
    assert Conditional(of=LAW, to=("Y",), given=("X",)) is Y_GIVEN_X
    assert repr(Y_GIVEN_X) == "<Conditional P(Y | X)>"


def test_drawings_name_every_node_and_mark_laws(golden: Callable[[str, str], None]) -> None:
    renamed = Renamed(Y_GIVEN_X, (("Y", "Y'"),))
    whole = Free(Marginal(Product((renamed, Conditional(LAW, ("Z",), ("X", "Y")))), ("Y'",)), ("Y",))
    golden("estimand/nodes.dot", to_dot(whole))
    golden("estimand/nodes.mmd", to_mermaid(whole))
