"""The law of the adjoint: an influence function is the derivative of its program, as equal fractions."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from random import Random

import pytest

import idgen_compiler as idgen
from tests.influences import FORMS, SOURCES, asked, compiled
from tests.strategies import Case

COUNTS = {"random": 24, "napkins inside napkins": 2, "brought kernels": 12, "policies": 16}
"""How many queries of each source are asked; the benchmark `adjoint` asks 10,000."""


@pytest.mark.parametrize("source", SOURCES)
def test_every_program_has_the_derivative_as_its_influence_function(source: str) -> None:
    for k, case in enumerate(islice(SOURCES[source](5), COUNTS[source])):
        question = asked(case, k)
        for form in FORMS:
            assert question.agrees(compiled(case, form), k), (form, case, question.do, question.given)


def test_each_cell_by_itself() -> None:
    """What is compared along a random law above."""
    for k, case in enumerate(islice(SOURCES["random"](6), 4)):
        question, program = asked(case, k), compiled(case, "-O2")
        phi, random = question.influence(program), Random(k)
        for _ in range(6):
            cell = tuple(random.randrange(size) for size in phi.shape)
            assert phi[cell] == question.slope(program, cell)


def test_programs_of_several_queries() -> None:
    compared = 0
    for k, case in enumerate(islice(SOURCES["random"](7), 16)):
        query = case.query
        other = idgen.Query(query.outcomes, query.treatments[:1], ())
        if other == query or not Case(case.graph, other).identifiable:
            continue
        for form in ("-O2", "literal", "-O2 reweight"):
            program = idgen.compile([query, other], case.graph, **FORMS[form])
            for each in (query, other):
                assert asked(Case(case.graph, each), k).agrees(program, k), (program, each)
                compared += 1
    assert compared > 12


def test_laws_with_holes() -> None:
    """A value that is asked never occurs with another one; whatever has an answer is differentiated.

    The exact backend asks for whole laws, of which the adjoint asks for margins, and these are determined more often.
    """
    seen: Counter[str] = Counter()
    for k, case in enumerate(islice(SOURCES["random"](10), 24)):
        question = asked(case, k)
        joint = question.joint
        values = {name: code for name, code in {**question.do, **question.given}.items() if isinstance(code, int)}
        others = [name for name in joint.variables if name not in values and name not in case.query.outcomes]
        if not values or not others:
            continue
        hole = {**dict(list(values.items())[:1]), Random(k).choice(others): 1}
        law = joint.table.copy()
        law[tuple(hole.get(name, slice(None)) for name in joint.variables)] = 0
        holed = question.on(idgen.Joint(joint.variables, law / law.sum(), joint.labels))
        for form in ("literal", "literal, reweighted", "-O2"):
            program = compiled(case, form)
            if holed.defined(program):
                assert holed.agrees(program, k), (form, case)
                seen["answers"] += 1
                continue
            try:
                holed.influence(program)
            except idgen.DataError as error:
                seen["none"] += "does not determine" in str(error)
    assert seen["answers"] > 20
    assert seen["none"]


def test_floats_are_close_to_fractions() -> None:
    for k, case in enumerate(islice(SOURCES["random"](8), 8)):
        question, program = asked(case, k), compiled(case, "-O2")
        joint = question.joint
        floats = idgen.Joint(joint.variables, joint.table.astype(float), joint.labels)
        exact = question.influence(program).astype(float)
        found = program.adjoint().evaluate(floats, question.do, question.given, question.f)
        assert found.dtype == float
        assert abs(found - exact).max() <= 1e-9 * max(1, abs(exact).max())


def test_equal_programs_have_influence_functions_of_their_own() -> None:
    """Off the graph's model the programs differ, and so do their derivatives."""
    differ = 0
    for k, case in enumerate(islice(SOURCES["random"](9), 12)):
        question = asked(case, k)
        literal, reweighted, shortest = (
            question.influence(compiled(case, form)) for form in ("literal", "literal, reweighted", "-O2")
        )
        differ += bool((literal != shortest).any() or (literal != reweighted).any())
    assert differ > 2
