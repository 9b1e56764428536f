"""A warning where rows contradict an independence, exactly if the answer rests on it."""

from __future__ import annotations

import warnings
from itertools import combinations, islice
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.verify import CausalModel
from idgen_compiler.verify.contradictions import _edges, contradictions_of
from tests.strategies import random_cases

DRAWN = "A, B -> X -> Y; A, B -> Y"


def _table(graph: str, rows: int = 4_000, seed: int = 0) -> dict[str, Any]:
    """Rows of DRAWN in which B = A in 90 % of the rows."""
    rng = np.random.default_rng(seed)
    a = rng.random(rows) < 0.5
    b = np.where(rng.random(rows) < 0.9, a, ~a)
    x = rng.random(rows) < 0.2 + 0.6 * (a & b)
    y = rng.random(rows) < 0.1 + 0.2 * x + 0.5 * (a ^ b)
    return {"A": a, "B": b, "X": x, "Y": y}


def _program(graph: str, query: str = "P(Y | do(X))", **options: Any) -> idgen.Program:
    return idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), **options)


def _pairs(program: idgen.Program, table: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.implication.b, one.implication.a) for one in contradictions_of(program, table)]


def _warned(program: idgen.Program, table: dict[str, Any], **options: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program.fit(table, backend="null", **options)
    assert all(one.category is idgen.GraphWarning and one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


def test_only_what_the_answer_rests_on() -> None:
    table = _table(DRAWN)
    # Drawn from one row, the answer is that of A <-> B.
    assert _pairs(_program(DRAWN), table) == []
    # Drawn apart it is not.
    assert _pairs(_program(DRAWN, optimize=0), table) == [("A", "B")]
    # Here B is thought not to matter to X, so that neither A nor B is even read.
    left_out = _program("A -> X -> Y; B -> Y")
    assert left_out.observe.variables == ("X", "Y")
    assert _pairs(left_out, table) == [("A", "B"), ("X", "B")]  # B moves X also where A is known
    # With the edges that the warning asks for there is nothing to say.
    assert _pairs(_program("A -> X -> Y; B -> Y; A <-> B; X <-> B"), table) == []


def test_an_edge_explains_what_it_connects() -> None:
    """X and B are dependent only because A and B are."""
    rng, n = np.random.default_rng(0), 4_000
    a = rng.random(n) < 0.5
    b = np.where(rng.random(n) < 0.9, a, ~a)
    x = rng.random(n) < np.where(a, 0.7, 0.3)
    table = {"A": a, "B": b, "X": x, "Y": rng.random(n) < 0.1 + 0.1 * x + 0.6 * b}
    assert _pairs(_program("A -> X -> Y; B -> Y"), table) == [("A", "B")]


def test_the_warning_names_pair_strength_and_edge() -> None:
    table = _table(DRAWN)
    (message,) = _warned(_program(DRAWN, optimize=0), table)
    assert message == (
        "the rows contradict the graph, and the answer rests on it: A and B (Cramér's V 0.80, p < 1e-99) are dependent "
        "though no edge says so; add A <-> B to the graph, or an arrow, or leave this check out with check_graph=False"
    )
    assert _warned(_program(DRAWN, optimize=0), table, check_graph=False) == []
    assert _warned(_program(DRAWN), table) == []


def test_one_warning_for_many_pairs_and_the_short_form() -> None:
    rng, n = np.random.default_rng(0), 2_000
    common = rng.normal(size=n)
    names = [f"C{k}" for k in range(6)]
    table = {name: common + rng.normal(size=n) for name in names}
    table |= {"X": rng.random(n) < 0.5, "Y": rng.normal(size=n)}
    graph = f"{', '.join(names)} -> X -> Y; {', '.join(names)} -> Y"
    (message,) = _warned(_program(graph, optimize=0), table)
    assert "and 12 more pairs are dependent" in message
    assert "add <-> C0, C1, C2, C3, C4, C5 to the graph, or arrows" in message
    assert idgen.ADMG.parse(f"{graph}; <-> C0, C1, C2, C3, C4, C5") is not None


def test_where_the_edge_leaves_no_answer_it_is_said() -> None:
    rng, n = np.random.default_rng(0), 2_000
    x = rng.normal(size=n)
    m = x + rng.normal(size=n)
    table = {"X": x, "M": m, "Y": m + x + rng.normal(size=n)}
    (message,) = _warned(_program("X -> M -> Y"), table)
    assert "X and Y given M (correlation" in message
    assert "add X <-> Y to the graph, or an arrow" in message  # the front door answers
    # Nothing could have an effect here: a hidden cause changes nothing, but an arrow does.
    (message,) = _warned(_program("X; Y"), table)
    assert "add X <-> Y to the graph, or an arrow, or" in message
    confounded = _program("X -> M -> Y; X <-> Y", "P(Y | do(X))")
    assert _warned(confounded, table) == []
    # A common cause in plain sight, which the graph has without any effect.
    (message,) = _warned(_program("X -> Y; Z"), {"X": x + m, "Y": m + rng.normal(size=n), "Z": m})
    assert "add <-> X, Y, Z" not in message
    assert "add X <-> Z; Y <-> Z to the graph, or arrows" in message
    table["W"] = table["M"] + rng.normal(size=n)
    (message,) = _warned(_program("X -> Y; W -> Y; X <-> M"), table | {"M": m})
    assert "(which leaves the query without an answer)" not in message


def test_several_queries_and_programs_by_hand() -> None:
    table = _table(DRAWN)
    graph = idgen.ADMG.parse(DRAWN)
    queries = [idgen.Query.parse(text) for text in ("P(Y | do(X))", "P(X | do(A))")]
    both = idgen.compile(queries, graph)
    assert _pairs(both, table) == [("A", "B")]  # X | do(A) takes B apart from A
    renamed = idgen.Program.parse(str(_program(DRAWN, optimize=0)).replace('"P(Y | do(X))"', '"by hand"'))
    assert _pairs(renamed, table) == [("A", "B")]


def test_what_cannot_be_tested_is_no_obstacle() -> None:
    program = _program(DRAWN, optimize=0)
    few = {name: values[:30] for name, values in _table(DRAWN).items()}
    assert contradictions_of(program, few) == ()
    vectors = _table(DRAWN) | {"B": np.random.default_rng(0).normal(size=(4_000, 2))}
    assert contradictions_of(program, vectors) == ()


def test_a_program_that_stays_with_the_edge_is_right_in_the_larger_graph() -> None:
    """The reason to say nothing, on pairs of random graphs, and the exact truth of models with the edge."""
    told = silent = needless = 0
    for seed, case in enumerate(islice(random_cases(41, (4, 6)), 120)):
        program = idgen.compile(case.query, case.graph)
        for a, b in combinations(program.graph.order, 2):
            if not m_separated(program.graph, [a], [b]):
                continue
            edges = {*case.graph.bidirected, *program.graph.bidirected}
            larger = idgen.ADMG(case.graph.directed, [*case.graph.bidirected, (a, b)], case.graph.order)
            assert (a, b) not in edges
            model = CausalModel.random(larger, seed)
            fitted = program.fit(model.observational(), backend="exact")
            right = fitted.kernel() == model.truth(case.query)  # type: ignore[attr-defined]
            posed = idgen.ADMG(program.graph.directed, [*program.graph.bidirected, (a, b)], program.graph.order)
            try:
                stays = idgen.compile(case.query, posed).operations == program.operations
            except idgen.NotIdentifiable:
                stays = False
            assert right or not stays, (case, a, b)
            silent += stays
            told += not stays
            needless += right and not stays
    assert silent > 100
    assert told > 20
    assert needless <= told // 8


@pytest.mark.parametrize("backend", ["null"])
def test_the_exact_backend_has_no_rows_to_look_at(backend: str) -> None:
    program = _program(DRAWN)
    with pytest.raises(idgen.DataError, match="check_graph"):
        program.fit(_table(DRAWN), backend="exact", check_graph=True)
    assert program.fit(_table(DRAWN), backend=backend) is not None


def test_many_pairs_are_advised_in_short_forms() -> None:
    graph = idgen.ADMG.parse("A; B; C; D; E; F")
    star = [("A", other) for other in "BCDEF"]
    assert _edges(graph, star) == "A <-> B, C, D, E, F"
    assert _edges(graph, [*star[:3], ("E", "F")]) == "A <-> B, C, D; E <-> F"
    assert _edges(graph, star[:2]) == "<-> A, B, C"
    assert _edges(idgen.ADMG.parse('"a b"; C'), [("a b", "C")]) == '"a b" <-> C'


def test_rows_with_weights_are_held_against_the_graph_as_the_law_that_they_stand_for() -> None:
    """A and B are independent, and not among rows that were drawn by both of them."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 40_000)) < 0.5
    y = rng.random(40_000) < 0.2 + 0.5 * b
    chance = np.where(a & b, 0.05, 0.5)
    drawn = rng.random(40_000) < chance
    table: dict[str, Any] = {
        "A": a[drawn],
        "B": b[drawn],
        "X": a[drawn] ^ (rng.random(int(drawn.sum())) < 0.2),
        "Y": y[drawn],
    }
    table["w"] = 1 / chance[drawn]
    program = _program("A -> X -> Y; B -> Y")
    plain, *_ = _warned(program, table)
    assert "B and A" in plain or "A and B" in plain
    assert _warned(program, table, weights="w") == []
    times = rng.integers(0, 3, len(table["w"]))
    often = _warned(program, table, weights=times, weights_are="frequency")
    assert len(often) == 1, "frequencies leave the law of the rows as it is"
    assert _warned(program, table, weights=table["w"], check_graph=False) == []


def test_weights_that_leave_too_few_rows_are_told() -> None:
    program, table = _program(DRAWN, optimize=0), _table(DRAWN)
    weights = np.r_[1e4, np.ones(3_999)]
    with pytest.warns(idgen.DataWarning, match="weights as uneven as these leave . of 4000 rows to test the graph by"):
        program.fit(table, backend="null", weights=weights)
