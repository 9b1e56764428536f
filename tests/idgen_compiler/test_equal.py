"""Equal programs: every one has the true answer, as Fractions; they are found again, and there are not too many."""

from __future__ import annotations

from itertools import islice

import pytest

import idgen_compiler as idgen
from idgen_compiler.compile import alternatives, equal_programs
from idgen_compiler.ir.alternatives import Alternatives
from idgen_compiler.ir.likeness.alike import alike_key
from idgen_compiler.verify import CausalModel
from tests.strategies import NAPKIN, Case, random_cases

MOST = 32  #: as docs/optimizer.md says


def _kernel(program: idgen.Program, joint: idgen.Joint) -> idgen.KernelTable:
    return program.fit(joint, backend="exact").kernel()


@pytest.mark.parametrize("case", list(islice(random_cases(seed=31), 24)), ids=str)
def test_every_alternative_is_the_truth(case: Case) -> None:
    model = CausalModel.random(case.graph, seed=7)
    joint, truth = model.observational(), model.truth(case.query)
    found = alternatives(case.query, case.graph)
    for each in (*found, *equal_programs(found[0].program)):
        assert (_kernel(each.program, joint).table == truth.table).all(), each.form


@pytest.mark.parametrize("case", list(islice(random_cases(seed=32), 12)), ids=str)
def test_each_is_found_once_and_again(case: Case) -> None:
    found = alternatives(case.query, case.graph)
    assert found[0].program == idgen.compile(case.query, case.graph)
    assert len({alike_key(each.program.operations) for each in found}) == len(found) <= MOST
    assert [(each.form, each.why, each.program) for each in alternatives(case.query, case.graph)] == [
        (each.form, each.why, each.program) for each in found
    ]
    for each in found:
        assert idgen.Program.parse(str(each.program)) == each.program


def test_the_text_of_a_program_is_all_that_its_alternatives_need() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN)
    again = idgen.Program.parse(str(program))
    assert again.alternatives == program.alternatives
    assert program.alternatives[0].program == program
    ways = {(each.program.cost.regenerations, each.program.cost.reweightings) for each in program.alternatives}
    assert ways == {(1, 0), (0, 1)}


def test_sets_to_adjust_for_are_alternatives() -> None:
    graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; W -> Y")
    found = alternatives(idgen.Query.parse("P(Y | do(X))"), graph)
    conditioned = {frozenset(model.inputs) for each in found for model in each.program.models if "Y" in model.targets}
    assert conditioned == {frozenset({"X", "Z"}), frozenset({"W", "X", "Z"})}


def test_several_queries_keep_their_samplers() -> None:
    queries = [idgen.Query.parse("P(Y | do(X))"), idgen.Query.parse("P(X | do(W2))")]
    found = idgen.compile(queries, NAPKIN).alternatives
    assert len(found) > 1
    for each in found:
        assert [op.query for op in each.program.samplers] == [str(query) for query in queries]


def test_what_is_brought_is_brought_to_every_one() -> None:
    graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; W -> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph, bound=["Z"])
    assert all([op.targets for op in each.program.bindings] == [("Z",)] for each in program.alternatives)


def test_policies_have_alternatives() -> None:
    graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; W -> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X ~ pi(X | Z)))"), graph)
    assert len(program.alternatives) > 1
    assert {each.program.name for each in program.alternatives} == {program.name}


def test_a_table_shows_errors_as_multiples_of_the_least() -> None:
    found = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN).alternatives
    assert "se / least" not in str(found)
    measured = found.measured([0.02, 0.01, *[None] * (len(found) - 2)])
    assert isinstance(measured, Alternatives)
    assert measured.best.form == found[1].form
    head, first, second, third, *_ = str(measured).splitlines()
    assert "se / least" in head
    assert "2.000" in first
    assert "1.000" in second
    assert third.rstrip().endswith("-")
