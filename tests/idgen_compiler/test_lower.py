"""Lowering: which laws are realized in which ways, in which order, and which columns are asked of the user."""

from __future__ import annotations

from itertools import pairwise

import pytest

from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import Conditional, Intervened, Observed, Product
from idgen_compiler.graph import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.ir import Observe, Operation, Realize, Regenerate, Reweight, Sample, Train, Way
from idgen_compiler.ir.analysis import uses
from idgen_compiler.lower import lower
from idgen_compiler.program import Program
from idgen_compiler.query import Query
from tests.strategies import NAPKIN, NESTED, Case, napkin_ladder
from tests.truth import WAYS, Truth

BOTH: tuple[type[Way], ...] = (Regenerate, Reweight)


def _lowered(graph: ADMG, query: Query, ways: tuple[type[Way], ...]) -> tuple[Operation, ...]:
    operations = lower(identify(query, graph).estimand, query.treatments, query.outcomes, ways)
    Program("p", graph, operations).check()
    return operations


def _laws(operations: tuple[Operation, ...]) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [
        (op.result, op.law.fixed, [way.word for way in op.ways]) for op in operations if isinstance(op, Realize)
    ]  # fmt: skip


def test_values_are_numbered_from_nought() -> None:
    operations = _lowered(*napkin_ladder(2), (Regenerate,))
    assert [op.result for op in operations if isinstance(op, Train)] == [f"%m{k}" for k in range(9)]
    assert [op.result for op in operations if isinstance(op, Realize)] == ["%law0", "%law1"]
    assert isinstance(operations[0], Observe)
    assert isinstance(operations[-1], Sample)


@pytest.mark.parametrize("ways", [(Regenerate,), (Reweight,), BOTH, BOTH[::-1]])
def test_laws_rest_on_laws_that_stand_before_them(ways: tuple[type[Way], ...]) -> None:
    for graph, query in (napkin_ladder(2), napkin_ladder(3), (NESTED, Query("Y", "X"))):
        found = _laws(_lowered(graph, query, ways))
        assert [words for _, _, words in found] == [[way.word for way in ways]] * len(found)
        fixed = [set(names) for _, names, _ in found]
        assert all(a < b for a, b in pairwise(fixed))
        case = Case(graph, query)
        estimand = case.identification.estimand
        operations = lower(estimand, query.treatments, query.outcomes, ways)
        program = Program(str(query), graph, operations)
        for word in ("regenerate", "reweight"):
            assert Truth(case, 0).of_program(program.realized(word))


def test_one_way_needs_only_the_laws_of_that_way() -> None:
    """Of a law that is regenerated from real data by models, none of the laws that its weights would rest on."""
    observed = Observed(ADMG.parse("W4 -> W1 -> W2 -> X -> Y; X <-> W1 <-> Y"))
    order = ("W4", "W1", "W2", "X", "Y")
    first = Intervened(observed, ("W4",), tuple(Conditional(observed, (order[k],), order[:k]) for k in range(1, 5)))
    # The factors of the second law are conditionals of P(V), not of the first.
    factors = (
        Conditional(observed, ("W1",), ("W4",)),
        Conditional(observed, ("X",), ("W4", "W1", "W2")),
        Conditional(observed, ("Y",), ("W4", "W1", "W2", "X")),
    )
    second = Intervened(first, ("W2",), factors)
    estimand = Estimand(Conditional(second, ("Y",), ("W4", "W2", "X")), ("W2", "W4", "X"), ("Y",))
    found = {name: _laws(lower(estimand, ["W4", "W2", "X"], ["Y"], ways)) for name, ways in WAYS.items()}
    assert [set(fixed) for _, fixed, _ in found["regenerate"]] == [{"W4", "W2"}]
    assert [set(fixed) for _, fixed, _ in found["reweight"]] == [{"W4"}, {"W4", "W2"}]
    assert [words for _, _, words in found["either"]] == [["regenerate", "reweight"]] * 2


def test_where_weights_cannot_rows_are_regenerated() -> None:
    """The law of A and B after do(X) cuts the district of X and B."""
    graph = ADMG.parse("X -> A -> B; X <-> B")
    query = Query("A", "X", "B")
    estimand = identify(query, graph).estimand
    for ways in ((Reweight,), BOTH, BOTH[::-1]):
        first, second = _laws(lower(estimand, ["X", "B"], ["A"], ways))
        assert first == ("%law0", ("A",), [way.word for way in ways])
        assert second == ("%law1", ("X",), ["regenerate"])


def test_columns_that_are_asked_for() -> None:
    """What models, weights, policies and callers read, in the order of the graph."""
    graph = ADMG.parse("Q -> W1 -> W2 -> X -> Y -> R; X <-> W1 <-> Y")
    query = Query("Y", "X")
    observed = {}
    for name, ways in WAYS.items():
        first = lower(identify(query, graph).estimand, ["X"], ["Y"], ways)[0]
        assert isinstance(first, Observe)
        observed[name] = first.variables
    assert observed["regenerate"] == observed["either"] == ("Q", "W1", "W2", "X", "Y")
    alone = lower(Estimand(Conditional(Observed(graph), ("Y",), ("X",)), ("X",), ("Y",)), ["X"], ["Y"])[0]
    assert isinstance(alone, Observe)
    assert alone.variables == ("X", "Y")
    idle = lower(Estimand(Conditional(Observed(graph), ("Y",), ()), ("X",), ("Y",)), ["X"], ["Y"])
    assert isinstance(idle[0], Observe)
    assert idle[0].variables == ("X", "Y"), "the caller's value is checked against the data"


def test_weights_by_no_model_read_the_columns_of_the_law() -> None:
    """Nothing is divided out where what is fixed depends on nothing: the rows serve, and their columns are read."""
    graph = NAPKIN
    query = Query("Y", "X")
    operations = lower(identify(query, graph).estimand, ["X"], ["Y"], (Reweight,))
    (law,) = (op for op in operations if isinstance(op, Realize))
    way = law.reweight
    assert way is not None
    assert (way.data, [draw.slot for draw in way.do], len(way.by)) == ("%obs", ["W2"], 1)
    assert law.variables == ("W2", "W1", "X", "Y")
    assert uses(law) == {"%obs", *way.by}
    first = operations[0]
    assert isinstance(first, Observe)
    assert first.variables == ("W1", "W2", "X", "Y")


def test_a_law_outside_a_conditional_is_no_program() -> None:
    kernel = Product((Conditional(Observed(NAPKIN), ("Y",), ("X",)),))
    operations = lower(Estimand(kernel, ("X",), ("Y",)), ["X"], ["Y"])
    assert [type(op) for op in operations] == [Observe, Train, Sample]
    inner = Conditional(Conditional(Observed(NAPKIN), ("X", "Y"), ("W1",)), ("Y",), ("X", "W1"))
    with pytest.raises(TypeError, match="is no law"):
        lower(Estimand(inner, ("W1", "X"), ("Y",)), ["X", "W1"], ["Y"])
