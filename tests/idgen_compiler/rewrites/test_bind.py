"""Bound kernels stand where their conditionals stood, and nothing takes them away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import QueryError
from idgen_compiler.estimand.nodes import Bound, Conditional, Free, Observed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.ir import Apply, Rows
from idgen_compiler.rewrites.bind import Bind
from idgen_compiler.verify import CausalModel
from tests.strategies import bound_cases

AUDIT = idgen.ADMG.parse("I1 -> Male, Young; Male <-> Young; I1, Male, Young -> I2; I1 -> P1; I2 -> P2; P1, P2 -> A")
"""Section 4.2 of ID-GEN: an image and its translation, the attributes of both, and what was added."""

BROUGHT = {
    "bound": ["I2 | I1, Male, Young", "P2 | I2"],
    "functions": {"A": ("P1", "P2")},
    "unobserved": ["I2", "P2", "A"],
}


def query(text: str) -> idgen.Query:
    return idgen.Query.parse(text)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("text", ["P(A | do(Male))", "P(A | do(Male), Young)", "P(A, I2 | do(Male), Young)"])
def test_printed_programs(text: str, level: int, golden: Callable[[str, str], None]) -> None:
    program = idgen.compile(query(text), AUDIT, optimize=level, **BROUGHT)  # type: ignore[arg-type]
    assert idgen.Program.parse(str(program)) == program
    assert idgen.Program.from_json(program.to_json()) == program
    name = text.translate(str.maketrans(dict.fromkeys("(),| ", "_"))).strip("_")
    golden(f"bind/{name}-{level}.ir", str(program))


def test_a_bound_kernel_is_an_operation_of_its_own_at_every_level() -> None:
    for level in (0, 1, 2):
        program = idgen.compile(query("P(A | do(Male))"), AUDIT, optimize=level, **BROUGHT)  # type: ignore[arg-type]
        assert [(op.targets, op.inputs, op.function) for op in program.bindings] == [
            (("I2",), ("I1", "Male", "Young"), False),
            (("P2",), ("I2",), False),
            (("A",), ("P1", "P2"), True),
        ]
        assert set(program.observe.variables) == {"I1", "Male", "Young", "P1"}
        assert set(program.observe.unobserved) == {"I2", "P2", "A"}


def test_an_observed_variable_that_is_bound_never_comes_out_of_rows() -> None:
    chain = idgen.ADMG.parse("X -> M -> Y")
    free = idgen.compile(query("P(Y | do(X))"), chain)
    assert [op.targets for op in free.models] == [("Y",)]  # the mediator is summed out inside one model
    kept = idgen.compile(query("P(Y | do(X))"), chain, bound=["M | X"])
    assert [op.targets for op in kept.models] == [("Y",)]
    assert [op.targets for op in kept.bindings] == [("M",)]
    (network,) = kept.networks()
    assert [s.slots for s in network.statements if isinstance(s, Apply)] == [("M",), ("Y",)]
    root = idgen.compile(query("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"), bound=["Z"])
    assert not any(isinstance(s, Rows) for network in root.networks() for s in network.statements)


def test_a_posterior_of_a_bound_kernel_is_not_learned_from_the_rows() -> None:
    # P(X | Y) of the data would leave the bound kernel of Y out.
    program = idgen.compile(query("P(X | Y)"), idgen.ADMG.parse("X -> Y"), bound=["Y | X"])
    assert [op.regenerate is not None for op in program.laws] == [True]
    assert [op.data for op in program.models if op.targets == ("X",) and op.inputs] == ["%law0"]
    assert not program.reweightings


def test_extra_inputs_that_do_not_matter_are_asked_for_all_the_same() -> None:
    graph = idgen.ADMG.parse("W -> X -> Y")
    program = idgen.compile(query("P(Y | do(X))"), graph, bound=["Y | X, W"])
    assert [op.inputs for op in program.bindings] == [("W", "X")]
    node = Bind((("Y", ("W", "X")),)).apply(Conditional(Observed(graph), ("Y",), ("X",)))
    assert isinstance(node, Free)
    assert node.over == ("W",)
    assert isinstance(node.body, Conditional)
    assert isinstance(node.body.of, Bound)


REFUSED = {
    "a confounder is left out": (
        {"bound": ["I2 | I1"]},
        "P(I2 | I1) is not what the answer needs, P(I2 | I1, Male, Young): the graph has the path Male -> I2",
    ),
    "nobody makes it": (
        {"unobserved": ["I2"]},
        "the answer needs P(I2 | I1, Male, Young), and no table holds I2; bind it, as in bound=['I2 | I1, Male, ",
    ),
    "what rests on it is to be learned": (
        {"bound": ["I2 | I1, Male, Young"], "unobserved": ["I2"]},
        "P(P2 | I2) would have to be learned, and no table holds I2; bind it, as in bound=['P2 | I2']",
    ),
    "unknown": ({"bound": ["I2 | I1, Male, Yung"]}, "the graph has no 'Yung' to bind; did you mean Young?"),
    "twice": ({"bound": ["P2 | I2", "P2 | I2, I1"]}, "P2 is bound twice"),
    "itself": ({"functions": {"A": ("A", "P1")}}, "A is bound given itself"),
    "two targets": ({"bound": ["P1, P2 | I1, I2"]}, "bind one variable at a time"),
    "an intervention": ({"bound": ["I2 | do(I1)"]}, "is no conditional of the observed law"),
    "no text": ({"bound": [3]}, "a conditional is read from a text such as 'Y | X, Z', not from 3"),
    "no formula": ({"bound": ["I2 |"]}, "query, column"),
    "a function of nothing": ({"functions": {"A": ()}}, "A is a function of nothing"),
    "a function of less than the graph has": (
        {"functions": {"A": ("P1",)}},
        "A is a function of P1, and the graph has P2 -> A; name P2 among its inputs, or drop the edge",
    ),
    "a function of something unknown": ({"functions": {"B": ("Nope",)}}, "B is a function of 'Nope'"),
    "functions that are a list": ({"functions": ["A"]}, "give a mapping"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_bound_is_refused_with_the_reason(name: str) -> None:
    brought, message = REFUSED[name]
    with pytest.raises(QueryError) as caught:
        idgen.compile(query("P(A | do(Male))"), AUDIT, **brought)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_function_that_the_graph_lacks_gets_a_vertex() -> None:
    graph = idgen.ADMG.parse("X -> Y")
    program = idgen.compile(query("P(A | do(X))"), graph, functions={"A": ("X", "Y")}, unobserved=["A"])
    assert program.graph.parents(["A"]) == {"X", "Y"}
    assert [op.function for op in program.bindings] == [True]
    both = idgen.compile([query("P(A | do(X))"), query("P(Y | do(X))")], graph, functions={"A": ("X", "Y")})
    assert len(both.models) == 1
    assert len(both.samplers) == 2


def test_programs_with_bound_kernels_equal_the_truth() -> None:
    told = 0
    for k, case in zip(range(40), bound_cases(seed=11), strict=False):
        report = idgen.verify(case.query, case.graph, models=1, seed=k, **case.brought)  # type: ignore[arg-type]
        assert report.ok, f"{case}\n{report}"
        told += len(idgen.compile(case.query, case.graph, **case.brought).bindings)  # type: ignore[arg-type]
    assert told >= 40


def test_a_function_that_is_none_is_told() -> None:
    graph = idgen.ADMG.parse("X -> Y")
    program = idgen.compile(query("P(Y | do(X))"), graph, functions={"Y": ("X",)})
    joint = CausalModel.random(graph, 0).observational()
    with pytest.raises(idgen.DataError, match="Y has several values for one of X"):
        program.fit(joint, backend="exact")


def test_rewrites_leave_bound_kernels_alone() -> None:
    literal = idgen.identify(query("P(A | do(Male), Young)"), AUDIT).estimand
    brought = Bind((("I2", ("I1", "Male", "Young")), ("P2", ("I2",))), (), ("A", "I2", "P2"))
    with pytest.raises(QueryError, match="no table holds A"):
        brought.apply(literal.kernel)
    whole = Bind((*brought.kernels, ("A", ("P1", "P2"))), ("A",), ("A", "I2", "P2")).apply(literal.kernel)
    assert {str(node) for node in walk(whole) if isinstance(node, Conditional) and isinstance(node.of, Bound)} == {
        "P(I2 | I1, Male, Young)",
        "P(P2 | I2)",
        "P(A | P1, P2)",
    }


@pytest.mark.parametrize(
    "text",
    ["P(A | do(Male ~ pi))", "P(A, Young | do(Male ~ pi(Male | Young)))", "P(A | do(Male ~ pi), Young)"],
)
def test_policies_and_bound_kernels_go_together(text: str) -> None:
    report = idgen.verify(query(text), AUDIT, models=1, **BROUGHT)  # type: ignore[arg-type]
    assert report.ok, str(report)
    program = idgen.compile(query(text), AUDIT, **BROUGHT)  # type: ignore[arg-type]
    assert {op.targets for op in program.bindings} == {("I2",), ("P2",), ("A",)}


def test_a_fallback_is_trained_beside_the_kernel() -> None:
    graph = idgen.ADMG.parse("R -> E; N -> E; E -> X; N <-> R")
    asked, brought = query("P(E, X | do(R))"), {"bound": ["E | R, N", "X | E"], "fallbacks": ["E"]}
    program = idgen.compile(asked, graph, **brought)  # type: ignore[arg-type]
    assert "or %m0" in str(program)
    assert [(op.targets, len(op.fallback)) for op in program.bindings] == [(("E",), 1), (("X",), 0)]
    assert [set(op.inputs) for op in program.models if op.targets == ("E",)] == [{"N", "R"}]
    assert idgen.Program.parse(str(program)) == program
    assert idgen.verify(asked, graph, models=2, **brought).ok  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="the fallback of E would be learned, and no table holds E; leave it out"):
        idgen.compile(asked, graph, unobserved=["E"], **brought)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="N is no bound kernel, and so needs no fallback"):
        idgen.compile(asked, graph, bound=["E | R, N"], fallbacks=["N"])
