"""The referee's own parts: files come back as they went, tools may do anything, the judge knows distances."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.referee import judge, results
from tests.referee.adapters.formulas import Shares
from tests.referee.adapters.serve import read_question
from tests.referee.asking import Asked, served_by
from tests.referee.case import Answer, read_answer, write_case
from tests.referee.environments import NotInstallable, said_by_pip
from tests.referee.parts import Problem, discrete, real
from tests.referee.questions.discrete import Discrete, discrete_cases
from tests.referee.questions.pictures import attributes, picture_models, render
from tests.referee.questions.real import KINDS, models
from tests.referee.questions.scm import Model, World
from tests.referee.referee import ask_part
from tests.referee.tools import TOOLS, Tool

FAKE = '''
"""A tool that does what the test wants."""
import os, sys, time
import numpy as np
from serve import CannotAskError, RefusedError

def versions():
    return "fake 1"

def answer(case, columns, reply):
    print("a tool may print")
    with reply.clock("fit"):
        mean = columns["Y"].mean()
    for k, ask in enumerate(case["asks"]):
        reply.samples(k, {"Y": np.full(case["draws"], mean)})
    reply.contrast(1.0, 0.5, 1.5)

def refuses(case, columns, reply):
    raise RefusedError("I do not know")

def lacks(case, columns, reply):
    raise CannotAskError("no such words")

def fails(case, columns, reply):
    reply.contrast(1.0)
    raise KeyError("X")

def dies(case, columns, reply):
    os.abort()

def hangs(case, columns, reply):
    while True:
        pass

def lies(case, columns, reply):
    reply.samples(0, {"Y": np.array([np.nan])})
'''


@pytest.fixture(scope="module")
def problem() -> Problem:
    """One case with few rows."""
    first = next(problem for problem in real() if problem.case.kind == "steps")
    case = replace(first.case, draws=500)
    rows = {name: values[:300] for name, values in first.table().items()}
    return Problem(case, lambda: rows, first.judge)


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "fake.py").write_text(FAKE, "utf-8")
    return str(tmp_path)


def asked(problem: Problem, method: str, path: str, seconds: int = 20) -> Asked:
    with served_by(Path(sys.executable), f"fake:{method}", seconds, Path(path) / "scratch", path) as served:
        return served.ask(problem.case, problem.table())


def test_a_question_comes_back_as_it_went(problem: Problem, tmp_path: Path) -> None:
    pictures = {"P": np.arange(300 * 3 * 4, dtype=np.uint8).reshape(300, 3, 2, 2)}
    write_case(tmp_path, problem.case, {**problem.table(), **pictures})
    case, columns = read_question(tmp_path)
    assert case["query"] == {"outcomes": ["Y"], "treatments": ["X"], "conditions": []}
    assert case["rows"] == 300
    for name, values in {**problem.table(), **pictures}.items():
        assert columns[name].dtype == values.dtype
        np.testing.assert_array_equal(columns[name], values)


def test_an_answer_comes_back_with_time_and_memory(problem: Problem, path: str) -> None:
    found = asked(problem, "answer", path)
    assert found.answer.verdict == "answered"
    assert found.answer.contrast == (1.0, 0.5, 1.5)
    assert [len(law["Y"]) for law in found.answer.laws] == [500, 500]
    assert 0 <= found.answer.seconds["fit"] <= found.cpu
    assert found.memory > 10
    scores = problem.judge(found.answer)
    truths = [float(np.std(t)) for t in models()[1].truths]
    assert scores["W1"] > 0.5
    assert set(scores) == {"W1", "KS", "mean error", "worst W1", "error", "covered", "width"}
    assert scores["width"] == pytest.approx(2.0 / sum(truths))


@pytest.mark.parametrize(
    ("method", "verdict", "words"),
    [
        ("refuses", "refused", "I do not know"),
        ("lacks", "cannot ask", "no such words"),
        ("fails", "failed", "KeyError: 'X'"),
        ("dies", "failed", "ended by signal 6"),
        ("hangs", "failed", "TimeoutError: stopped after 1 processor seconds"),
        ("lies", "failed", "no answer that can be read: KeyError: 'ask 1'"),
    ],
)
def test_what_a_tool_does_is_said(problem: Problem, path: str, method: str, verdict: str, words: str) -> None:
    found = asked(problem, method, path, seconds=1 if method == "hangs" else 20).answer
    assert (found.verdict, found.words, found.laws, found.contrast) == (verdict, words, (), None)


def test_a_tool_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    here = served_by(Path(sys.executable), "absent_tool", 5, tmp_path)
    with pytest.raises(NotInstallable, match="ModuleNotFoundError: No module named 'absent_tool'"), here:
        pytest.fail("it was imported")


def test_what_has_a_result_is_not_asked_again(
    problem: Problem, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.referee.referee.ROOT", tmp_path)  # PYTHONPATH of a tool without an environment
    told: list[str] = []
    for _ in range(2):
        ask_part(Tool("fake", "fake", seconds=20), "real", tmp_path, tmp_path, [problem], told.append)
    had = results.results_of("fake", "real", tmp_path)
    assert len(told) == 1
    assert list(had) == [problem.case.name]
    assert had[problem.case.name]["versions"] == "fake 1"
    assert had[problem.case.name]["W1"] > 0


def test_an_answer_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    assert read_answer(tmp_path, 1).verdict == "failed"
    (tmp_path / "answer.json").write_text('{"verdict": "answered", "law": "samples"}', "utf-8")
    assert "FileNotFoundError" in read_answer(tmp_path, 1).words


def test_distances_are_those_of_shifted_laws() -> None:
    truth = np.sort(np.random.default_rng(0).normal(0, 2, 20_000))
    found = judge.distances(truth + 1.0, truth)
    assert found["W1"] == pytest.approx(1.0 / truth.std())
    assert found["mean error"] == pytest.approx(1.0 / truth.std())
    assert found["KS"] == pytest.approx(0.197, abs=0.01)  # 2 Phi(.25) - 1
    with pytest.raises(ValueError, match="1 of 2 samples"):
        judge.distances(np.array([0.0, np.inf]), truth)


def test_zeros_count_in_every_distance() -> None:
    truth = np.sort(np.r_[np.zeros(500), np.ones(500)])
    found = judge.distances(np.ones(10), truth)
    assert (found["W1"], found["KS"]) == (pytest.approx(1.0), pytest.approx(0.5))


def test_numbers_say_what_their_interval_holds() -> None:
    assert judge.number((1.0, 0.0, 2.0), 1.5, 0.5) == {"error": 1.0, "covered": True, "width": 4.0}
    assert judge.number((1.0, np.nan, np.nan), 1.5, 0.5) == {"error": 1.0}
    assert judge.number(None, 1.5, 0.5) == {}


def test_sixty_models_differ_and_fill_their_graphs() -> None:
    assert len({model.name for model in models()}) == 5 * len(KINDS) == 60
    first = {model.kind: model.table() for model in models()[:12]}
    for model in models()[:12]:
        assert set(first[model.kind]) == set(model.case.graph.order)
        assert len({str(ask) for ask in model.case.asks}) == len(model.case.asks) >= 2
    again = next(model for model in models() if model.kind == "steps").table()
    np.testing.assert_array_equal(again["Y"], first["steps"]["Y"])


def _model(kind: str) -> Model:
    return next(model for model in models() if model.kind == kind)


def test_the_truth_of_a_condition_is_that_of_units_near_it() -> None:
    model = _model("given")
    (ask, *_) = model.case.asks
    world = World(np.random.default_rng(5), 800_000, ask.do)
    model.unfold(world)
    near = np.abs(world.columns["Z"] - ask.given["Z"]) < 0.02
    assert near.sum() > 1_000
    assert model.truths[0].mean() == pytest.approx(world.columns["Y"][near].mean(), abs=0.04)
    assert model.truths[0].std() == pytest.approx(world.columns["Y"][near].std(), rel=0.05)


def test_the_truth_is_not_what_rows_with_the_treatment_show() -> None:
    model = _model("zeros")
    rows = model.table()
    shares = [np.mean(truth == 0) for truth in model.truths]
    assert all(0.1 < share < 0.9 for share in shares)
    assert abs(np.mean(rows["Y"][rows["X"] == 1] == 0) - shares[1]) > 0.01


@pytest.fixture(scope="module")
def some() -> list[Discrete]:
    return list(islice(discrete_cases(40), 40))


def test_every_fifth_query_is_not_identifiable(some: list[Discrete]) -> None:
    assert [one.queried.identifiable for one in some] == [k % 5 != 4 for k in range(40)]
    for one in some:
        assert one.law(0).sum() == pytest.approx(1.0)
        assert one.case.contrast == (1, 0)
        assert one.case.as_record()["graph"]["nodes"] == list(one.queried.graph.order)


def test_the_plug_in_is_near_where_there_is_an_answer(some: list[Discrete]) -> None:
    off = [judge.total_variation(one.floor(k), one.law(k)) for one in some if one.identifiable for k in range(2)]
    assert np.median(off) < 0.02


def test_formulas_are_evaluated_on_shares(some: list[Discrete]) -> None:
    one = next(one for one in some if len(one.case.graph) >= 3 and one.identifiable)
    rows = one.table()
    shares = Shares(one.case.as_record(), dict(rows))
    a, b, c = shares.names[:3]
    adjusted = shares.summed(shares.probability([c], [a, b]) * shares.probability([a]), [a])
    law = shares.law(adjusted, [c], {b: 0})
    rate = [
        sum(np.mean(rows[c][(rows[a] == k) & (rows[b] == 0)] == v) * np.mean(rows[a] == k)
            for k in range(one.case.levels[a]) if ((rows[a] == k) & (rows[b] == 0)).any())
        for v in range(one.case.levels[c])
    ]  # fmt: skip
    np.testing.assert_allclose(law, rate, atol=1e-6)
    counted = shares.summed(shares.one(), [a])
    assert counted.ravel() == pytest.approx(one.case.levels[a])  # a sum over what is not there counts its levels


def test_the_judge_reads_what_was_drawn() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 9, 3_000)
    np.testing.assert_array_equal(attributes(render(codes, rng)), codes)


def test_twelve_questions_with_pictures() -> None:
    cases = [model.case for model in picture_models()]
    assert len({case.name for case in cases}) == 12
    model = next(picture_models())
    assert model.law(0).sum() == pytest.approx(1.0)
    assert judge.total_variation(model.floor(0), model.law(0)) < 0.06


def test_this_compiler_answers_as_any_tool_does(tmp_path: Path) -> None:
    problems = {problem.case.kind: problem for problem in islice(discrete(), 5)}
    wanted = [problems["napkin"], problems["not identifiable"]]
    ask_part(TOOLS["idgen"], "discrete", tmp_path, tmp_path, wanted, lambda _: None)
    named, hedged = (results.results_of("idgen", "discrete", tmp_path)[problem.case.name] for problem in wanted)
    assert named["verdict"] == "answered"
    assert named["TV"] < named["floor"] + 0.02
    assert hedged["verdict"] == "refused"
    assert "not identifiable" in hedged["words"]


def test_pip_speaks_without_places() -> None:
    said = "WARNING: retrying\nERROR: Could not find a version (from versions: none)\nERROR: No matching distribution\n"
    assert said_by_pip(said) == "Could not find a version (from versions: none); No matching distribution"


def test_answers_of_another_shape_are_failures() -> None:
    with pytest.raises(ValueError, match="in the place of"):
        judge.total_variation(np.ones(3), np.ones(2))
    found: Mapping[str, object] = next(discrete()).judge(Answer("answered"))
    assert "TV" not in found
