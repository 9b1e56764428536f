"""What is said of operations without running them, on a program in which every operation and policy occurs."""

from __future__ import annotations

import pytest

from idgen_compiler.ir import Network, Observe, Realize, Rows, Sample, Train
from idgen_compiler.ir.analysis import (
    columns_read,
    last_uses,
    needed_by,
    networks_of,
    schedule,
    specialized,
    uses,
    with_networks,
)
from idgen_compiler.ir.cost import Cost, cost_of
from idgen_compiler.program import Program
from tests.idgen_compiler.ir.programs import EVERYTHING

PROGRAM = Program.parse(EVERYTHING)
NUMBER = {op.result: k for k, op in enumerate(PROGRAM.operations)}
MODELS = {op.result: op for op in PROGRAM.models}


def test_uses_are_data_and_models_at_any_depth() -> None:
    found = {op.result: uses(op) for op in PROGRAM.operations[:-2]}
    assert found["%obs"] == set()
    assert found["%m1"] == {"%obs"}
    assert found["%law0"] == {"%obs", "%m0", "%m1", "%p0"}
    assert found["%law1"] == {"%obs", "%p0"}
    assert uses(PROGRAM.samplers[0]) == {"%obs", "%m2", "%m3"}
    assert [uses(way) for way in PROGRAM.laws[0].ways] == [{"%obs", "%m0", "%m1"}, {"%obs", "%p0"}]


def _read(name: str) -> list[tuple[str, tuple[str, ...]]]:
    return list(columns_read(PROGRAM.operations[NUMBER[name]], "%obs", MODELS))


def test_columns_that_operations_read() -> None:
    assert _read("%obs") == []
    assert _read("%m1") == [("%obs", ("X", "Y", "W1", "W2"))]
    # The columns kept and the draws of the weights, what the weights' model is given, and the policies of both ways.
    assert _read("%law0") == [
        ("%obs", ("W2", "X", "Y", "W2")), ("%obs", ("W1",)), ("%obs", ("W2",)), ("%obs", ("W2",)),
    ]  # fmt: skip
    # A policy by a model reads the row.
    assert _read("%law1") == [("%obs", ("X", "Y", "Z", "W2", "W1")), ("%obs", ("W1",))]
    # The caller's value, a shifted column, an even draw, a set one, and rows.
    first, second = ([*columns_read(op, "%obs", MODELS)] for op in PROGRAM.samplers)
    assert first == [("%obs", (names,) if isinstance(names, str) else names) for names in (
        "X", "X", "X", "Z", ("W1", "W2"),
    )]  # fmt: skip
    assert second == [("%obs", ("X", "Z")), ("%obs", ("X",)), ("%obs", ("X",)), ("%obs", ("Z",))]
    way = PROGRAM.laws[0].reweight
    assert way is not None
    assert next(iter(columns_read(way, "%obs", MODELS))) == ("%obs", ("W2",))  # type: ignore[arg-type]


def test_what_is_needed_directly_or_not() -> None:
    assert needed_by(PROGRAM.operations, ["%m3"]) == {"%m3", "%law0", "%m0", "%m1", "%p0", "%obs"}
    assert needed_by(PROGRAM.operations, ["%m4", "%m0"]) == {"%m4", "%law1", "%p0", "%obs", "%m0"}
    assert needed_by(PROGRAM.operations, []) == set()


def test_last_uses() -> None:
    last = last_uses(PROGRAM.operations)
    assert last["%m0"] == last["%m1"] == NUMBER["%law0"]
    assert last["%p0"] == NUMBER["%law1"]
    assert last["%m2"] == last["%m3"] == len(PROGRAM.operations) - 2
    assert last["%m4"] == last["%obs"] == len(PROGRAM.operations) - 1
    assert set(last) == {op.result for op in PROGRAM.operations if not isinstance(op, Sample)}
    assert last_uses(PROGRAM.operations[:2]) == {"%obs": 1, "%m0": 1}


def test_stages_start_with_what_needs_nothing() -> None:
    assert schedule(PROGRAM.operations[:1]) == (("%obs",),)
    assert schedule(PROGRAM.operations[:3]) == (("%obs",), ("%m0", "%p0"))
    assert schedule(()) == ()


def test_regions_are_found_and_changed() -> None:
    law, sampler, model = PROGRAM.laws[0], PROGRAM.samplers[0], PROGRAM.models[0]
    assert [len([*networks_of(op)]) for op in (*PROGRAM.laws, sampler, model)] == [1, 0, 1, 0]
    for op in (law, PROGRAM.laws[1], sampler, model):
        assert with_networks(op, lambda network: network) is op
    fewer = with_networks(law, lambda network: Network(network.inputs, (), network.outputs))
    assert [network.statements for network in networks_of(fewer)] == [()]
    assert fewer.reweight is law.reweight
    none = with_networks(sampler, lambda network: Network((), (), ()))
    assert none == Sample(Network((), (), ()), sampler.query)


# -- one way for each law ----------------------------------------------------------------------------------------------

TWO_WAYS = Program.parse("""
    program "p" {
      graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y; Q -> W1; Z -> Y"
      %obs = observe [Q, W1, W2, X, Y, Z]
      %m0 = train %obs : W1
      %m1 = train %obs : X | W1, W2
      %m2 = train %obs : Y | W1, W2, X
      %p0 = train %obs : W2 | W1, Q
      %law0 = realize P(W1, X, Y ; do(W2)) -> [X, Y] {
        regenerate do(W2 ~ %obs) {
          W1 ~ %m0()
          X ~ %m1(W1, W2)
          Y ~ %m2(W1, W2, X)
        }
        or reweight %obs do(W2 ~ %obs) by %p0
      }
      %law1 = realize P(W1, X, Y ; do(W2)) -> [X, Y] {
        reweight %obs do(W2 ~ %obs) by %p0
        or regenerate do(W2 ~ %obs) {
          W1 ~ %m0()
          X ~ %m1(W1, W2)
          Y ~ %m2(W1, W2, X)
        }
      }
      %dead = train %law1 : X
      %m3 = train %law0 : Y | X
      sample (X) {
        Y ~ %m3(X)
      } -> [Y]
    }""")


def _taken(ways: dict[str, str] | str) -> tuple[list[str], list[str], tuple[str, ...]]:
    operations = specialized(TWO_WAYS.operations, ways)
    (law,) = (op for op in operations if isinstance(op, Realize))
    (observe,) = (op for op in operations if isinstance(op, Observe))
    return [way.word for way in law.ways], [op.result for op in operations if isinstance(op, Train)], observe.variables


@pytest.mark.parametrize("ways", ["", "regenerate", {"%law0": "regenerate"}, {}, {"%law1": "reweight"}, "resample"])
def test_the_first_way_or_the_one_that_is_said(ways: dict[str, str] | str) -> None:
    assert _taken(ways) == (["regenerate"], ["%m0", "%m1", "%m2", "%m3"], ("W1", "W2", "X", "Y"))


@pytest.mark.parametrize("ways", ["reweight", {"%law0": "reweight", "%law1": "regenerate"}])
def test_weights_need_columns_of_their_own(ways: dict[str, str] | str) -> None:
    assert _taken(ways) == (["reweight"], ["%p0", "%m3"], ("Q", "W1", "W2", "X", "Y"))


def test_what_is_needed_as_it_is_stays() -> None:
    once = specialized(TWO_WAYS.operations)
    assert specialized(once) == once
    assert specialized(PROGRAM.operations, "reweight")[-2:] == PROGRAM.samplers


def test_a_column_that_nobody_reads_stays_where_nothing_is_left_out() -> None:
    program = Program.parse("""
        program "p" {
          graph "X -> Y; Z"
          %obs = observe [X, Y, Z]
          %m0 = train %obs : Y | X
          sample (X) { Y ~ %m0(X) } -> [Y]
        }""")
    assert specialized(program.operations) == program.operations


# -- cost --------------------------------------------------------------------------------------------------------------


def test_costs_are_counted() -> None:
    assert PROGRAM.cost == Cost(
        regenerations=1, reweightings=1, models=6, inputs=7, widest=2, depth=1, evaluations=4
    )  # fmt: skip
    assert TWO_WAYS.cost == Cost(1, 0, 4, 6, 3, 1, 1)
    assert TWO_WAYS.realized("reweight").cost == Cost(0, 1, 2, 3, 2, 1, 1)
    assert cost_of(PROGRAM.operations[:1]) == Cost(0, 0, 0, 0, 0, 0, 0)
    assert str(Cost(1, 2, 3, 4, 5, 6, 7)) == (
        "regenerations 1, reweightings 2, models 3, inputs 4, widest 5, depth 6, evaluations 7, conditions 0"
    )


def test_what_stands_in_a_program_costs_though_nothing_needs_it() -> None:
    once = Program("p", PROGRAM.graph, specialized(PROGRAM.operations))
    more = Train("%dead", "%law0", ("Y",), ("X", "W2"))
    costly = Program("p", once.graph, (*once.operations[:-2], more, *once.samplers))
    assert (costly.cost.models, costly.cost.inputs) == (once.cost.models + 1, once.cost.inputs + 2)


def test_what_decides_between_programs() -> None:
    assert Cost(1, 2, 30, 400, 5, 6, 7000).rank == (3, 30, 400, 7000, 6)


def test_depth_is_the_longest_chain_of_models() -> None:
    program = Program.parse("""
        program "p" {
          graph "A -> B -> C -> D; A -> D"
          %obs = observe [A, B, C, D]
          %a = train %obs : A
          %b = train %obs : B | A
          %c = train %obs : C | B
          %d = train %obs : D | A, C
          sample "long" () {
            A ~ %a()
            B ~ %b(A)
            C ~ %c(B)
            D ~ %d(A, C)
          } -> [D]
          sample "short" (C) {
            A ~ rows %obs
            D ~ %d(A, C)
          } -> [D]
        }""")
    assert program.cost == Cost(0, 0, 4, 4, 2, 4, 5)
    assert Program("p", program.graph, (*program.operations[:5], program.samplers[1])).cost.depth == 1
    rows = Network((), (Rows(("A",), "%obs"),), ("A",))
    assert Program("p", program.graph, (program.observe, Sample(rows))).cost.depth == 0
