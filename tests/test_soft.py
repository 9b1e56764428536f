"""Queries with policies: refusals, printed programs, and a small count of what the benchmark `policies` counts."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.passes.registry import PASSES
from idgen_compiler.verify import CausalModel
from idgen_compiler.verify.policies import RandomPolicies
from tests.soft import ANSWERS, compared, soft_cases, soft_kinds

F = Fraction

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
FRONT_DOOR = "X -> M -> Y; X <-> Y"

PRINTED = (
    ("W -> X -> Y; W -> Y", "P(Y | do(X ~ pi(X | W)))"),
    ("W -> X -> Y; W -> Y", "P(Y, W | do(X = X + 1))"),
    (NAPKIN, "P(Y | do(X ~ pi))"),
    (FRONT_DOOR, "P(Y | do(X ~ pi(X | X)))"),
    (FRONT_DOOR, "P(M | do(X ~ pi), Y)"),
    ("A -> L -> B -> Y; A -> Y; L <-> Y", "P(Y | do(A ~ uniform, B ~ pi(B | L, A)))"),
)
"""Graph and query: a dynamic rule, a shift, a stochastic policy through line 7, a natural value, a law, a sequence."""


def test_answers_equal_the_truth() -> None:
    seen: set[str] = set()
    for k, case in enumerate(islice(soft_cases(seed=1), 24)):
        found = compared(case, seed=k)
        assert set(found) == set(ANSWERS)
        assert all(found.values()), f"{case}: {[name for name, equal in found.items() if not equal]}"
        seen.update(soft_kinds(case))
    assert {"conditional", "natural values", "policies that read", "napkins inside napkins", "through line 7"} <= seen


def test_printed_programs(golden: Callable[[str, str], None]) -> None:
    lines = []
    for graph, text in PRINTED:
        query, admg = idgen.Query.parse(text), idgen.ADMG.parse(graph)
        found = idgen.identify(query, admg)
        lines += [f"{query} in {graph}", str(found.estimand), found.estimand.latex(), str(found.trace)]
        for level in (0, 2):
            program = idgen.compile(query, admg, optimize=level)
            assert idgen.Program.parse(str(program)) == program
            assert idgen.Program.from_json(program.to_json()) == program
            lines.append(str(program))
        lines.append(program.to_mermaid())
    golden("policies/programs.txt", "\n".join(lines))


@pytest.mark.parametrize("name", PASSES)
def test_each_pass_alone_keeps_the_truth(name: str) -> None:
    for k, (graph, text) in enumerate(PRINTED):
        query, admg = idgen.Query.parse(text.replace("X = X + 1", "X ~ pi(X | X)")), idgen.ADMG.parse(graph)
        model = CausalModel.random(admg, k)
        policies = RandomPolicies.of(query, model.sizes, (k, 1))
        truth = model.truth(query, policies.tables)
        program = idgen.compile(query, admg, optimize=0)
        for step in PASSES[name].variants(program):
            changed = step.apply(program).check()
            sampler = changed.fit(model.observational(), backend="exact", policies=policies.named(changed))
            assert sampler.kernel(do=policies.laws()) == truth, f"{text} after {step}"  # type: ignore[attr-defined]


def test_verify_knows_policies() -> None:
    for graph, text in PRINTED:
        report = idgen.verify(idgen.Query.parse(text), idgen.ADMG.parse(graph), models=2)
        assert report.ok
        assert report.y0_verdict == "y0 has no queries with policies"


@pytest.mark.parametrize(
    ("graph", "text", "said"),
    [
        ("X -> M -> W -> Y", "P(Y | do(X ~ pi(X | W)))", r"X affects W, which its policy reads: X -> M -> W"),
        (
            "X -> W -> Y; A -> Y",
            "P(Y | do(X ~ p(X | A), A ~ q(A | W)))",
            r"X affects W, which its policy reads: X -> W",
        ),
        ("A, B -> Y", "P(Y | do(A ~ p(A | B), B ~ q(B | A)))", "need each other's value"),
        ("X -> Y", "P(Y | do(X ~ pi(X | Z)))", "among what draws X, unknown vertex 'Z'"),
        ("X -> Y", "P(Y | do(X ~ uniform(X | Y)))", "uniform policy of X reads nothing"),
        ("A, B -> Y", "P(Y | do(A ~ pi, B ~ pi))", "pi draws two treatments"),
        ("X -> Y", """P(Y | do(X ~ pi(X | "Z'")))""", "a prime at the end"),
    ],
)
def test_policies_that_make_no_sense(graph: str, text: str, said: str) -> None:
    with pytest.raises(idgen.QueryError, match=said):
        idgen.identify(idgen.Query.parse(text), idgen.ADMG.parse(graph))


@pytest.mark.parametrize(
    ("graph", "text", "hedge"),
    [
        ("X -> Y; X <-> Y", "P(Y | do(X ~ pi))", ("XY", "Y")),
        ("X -> Y; X <-> Y", "P(Y | do(X = X + 1))", ("XY", "Y")),
        ("X -> C -> Y; X <-> B <-> C; B -> Y", "P(Y | do(X ~ pi(X | X)))", ("BCX", "BC")),
        ("X -> Y; X <-> W <-> Y", "P(Y | do(X ~ pi(X | W)))", ("WXY", "WY")),
    ],
)
def test_what_is_not_identifiable_has_the_hedge(graph: str, text: str, hedge: tuple[str, str]) -> None:
    with pytest.raises(idgen.NotIdentifiable) as refused:
        idgen.identify(idgen.Query.parse(text), idgen.ADMG.parse(graph))
    assert refused.value.hedge == tuple(map(frozenset, hedge))


@pytest.mark.parametrize(
    ("graph", "text"),
    [
        ("V1; V2; V3; V4; V2 -> V3; V1 -> V4; V2 -> V4", "P(V4 | do(V1 ~ pi(V1 | V2)), V3)"),
        (
            "V1 -> V2 -> V3 -> V4; V1 -> V3 -> V5 <- V2; V1 <-> V2 <-> V4 <-> V5",
            "P(V4 | do(V3 ~ pi(V3 | V2)), V1)",
        ),
    ],
)
def test_what_a_policy_reads_comes_before_what_it_draws(graph: str, text: str) -> None:
    """The conditional of what is read names the treatment, on which it does not depend."""
    query, admg = idgen.Query.parse(text), idgen.ADMG.parse(graph)
    assert idgen.verify(query, admg, models=3).ok


def test_a_law_of_nothing_is_identified_where_one_that_reads_is_not() -> None:
    graph = idgen.ADMG.parse("X -> Y; X <-> W <-> Y")
    assert idgen.verify(idgen.Query.parse("P(Y | do(X ~ pi))"), graph, models=2).ok


def test_a_shift_moves_the_natural_value_exactly() -> None:
    """The natural X is mostly W's value, and Y depends on both, so that the shifted law is no other one."""
    natural = {0: (F(2, 3), F(1, 3), F(0)), 1: (F(1, 3), F(1, 3), F(1, 3))}
    table = np.full((2, 3, 2), F(0), dtype=object)
    for w, x in np.ndindex(2, 3):
        table[w, x] = [F(1, 2) * natural[w][x] * y for y in (1 - _odds(w, x), _odds(w, x))]
    joint = idgen.Joint(("W", "X", "Y"), table, labels={"X": (10, 11, 12)})
    query, graph = idgen.Query.parse("P(Y | do(X = X - 0), W)"), idgen.ADMG.parse("W -> X -> Y; W -> Y")
    sampler = idgen.compile(query, graph).fit(joint, backend="exact")
    kernel = sampler.kernel()  # type: ignore[attr-defined]
    assert kernel == _seen(table)
    with pytest.raises(idgen.DataError, match="moves a value that occurs onto no value of the variable"):
        sampler.kernel(do={"X": idgen.Shift(1)})  # type: ignore[attr-defined]
    down = idgen.Law({(x,): {max(x - 1, 10): 1} for x in (10, 11, 12)}, given="X")
    wanted = [sum(p * _odds(w, max(x - 1, 0)) for x, p in enumerate(natural[w])) for w in (0, 1)]
    assert sampler.kernel(do={"X": down}).table[:, 1].tolist() == wanted  # type: ignore[attr-defined]


def _odds(w: int, x: int) -> F:
    return F(1 + w + 2 * x, 8)


def _seen(table: np.ndarray) -> idgen.KernelTable:
    """P(Y | W)."""
    law = table.sum(axis=1)
    return idgen.KernelTable(("W",), ("Y",), law / law.sum(axis=1, keepdims=True))
