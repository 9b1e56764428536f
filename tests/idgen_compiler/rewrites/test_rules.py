"""Each rewrite on its smallest graph: where it fires, and the nearest graph where it must not."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Marginal, Observed, Product, walk
from idgen_compiler.rewrites import Collapse, Eliminate, Expand, Hoist, Minimise, Observe
from idgen_compiler.rewrites.rewrite import regenerated
from idgen_compiler.rewrites.weights import weights_of


def law(graph: str) -> Observed:
    return Observed(idgen.ADMG.parse(graph))


def p(of: Kernel, target: str, *given: str) -> Conditional:
    return Conditional(of, (target,), given)


def intervened(origin: Observed, do: str, *factors: Kernel) -> Intervened:
    return Intervened(origin, tuple(do.split()), factors)


# -- minimisation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("graph", "given", "kept"),
    [
        ("X -> M -> Y", ("X", "M"), ("M",)),
        ("X -> M -> Y; X -> Y", ("X", "M"), ("X", "M")),
        ("X -> M -> Y; X <-> Y", ("X", "M"), ("X", "M")),
        ("X -> M -> Y; X <-> M", ("X", "M"), ("M",)),
        ("X -> M -> Y; M <-> Y", ("X", "M"), ("X", "M")),  # the collider M is conditioned on
        ("X; Y", ("X",), ()),
        ("X <-> Y", ("X",), ("X",)),
        ("X -> C; X; Y -> C", ("X",), ()),  # the collider C is not
    ],
)
def test_minimise_keeps_what_matters(graph: str, given: tuple[str, ...], kept: tuple[str, ...]) -> None:
    node = Minimise().apply(p(law(graph), "Y", *given))
    assert isinstance(node, Conditional)
    assert node.given == kept


def test_minimise_splits_joint_targets() -> None:
    joint = Conditional(law("X -> A; X -> B"), ("A", "B"), ("X",))
    node = Minimise().apply(joint)
    assert isinstance(node, Product)
    assert [f.inputs for f in node.factors] == [("X",), ("X",)]


def test_minimise_drops_a_fixed_vertex_only_when_it_cannot_matter() -> None:
    napkin = law("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    do_w2 = intervened(napkin, "W2", p(napkin, "W1"), p(napkin, "X", "W1", "W2"), p(napkin, "Y", "W1", "W2", "X"))
    assert Minimise().apply(p(do_w2, "Y", "W2", "X")).inputs == ("X",)
    assert Minimise().apply(p(do_w2, "X", "W2")).inputs == ("W2",)


# -- observation ------------------------------------------------------------------------------------------------------


def test_observe_where_nothing_is_hidden_between() -> None:
    origin = law("X -> Y; X -> W; W -> Y")
    after = intervened(origin, "X", p(origin, "W", "X"), p(origin, "Y", "X", "W"))
    assert Observe().apply(p(after, "Y", "X")) is p(origin, "Y", "X")


def test_observe_not_through_a_hidden_cause() -> None:
    origin = law("M -> X -> Y; M -> Y; X <-> M")
    after = intervened(origin, "X", p(origin, "M"), p(origin, "Y", "M", "X"))
    asked = p(after, "Y", "X")
    assert Observe().apply(asked) is asked
    # Given what carries the back-door path, setting and seeing X agree.
    assert Observe().apply(p(after, "Y", "M", "X")) is p(origin, "Y", "M", "X")


def test_observe_what_comes_before_the_intervention() -> None:
    """Rule 3: A is no descendant of X, so that setting X left it alone; given a child of both it did not."""
    origin = law("A -> C; X -> C; A -> X")
    after = intervened(origin, "X", p(origin, "A"), p(origin, "C", "A", "X"))
    assert Observe().apply(p(after, "A")) is p(origin, "A")
    asked = p(after, "A", "X", "C")
    assert Observe().apply(asked) is asked


# -- elimination ------------------------------------------------------------------------------------------------------


def front_door() -> tuple[Observed, Intervened]:
    origin = law("X -> M -> Y; X <-> Y")
    return origin, intervened(origin, "M", p(origin, "X"), p(origin, "Y", "X", "M"))


def test_eliminate_samples_the_law_forwards() -> None:
    origin, after = front_door()
    node = Eliminate().apply(p(after, "Y", "M"))
    assert node is Marginal(Product((p(origin, "X"), p(origin, "Y", "X", "M"))), ("X",))


def test_eliminate_not_backwards() -> None:
    _, after = front_door()
    asked = p(after, "X", "M", "Y")  # a posterior: Y is a child of X in the network
    assert Eliminate().apply(asked) is asked


def test_eliminate_forwards_from_an_input_without_a_common_cause() -> None:
    origin, after = front_door()
    assert Eliminate().apply(p(after, "Y", "X", "M")) is p(origin, "Y", "X", "M")


def test_eliminate_keeps_the_napkin() -> None:
    napkin = idgen.identify(
        idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    ).estimand.kernel
    assert regenerated(Eliminate().apply(Minimise().apply(napkin)))


# -- expansion --------------------------------------------------------------------------------------------------------


def test_expand_finds_the_mediator() -> None:
    graph = idgen.ADMG.parse("X -> M -> Y; X <-> Y; M -> Q")
    kernel = idgen.identify(idgen.Query.parse("P(Y | do(X), Q)"), graph).estimand.kernel
    before = Eliminate().apply(Observe().apply(Minimise().apply(kernel)))
    assert regenerated(before)
    assert not regenerated(Expand().apply(before))
    assert regenerated(Expand(depth=0).apply(before))


# -- hoisting and collapsing ------------------------------------------------------------------------------------------


def test_hoist_renames_what_it_moves_out() -> None:
    origin, _ = front_door()
    inner = Marginal(Product((p(origin, "X"), p(origin, "Y", "X", "M"))), ("X",))
    nested = Marginal(Product((p(origin, "M", "X"), inner)), ("M",))
    flat = Hoist().apply(nested)
    assert isinstance(flat, Marginal)
    assert set(flat.over) == {"M", "X'"}
    assert flat.inputs == ("X",)


def test_hoist_drops_what_sums_to_one() -> None:
    origin = law("X -> M; X -> Y")
    body = Marginal(Product((p(origin, "M", "X"), p(origin, "Y", "X"))), ("M",))
    assert Hoist().apply(body) is p(origin, "Y", "X")


@pytest.mark.parametrize(
    ("graph", "collapses"),
    [
        ("X -> M -> Y", True),
        ("X -> M -> Y; X <-> M", True),
        ("X -> M -> Y; X <-> Y", False),  # Y still depends on X given M
    ],
)
def test_collapse_a_chain(graph: str, collapses: bool) -> None:
    origin = law(graph)
    chain = Marginal(Product((p(origin, "M", "X"), p(origin, "Y", "M"))), ("M",))
    assert (Collapse().apply(chain) is p(origin, "Y", "X")) is collapses


def test_collapse_not_what_two_factors_read() -> None:
    origin = law("U -> A; U -> B")
    both = Marginal(Product((p(origin, "U"), p(origin, "A", "U"), p(origin, "B", "U"))), ("U",))
    assert Collapse().apply(both) is both


def test_collapse_not_across_instances() -> None:
    """X' is another X than the input: front-door's sum over X' must stay."""
    origin, _ = front_door()
    inner = Marginal(Product((p(origin, "X"), p(origin, "Y", "X", "M"))), ("X",))
    flat = Hoist().apply(Marginal(Product((p(origin, "M", "X"), inner)), ("M",)))
    collapsed = Collapse().apply(flat)
    assert any(isinstance(node, Marginal) for node in walk(collapsed))


# -- weights ----------------------------------------------------------------------------------------------------------


def test_weights_are_the_napkins_propensity() -> None:
    napkin = law("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    after = intervened(napkin, "W2", p(napkin, "W1"), p(napkin, "X", "W1", "W2"), p(napkin, "Y", "W1", "W2", "X"))
    found = weights_of(after)
    assert found is not None
    assert found.by == (p(napkin, "W2", "W1"),)


def test_no_weights_through_a_hidden_cause() -> None:
    _, after = front_door()
    assert weights_of(after) is not None
    origin = law("X -> M -> Y; X <-> Y; M <-> Y")
    mixed = intervened(origin, "M", p(origin, "X"), p(origin, "Y", "X", "M"))
    assert weights_of(mixed) is None
