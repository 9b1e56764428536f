"""Truth = program run = optimized program run = printed program read back and run, whatever is done, in any order.

Compiled programs go through random sequences of passes with random options, are realized in random ways law by law, and
are read back from text and JSON in between; after each step they are compared with the truth, as equal fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

import idgen_compiler as idgen
from idgen_compiler import rewrites
from idgen_compiler.cli import main
from idgen_compiler.denote import denote
from idgen_compiler.passes import PASSES, DropDead, Fuse, Pass, Renumber, ResampleRows, Share
from idgen_compiler.report.regenerations import reasons_of
from idgen_compiler.rewrites import pipeline
from idgen_compiler.verify import CausalModel
from tests.idgen_compiler.ir.programs import programs
from tests.strategies import Case, napkin_ladder, nested_cases, random_cases, random_query
from tests.truth import WAYS, Truth, lowered

REALIZATIONS = ("auto", "regenerate", "reweight", "weigh")


def sequence_cases(seed: int) -> Iterator[Case]:
    """Plain queries, queries through line 7, napkins inside napkins and ladders."""
    small, nested = random_cases(seed, (3, 6)), nested_cases(seed, (7, 8))
    for number in range(10**9):
        if number % 50 == 48:
            yield Case(*napkin_ladder(2 + number // 50 % 2), "ladder")
        yield next(nested if number % 6 == 5 else small)


def some_ways(random: Random, program: idgen.Program) -> dict[str, str]:
    """A way for each law and for each model that has one, for some none."""
    offered = (*program.laws, *(model for model in program.models if model.condition))
    return {op.result: random.choice(("regenerate", "reweight", "weigh", "")) for op in offered}


def some_pass(random: Random, program: idgen.Program) -> Pass:
    """A registered pass with options of its own, or a fusion of random groups."""
    step = random.choice([*random.choice([*PASSES.values()]).variants(program)])
    if not isinstance(step, Fuse) or random.random() < 0.5:
        return step
    names = list(program.graph.order)
    random.shuffle(names)
    size = random.randint(2, 3)
    return Fuse(tuple(tuple(names[k : k + size]) for k in range(0, len(names), size)))


def one_step(random: Random, program: idgen.Program) -> tuple[str, idgen.Program]:
    """What was done, and the program after it."""
    turn = random.random()
    if turn < 0.6:
        step = some_pass(random, program)
        return repr(step), step.apply(program).check()
    if turn < 0.72:
        ways = some_ways(random, program)
        return f"realized {ways}", program.realized(ways).check()
    read = idgen.Program.parse(str(program)) if turn < 0.86 else idgen.Program.from_json(program.to_json(None))
    assert read == program
    return "read back", read


def first_program(random: Random, case: Case) -> idgen.Program:
    """A compiled program, or the literal one after some sequence of rewrites."""
    if random.random() < 0.3:
        return lowered(case, random.choice(pipeline.LEVELS[random.randrange(3)]), random.choice([*WAYS]))
    level, realize = random.randrange(3), random.choice(REALIZATIONS)
    return idgen.compile(case.query, case.graph, optimize=level, realize=realize)  # type: ignore[arg-type]


def models_a_policy(program: idgen.Program) -> bool:
    """Whether a model is one of a variable that the law of its rows has as fixed, so that it denotes no estimand."""
    fixed = {law.result: set(law.law.fixed) for law in program.laws}
    return any(fixed.get(model.data, set()).intersection(model.targets) for model in program.models)


def run_sequence(case: Case, random: Random, counts: Counter[str]) -> None:
    """One program through one sequence; every step is compared."""
    truth = Truth(case, random.randrange(100))
    program, done = first_program(random, case), ["compiled"]
    for _ in range(random.randint(1, 7)):
        what, new = one_step(random, program)
        done.append(what)
        counts["changed by " + what.partition("(")[0].partition(" ")[0]] += new != program
        program = new
        counts["steps"] += 1
        assert truth.of_program(program), (case, done)
    for ways in (some_ways(random, program), "regenerate", "reweight", "weigh"):
        assert truth.of_program(program.realized(ways).check()), (case, done, ways)
    reasons_of(program)
    if not models_a_policy(program):
        (estimand,) = denote(program).values()
        assert truth.of_estimand(estimand), (case, done)
        counts["denoted"] += 1
    counts["programs"] += 1


def test_any_sequence_keeps_the_truth() -> None:
    counts: Counter[str] = Counter()
    random = Random(1)
    for case in islice(sequence_cases(1), 120):
        run_sequence(case, random, counts)
    assert all(counts[f"changed by {type(step).__name__}"] for step in PASSES.values()), counts
    assert counts["changed by realized"]
    assert counts["denoted"] > 100


def run_together(case: Case, random: Random, counts: Counter[str]) -> None:
    """Several queries on one graph as one program, realized in random ways, between random passes."""
    queries = [case.query]
    for _ in range(5):
        query = random_query(random, case.graph)
        if query not in queries and Case(case.graph, query).identifiable:
            queries.append(query)
    random.shuffle(queries)
    model = CausalModel.random(case.graph, random.randrange(100))
    truths = {str(query): model.truth(query) for query in queries}
    joint = [random.sample(case.graph.order, 2)] if random.random() < 0.3 else []
    program = idgen.compile(
        queries,
        case.graph,
        optimize=random.randrange(3),
        realize=random.choice(REALIZATIONS),  # type: ignore[arg-type]
        joint=joint,
    )
    for _ in range(2):
        for ways in ({}, some_ways(random, program)):
            fitted = program.realized(ways).check().fit(model.observational(), backend="exact")
            for query, truth in truths.items():
                assert fitted.kernel(query) == truth, (case, query, ways)  # type: ignore[attr-defined]
        if not models_a_policy(program):
            for query, estimand in denote(program).items():
                assert estimand.evaluate(model.observational()) == truths[query], (case, query)
        _, program = one_step(random, program)
    counts["programs"] += 1
    counts["queries"] += len(queries)
    counts["laws"] += len(program.laws)


def test_several_queries_through_any_sequence() -> None:
    counts: Counter[str] = Counter()
    random = Random(3)
    for case in islice(sequence_cases(3), 14):
        run_together(case, random, counts)
    assert counts["queries"] > 2 * counts["programs"]
    assert counts["laws"] > 5


def test_laws_found_in_projections_have_a_meaning_on_the_whole_graph() -> None:
    """The law of V2 after do(V3) was found without V1, whose value would cut a district."""
    graph = idgen.ADMG.parse(
        "V1 -> V2; V2 -> V3; V2 -> V4; V2 -> V5; V3 -> V5; V4 -> V5; V3 -> V6; V4 -> V6; V5 -> V6; "
        "V1 <-> V3; V1 <-> V4; V1 <-> V6; V3 <-> V5; V5 <-> V6"
    )
    queries = [idgen.Query.parse("P(V6 | do(V2), V4)"), idgen.Query.parse("P(V5 | do(V1))")]
    program = idgen.compile(queries, graph, realize="reweight")
    model = CausalModel.random(graph, 0)
    found = denote(program)
    for query in queries:
        assert found[str(query)].evaluate(model.observational()) == model.truth(query)


@settings(max_examples=25)
@given(programs())
def test_passes_keep_the_law_of_programs_that_were_written_by_hand(program: idgen.Program) -> None:
    """Every policy, several models of one thing, columns that nobody reads; only what rests on no law's type."""
    joint = CausalModel.random(program.graph, 3).observational()
    for way in ("", "regenerate", "reweight"):
        try:
            before = program.realized(way).check().fit(joint, backend="exact").kernels  # type: ignore[attr-defined]
        except idgen.DataError:  # a label that the model has not, or no row with a weight
            continue
        for step in (Share(), DropDead(), Renumber(), ResampleRows()):
            new = step.apply(program).check()
            assert step.apply(new) is new
            assert new is program or new != program
            after = new.realized(way).check().fit(joint, backend="exact").kernels  # type: ignore[attr-defined]
            assert after == before, step


@pytest.mark.parametrize("words", ["share,dead,renumber", "rows,dead,align,share,renumber", "fuse,share", "dead"])
def test_literal_programs_through_the_command_line(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    joint = ["--joint", "X,Y"] if "fuse" in words else []
    for seed, case in enumerate((Case(*napkin_ladder(2)), *islice(nested_cases(5, (7, 8)), 2))):
        truth = Truth(case, seed)
        program = idgen.compile(
            case.query, case.graph, optimize=0, realize=("regenerate", "reweight", "weigh")[seed % 3]
        )  # type: ignore[arg-type]
        for text, form in ((str(program), "ir"), (program.to_json(), "json")):
            file = tmp_path / "program"
            file.write_text(text, encoding="utf-8")
            assert main(["passes", str(file), "--run", words, *joint, "--emit", form]) == 0
            read = idgen.Program.parse if form == "ir" else idgen.Program.from_json
            assert truth.of_program(read(capsys.readouterr().out))


def test_rewrites_in_any_order_keep_the_truth_of_programs() -> None:
    """The rewrites of no level's sequence, twice and backwards, before lowering."""
    random = Random(4)
    for seed, case in enumerate(islice(sequence_cases(4), 24)):
        steps = random.choices([*rewrites.REWRITES.values()], k=random.randint(1, 6))
        truth = Truth(case, seed)
        for ways in ("regenerate", "either"):
            program = lowered(case, steps, ways)
            for taken in ("regenerate", "reweight", "weigh"):
                assert truth.of_program(program.realized(taken)), (case, steps)
