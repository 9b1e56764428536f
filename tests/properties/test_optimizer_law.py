"""The law of the project for the optimizer: whatever is rewritten or passed, the truth stays, as equal fractions."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given, settings

import idgen_compiler as idgen
from idgen_compiler import rewrites
from idgen_compiler.denote import denote
from idgen_compiler.estimand.nodes import Conditional
from idgen_compiler.estimand.tree import walk
from idgen_compiler.passes import PASSES, DropDead, Fuse, Pass, ResampleRows, Share
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.program import Program
from idgen_compiler.rewrites import REWRITES, pipeline
from tests.strategies import Case, cases, nested_cases, random_cases
from tests.truth import WAYS, Truth, lowered

STREAM = [Truth(case, seed) for seed, case in enumerate(islice(random_cases(20, (3, 6)), 48))]
"""Half plain, a quarter through line 7, a quarter grown around the napkin; made once for all tests below."""


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_each_rewrite_alone_keeps_the_law(rewrite: rewrites.Rewrite) -> None:
    for truth in STREAM:
        kernel = truth.case.identification.estimand.kernel
        for one in rewrite.variants(kernel):
            assert truth.of_kernel(one.apply(kernel)), (truth.case, one)


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_each_rewrite_fires_somewhere(rewrite: rewrites.Rewrite) -> None:
    """A rewrite that does nothing would pass the test of its law."""
    before = rewrites.Minimize().apply
    kernels = [truth.case.identification.estimand.kernel for truth in STREAM]
    tried = ((one, kernel) for kernel in (*kernels, *map(before, kernels)) for one in rewrite.variants(kernel))
    assert any(one.apply(kernel) is not kernel for one, kernel in tried)


@pytest.mark.parametrize("level", [1, 2])
def test_every_step_of_every_sequence_keeps_the_law(level: int) -> None:
    for truth in STREAM:
        for sequence in pipeline.LEVELS[level]:
            kernel = truth.case.identification.estimand.kernel
            for rewrite in sequence:
                kernel = rewrite.apply(kernel)
                assert truth.of_kernel(kernel), (truth.case, rewrite)


@pytest.mark.parametrize("registered", PASSES.values(), ids=PASSES)
def test_each_pass_alone_keeps_the_law(registered: Pass) -> None:
    for truth in STREAM:
        for level in (0, 2):
            for sequence in pipeline.LEVELS[level]:
                for ways in WAYS:
                    program = lowered(truth.case, sequence, ways)
                    for step in registered.variants(program):
                        new = step.apply(program).check()
                        for taken in ("regenerate", "reweight", "weigh"):
                            assert truth.of_program(new.realized(taken)), (truth.case, program)


@pytest.mark.parametrize("registered", PASSES.values(), ids=PASSES)
def test_each_pass_applied_twice_is_applied_once(registered: Pass) -> None:
    for truth in STREAM[::3]:
        for ways in WAYS:
            program = lowered(truth.case, (), ways)
            for step in registered.variants(program):
                new = step.apply(program)
                while (again := step.apply(new)) != new and registered.word == "fuse":
                    new = again  # what was put together may be put together with a third
                assert again == new


@pytest.mark.parametrize("registered", PASSES.values(), ids=PASSES)
def test_each_pass_fires_somewhere(registered: Pass) -> None:
    """A pass that does nothing would pass the test of its law."""
    programs = [lowered(truth.case, sequence) for truth in STREAM for sequence in ((), pipeline.LEVELS[1][0])]
    programs += [step.apply(program) for step in (Share(), ResampleRows()) for program in programs]
    programs += [DropDead().apply(program) for program in programs]
    assert any(step.apply(program) != program for program in programs for step in registered.variants(program))


def test_joint_models_keep_the_law() -> None:
    fused = 0
    for truth in STREAM:
        names = truth.case.graph.order
        step = Fuse(tuple(pairwise(names)))
        for level in (0, 1):
            program = lowered(truth.case, pipeline.LEVELS[level][0])
            new = step.apply(program).check()
            assert truth.of_program(new), (truth.case, new)
            fused += any(len(model.targets) > 1 for model in new.models)
    assert fused > 10


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("realize", ["regenerate", "reweight", "weigh"])
def test_compiled_programs_are_true_and_denote_true_estimands(level: int, realize: str) -> None:
    for truth in STREAM:
        program = idgen.compile(truth.case.query, truth.case.graph, optimize=level, realize=realize)  # type: ignore[arg-type]
        assert truth.of_program(program), (truth.case, program)
        (estimand,) = denote(program).values()
        assert truth.of_estimand(estimand), (truth.case, program)


def test_lowering_is_undone_by_denotation() -> None:
    """A hoisted estimand comes back as the same node."""
    for truth in STREAM:
        kernel = rewrites.Hoist().apply(truth.case.identification.estimand.kernel)
        (back,) = denote(lowered(truth.case, [rewrites.Hoist()])).values()
        if any(isinstance(node.of, Conditional) for node in walk(kernel) if isinstance(node, Conditional)):
            continue
        assert back.kernel is kernel or truth.case.query.conditions, truth.case
        assert truth.of_kernel(back.kernel)


def test_optimising_costs_less() -> None:
    literal = [idgen.compile(t.case.query, t.case.graph, optimize=0).cost for t in STREAM]
    optimal = [idgen.compile(t.case.query, t.case.graph).cost for t in STREAM]
    assert all(new.rank <= old.rank for old, new in zip(literal, optimal, strict=True))
    assert sum(c.models for c in optimal) < 0.75 * sum(c.models for c in literal)
    assert sum(c.regenerations for c in optimal) < 0.5 * sum(c.regenerations for c in literal)


def test_several_queries_share_one_set_of_models() -> None:
    for truth in STREAM[:16]:
        graph, query = truth.case.graph, truth.case.query
        other = idgen.Query(query.outcomes, query.treatments, ())
        try:
            idgen.identify(other, graph)
        except idgen.NotIdentifiable:
            continue
        if other == query:
            continue
        both = idgen.compile([query, other], graph)
        apart = [idgen.compile(q, graph) for q in (query, other)]
        assert len(both.models) <= sum(len(p.models) for p in apart)
        fitted = both.fit(truth.model.observational(), backend="exact")
        for asked in (query, other):
            assert fitted.kernel(str(asked)) == truth.model.truth(asked)  # type: ignore[attr-defined]


NESTED_STREAM = [Truth(case, seed) for seed, case in enumerate(islice(nested_cases(9), 16))]
"""Napkins inside napkins of 7 to 12 vertices, the first of which lowering once could not do."""


@pytest.mark.parametrize("truth", NESTED_STREAM, ids=lambda truth: str(truth.case))
def test_napkins_inside_napkins_are_compiled_exactly(truth: Truth) -> None:
    nested = False
    for level in (0, 1, 2):
        for realize in ("auto", "regenerate", "reweight", "weigh"):
            program = idgen.compile(truth.case.query, truth.case.graph, optimize=level, realize=realize)  # type: ignore[arg-type]
            for way in ("regenerate", "reweight", "weigh"):
                assert truth.of_program(program.realized(way)), (level, realize, way)
            nested |= any(law.reweight and law.reweight.data != "%obs" for law in program.laws)
            (estimand,) = denote(program).values()
            assert truth.of_estimand(estimand), (level, realize)
    assert nested or truth.case is not NESTED_STREAM[0].case


@settings(max_examples=25)
@given(cases())
def test_any_identifiable_query_is_compiled_exactly(case: Case) -> None:
    """Shrinks to the smallest graph and query that breaks the law."""
    truth = Truth(case, 0)
    for level in (0, 1, 2):
        program = idgen.compile(case.query, case.graph, optimize=level)
        assert truth.of_program(program)
        assert truth.of_program(program.realized("reweight"))
    for rewrite in REWRITES.values():
        assert truth.of_kernel(rewrite.apply(case.identification.estimand.kernel)), rewrite


def test_every_level_runs_its_passes_between_verifications() -> None:
    told: list[tuple[str, Program, Program]] = []
    truth = STREAM[1]
    program = lowered(truth.case)
    last = passes.run(program, passes.LEVELS[2], lambda name, old, new: told.append((name, old, new)))
    assert [name for name, _, _ in told] == [step.name for step in passes.LEVELS[2]]
    assert told[-1][2] is last
    assert told[0][1] == program


def test_a_fixed_vertex_lends_its_name_to_nothing_hidden() -> None:
    """W1 is set, and hidden again inside the law of X and Y: the two are not one."""
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y -> V1; X <-> W1 <-> Y")
    query = idgen.Query.parse("P(V1 | do(W2, W1), X)")
    truth = Truth(Case(graph, query), 391)
    kernel = idgen.identify(query, graph, exchange=False).estimand.kernel
    for sequence in (pipeline.LEVELS[1][0], *pipeline.LEVELS[2]):
        assert truth.of_kernel(pipeline.run(kernel, sequence))
    assert truth.of_program(idgen.compile(query, graph))
