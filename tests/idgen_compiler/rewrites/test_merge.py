"""Merging takes conditionals of a margin in the whole law, where it is one."""

from __future__ import annotations

from idgen_compiler.estimand.nodes import Intervened, Product
from idgen_compiler.rewrites import Eliminate, Merge, Minimize, regenerated
from idgen_compiler.rewrites.merge import _is_margin
from tests.idgen_compiler.rewrites.kernels import after, answer, equal, observed, of

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


def test_two_laws_become_one_group() -> None:
    """P(X, Y | do(W2)): line 3 fixes W1 and so splits X from Y; merged, they are sampled together again."""
    apart = answer("P(X, Y | do(W2))", NAPKIN, Minimize())
    merged = Merge().apply(apart)
    assert (len(regenerated(apart)), len(regenerated(merged))) == (2, 1)
    assert equal(apart, merged, NAPKIN)
    assert not regenerated(Eliminate().apply(merged))
    assert regenerated(Eliminate().apply(apart)), "without merging, one posterior stays"


def test_conditions_of_a_margin() -> None:
    origin = observed("A -> B -> C; A <-> C; D -> B")
    large = after(origin, "A", "D |", "B | A, D", "C | A, B")
    assert _is_margin(after(origin, "A", "D |", "B | A, D"), large)
    assert not _is_margin(large, large), "nothing is smaller"
    assert not _is_margin(large, after(origin, "A", "D |", "B | A, D"))
    assert not _is_margin(after(origin, "A, D", "B | A, D"), large), "D is fixed here and random there"
    assert not _is_margin(after(origin, "A", "D |", "B | A"), large), "another factor of B"


def test_laws_of_different_origins_are_not_merged() -> None:
    """The same factors after another intervention are another law."""
    origin = observed("A -> B -> C; A <-> C")
    elsewhere = after(origin, "A", "B | A", "C | A, B")
    small = after(origin, "A", "B | A")
    large = Intervened(elsewhere, ("A",), (of(origin, "B | A"), of(origin, "C | A, B")))
    kernel = Product((of(small, "B | A"), of(large, "C | A, B")))
    assert Merge().apply(kernel) is kernel


def test_a_law_inside_the_larger_one_stays() -> None:
    """What the larger law is made of cannot be taken in it."""
    origin = observed("A -> B -> C; A <-> C")
    small = after(origin, "A", "B | A")
    middle = Intervened(origin, ("A",), (of(small, "B | A"), of(origin, "C | A, B")))
    large = Intervened(origin, ("A",), (of(origin, "B | A"), of(middle, "C | A, B")))
    assert _is_margin(small, large)
    kernel = Product((of(small, "B | A"), of(large, "C | A, B")))
    assert Merge().apply(kernel) is kernel
