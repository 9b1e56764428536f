"""The stages of a compilation in writing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import idgen_compiler as idgen
from idgen_compiler.compile import explain
from idgen_compiler.ir.cost import Cost
from idgen_compiler.program import Program
from idgen_compiler.report.stages import describe_stages, saved

EXAMPLES = {
    "napkin": ("P(Y | do(X))", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"),
    "front-door": ("P(Y | do(X))", "X -> M -> Y; X <-> Y"),
    # A condition whose literal program regenerates twice.
    "conditional": ("P(Y | do(X), Q)", "X -> M -> Y; X <-> Y; M -> Q"),
    # Line 3 splits what elimination puts together again; one model is shared.
    "two-outcomes": ("P(X, Y | do(W2))", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_stages(name: str, golden: Callable[[str, str], None]) -> None:
    query, graph = EXAMPLES[name]
    compilation = explain(idgen.Query.parse(query), idgen.ADMG.parse(graph))
    golden(f"optimizer/{name}.txt", f"{query} in {graph}\n\n{describe_stages(compilation)}")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_stages_lead_from_the_literal_program_to_the_last(name: str, level: int) -> None:
    query, graph = idgen.Query.parse(EXAMPLES[name][0]), idgen.ADMG.parse(EXAMPLES[name][1])
    compilation = explain(query, graph, optimize=level)
    assert compilation.literal == idgen.compile(query, graph, optimize=0)
    assert compilation.stages[-1].program == compilation.program
    assert [Program.parse(str(stage.program)) for stage in compilation.stages] == [
        stage.program for stage in compilation.stages
    ]


def test_rewritten_estimands_read_like_a_textbook() -> None:
    compilation = explain(idgen.Query.parse("P(R | do(X))"), idgen.ADMG.parse("X -> S -> R; X <-> R"), optimize=1)
    assert str(compilation.estimand) == "Σ_s P(s | x) Σ_x' P(x') P(r | x', s)"


def test_what_was_saved() -> None:
    before = Cost(regenerations=1, reweightings=0, models=4, inputs=7, widest=3, depth=1, evaluations=1)
    after = Cost(regenerations=0, reweightings=0, models=4, inputs=5, widest=3, depth=2, evaluations=1)
    assert saved(before, after) == "regenerations 1 -> 0, inputs 7 -> 5, depth 1 -> 2"
    assert saved(before, before) == ""
