"""The edges of identification, flattening and lowering that the frozen queries do not come to."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import GraphError, IdgenError, NotIdentifiable, QueryError
from idgen_compiler.estimand.construction import with_parts
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import Flat, flatten, unflatten
from idgen_compiler.estimand.nodes import Conditional, Free, Intervened, Kernel, Marginal, Observed, Product, Renamed
from idgen_compiler.graph import ADMG, m_separated
from idgen_compiler.identify import identify
from idgen_compiler.identify.algorithm import solve
from idgen_compiler.identify.trace import Problem
from idgen_compiler.ir.operations import Observe, Realize, Regenerate, Reweight
from idgen_compiler.lower import lower
from idgen_compiler.query import Query
from idgen_compiler.rewrites.rewrite import regenerated
from tests.strategies import NAPKIN

GRAPH = ADMG.parse("W -> X -> Y; W -> Y")
LAW = Observed(GRAPH)


def conditional(target: str, *given: str) -> Conditional:
    return Conditional(LAW, (target,), given)


def test_a_graph_after_interventions_is_refused() -> None:
    with pytest.raises(GraphError, match="W2 are fixed"):
        identify(Query("Y", "X"), NAPKIN.intervened(["W2"]))


def test_conditions_are_exchanged_unless_asked_not_to() -> None:
    graph = ADMG.parse("Z -> X -> Y; Z -> Y; X <-> Z")
    y, x, z = (graph.mask_of([name]) for name in "YXZ")
    problem = Problem(y, x, Observed(graph), graph, z)
    assert solve(problem).line == "IDC"
    assert solve(problem, exchange=False).line == "ratio"


def test_an_error_names_the_query_as_it_was_asked() -> None:
    with pytest.raises(NotIdentifiable) as caught:
        identify(Query("Y", "X", "Z"), ADMG.parse("X -> Y -> Z; X <-> Y"))
    assert caught.value.query == "P(Y | do(X), Z)"


def test_a_law_has_no_network_of_its_own() -> None:
    with pytest.raises(IdgenError, match="stands outside a conditional"):
        flatten(LAW)


def test_a_circle_of_factors_is_refused() -> None:
    circle = Product((conditional("W"), conditional("X", "Y"), conditional("Y", "X")))
    with pytest.raises(IdgenError, match=r"in a circle: X, Y$"):
        flatten(circle)


def test_factors_are_ordered_by_what_they_need() -> None:
    factors = (conditional("Y", "W", "X"), conditional("X", "W"), conditional("W"))
    assert [atom.target for atom in flatten(Product(factors)).atoms] == ["W", "X", "Y"]


def test_bound_variables_get_fresh_slots() -> None:
    inner = Marginal(Product((conditional("W"), conditional("Y", "W", "X"))), ("W",))
    for reserved, slot in ((), "W"), (("W",), "W'"), (("W", "W'"), "W''"), (("W", "W'", "W''"), "W'''"):
        assert [atom.target for atom in flatten(inner, reserved).atoms] == [slot, "Y"]
    twice = Product((inner, Marginal(Product((conditional("W"), conditional("X", "W"))), ("W",))))
    assert sorted(atom.target for atom in flatten(twice, ("W'",)).atoms) == ["W", "W''", "X", "Y"]


def test_what_nothing_needs_is_dropped() -> None:
    flat = flatten(Product((conditional("X"), Free(conditional("Y", "W"), ("W",)))))
    assert flat.free == ("W",)
    assert flat.needed(["X"]) == Flat(flat.atoms[:1], ())


def test_a_free_slot_that_is_an_input_stays_one() -> None:
    flat = flatten(Free(conditional("Y", "W"), ("W",)))
    assert isinstance(unflatten(flat, ["Y"], []), Free)
    assert unflatten(flat, ["Y"], ["W"]) is conditional("Y", "W")


def test_lowering_regenerates_unless_asked_to_reweight() -> None:
    estimand = identify(Query("Y", "X"), NAPKIN).estimand
    for ways in ((Regenerate,), (Reweight,), (Regenerate, Reweight), (Reweight, Regenerate)):
        (law,) = (op for op in lower(estimand, ["X"], ["Y"], ways) if isinstance(op, Realize))
        assert tuple(map(type, law.ways)) == ways


def test_policies_are_observed() -> None:
    after: Kernel = Intervened(LAW, ("W",), (conditional("X"), conditional("Y", "X")))
    estimand = Estimand(Conditional(after, ("Y",), ("X",)), ("X",), ("Y",))
    observe = lower(estimand, ["X"], ["Y"])[0]
    assert isinstance(observe, Observe)
    assert observe.variables == ("W", "X", "Y")  # W is drawn, though no model reads it


def test_overlapping_sets_are_named() -> None:
    graph = ADMG.parse("A -> B -> C; D")
    with pytest.raises(GraphError, match="disjoint sets; B stands in two"):
        m_separated(graph, ["A", "B"], ["B", "C"], ["D"])
    with pytest.raises(GraphError, match="disjoint sets; C stands in two"):
        m_separated(graph, ["A", "C"], ["B"], ["C", "D"])


def test_a_collider_is_opened_by_what_it_causes() -> None:
    graph = ADMG.parse("A -> C <- B; C -> D -> E")
    assert m_separated(graph, ["A"], ["B"])
    assert not m_separated(graph, ["A"], ["B"], ["E"])
    assert not m_separated(graph, ["B"], ["A"], ["D"])


def test_a_query_is_checked_against_its_graph() -> None:
    with pytest.raises(QueryError, match="Q"):
        identify(Query("Y", "Q"), GRAPH)


def test_an_identification_remembers_what_was_asked() -> None:
    found = identify(Query("Y", "X"), GRAPH)
    assert (found.query, found.graph) == (Query("Y", "X"), GRAPH)


def test_an_exchange_looks_at_the_other_conditions() -> None:
    graph = ADMG.parse("X -> Y; A <-> B <-> Y")  # seeing B makes A tell about Y
    y, x, z = (graph.mask_of(names) for names in (["Y"], ["X"], ["A", "B"]))
    assert solve(Problem(y, x, Observed(graph), graph, z)).line == "ratio"


def test_a_node_is_rebuilt_over_parts_that_need_less() -> None:
    renamed = Renamed(conditional("Y", "W", "X"), (("W", "A"), ("X", "B")))
    assert with_parts(renamed, [conditional("Y", "X")]) is Renamed(conditional("Y", "X"), (("X", "B"),))
    assert with_parts(renamed, [conditional("Y")]) is conditional("Y")
    assert with_parts(renamed, renamed.parts) is renamed
    shown = Conditional(Product((conditional("Y", "W"), conditional("X"))), ("Y",), ("W", "X"))
    less = Product((conditional("Y"), conditional("X")))
    assert with_parts(shown, [less]) is Conditional(less, ("Y",), ("X",))
    law = Intervened(LAW, ("X",), (conditional("W"), conditional("Y", "W", "X")))
    with pytest.raises(TypeError, match="no way to rebuild Intervened"):
        with_parts(law, [less, *law.factors])


def test_only_laws_that_are_sampled_are_regenerated() -> None:
    graph = ADMG.parse("A -> B -> C -> D")
    seen = Observed(graph)
    atoms = {t: Conditional(seen, (t,), g) for t, g in (("B", ("A",)), ("C", ("B",)), ("D", ("C",)))}
    first = Intervened(seen, ("A",), (atoms["B"], atoms["C"], atoms["D"]))
    second = Intervened(first, ("B",), (Conditional(first, ("C",), ("B",)), Conditional(first, ("D",), ("C",))))
    third = Intervened(second, ("C",), (atoms["D"],))  # observed, whatever the laws between are made of
    assert regenerated(Conditional(third, ("D",), ("C",))) == (third,)
    assert regenerated(Conditional(second, ("D",), ("B",))) == (first, second)


def test_a_step_says_what_it_moved() -> None:
    graph = ADMG.parse("X -> M -> Y; X <-> Y")
    step = identify(Query("Y", "X"), graph).trace
    assert (step.line, step.names) == (4, ("M", "Y"))
