"""The exact backend against truths that are known without it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.verify import CausalModel
from tests.idgen_exact import programs

GRAPHS = {
    programs.NAPKIN: "W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
    programs.NAPKIN_REWEIGHTED: "W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
    programs.FRONT_DOOR: "X -> M -> Y; X <-> Y",
    programs.BACK_DOOR_GIVEN: "Z -> X -> Y; Z -> Y",
}


def kernel(text: str, joint: idgen.Joint) -> idgen.KernelTable:
    return idgen.Program.parse(text).fit(joint, backend="exact").kernel()


@pytest.mark.parametrize("text", GRAPHS)
@pytest.mark.parametrize("seed", range(3))
def test_a_right_program_is_the_truth_as_fractions(text: str, seed: int) -> None:
    program = idgen.Program.parse(text)
    model = CausalModel.random(idgen.ADMG.parse(GRAPHS[text]), seed)
    assert kernel(text, model.observational()) == model.truth(idgen.Query.parse(program.name))


def test_a_wrong_program_is_not_the_truth() -> None:
    wrong = programs.NAPKIN.replace("train %law0 : Y | X", "train %obs : Y | X")
    model = CausalModel.random(idgen.ADMG.parse(GRAPHS[programs.NAPKIN]), 0)
    assert kernel(wrong, model.observational()) != model.truth(idgen.Query.parse("P(Y | do(X))"))


@pytest.mark.parametrize("text", GRAPHS)
def test_floats_follow_the_fractions(text: str) -> None:
    exact = CausalModel.random(idgen.ADMG.parse(GRAPHS[text]), 0).observational()
    rounded = idgen.Joint(exact.variables, exact.table.astype(float))
    found = kernel(text, rounded)
    assert found.table.dtype == np.float64
    np.testing.assert_allclose(found.table, kernel(text, exact).table.astype(float), rtol=1e-12)


def test_an_input_that_does_not_matter_has_its_axis() -> None:
    joint = idgen.Joint(("X", "Y"), [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]])
    found = kernel(programs.IRRELEVANT, joint)
    assert (found.given, found.targets) == (("X",), ("Y",))
    assert found.table.tolist() == [[Fraction(5, 8), Fraction(3, 8)]] * 2


def test_axes_are_sorted_by_name_whatever_the_program_says() -> None:
    text = """
    program "P(B, A | do(Z), C)" {
      graph "Z -> C, B, A; C -> B, A; B -> A"
      %obs = observe [Z, C, B, A]
      %m0 = train %obs : B, A | Z, C
      sample (Z, C) {
        (B, A) ~ %m0(Z, C)
      } -> [B, A]
    }
    """
    graph = idgen.ADMG(nodes=["Z", "C", "B", "A"], directed=[("Z", "B"), ("C", "A"), ("A", "B")])
    model = CausalModel.random(graph, 5)
    found = kernel(text, model.observational())
    assert (found.given, found.targets) == (("C", "Z"), ("A", "B"))
    assert found == model.truth(idgen.Query.parse("P(A, B | do(Z), C)"))


def test_a_draw_inside_a_network_takes_its_policy() -> None:
    text = """
    program "a policy" {
      graph "X -> Y"
      %obs = observe [X, Y]
      %m0 = train %obs : Y | X
      sample () {
        X' ~ POLICY
        Y ~ %m0(X')
      } -> [Y]
    }
    """
    joint = idgen.Joint(("X", "Y"), [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]])
    assert kernel(text.replace("POLICY", "%obs"), joint).table.tolist() == [Fraction(5, 8), Fraction(3, 8)]
    assert kernel(text.replace("POLICY", "uniform"), joint).table.tolist() == [Fraction(7, 12), Fraction(5, 12)]


def test_rows_keep_variables_together() -> None:
    text = """
    program "rows" {
      graph "Z -> X -> Y; Z -> Y"
      %obs = observe [X, Y, Z]
      sample () {
        ROWS
      } -> [X, Y]
    }
    """
    joint = CausalModel.random(idgen.ADMG.parse("X <-> Y <-> Z"), 0).observational()
    together = kernel(text.replace("ROWS", "(X, Y) ~ rows %obs"), joint)
    assert (together.table == joint.marginal(["X", "Y"]).values).all()
    apart = kernel(text.replace("ROWS", "X ~ %obs\n Y ~ %obs"), joint)
    x, y = (joint.marginal([name]).values for name in ("X", "Y"))
    assert (apart.table == np.multiply.outer(x, y)).all()
    assert apart != together


def test_states_that_never_occur_leave_the_rest_exact() -> None:
    """X = 2 has probability zero: its conditional is undefined, and everything else is as without it."""
    graph = idgen.ADMG.parse(GRAPHS[programs.FRONT_DOOR])
    model = CausalModel.random(graph, 1)
    joint = model.observational()
    axis = joint.variables.index("X")
    padded = np.concatenate([joint.table, np.zeros_like(joint.table.take([0], axis))], axis)
    found = kernel(programs.FRONT_DOOR, idgen.Joint(joint.variables, padded))
    truth = model.truth(idgen.Query.parse("P(Y | do(X))"))
    assert (found.table[:-1] == truth.table).all()
    assert found.defined.tolist() == [True] * (len(found.table) - 1) + [False]


def test_a_law_is_undefined_where_the_policy_leaves_the_data() -> None:
    """The policy asks evenly for W2 = 1, which no row shows: half of the law is unknown, and may lie anywhere."""
    model = CausalModel.random(idgen.ADMG.parse(GRAPHS[programs.NAPKIN]), 2)
    joint = model.observational()
    axis = joint.variables.index("W2")
    table = joint.table.take([0], axis)
    padded = np.concatenate([table, np.zeros_like(table)], axis)
    found = kernel(programs.NAPKIN_REWEIGHTED, idgen.Joint(joint.variables, padded / padded.sum()))
    assert not found.defined.any()


def test_a_joint_that_lacks_a_variable_is_named() -> None:
    joint = idgen.Joint(("X", "Y", "MM"), np.full((2, 2, 2), 1 / 8))
    with pytest.raises(idgen.DataError, match=r"lacks M, which the program observes; did you mean MM\?"):
        kernel(programs.FRONT_DOOR, joint)
    text = programs.IRRELEVANT.replace("observe [X, Y]", "observe [Y]")
    with pytest.raises(idgen.DataError, match="lacks X, an input of the program"):
        kernel(text, idgen.Joint(("Y",), [0.5, 0.5]))


def test_the_backend_takes_a_joint_and_no_options() -> None:
    program = idgen.Program.parse(programs.FRONT_DOOR)
    with pytest.raises(idgen.DataError, match="takes a Joint, not a dict"):
        program.fit({"X": [0]}, backend="exact")
    with pytest.raises(idgen.DataError, match="has no option seed"):
        program.fit(idgen.Joint(("M", "X", "Y"), np.full((2, 2, 2), 1 / 8)), backend="exact", seed=0)


def test_several_samplers_each_have_their_kernel() -> None:
    text = """
    program "two queries" {
      graph "X -> Y"
      %obs = observe [X, Y]
      %m0 = train %obs : Y | X
      %m1 = train %obs : Y
      sample "conditional" (X) {
        Y ~ %m0(X)
      } -> [Y]
      sample "marginal" () {
        Y ~ %m1()
      } -> [Y]
    }
    """
    joint = idgen.Joint(("X", "Y"), [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]])
    sampler = idgen.Program.parse(text).fit(joint, backend="exact")
    assert sampler.kernel("marginal").table.tolist() == [Fraction(5, 8), Fraction(3, 8)]
    assert sampler.kernel("conditional").at(X=1).tolist() == [Fraction(1, 2), Fraction(1, 2)]
    with pytest.raises(idgen.DataError, match="answers 2 queries"):
        sampler.kernel()
    with pytest.raises(idgen.DataError, match="did you mean marginal"):
        sampler.kernel("marginl")


def test_each_of_several_queries_says_what_is_set_and_what_is_given() -> None:
    queries = [idgen.Query.parse(text) for text in ("P(Y | do(X))", "P(Y | X)")]
    program = idgen.compile(queries, idgen.ADMG.parse("X -> Y"))
    joint = idgen.Joint(("X", "Y"), [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]])
    sampler: Any = program.fit(joint, backend="exact")
    assert sampler.kernel(queries[1]) == sampler.kernel("P(Y|X)")
    assert sampler.sample(3, do={"X": 0}, query=queries[0]).size == 3
    with pytest.raises(idgen.DataError, match=r"P\(Y \| do\(X\)\) has X in do, not in given"):
        sampler.sample(3, given={"X": 0}, query="P(Y | do(X))")
    with pytest.raises(idgen.DataError, match=r"P\(Y \| X\) has X in given, not in do"):
        sampler.sample(3, do={"X": 0}, query="P(Y | X)")
    assert (sampler.sample(9, given={"X": 0}, seed=-1, query=queries[1])["Y"] >= 0).all()
    with pytest.raises(idgen.DataError, match="the seed is 'a'"):
        sampler.sample(3, given={"X": 0}, seed="a", query=queries[1])
    with pytest.raises(idgen.DataError, match="do is \\['X'\\]; give a mapping"):
        sampler.sample(3, do=["X"], query=queries[0])
