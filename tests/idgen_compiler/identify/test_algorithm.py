"""Line by line: for each line of ID and of IDC the smallest question that it answers first, and what it yields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

import pytest

from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.estimand.nodes import Conditional, Free, Intervened, Marginal, Product
from idgen_compiler.graph import ADMG
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.separation import m_separated_mask
from idgen_compiler.identify import Identification, identify
from idgen_compiler.identify.trace import Step
from idgen_compiler.query import Query
from idgen_compiler.rewrites import Minimize
from idgen_compiler.verify import CausalModel
from tests.strategies import nested_cases, random_cases


@dataclass(frozen=True)
class Line:
    """A line of the algorithm in words, a question that it answers first, and the lines that this takes.

    `moved` are the vertices that the line is about, `text` is the answer in print.
    """

    line: int | str
    words: str
    graph: str
    query: str
    lines: tuple[int | str, ...]
    moved: tuple[str, ...]
    text: str

    def identified(self) -> Identification:
        return identify(Query.parse(self.query), ADMG.parse(self.graph))


MARGINAL = Line(
    1,
    "Nothing is set: the answer is the observed law, the rest summed out.",
    "A -> Y",
    "P(Y)",
    (1,),
    (),
    "Σ_a P(a) P(y | a)",
)
ANCESTORS = Line(
    2,
    "What does not lead to an outcome is summed out of the law, and need not be set.",
    "Y -> X",
    "P(Y | do(X))",
    (2, 1),
    ("X",),
    "P(y)",
)
IDLE = Line(
    3,
    "What leads to an outcome only through what is set may be set as well, to any value.",
    "W -> X -> Y",
    "P(Y | do(X))",
    (3, 6),
    ("W",),
    "P(y | w, x)  for any w",
)
DISTRICTS = Line(
    4,
    "What is left falls into districts: the answer is the product of one answer for each, everything else set.",
    "X -> M -> Y",
    "P(Y | do(X))",
    (4, 2, 6, 6),
    ("M", "Y"),
    "Σ_m P(m | x) P(y | x, m)",
)
CONDITIONING = Line(
    6,
    "The one district left is a district of the graph as well: setting is conditioning on what comes before.",
    "X -> Y",
    "P(Y | do(X))",
    (6,),
    (),
    "P(y | x)",
)
INSIDE = Line(
    7,
    "The one district left lies inside a larger one: what is set outside the larger is fixed, and the question is "
    "asked again in the law of the larger.",
    "W -> X -> Y; W <-> Y",
    "P(Y | do(W, X))",
    (7, 2, 1),
    ("X",),
    "Σ_w' P(w') P(y | w', x)",
)
EXCHANGE = Line(
    "IDC",
    "Seeing a condition says no more of the outcomes than setting it: it is set.",
    "Z -> Y",
    "P(Y | Z)",
    ("IDC", 6),
    ("Z",),
    "P(y | z)",
)
RATIO = Line(
    "ratio",
    "No condition can be set instead: the joint answer for outcomes and conditions is divided by its margin.",
    "Y -> Z",
    "P(Y | Z)",
    ("ratio", 1),
    ("Z",),
    "[P(y) P(z | y)] / [Σ_y' P(y') P(z | y')]",
)
HEDGE = "X -> Y; X <-> Y"

LINES = (MARGINAL, ANCESTORS, IDLE, DISTRICTS, CONDITIONING, INSIDE, EXCHANGE, RATIO)


@pytest.mark.parametrize("case", LINES, ids=lambda case: str(case.line))
def test_line(case: Line) -> None:
    found = case.identified()
    step = found.trace
    assert step.lines == case.lines, case.words
    assert (step.line, step.names) == (case.line, case.moved)
    assert str(found.estimand) == case.text
    for seed in range(3):
        model = CausalModel.random(found.graph, seed)
        assert found.estimand.evaluate(model.observational()) == model.truth(found.query)


def test_line_1_sums_the_chain_rule() -> None:
    kernel = MARGINAL.identified().estimand.kernel
    assert isinstance(kernel, Marginal)
    assert kernel.over == ("A",)
    assert [factor.targets for factor in kernel.parts[0].parts] == [("A",), ("Y",)]


def test_line_2_asks_in_the_ancestral_graph() -> None:
    (inner,) = ANCESTORS.identified().trace.steps
    assert inner.problem.graph.order == ("Y",)
    assert inner.problem.x == 0


def test_line_3_marks_the_value_as_free() -> None:
    found = IDLE.identified()
    assert isinstance(found.estimand.kernel, Free)
    assert found.estimand.kernel.over == ("W",)
    assert [str(step.problem) for step in found.trace.steps] == ["P(Y | do(W, X))"]


def test_line_4_asks_for_each_district_with_the_rest_set() -> None:
    found = DISTRICTS.identified()
    assert [str(step.problem) for step in found.trace.steps] == ["P(M | do(X, Y))", "P(Y | do(X, M))"]
    kernel = found.estimand.kernel
    assert isinstance(kernel, Marginal)
    assert kernel.over == ("M",)
    assert isinstance(kernel.body, Product)


def test_line_5_refuses_with_the_hedge() -> None:
    """The whole graph is one district, and so is what is left of it: no formula in P(V) exists."""
    with pytest.raises(NotIdentifiable) as caught:
        identify(Query("Y", "X"), ADMG.parse(HEDGE))
    assert caught.value.hedge == (frozenset("XY"), frozenset("Y"))
    assert caught.value.step == "line 5: P(Y | do(X)) in P(X, Y): hedge: not identifiable"


def test_line_6_conditions_in_the_order_of_the_graph() -> None:
    kernel = identify(Query("Y", ("W", "X")), ADMG.parse("W -> X -> Y; W -> Y")).estimand.kernel
    assert isinstance(kernel, Conditional)
    assert (kernel.to, kernel.given) == (("Y",), ("W", "X"))


def test_line_7_goes_on_in_the_law_of_the_larger_district() -> None:
    (inner,) = INSIDE.identified().trace.steps
    law = inner.problem.law
    assert isinstance(law, Intervened)
    assert (law.do, law.targets) == (("X",), ("W", "Y"))
    assert str(inner.problem) == "P(Y | do(W))"


def test_the_exchange_of_idc_asks_the_unconditional_question() -> None:
    (inner,) = EXCHANGE.identified().trace.steps
    assert str(inner.problem) == "P(Y | do(Z))"


def test_the_ratio_of_idc_is_a_conditional_of_the_joint_answer() -> None:
    found = RATIO.identified()
    assert [str(step.problem) for step in found.trace.steps] == ["P(Y, Z)"]
    kernel = found.estimand.kernel
    assert isinstance(kernel, Conditional)
    assert (kernel.to, kernel.given, kernel.of.targets) == (("Y",), ("Z",), ("Y", "Z"))


@pytest.mark.parametrize("case", LINES, ids=lambda case: str(case.line))
def test_no_smaller_graph_comes_to_the_line_first(case: Line) -> None:
    """Line 1 is shown on two vertices, since on one there is nothing to sum."""
    vertices = len(ADMG.parse(case.graph)) if case is not MARGINAL else 1
    assert case.line not in {line for n in range(1, vertices) for line in _first_lines(n)}


def _first_lines(vertices: int) -> Iterator[int | str]:
    """The line that answers first, for every query on every graph of so many vertices."""
    names = tuple("ABC"[:vertices])
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    edges = [(kind, pair) for kind in ("->", "<->") for pair in pairs]
    for chosen in product((False, True), repeat=len(edges)):
        kept = [edge for edge, use in zip(edges, chosen, strict=True) if use]
        directed, bidirected = ([pair for kind, pair in kept if kind == arrow] for arrow in ("->", "<->"))
        graph = ADMG(directed, bidirected, names)
        for roles in product("yxz-", repeat=vertices):
            y, x, z = (tuple(n for n, role in zip(names, roles, strict=True) if role == wanted) for wanted in "yxz")
            if y:
                try:
                    yield identify(Query(y, x, z), graph).trace.line
                except NotIdentifiable:
                    yield 5


def test_line_5_needs_two_vertices() -> None:
    assert 5 not in set(_first_lines(1))
    assert {1, 2, 5, 6, "IDC", "ratio"} == set(_first_lines(2))


def test_a_step_has_no_line_before_it_is_worked_on() -> None:
    problem = CONDITIONING.identified().trace.problem
    assert (Step(problem).line, Step(problem).title, Step(problem).names) == (0, "", ())


def test_minimal_conditionals_are_those_that_minimization_leaves() -> None:
    """The same nodes, so that a program does not depend on who looks at how it came about."""
    for case in (*islice(random_cases(14, (3, 8)), 200), *islice(nested_cases(15), 60)):
        literal, minimal = (identify(case.query, case.graph, minimal=way).estimand.kernel for way in (False, True))
        assert Minimize().apply(literal) is Minimize().apply(minimal), case


def test_a_condition_moves_where_rule_2_lets_it_one_separation_after_the_other() -> None:
    """The first in the order that is separated from the outcomes, its own edges out cut, as algorithm 7 has it."""
    moves = 0
    for case in islice((c for c in random_cases(16, (4, 8)) if c.query.conditions), 150):
        steps = [step for _, step in case.identification.trace.walk()]
        for step in steps:
            y, x, z, graph = step.problem.y, step.problem.x, step.problem.z, step.problem.graph
            free = [
                1 << i
                for i in bits(z)
                if m_separated_mask(graph.mutilated_mask(into=x, out_of=1 << i), y, 1 << i, x | z & ~(1 << i))
            ]
            if step.line == "IDC":
                moves += 1
                assert step.moved == free[0]
            elif step.line == "ratio":
                assert not free
    assert moves > 50
