"""Prediction intervals: real rows weighed to the asked law, and intervals that hold fresh draws as they say."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import DataError
from idgen_compiler.estimates.measures import Asking
from idgen_compiler.hinge.question import Question
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.running.estimates.conformal.quantiles import ends, likely_labels, upper
from idgen_torch.running.estimates.conformal.weighed import weighed
from idgen_torch.running.estimates.onestep.functions import Made
from idgen_torch.tensors import decoded
from tests.benchmarks.bench_conformal import TASKS, back_door, covered

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
FRONT_DOOR = "X -> M -> Y; X <-> Y"
BACK_DOOR = "Z -> X -> Y; Z -> Y"


def asked(query: str, graph: str, data: Any, types: Any = None, realize: Any = "regenerate") -> TorchSampler:
    """A sampler that has trained nothing yet."""
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), realize=realize)
    found = TorchBackend().fit(program, data, device="cpu", progress=False, train="asked", types=types, seed=0)
    assert isinstance(found, TorchSampler)
    return found


def rows(n: int = 500, seed: int = 0) -> dict[str, Any]:
    return back_door(n, np.random.default_rng(seed), None)


LABELS = {"X": "categorical"}


@pytest.fixture(scope="module")
def by_z() -> TorchSampler:
    return asked("P(Y | do(X), Z)", BACK_DOOR, rows(), LABELS)


# -- quantiles of weighed rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["ends", "upper"])
def test_weights_that_are_known_hold_a_new_row_as_often_as_they_say(way: str) -> None:
    rng, held, repeats = np.random.default_rng(1), 0, 3000
    for _ in range(repeats):
        x = rng.random(60)
        y, weights = x + 0.1 * rng.normal(size=60), 2 * x
        new = np.sqrt(rng.random())  # of density 2 x
        value = new + 0.1 * rng.normal()
        low, high = ends(y, weights, 2 * new, 0.8) if way == "ends" else (-np.inf, upper(y, weights, 2 * new, 0.8))
        held += low <= value <= high
    assert 0.8 - 3 * 0.4 / repeats**0.5 < held / repeats < 0.84


def test_equal_weights_leave_equal_tails_and_ties_stay_inside() -> None:
    rng = np.random.default_rng(2)
    y = rng.permutation(np.arange(99.0))
    assert ends(y, np.ones(99), 1.0, 0.9) == (4.0, 94.0)
    assert ends(np.repeat([1.0, 2.0, 3.0], [1, 97, 1]), np.ones(99), 1.0, 0.9) == (2.0, 2.0)


def test_a_mass_at_one_end_is_not_odd() -> None:
    y = np.r_[np.zeros(60), np.arange(1.0, 40.0)]
    assert ends(y, np.ones(99), 1.0, 0.9)[0] == 0.0
    assert 30 <= ends(y, np.ones(99), 1.0, 0.9)[1] <= 36


def test_a_new_row_that_may_weigh_more_than_is_left_out_leaves_no_ends() -> None:
    assert ends(np.arange(9.0), np.ones(9), 2.0, 0.9) == (-np.inf, np.inf)
    assert upper(np.arange(9.0), np.ones(9), 2.0, 0.9) == np.inf
    assert likely_labels(np.array([0.6, 0.4]), 0.5, 0.9, "ab") == ("a", "b")


# -- real rows in the place of draws ----------------------------------------------------------------------------------


def napkin_labels(n: int) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    a, b = rng.random((2, n))
    w1 = (a + b + 0.4 * rng.normal(size=n) > 1).astype(int)
    w2 = (rng.random(n) < 0.15 + 0.7 * w1).astype(int)
    x = (rng.random(n) < 0.1 + 0.7 * w2 + 0.1 * a).astype(int)
    y = np.digitize(0.5 * x + 1.5 * b + 0.3 * rng.normal(size=n), [0.6, 1.3])
    return {"W1": w1, "W2": w2, "X": x, "Y": y}


@pytest.mark.parametrize("realize", ["regenerate", "reweight"])
def test_rows_behind_a_law_have_the_law_that_the_closed_form_says(realize: Any) -> None:
    data = napkin_labels(2000)
    sampler = asked("P(Y | do(X))", NAPKIN, data, dict.fromkeys(data, "categorical"), realize=realize)
    answerer = sampler._answering()
    estimator = answerer.learned(sampler.program, Asking(folds=2), None)
    question = Question.of(sampler.program, 1, {"X": 1}, None, 0)
    found = weighed(estimator, estimator.study(question), "Y")
    shares = np.bincount(data["Y"], weights=found.weights) / found.weights.sum()
    want = sampler.estimate_law("Y", do={"X": 1}).values
    seen = np.bincount(data["Y"][data["X"] == 1]) / (data["X"] == 1).sum()
    assert np.abs(shares - want).max() < 0.02 < np.abs(seen - want).max()
    assert (found.weights[data["X"] == 0] == 0).all()
    assert found.effective_rows < (data["X"] == 1).sum()


def test_a_weight_that_reads_more_than_the_outcomes_model_is_averaged() -> None:
    """E[Z | Y1, Y2] under do(X = 1), where Z is no input of Y2 ~ P(Y2 | Y1)."""
    rng = np.random.default_rng(8)
    z = rng.normal(size=1000)
    x = (rng.random(1000) < 0.5).astype(int)
    y1 = z + x + rng.normal(size=1000)
    data = {"Z": z, "X": x, "Y1": y1, "Y2": y1 + 0.3 * rng.normal(size=1000)}
    sampler = asked("P(Y1, Y2 | do(X))", "X -> Y1; Z -> Y1 -> Y2; Z -> X", data, LABELS)
    estimator = sampler._answering().learned(sampler.program, Asking(folds=2), None)
    study = estimator.study(Question.of(sampler.program, 1, {"X": 1}, None, 0))
    term = next(each for each in study.terms if "Y2" in each.slots)
    assert "Z" not in term.inputs
    kind = sampler.schema["Z"]
    f = Made(frozenset({"Z"}), lambda frame: decoded(kind, frame.slots["Z"], frame.count)[:, None])
    found = study.seen_from(term, f).at(study.data(term.data).frame)[:, 0]
    slope, level = np.polyfit(y1, found, 1)
    assert slope == pytest.approx(0.5, abs=0.12)  # Z | Y1 = 1/2 (Y1 - 1)
    assert level == pytest.approx(-0.5, abs=0.15)


def test_an_interval_of_the_front_door_holds_what_is_done_and_not_what_is_seen() -> None:
    share, _, seen, _, effective = covered(TASKS["front-door"], 700, 0)
    assert 0.87 < share < 0.96
    assert seen < 0.85
    assert 50 < effective < 700


# -- at conditions ----------------------------------------------------------------------------------------------------


def test_intervals_at_conditions_hold_fresh_draws_and_follow_the_spread(by_z: TorchSampler) -> None:
    fresh = back_door(4000, np.random.default_rng(5), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", idgen.OverlapWarning)
        found = by_z.predict_interval("Y", do={"X": 1}, given={"Z": fresh["Z"]})
    assert found.low.shape == found.high.shape == (4000,)
    assert 0.85 < found.holds(fresh["Y"]).mean() < 0.97
    near = np.abs(fresh["Z"]) < 0.3
    assert found.width[near].mean() < 0.7 * found.width[~near].mean()
    again = by_z.predict_interval("Y", do={"X": 1}, given={"Z": fresh["Z"][:2]})
    one = by_z.predict_interval("Y", do={"X": 1}, given={"Z": float(fresh["Z"][1])})
    assert np.array_equal(again.low, found.low[:2])
    assert one.low == pytest.approx(found.low[1])
    assert one.rows is None


def test_where_no_rows_lie_is_told(by_z: TorchSampler) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = by_z.predict_interval("Y", do={"X": 1}, given={"Z": [0.0, 40.0]})
    assert any(text.startswith("1 of 2 asked rows have Z where no row") for text in found.warnings)
    said = [str(each.message) for each in told]
    assert set(found.warnings) <= set(said)
    assert len(said) == len(set(said)) == 2


def test_a_condition_that_the_outcomes_model_does_not_read() -> None:
    rng, n = np.random.default_rng(6), 800

    def made(z: Any, x: Any, u: Any) -> tuple[Any, Any]:
        m = 0.7 * x + 2 * z + 0.9 * rng.normal(size=len(z))
        return m, 2 * m + u + 0.3 * rng.normal(size=len(z))

    z, u = rng.integers(2, size=n), rng.normal(size=n)
    x = (rng.random(n) < 1 / (1 + np.exp(-u))).astype(int)
    m, y = made(z, x, u)
    types = {"X": "categorical", "Z": "categorical"}
    sampler = asked("P(Y | do(X), Z)", "X -> M -> Y; X <-> Y; Z -> M", {"Z": z, "X": x, "M": m, "Y": y}, types)
    assert "Z" not in sampler.program.samplers[0].network.statements[-1].inputs
    found = sampler.predict_interval("Y", do={"X": 1}, given={"Z": [0, 1]})
    for k in (0, 1):
        _, fresh = made(np.full(2000, k), 1, rng.normal(size=2000))
        assert 0.8 < np.mean((fresh >= found.low[k]) & (fresh <= found.high[k])) < 0.99
    assert found.low[1] - found.low[0] == pytest.approx(4, abs=1.5)


# -- labels -----------------------------------------------------------------------------------------------------------


def test_sets_of_labels() -> None:
    data = rows(600)
    data["Y"] = np.array(["low", "mid", "high"])[np.digitize(data["Y"], [-0.5, 1.0])]
    sampler = asked("P(Y | do(X))", BACK_DOOR, data, LABELS)
    fresh = back_door(4000, np.random.default_rng(7), 1)
    y = np.array(["low", "mid", "high"])[np.digitize(fresh["Y"], [-0.5, 1.0])]
    found = sampler.predict_interval("Y", do={"X": 1}, level=0.6)
    share = {label: float(np.mean(y == label)) for label in ("low", "mid", "high")}
    likely = sorted(share, key=lambda label: -share[label])
    assert set(found.labels or ()) == set(likely[:2])
    assert found.holds(y).mean() == pytest.approx(share[likely[0]] + share[likely[1]])
    assert found.low is None
    assert "{" in repr(found)
    by_z = asked("P(Y | do(X), Z)", BACK_DOOR, data, LABELS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", idgen.OverlapWarning)
        sets = by_z.predict_interval("Y", do={"X": 1}, given={"Z": fresh["Z"]}, level=0.8)
    assert 0.77 < sets.holds(y).mean() < 0.97
    assert sets.width.min() >= 1
    assert set(np.unique(sets.width)) > {1}


# -- what is refused and told -----------------------------------------------------------------------------------------


def test_bad_questions_have_one_clear_line(by_z: TorchSampler) -> None:
    at = {"do": {"X": 1}, "given": {"Z": 0.0}}
    with pytest.raises(DataError, match="level is 90; give a number between 0 and 1"):
        by_z.predict_interval("Y", **at, level=90)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="'Q' is no outcome of"):
        by_z.predict_interval("Q", **at)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="needs a value of Z"):
        by_z.predict_interval("Y", do={"X": 1})
    with pytest.raises(DataError, match="X"):
        by_z.predict_interval("Y", do={"X": [0, 1]}, given={"Z": 0.0})
    with pytest.raises(DataError, match="give one value for each, not shape"):
        by_z.predict_interval("Y", do={"X": 1}, given={"Z": [0.0, 0.1]}).holds([1.0])


def test_outcomes_that_are_no_single_number() -> None:
    data = rows(60)
    for y, word in ((list(np.random.default_rng(0).normal(size=(60, 2))), "no single number"),):
        sampler = asked("P(Y | do(X))", BACK_DOOR, {**data, "Y": y}, LABELS)
        with pytest.raises(DataError, match=word):
            sampler.predict_interval("Y", do={"X": 1})
    images = np.random.default_rng(0).integers(0, 255, (60, 1, 8, 8), dtype=np.uint8)
    sampler = asked("P(Y | do(X))", BACK_DOOR, {**data, "Y": images}, {"X": "categorical", "Y": "image"})
    with pytest.raises(DataError, match="an image"):
        sampler.predict_interval("Y", do={"X": 1})


def test_few_rows_are_told() -> None:
    data = rows(80)
    data["X"] = (np.arange(80) < 9).astype(int)
    sampler = asked("P(Y | do(X))", "X -> Y", {"X": data["X"], "Y": data["Y"]}, LABELS)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = sampler.predict_interval("Y", do={"X": 1})
    assert any("rests on 9 effective rows" in str(each.message) for each in told)
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert any("do not suffice for 90 %" in text for text in found.warnings)
    assert json.loads(found.to_json())["low"] is None


def test_a_loaded_sampler_needs_its_table(tmp_path: Path) -> None:
    data = {name: column for name, column in rows(100).items() if name != "Z"}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    fitted = TorchBackend().fit(program, data, device="cpu", progress=False, types=LABELS, seed=0, epochs=1)
    assert isinstance(fitted, TorchSampler)
    fitted.save(tmp_path / "saved")
    loaded: Any = idgen.load(tmp_path / "saved")
    with pytest.raises(DataError, match="pass data= with that table"):
        loaded.predict_interval("Y", do={"X": 1})
    found = loaded.predict_interval("Y", do={"X": 1}, data=data)
    want = fitted.predict_interval("Y", do={"X": 1})
    assert (found.low, found.high) == (want.low, want.high)


def test_what_is_shown(by_z: TorchSampler) -> None:
    found = by_z.predict_interval("Y", do={"X": 1}, given={"Z": np.linspace(-1, 1, 12)})
    text = repr(found)
    assert text.startswith("Y | do(X=1), Z: 12 intervals (90 %, weighted conformalized quantile regression, ")
    assert "and 4 more" in text
    frame = found.to_pandas()
    assert list(frame) == ["Z", "low", "high", "level", "effective_rows"]
    assert len(frame) == 12
    assert "<table>" in found._repr_html_()
    assert any("on average over Z" in note for note in found.notes)
