"""Denotation reads back what lowering wrote, and gives passes a meaning."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.denote import denote
from idgen_compiler.errors import ProgramError
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import Conditional, Free, Intervened, Marginal, Observed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.lower import lower
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


@pytest.mark.parametrize("realize", ["regenerate", "reweight"])
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
