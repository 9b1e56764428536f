"""The models' effects are what simulation says, and other tools are asked and heard as they should be."""

from __future__ import annotations

import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import idgen_compiler as idgen
from tests.benchmarks.effects import here, lalonde, oracle, runner
from tests.benchmarks.effects.discrete import discrete_questions
from tests.benchmarks.effects.models import MODELS, Model
from tests.benchmarks.effects.runner import Answer, Columns, Peer, Question
from tests.benchmarks.effects.scores import scored

models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
needs_lalonde = pytest.mark.skipif(lalonde.data_folder() is None, reason="needs the LaLonde data; set IDGEN_DATA")

PEER = """
def double(columns, question):
    if question["treatments"] != ["X"]:
        raise KeyError("no X")
    return columns["Y"].mean() * 2, [0.0], float("nan")

METHODS = {"double": double}
"""


def asked_of(name: str, count: int) -> list[tuple[Question, Columns]]:
    model = MODELS[name]
    return [(Question.of(model), model.data(40, seed)) for seed in range(count)]


@models
def test_the_truth_is_that_of_a_simulation(model: Model) -> None:
    value, error = model.simulated(400_000, seed=11)
    assert error < 0.0015
    assert value == pytest.approx(model.truth, abs=4 * error)


@models
def test_the_influence_function_has_the_effect_as_its_mean(model: Model) -> None:
    (found,) = oracle.oracle_answers(model.name, [model.data(40_000, seed=17)])
    se = (found.high - found.low) / 3.92
    assert se < 0.03
    assert found.value == pytest.approx(model.truth, abs=3.5 * se)


def test_constant_nuisances_are_those_of_the_estimate() -> None:
    """Both constant: what is left is the difference of means, which confounding moves."""
    asked = asked_of("back-door", 1)
    blind = [here.answers_here(method, asked)[0] for method in here.BLINDED]
    (plain,), (own,) = (here.answers_here(method, asked) for method in ("no adjustment", "idgen"))
    with here.blinded("regression"), here.blinded("propensity"):
        (both,) = here.answers_here("idgen", asked)
    assert both.value == pytest.approx(plain.value, abs=1e-2)
    assert len({one.value for one in (*blind, own, both)}) == 4


def test_answers_that_a_file_has_are_not_asked_again(tmp_path: Path) -> None:
    asked, keep = asked_of("back-door", 3), tmp_path / "kept.jsonl"
    first = here.answers_here("no adjustment", asked[:2], keep)
    assert here.answers_here("no adjustment", asked, keep)[:2] == first
    assert len(keep.read_text("utf-8").splitlines()) == 3


@models
def test_the_effect_is_identified_and_confounded(model: Model) -> None:
    query = idgen.Query("Y", model.treatments)
    assert idgen.identify(query, idgen.ADMG.parse(model.graph)).query == query
    (found,) = here.answers_here("no adjustment", [(Question.of(model), model.data(50_000, seed=3))])
    assert found.low - model.truth > 2 * (found.high - found.low)


@models
def test_rows_are_those_of_the_seed_and_of_the_graph(model: Model) -> None:
    first, again, other = model.data(50, 1), model.data(50, 1), model.data(50, 2)
    assert set(first) == set(idgen.ADMG.parse(model.graph).order)
    assert all((first[name] == again[name]).all() for name in first)
    assert not (first["Y"] == other["Y"]).any()
    assert all(set(np.unique(first[name])) == {0, 1} for name in model.treatments)


def test_the_back_door_set_closes_the_back_doors() -> None:
    """Weights by the model's own chances of treatment, which only the covariates decide, give the effect."""
    model = MODELS["back-door"]
    data = model.data(400_000, seed=5)
    z = [data[name] for name in model.adjust]
    chance = 1 / (1 + np.exp(-(0.6 * z[0] + 0.7 * np.sin(1.5 * z[1]) - 0.4 * z[2] + 0.4 * z[3] * z[4])))
    x, y = data["X"], data["Y"]
    terms = y * (x / chance - (1 - x) / (1 - chance))
    assert terms.mean() == pytest.approx(model.truth, abs=4 * terms.std() / np.sqrt(len(y)))


def test_discrete_truths_are_what_the_estimands_say() -> None:
    questions = list(discrete_questions(24, seed=4))
    for one in questions:
        found = one.case.identification.estimand.evaluate(one.joint)
        axis = found.targets.index(one.outcome)
        laws = (found.at(**do, **one.given) for do in (one.do, one.versus))
        shares = [np.sum(np.take(law, one.value, axis)) for law in laws]
        assert one.share == shares[0]
        assert one.difference == shares[0] - shares[1]
        assert all(one.do[x] != one.versus[x] for x in one.case.query.treatments)
    assert sum(bool(one.given) for one in questions) >= 3
    assert sum(one.case.visits_line_7 for one in questions) >= 6
    assert sum(one.difference != 0 for one in questions) >= 8


def test_rows_of_a_discrete_question_follow_its_joint() -> None:
    one = next(discrete_questions(1, seed=4))
    rows = one.rows(200_000, seed=1)
    name = one.joint.variables[0]
    law = one.joint.table.sum(axis=tuple(range(1, one.joint.table.ndim))).astype(float)
    assert np.bincount(rows[name]) / 200_000 == pytest.approx(law, abs=0.006)


def test_lines_become_answers() -> None:
    text = '{"table": 3, "method": "a", "value": 1, "low": 0.5, "high": NaN, "seconds": 2}\n'
    text += '{"table": 4, "method": "a", "error": "ValueError: no", "seconds": 1.5}\n'
    first, second = runner.answers_of(text)
    assert (first.value, first.low, first.seconds, first.error) == (1.0, 0.5, 2.0, "")
    assert math.isnan(first.high)
    assert (second.table, second.error, second.seconds) == (4, "ValueError: no", 1.5)
    assert math.isnan(second.value)


@pytest.mark.parametrize(
    "line", ['{"table": 3}', "warning: something", "[1]", '{"table": 0, "method": "a", "low": "x"}']
)
def test_a_line_that_is_no_answer_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no answer"):
        list(runner.answers_of('{"table": 0, "method": "a"}\n' + line))


def test_without_environments_nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        monkeypatch.delenv("IDGEN_PEERS", raising=False)
        if folder is not None:
            monkeypatch.setenv("IDGEN_PEERS", str(folder))
        assert not any(runner.ask(peer, "any", asked_of("napkin", 1)) for peer in runner.PEERS)


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Peer:
    """A tool with an environment of its own, which is this one behind a script."""
    scripts, python = tmp_path / "scripts", tmp_path / "doubler" / "bin" / "python"
    scripts.mkdir()
    shutil.copy(runner.SCRIPTS / "serve.py", scripts)
    (scripts / "doubler_peer.py").write_text(PEER, encoding="utf-8")
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(runner, "SCRIPTS", scripts)
    monkeypatch.setenv("IDGEN_PEERS", str(tmp_path))
    return Peer("doubler", "doubler_peer", {})


def test_a_peer_answers_each_table_once(peer: Peer, tmp_path: Path) -> None:
    means = [2 * columns["Y"].mean() for _, columns in asked_of("napkin", 3)]
    keep = tmp_path / "kept.jsonl"
    first = runner.ask(peer, "double", asked_of("napkin", 2), keep)
    assert [answer.value for answer in first] == means[:2]
    lines = keep.read_text("utf-8").splitlines()
    keep.write_text("\n".join(json.dumps({**json.loads(line), "value": 7}) for line in lines) + "\n", encoding="utf-8")
    again = runner.ask(peer, "double", asked_of("napkin", 3), keep)
    assert [answer.value for answer in again] == [7, 7, means[2]]
    assert [answer.table for answer in again] == [0, 1, 2]
    assert all(answer.low == 0 and math.isnan(answer.high) for answer in again)


def test_what_a_peer_refuses_is_heard(peer: Peer) -> None:
    (answer,) = runner.ask(peer, "double", asked_of("two stages", 1))
    assert answer.error == "KeyError: 'no X'"


def test_a_peer_that_breaks_down_is_an_error(peer: Peer) -> None:
    with pytest.raises(RuntimeError, match=r"doubler failed: (?s:.*)halve"):
        runner.ask(peer, "halve", asked_of("napkin", 1))


def test_scores_count_refusals_as_not_covered() -> None:
    answers = [Answer("a", 0, 1.0, 0.0, 2.0, 1.0), Answer("a", 1, 3.0, 2.5, 3.5, 3.0), Answer("a", 2, error="no")]
    row = scored(answers, truth=1.5)
    assert (row["tables"], row["answered"], row["said"]) == (3, 2, "no")
    assert str(row["coverage"]).startswith("33.3%")
    assert (row["width"], row["rmse"], row["CPU s"]) == ("1.500", "1.118", "2.00")
    assert str(row["bias"]).startswith("+0.500")
    for truths in ([0.5, 4.0], [0.5, 4.0, 1.0, 1.0]):
        assert scored(answers[:2], truths)["coverage"] == "50.0% ± 35.4%"
    assert scored(answers[2:], truth=1.5) == {"tables": 1, "answered": 0, "said": "no"}


@needs_lalonde
def test_the_survey_is_far_from_the_experiment() -> None:
    folder = lalonde.data_folder()
    assert folder is not None
    assert lalonde.experiment(folder) == pytest.approx((1794.34, 671.0), abs=0.01)
    rows = lalonde.observational(folder)
    assert (len(rows), rows.X.sum()) == (16_177, 185)
    (naive,) = here.answers_here("no adjustment", [(lalonde.QUESTION, lalonde.columns_of(rows))])
    assert naive.value == pytest.approx(-8497.5, abs=0.1)
    near = lalonde.overlapping(rows)
    assert 120 < near.X.sum() < 185
    assert len(near) < 1000
