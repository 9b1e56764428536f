"""Answers without identification: equal to the truth, found whenever there are any, and the same to `explain`."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations, islice
from random import Random

import pytest

import idgen_compiler as idgen
from idgen_compiler.compile.direct import direct, least_models
from idgen_compiler.estimand.construction import marginal, product
from idgen_compiler.estimand.nodes import Conditional, Kernel, Observed
from tests.strategies import Case, random_admg, random_cases, random_query
from tests.truth import Truth


@pytest.mark.parametrize(
    ("graph", "query", "posing"),
    [
        ("X -> M -> Y", "P(Y | do(X))", "see X instead of setting it (rule 2)"),
        ("X <- Y", "P(Y | do(X))", "leave X alone (rule 3)"),
        # To see W would tell about what it shares with Y; to draw it anew tells nothing.
        ("X -> Y; W -> X; W <-> Y", "P(Y | do(X, W))", "leave W alone (rule 3); adjust for W"),
        ("Z -> X -> Y; Z -> Y", "P(Y | do(X), Z)", "see X instead of setting it (rule 2)"),
        ("Z -> X -> Y; Z -> Y; Z <- A -> Y", "P(Y | do(X))", "adjust for Z"),
        ("A -> Z -> X -> Y; A -> Y", "P(Y | do(X))", "adjust for A"),  # of two that would do, what Y depends on
        ("Z -> X -> Y; Z -> Y; W -> Y", "P(Y | do(X))", "adjust for Z"),  # W has no bearing on X
        ("X1 -> X2 -> Y; X1 <- Z -> Y", "P(Y | do(X1, X2))", "leave X1 alone (rule 3); adjust for Z"),
        ("X -> M -> Y; X <-> Y", "P(Y | do(X))", None),
    ],
)
def test_what_is_found(graph: str, query: str, posing: str | None) -> None:
    found = direct(idgen.Query.parse(query), idgen.ADMG.parse(graph))
    assert (found is None) == (posing is None)
    assert found is None or str(found.posing) == posing


def test_what_is_found_is_the_truth() -> None:
    seen = 0
    for k, case in enumerate(islice(random_cases(3), 150)):
        found = direct(case.query, case.graph)
        if found is not None:
            seen += 1
            assert Truth(case, k).of_kernel(found.kernel), case
    assert seen > 50


def test_no_set_that_is_right_is_missed() -> None:
    """Every set of vertices is tried on a random model, as equal fractions: one of them is right iff one is found."""
    random, counts = Random(5), {True: 0, False: 0}
    while min(counts.values()) < 25:
        graph = random_admg(random, random.randint(3, 5), random.uniform(0.3, 0.8), random.uniform(0.1, 0.5))
        query = random_query(random, graph)
        case = Case(graph, replace_conditions(query))
        if not case.identifiable:
            continue
        right = any(Truth(case, 0).of_kernel(kernel) for kernel in _adjustments(case))
        assert (direct(case.query, graph) is not None) == right, case
        counts[right] += 1


def replace_conditions(query: idgen.Query) -> idgen.Query:
    """The query without its conditions."""
    return idgen.Query(query.outcomes, query.treatments)


def _adjustments(case: Case) -> list[Kernel]:
    """P(y | x') and the sum over r of P(r) P(y | x', r), for every r and every part x' of x that y may depend on."""
    query, graph = case.query, case.graph
    law = Observed(graph)
    cut = graph.mutilated(into=query.treatments)
    x = [name for name in graph.order if name in query.treatments and name in cut.ancestors(query.outcomes)]
    y = graph.sorted(query.outcomes)
    others = [name for name in graph.order if name not in (*x, *y)]
    found = []
    for over in chain.from_iterable(combinations(others, k) for k in range(len(others) + 1)):
        whole = Conditional(law, y, graph.sorted((*x, *over)))
        found.append(marginal(product([Conditional(law, over, ()), whole]), over) if over else whole)
    return found


def test_no_program_goes_below_the_least_number_of_models() -> None:
    """Searched programs never have fewer, whatever the level does without what is found at once."""
    for case in islice(random_cases(8, (3, 5)), 120):
        found = direct(case.query, case.graph)
        least = least_models(case.query, case.graph, found)
        for each in idgen.compile(case.query, case.graph).alternatives:
            cost = each.program.cost
            assert cost.regenerations + cost.reweightings or cost.models >= least, (case, each.program)


def test_compiling_and_explaining_give_one_program() -> None:
    for case in islice(random_cases(9), 150):
        program, compilation = idgen.compile(case.query, case.graph), idgen.explain(case.query, case.graph)
        assert program == compilation.program
        assert compilation.stages[-1].program == program
        assert Truth(case, 1).of_estimand(compilation.estimand)
        assert compilation.identification.query == case.query
        literal = replace(compilation.identification.estimand, kernel=compilation.identification.trace.kernel)
        assert compilation.stages[0].estimand == literal


def test_what_is_brought_is_not_left_out() -> None:
    graph, query = idgen.ADMG.parse("X -> M -> Y"), idgen.Query.parse("P(Y | do(X))")
    assert idgen.compile(query, graph, bound=["M | X"]).bindings
    assert not idgen.compile(query, graph).bindings


def test_a_law_that_no_formula_gives_is_refused() -> None:
    with pytest.raises(idgen.NotIdentifiable):
        idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y; X <-> Y"))
