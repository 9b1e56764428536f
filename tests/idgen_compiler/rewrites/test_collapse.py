"""Collapsing sums a hidden variable out inside one conditional, where the law allows it."""

from __future__ import annotations

from itertools import pairwise

import pytest

import idgen_compiler as idgen
from idgen_compiler.estimand.network import Flat, flatten, unflatten
from idgen_compiler.estimand.nodes import Conditional, Kernel, Marginal, Product, Renamed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.rewrites import Collapse
from idgen_compiler.rewrites.block import without_hidden
from tests.idgen_compiler.rewrites.kernels import after, equal, observed, of


def _sum(graph: str, over: str, *factors: str) -> Kernel:
    law = observed(graph)
    return Marginal(Product(tuple(of(law, f) for f in factors)), tuple(n.strip() for n in over.split(",")))


@pytest.mark.parametrize(
    ("graph", "over", "factors", "wanted"),
    [
        ("X -> M -> Y", "M", ("M | X", "Y | M"), "Y | X"),
        ("X -> A -> B -> Y", "A, B", ("A | X", "B | A", "Y | B"), "Y | X"),
        ("Z -> Y <- X; Z", "Z", ("Z |", "Y | X, Z"), "Y | X"),  # Z is no cause of X
        ("X -> M -> Y; X -> Y", "M", ("M | X", "Y | X, M"), "Y | X"),
    ],
)
def test_a_hidden_variable_goes(graph: str, over: str, factors: tuple[str, ...], wanted: str) -> None:
    kernel = _sum(graph, over, *factors)
    found = Collapse().apply(kernel)
    assert found is of(observed(graph), wanted)
    assert equal(kernel, found, graph)


@pytest.mark.parametrize(
    ("graph", "over", "factors", "would_be"),
    [
        # h and b: Z is a cause of X, so that seeing X tells about Z (the back door).
        ("Z -> X -> Y; Z -> Y", "Z", ("Z |", "Y | X, Z"), "Y | X"),
        # c and a: Y depends on X past M, which the second factor has forgotten.
        ("X -> M -> Y; X <-> Y", "M", ("M | X", "Y | M"), "Y | X"),
    ],
)
def test_a_sum_that_is_no_conditional_stays(graph: str, over: str, factors: tuple[str, ...], would_be: str) -> None:
    kernel = _sum(graph, over, *factors)
    assert Collapse().apply(kernel) is kernel
    assert not equal(kernel, of(observed(graph), would_be), graph)


def test_a_variable_with_two_readers_stays() -> None:
    """Y and Z share what they get from M."""
    kernel = _sum("X -> M -> Y; M -> Z", "M", "M | X", "Y | M", "Z | M")
    assert Collapse().apply(kernel) is kernel


def test_two_readers_become_one() -> None:
    """M is read by A and B; A collapses into B, which then is M's only reader."""
    graph = "X -> M -> A -> B; M -> B"
    kernel = _sum(graph, "M, A", "M | X", "A | M", "B | M, A")
    assert Collapse().apply(kernel) is of(observed(graph), "B | X")


def test_an_output_is_never_summed_out() -> None:
    law = observed("X -> M -> Y; H -> Y")
    kernel = Marginal(Product((of(law, "M | X"), of(law, "H |"), of(law, "Y | M, H"))), ("H",))
    assert Collapse().apply(kernel) is Product((of(law, "M | X"), of(law, "Y | M")))


def test_conditionals_of_different_laws_are_kept_apart() -> None:
    """Σ_m P(m | x) P(y | m ; do(z)): two laws have no common conditional."""
    graph = "Z -> X -> M -> Y; Z <-> Y"
    law = after(observed(graph), "Z", "X | Z", "M | X", "Y | Z, X, M")
    kernel = Marginal(Product((of(observed(graph), "M | X"), of(law, "Y | M"))), ("M",))
    assert Collapse().apply(kernel) is kernel


def test_the_law_of_the_hidden_variable_is_that_of_its_reader() -> None:
    """Σ_y P(y | x) P(m | y, x ; do(x)) in a law where M does not depend on X."""
    graph = "X -> M -> Y; X -> Y"
    law = after(observed(graph), "X", "M |", "Y | X, M")
    kernel = Marginal(Product((of(observed(graph), "Y | X"), of(law, "M | Y, X"))), ("Y",))
    assert Collapse().apply(kernel) is kernel
    assert not equal(kernel, of(observed(graph), "M | X"), graph)


def test_two_instances_of_a_variable_are_kept_apart() -> None:
    """Σ_s P(s | x) Σ_x' P(x') P(r | x', s): x and x' are two values of X, so that S stays; X' goes nowhere either."""
    graph = "X -> S -> R; X <-> R"
    law = observed(graph)
    rest = Renamed(of(law, "R | X, S"), (("X", "X'"),))
    kernel = Marginal(Product((of(law, "S | X"), Renamed(of(law, "X |"), (("X", "X'"),)), rest)), ("S", "X'"))
    assert Collapse().apply(kernel) is kernel
    assert not equal(kernel, of(law, "R | X"), graph)


def test_laws_are_collapsed_inside() -> None:
    """The factors of a law lose what they hide."""
    origin = observed("A -> B -> C; A <-> C; B -> H -> C")
    hidden = Marginal(Product((of(origin, "H | B"), of(origin, "C | A, B, H"))), ("H",))
    node = Conditional(after(origin, "A", "B | A"), ("B",), ("A",))
    law = type(node.of)(origin, ("A",), (of(origin, "B | A"), hidden))  # type: ignore[call-arg]
    found = Collapse().apply(of(law, "B | C, A"))
    assert not any(isinstance(n, Marginal) for n in walk(found))
    assert equal(found, of(law, "B | C, A"), "A -> B -> C; A <-> C; B -> H -> C")


def test_a_chain_collapses_whatever_its_length() -> None:
    size = 300
    names = [f"V{i}" for i in range(size)]
    law = observed(" -> ".join(names))
    factors = [of(law, f"{b} | {a}") for a, b in pairwise(names)]
    found = Collapse().apply(Marginal(Product(tuple(factors)), tuple(names[1:-1])))
    assert found is of(law, f"{names[-1]} | {names[0]}")
    assert len(flatten(found).atoms) == 1


# -- whole sets at once -----------------------------------------------------------------------------------------------


def _without_hidden(graph: str, over: str, *factors: str) -> tuple[Flat, Flat]:
    flat = flatten(_sum(graph, over, *factors))
    outputs = {factor.split(" |")[0] for factor in factors}.difference(over.split(", "))
    return flat, without_hidden(flat, outputs)


def test_a_set_without_a_chain_goes_at_once() -> None:
    """Each of A and B has two readers, so that no pair could be joined first."""
    graph = "X -> A -> C; X -> B -> C; A -> B; A -> Y; C -> Y; B -> Y"
    flat, found = _without_hidden(graph, "A, B, C", "A | X", "B | X, A", "C | A, B", "Y | A, B, C")
    assert [(atom.target, atom.inputs) for atom in found.atoms] == [("Y", ("X",))]
    kernel = unflatten(flat, ("Y",), ("X",))
    assert equal(kernel, unflatten(found, ("Y",), ("X",)), graph)


def test_a_set_that_reads_something_later_stays() -> None:
    """Z comes before X, and is drawn apart from it: P(Y | X) would be another law."""
    flat, found = _without_hidden("Z -> X -> Y; Z -> Y", "Z", "Z |", "Y | X, Z")
    assert found is flat


def test_an_instance_of_what_is_read_is_no_part_of_the_set() -> None:
    """Behind the front door X' is drawn apart from X, and only what lies between Y and what X causes is hidden."""
    kernel = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> A -> B -> C -> Y; X <-> Y"))
    assert [(model.targets, model.inputs) for model in kernel.models] == [(("A",), ("X",)), (("Y",), ("X", "A"))]


def test_several_that_share_what_is_hidden_share_it_still_unless_that_takes_more_inputs() -> None:
    shared, kept = _without_hidden("X -> M -> Y; M -> Z", "M", "M | X", "Y | M", "Z | M")
    assert kept is shared
    _, found = _without_hidden("X -> A -> B -> M -> Y; M -> Z", "A, B, M", "A | X", "B | A", "M | B", "Y | M", "Z | M")
    assert [(atom.target, atom.inputs) for atom in found.atoms] == [("Y", ("X",)), ("Z", ("X", "Y"))]
