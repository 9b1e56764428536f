"""The text is the program: whatever a compiled program does, the one that is read back from its text does too."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.denote import meaning_of
from idgen_compiler.estimand.nodes import Law
from idgen_compiler.passes import PASSES, Fuse
from idgen_compiler.report.regenerations import reasons_of
from tests.strategies import NAPKIN, Case, cases, nested_cases, random_cases

STREAM = [*islice(random_cases(27, (4, 6)), 40), *islice(nested_cases(27), 12)]


def compiled(case: Case) -> Iterator[idgen.Program]:
    for level in (0, 1, 2):
        for realize in ("auto", "regenerate", "reweight", "weigh"):
            yield idgen.compile(case.query, case.graph, optimize=level, realize=realize)  # type: ignore[arg-type]


def again(program: idgen.Program) -> Iterator[idgen.Program]:
    yield idgen.Program.parse(str(program))
    yield idgen.Program.from_json(program.to_json())


def same(program: idgen.Program, read: idgen.Program) -> bool:
    """Whether two programs print, draw, mean, explain and optimize the same."""
    ours, theirs = meaning_of(program), meaning_of(read)
    return (
        program == read
        and str(program) == str(read)
        and program.to_dot() == read.to_dot()
        and program.to_mermaid() == read.to_mermaid()
        and program.cost == read.cost
        and program.schedule == read.schedule
        and ours == theirs
        and reasons_of(program) == reasons_of(read)
        and all(program.law_of(op.result) == read.law_of(op.result) for op in program.laws)
        and all(program.realized(way) == read.realized(way) for way in ("regenerate", "reweight", "weigh"))
    )


@pytest.mark.parametrize("case", STREAM, ids=str)
def test_what_is_read_back_is_the_same_program(case: Case) -> None:
    for program in compiled(case):
        for read in again(program):
            assert same(program, read)


@pytest.mark.parametrize("registered", PASSES.values(), ids=PASSES)
def test_passes_do_the_same_to_what_is_read_back(registered: Any) -> None:
    for case in STREAM[::2]:
        for program in compiled(case):
            read = idgen.Program.parse(str(program))
            for step in registered.variants(program):
                assert step.apply(read) == step.apply(program), case


def test_models_are_put_together_alike_in_all_of_the_catalog() -> None:
    identifiable = [entry for entry in ENTRIES if entry.identifiable]
    assert len(identifiable) > 80
    for entry in identifiable:
        program = idgen.compile(entry.parsed_query(), entry.parsed_graph(), optimize=1)
        read = idgen.Program.parse(str(program))
        for pair in combinations(program.observe.variables, 2):
            assert Fuse((pair,)).apply(read) == Fuse((pair,)).apply(program)


def test_the_smallest_graph_on_which_fusing_used_to_differ() -> None:
    graph = idgen.ADMG.parse("A -> Y; B -> Y; X -> Y; A -> X; B -> X")
    program = idgen.compile(idgen.Query("Y", "X"), graph, optimize=1)
    step = Fuse((("A", "B"),))
    assert step.apply(idgen.Program.parse(str(program))) == step.apply(program) != program


def test_laws_have_the_graphs_of_their_types() -> None:
    """What is computed from the graph and the types is what identification found."""
    seen = 0
    for case in STREAM:
        for program in compiled(case):
            meaning = meaning_of(program)
            for op in program.laws:
                law = meaning.laws[op.result]
                assert isinstance(law, Law)
                if set(law.targets) == set(op.law.targets):
                    assert law.graph == program.law_of(op.result), (case, op)
                    seen += 1
    assert seen > 200


def test_several_queries_keep_the_graphs_of_their_laws() -> None:
    """A law that was found in a projection says so in its type."""
    for case in STREAM[::3]:
        other = idgen.Query(case.query.outcomes, case.query.treatments)
        if other == case.query or not Case(case.graph, other).identifiable:
            continue
        program = idgen.compile([case.query, other], case.graph)
        for read in again(program):
            assert same(program, read)


@settings(max_examples=25)
@given(cases())
def test_any_program_is_read_back(case: Case) -> None:
    for program in compiled(case):
        assert all(same(program, read) for read in again(program))


def test_fits_are_the_same(tmp_path: Path) -> None:
    """The ways that the data choose, the models, the samples and the saved files."""
    pytest.importorskip("torch")
    random = np.random.default_rng(0)
    a, b = random.random((2, 4000)) < 0.5
    w1 = (random.random(4000) < 0.2 + 0.3 * a + 0.3 * b).astype(int)
    x = (random.random(4000) < 0.2 + 0.3 * a).astype(int)
    y = (random.random(4000) < 0.2 + 0.3 * x + 0.3 * b).astype(int)
    independent, copied = random.integers(0, 2, 4000), np.where(np.arange(4000) % 50 == 0, 1 - w1, w1)
    for name, w2 in (("reweight", independent), ("regenerate", copied)):
        data = {"W1": w1, "W2": w2, "X": x, "Y": y}
        program = idgen.compile(idgen.Query("Y", "X"), NAPKIN)
        files = []
        for number, each in enumerate((program, *again(program))):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", idgen.OverlapWarning)
                sampler: Any = each.fit(data, progress=False, device="cpu", rows_factor=1.0)
            assert [choice.chosen for choice in sampler.report().choices] == [name]
            sampler.save(tmp_path / f"{name}{number}")
            folder = sorted((tmp_path / f"{name}{number}").iterdir())
            files.append([(path.name, path.read_bytes()) for path in folder])
        assert files[0] == files[1] == files[2]
