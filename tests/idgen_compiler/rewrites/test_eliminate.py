"""Elimination clamps a network where seeing an input and setting it agree, and only there."""

from __future__ import annotations

import pytest

from idgen_compiler.estimand.nodes import Conditional, Free, Intervened, Kernel, Product
from idgen_compiler.estimand.tree import walk
from idgen_compiler.rewrites import Eliminate, Merge, Minimize
from idgen_compiler.rewrites.eliminate import eliminated, why_not_eliminated
from tests.idgen_compiler.rewrites.kernels import after, answer, equal, observed, of, rewritten

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
FRONT_DOOR = "X -> M -> Y; X <-> Y"


def _is_eliminated(kernel: Kernel) -> bool:
    return not any(isinstance(n, Conditional) and isinstance(n.of, Intervened) for n in walk(kernel))


def test_the_front_door_becomes_a_sum() -> None:
    law = after(observed(FRONT_DOOR), "M", "X |", "Y | X, M")
    node = of(law, "Y | M")
    found = eliminated([node])
    assert found is not None
    assert str(found) == "P(Y | M)"
    assert _is_eliminated(found)
    assert equal(node, found, FRONT_DOOR)


@pytest.mark.parametrize(
    ("graph", "do", "factors", "before", "path"),
    [
        # A common cause inside the law: seeing X tells about W1, and W1 about Y.
        (NAPKIN, "W2", ("W1 |", "X | W1, W2", "Y | W1, W2, X"), "Y | X", "X <- W1 -> Y"),
        # A cause given its effect is a posterior.
        ("X -> A -> B; X <-> B", "X", ("A | X", "B | X, A"), "A | B, X", "B <- A"),
        # A collider that is given.
        ("X -> C; A -> C <- B; X <-> C", "X", ("A |", "B |", "C | X, A, B"), "B | A, C, X", "C <- B"),
    ],
)
def test_a_posterior_stays(graph: str, do: str, factors: tuple[str, ...], before: str, path: str) -> None:
    node = of(after(observed(graph), do, *factors), before)
    assert eliminated([node]) is None
    assert Eliminate().apply(node) is node
    assert " ".join(why_not_eliminated(node)) == path


def test_inputs_are_cut_from_their_effects() -> None:
    """X causes Y directly; that is no reason not to clamp it."""
    graph = "A -> X -> Y; A <-> Y"
    node = of(after(observed(graph), "A", "X | A", "Y | A, X"), "Y | A, X")
    found = eliminated([node])
    assert found is not None
    assert why_not_eliminated(node) == ()
    assert equal(found, node, graph)


CHAIN = "A -> B -> C; A <-> C; H -> B; H -> C"
"""do(A): B and C have the common cause H."""


def _chain_law() -> Intervened:
    return after(observed(CHAIN), "A", "H |", "B | A, H", "C | A, H, B")


def test_a_group_shares_what_is_hidden() -> None:
    """P(C | B) alone is a posterior of H; with P(B) it is the network's own sample of both."""
    law = _chain_law()
    b, c = of(law, "B | A"), of(law, "C | A, B")
    assert eliminated([c]) is None
    together = eliminated([b, c])
    assert together is not None
    assert equal(together, Product((b, c)), CHAIN)
    node = Product((b, c))
    assert _is_eliminated(Eliminate().apply(node))
    assert not _is_eliminated(Eliminate(groups=False).apply(node))


def test_members_are_factors_of_the_chain_rule() -> None:
    """P(H) P(C | B) takes H and C as independent; the network would not, since it samples C from H."""
    law = _chain_law()
    h, c = of(law, "H |"), of(law, "C | A, B")
    assert eliminated([h, c]) is None
    clamped = Product((of(law, "H |"), of(law, "C | H, A, B")))
    assert not equal(clamped, Product((h, c)), CHAIN)
    named = of(law, "C | H, A, B")
    assert eliminated([h, named]) is not None
    assert eliminated([named, h]) is eliminated([h, named]), "the order of the law counts"


def test_an_input_that_a_member_does_not_name_must_not_matter_to_it() -> None:
    """P(B | J) P(C | B): the network with J clamped would sample C from J as well."""
    graph = "A -> J -> B -> C; J -> C; A <-> C"
    law = after(observed(graph), "A", "J | A", "B | J", "C | A, J, B")
    b, c = of(law, "B | J"), of(law, "C | A, B")
    assert eliminated([b, c]) is None
    assert not equal(Product((b, c)), Product((b, of(law, "C | A, J, B"))), graph)
    assert equal(Eliminate().apply(Product((b, c))), Product((b, c)), graph)


def test_members_depend_on_earlier_ones_only() -> None:
    """P(B | C) P(C): the chain rule against the order of the law."""
    graph = "A -> B -> C -> D; A <-> D"
    law = after(observed(graph), "A", "B | A", "C | A, B", "D | A, B, C")
    assert eliminated([of(law, "B | C, A"), of(law, "C | B, A")]) is None


def test_a_later_input_of_the_group_must_not_tell_about_an_earlier_target() -> None:
    """Clamping C for D would forget that B was conditioned on: P(B | C) P(D | C) with B -> C."""
    graph = "A -> B -> C -> D; A <-> D"
    law = after(observed(graph), "A", "B | A", "C | A, B", "D | A, B, C")
    b, d = of(law, "B | C, A"), of(law, "D | C, A")
    assert eliminated([b, d]) is None
    assert not equal(Product((of(law, "B | A"), d)), Product((b, d)), graph)


def test_parts_of_a_group_are_found() -> None:
    """P(B) P(C | B) goes as a pair although the posterior P(H | D) beside it cannot."""
    graph = "A -> B -> C; A <-> C; H -> B; H -> C; H -> D; A <-> D"
    law = after(observed(graph), "A", "H |", "B | A, H", "C | A, H, B", "D | A, H, B, C")
    kernel = Product((of(law, "B | A"), of(law, "C | A, B"), of(law, "H | D, A")))
    assert eliminated([f for f in kernel.factors if isinstance(f, Conditional)]) is None
    found = Eliminate().apply(kernel)
    left = [n for n in walk(found) if isinstance(n, Conditional) and isinstance(n.of, Intervened)]
    assert left == [of(law, "H | D, A")]
    assert equal(found, kernel, graph)


def test_an_input_that_returns_is_free() -> None:
    """Fixed variables that the conditional did not name do not matter in its network either."""
    graph = "V1 -> V2; V1 -> V4; V2 -> V4; V3 -> V4; V3 -> V5; V4 -> V5; V1 <-> V4; V2 <-> V5"
    kernel = answer("P(V5 | do(V4))", graph, Minimize())
    found = rewritten(kernel, Merge(), Eliminate())
    assert set(found.inputs) <= {"V4"}
    assert any(isinstance(n, Free) for n in walk(found))
    assert equal(kernel, found, graph)


def test_what_a_member_names_makes_the_rest_idle() -> None:
    """P(A) P(B | A) P(C | B) is the chain rule, since A tells nothing about C once B is seen."""
    graph = "X -> A -> B -> C; X <-> C"
    law = after(observed(graph), "X", "A | X", "B | A", "C | X, A, B")
    members = [of(law, "A | X"), of(law, "B | A, X"), of(law, "C | B, X")]
    found = eliminated(members)
    assert found is not None
    assert equal(found, Product(tuple(members)), graph)


PAIR = "A -> B -> C; A <-> C; H -> B; H -> C"


@pytest.mark.parametrize(("posteriors", "grown"), [(6, True), (7, False)])
def test_groups_of_many_members_are_not_grown(posteriors: int, grown: bool) -> None:
    """P(B) P(C | B) goes as a pair beside as many posteriors P(H_k | D_k) as bring the group to eight, not beyond."""
    count = range(posteriors)
    beside = "".join(f"; H{k} -> D{k}; A <-> D{k}" for k in count)
    factors = [text for k in count for text in (f"H{k} |", f"D{k} | A, H{k}")]
    law = after(observed(PAIR + beside), "A", "H |", "B | A, H", "C | A, H, B", *factors)
    members = (of(law, "B | A"), of(law, "C | A, B"), *(of(law, f"H{k} | D{k}, A") for k in count))
    left = {n for n in walk(Eliminate().apply(Product(members))) if isinstance(n, Conditional) and n.of is law}
    assert left == set(members[2:]) if grown else left >= {members[1]}


def test_what_is_no_conditional_of_an_intervened_law_stays() -> None:
    node = of(observed("X -> Y"), "Y | X")
    assert why_not_eliminated(node) == ()
    assert eliminated([node]) is None
    assert Eliminate().apply(node) is node
