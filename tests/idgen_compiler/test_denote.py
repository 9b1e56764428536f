"""Denotation reads back what lowering wrote, and gives passes a meaning."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.denote import denote, meaning_of
from idgen_compiler.errors import ProgramError
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import Conditional, Free, Intervened, Marginal, Observed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.lower import lower
from idgen_compiler.passes import AlignDraws
from idgen_compiler.report.regenerations import reasons_of
from tests.strategies import NAPKIN, Case, napkin_ladder
from tests.truth import Truth

FRONT_DOOR = idgen.ADMG.parse("X -> M -> Y; X <-> Y")
QUERY = idgen.Query.parse("P(Y | do(X))")


@pytest.mark.parametrize(
    ("query", "graph"),
    [
        ("P(Y | do(X))", "Z -> X -> Y; Z -> Y"),
        ("P(Y | do(X))", "X -> M -> Y; X <-> Y"),
        ("P(Y | do(X))", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"),
        ("P(A, B | do(X))", "X -> A; X -> B; A <-> B"),
    ],
)
def test_the_literal_program_denotes_its_estimand(query: str, graph: str) -> None:
    """As a value; as the same node where the estimand is flat (see the tests of hoisting)."""
    case = Case(idgen.ADMG.parse(graph), idgen.Query.parse(query))
    (estimand,) = denote(idgen.compile(case.query, case.graph, optimize=0)).values()
    assert (estimand.given, estimand.targets) == (
        case.identification.estimand.given,
        case.identification.estimand.targets,
    )
    assert Truth(case, 0).of_estimand(estimand)


def test_a_regenerated_data_set_denotes_its_law() -> None:
    (estimand,) = denote(idgen.compile(QUERY, NAPKIN, realize="regenerate")).values()
    (law,) = estimand.laws
    assert str(law) == "P(W1, X, Y ; do(W2))", "W1 is not kept, and yet of the law's type"
    assert str(estimand.kernel) == "P(Y | X ; do(W2))"


def test_a_reweighted_data_set_denotes_the_same_law() -> None:
    (estimand,) = denote(idgen.compile(QUERY, NAPKIN, realize="reweight")).values()
    (law,) = estimand.laws
    assert law.do == ("W2",)
    assert Truth(Case(NAPKIN, QUERY), 0).of_estimand(estimand)


@pytest.mark.parametrize("realize", ["regenerate", "reweight", "weigh"])
def test_laws_nest(realize: str) -> None:
    case = Case(*napkin_ladder(2))
    program = idgen.compile(case.query, case.graph, realize=realize)  # type: ignore[arg-type]
    (estimand,) = denote(program).values()
    assert Truth(case, 0).of_estimand(estimand)


def test_rows_denote_the_chain_rule() -> None:
    program = idgen.compile(QUERY, FRONT_DOOR)
    assert "rows %obs" in str(program)
    (estimand,) = denote(program).values()
    assert isinstance(estimand.kernel, Marginal)
    assert str(estimand) == "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)"


def test_draws_denote_free_variables() -> None:
    (estimand,) = denote(idgen.compile(QUERY, NAPKIN, optimize=0)).values()
    assert any(isinstance(node, Free) for node in walk(estimand.kernel))


def test_joint_models_denote_joint_conditionals() -> None:
    program = idgen.compile(QUERY, NAPKIN, optimize=0, joint=[("X", "Y")])
    (estimand,) = denote(program).values()
    assert Truth(Case(NAPKIN, QUERY), 0).of_estimand(estimand)
    assert any(isinstance(node, Conditional) and isinstance(node.of, Intervened) for node in walk(estimand.kernel))


def test_every_sampler_has_an_estimand() -> None:
    other = idgen.Query.parse("P(Y | do(W2))")
    found = denote(idgen.compile([QUERY, other], NAPKIN))
    assert list(found) == [str(QUERY), str(other)]
    for query in (QUERY, other):
        assert Truth(Case(NAPKIN, query), 1).of_estimand(found[str(query)])


def test_a_model_of_what_the_law_lacks_is_refused() -> None:
    text = str(idgen.compile(QUERY, NAPKIN, optimize=0))
    wrong = text.replace("train %law0 : Y | W2, X", "train %law0 : W2 | X").replace("-> [Y]", "-> [W2]")
    wrong = wrong.replace("    W2 ~ %obs\n    Y ~ %m3(W2, X)\n", "    W2 ~ %m3(X)\n")
    with pytest.raises(ProgramError, match=r"models W2, which is not random in P\(W1, X, Y ; do\(W2\)\)"):
        denote(idgen.Program.parse(wrong))


def test_a_source_is_kept() -> None:
    """Where the data come from is part of the law, of the program that is lowered from it, and of what that denotes."""
    trial = Observed(FRONT_DOOR, "trial")
    assert trial is Observed(FRONT_DOOR, source="trial") is not Observed(FRONT_DOOR)
    estimand = Estimand(Conditional(trial, ("M",), ("X",)), ("X",), ("M",))
    program = idgen.Program("P(M | X)", FRONT_DOOR, lower(estimand, ["X"], ["M"])).check()
    assert '%obs  = observe "trial" [X, M]' in str(program) or '%obs = observe "trial" [X, M]' in str(program)
    assert program.observe.source == "trial"
    for each in (program, idgen.Program.parse(str(program)), idgen.Program.from_json(program.to_json())):
        assert denote(each)["P(M | X)"] == estimand


CUT = """
    program "p" {
      graph "X -> Y; X <-> Y; Z -> X"
      %obs = observe [X, Y, Z]
      %p = train %obs : X | Z
      %m0 = train %obs : Y | X
      %law0 = realize P(Y ; do(X)) -> [X, Y] {
        reweight %obs do(X ~ uniform) by %p
      }
      %m1 = train %law0 : Y | X
      sample "set" (X) {
        Y ~ %m1(X)
      } -> [Y]
      sample "rows" () {
        Y ~ rows %law0
      } -> [Y]
      sample "seen" (X) {
        Y ~ %m0(X)
      } -> [Y]
    }"""


def test_weights_that_cut_a_district_denote_nothing_and_spoil_nothing_else() -> None:
    program = idgen.Program.parse(CUT)
    reason = r"P\(Y ; do\(X\)\) cannot be had by weighting rows of %obs: a district is cut"
    with pytest.raises(ProgramError, match=reason):
        denote(program)
    meaning = meaning_of(program)
    assert list(meaning.faults) == ["%law0", "%m1", "set", "rows"]
    assert {str(fault) for fault in meaning.faults.values()} == {str(meaning.faults["%law0"])}
    assert (list(meaning.laws), list(meaning.models), list(meaning.samplers)) == (["%obs"], ["%p", "%m0"], ["seen"])


def test_a_law_that_rests_on_one_that_denotes_nothing() -> None:
    more = """%law1 = realize P(Y ; do(X)) -> [X, Y] { reweight %law0 do() }
      %law2 = realize P(Y ; do(X)) -> [X, Y] { regenerate do(X ~ %obs) { Y ~ %m1(X) } }
      sample "set" (X)"""
    meaning = meaning_of(idgen.Program.parse(CUT.replace('sample "set" (X)', more)))
    assert list(meaning.faults) == ["%law0", "%m1", "%law1", "%law2", "set", "rows"]


def test_a_policy_s_model_denotes_nothing() -> None:
    """What a draw follows is its law under the policies of the rows."""
    literal = idgen.compile(QUERY, NAPKIN, optimize=0)
    meaning = meaning_of(AlignDraws().apply(literal))
    assert list(meaning.faults) == ["%m3_W2", str(QUERY)]
    assert reasons_of(AlignDraws().apply(literal)) == reasons_of(literal)


def test_names_that_a_model_may_not_have() -> None:
    """A model of a law's columns, one of which is fixed and one of which its type has no name for."""
    text = str(idgen.compile(QUERY, NAPKIN, optimize=0))
    meaning = meaning_of(idgen.Program.parse(text))
    assert not meaning.faults
    assert str(meaning.models["%m3"]) == "P(Y | X ; do(W2))"
    assert str(meaning.models["%m1"]) == "P(X | W1, W2)"
    assert str(meaning.laws["%law0"]) == "P(W1, X, Y ; do(W2))"


def test_a_network_that_makes_nothing_of_its_law_is_refused() -> None:
    text = """
    program "p" {
      graph "X -> Y; X <-> Y; W"
      %obs = observe [W, X, Y]
      %w = train %obs : W
      %law0 = realize P(Y ; do(X)) -> [X] {
        regenerate do(X ~ %obs) {
          W ~ %w()
        }
      }
      sample () {
        X ~ rows %law0
      } -> [X]
    }"""
    with pytest.raises(ProgramError, match=r"makes nothing of P\(Y ; do\(X\)\) is no way to regenerate it"):
        denote(idgen.Program.parse(text))


def test_a_draw_by_a_model_denotes_no_estimand() -> None:
    text = str(idgen.compile(QUERY, NAPKIN, optimize=0)).replace("do(W2 ~ %obs)", "do(X ~ %obs, W2 ~ %p(X))")
    text = text.replace("P(W1, X, Y ; do(W2)) -> [W2, W1, X, Y]", "P(W1, Y ; do(X, W2)) -> [X, W2, W1, Y]")
    text = text.replace("      X ~ %m1(W1, W2)\n", "").replace("  %law0 =", "  %p = train %obs : W2 | X\n  %law0 =")
    with pytest.raises(ProgramError, match="W2 is set by a model; a program with such policies denotes no estimand"):
        denote(idgen.Program.parse(text))


def test_dropped_columns_leave_the_law_of_the_type() -> None:
    """By weights and by models: the law of P(W1, X, Y ; do(W2)), whichever columns are left."""
    program = idgen.compile(QUERY, NAPKIN)
    laws = [meaning_of(program.realized(way)).laws["%law0"] for way in ("regenerate", "reweight")]
    assert [str(law) for law in laws] == ["P(W1, X, Y ; do(W2))"] * 2
    assert [law.graph for law in laws] == [program.law_of("%law0")] * 2


def test_a_law_of_several_laws_comes_from_the_observed_one() -> None:
    """Its network wires conditionals of P(V) with those of a law after an intervention."""
    text = """
    program "p" {
      graph "W1 -> W2 -> X -> Y -> Z; X <-> W1 <-> Y"
      %obs = observe [W1, W2, X, Y, Z]
      %m0 = train %obs : W1
      %m1 = train %obs : X | W1, W2
      %m2 = train %obs : Y | W1, W2, X
      %law0 = realize P(W1, X, Y ; do(W2)) -> [W2, W1, X, Y] {
        regenerate do(W2 ~ %obs) {
          W1 ~ %m0()
          X ~ %m1(W1, W2)
          Y ~ %m2(W1, W2, X)
        }
      }
      %y = train %law0 : Y | W2, X
      %z = train %obs : Z | Y
      %law1 = realize P(Y, Z ; do(W2, X)) -> [X, Z] {
        regenerate do(W2 ~ %obs, X ~ %obs) {
          Y ~ %y(W2, X)
          Z ~ %z(Y)
        }
      }
      %last = train %law1 : Z | X
      sample (X) {
        Z ~ %last(X)
      } -> [Z]
    }"""
    program = idgen.Program.parse(text)
    query = idgen.Query("Z", "X")
    truth = Truth(Case(program.graph, query), 3)
    assert truth.of_program(program)
    meaning = meaning_of(program)
    law = meaning.laws["%law1"]
    assert isinstance(law, Intervened)
    assert (law.do, law.targets, law.law) == (("W2", "X"), ("Y", "Z"), Observed(program.graph.project(["W1"])))
    first = meaning.laws["%law0"]
    assert isinstance(first, Intervened)
    assert (first.do, len(first.factors), first.law) == (("W2",), 3, Observed(program.graph))
    (estimand,) = meaning.samplers.values()
    assert truth.of_estimand(estimand)


PARTIAL = """
    program "p" {
      graph "H -> A; H -> B; F -> A; A -> B; B -> C; C -> Z"
      %obs = observe [A, B, C, F, H]
      %a = train %obs : A | F
      %b = train %obs : B | F, A
      %c = train %obs : C | B
      %h = train %obs : H
      %law0 = realize P(TYPE ; do(F)) -> [B] {
        regenerate do(F ~ %obs) {
          A ~ %a(F)
          B ~ %b(F, A)
        }
      }
      %m = train %law0 : B
      sample () {
        B ~ %m()
      } -> [B]
    }"""


def test_a_network_without_what_nobody_reads_is_that_of_its_type() -> None:
    """C is not made, and yet of the type; H is neither, and where it is hidden the law is found without it."""
    for names, kept in (("A, B, C", ["H", "Z"]), ("H, A, B, C", [])):
        program = idgen.Program.parse(PARTIAL.replace("TYPE", names))
        law = meaning_of(program).laws["%law0"]
        assert isinstance(law, Intervened)
        assert set(law.targets) == set(names.split(", "))
        origin = program.graph.project(kept) if kept else program.graph
        assert law.law == Observed(origin)
        assert law.do == ("F",)


def test_a_network_that_makes_its_law_says_by_which_conditionals() -> None:
    program = idgen.Program.parse(PARTIAL.replace("TYPE", "A, B").replace("F, A)", "A)").replace("B | F, A", "B | A"))
    law = meaning_of(program).laws["%law0"]
    assert isinstance(law, Intervened)
    assert [(factor.targets, factor.inputs) for factor in law.factors] == [(("A",), ("F",)), (("B",), ("A",))]


WEIGHED = """
    program "p" {
      graph "Z -> X -> Y; Z -> Y; V -> Z"
      %obs = observe [V, X, Y, Z]
      %p = train %obs : X | Z
      %law0 = realize P(Z, Y ; do(X)) -> [X, Y, Z] { reweight %obs do(X ~ %obs) by %p }
      %law1 = realize LAW -> [Y] { reweight %law0 do() }
      %m = train %law1 : Y
      sample () { Y ~ %m() } -> [Y]
    }"""


@pytest.mark.parametrize(
    ("law", "rests"), [("P(Z, Y ; do(X))", True), ("P(Y ; do(X, V))", False), ("P(X, Z, Y)", False)]
)
def test_a_law_rests_on_the_rows_that_it_weighs_where_they_have_its_variables(law: str, rests: bool) -> None:
    """Otherwise, as where laws of two queries share their rows, on P(V)."""
    laws = meaning_of(idgen.Program.parse(WEIGHED.replace("LAW", law))).laws
    found = laws.get("%law1")
    if law == "P(Y ; do(X, V))":
        assert found is None, "Z would be summed out, which makes X and Y one district"
        return
    assert isinstance(found, Intervened)
    assert (found.law is laws["%law0"]) is rests
