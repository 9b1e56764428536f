"""Numbers by fitting rows that are drawn again: tables by counting alone, learned models from those of the fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler import ADMG, DataError, Query
from idgen_compiler.data.arrays import Array
from idgen_compiler.estimates.measures import Functional
from idgen_torch.jobs import AskedSampler
from idgen_torch.running.estimates.bootstrap.answers import _unmoved
from idgen_torch.running.estimates.bootstrap.refits import Refits
from idgen_torch.running.estimates.bootstrap.refitting import Refitting
from idgen_torch.running.estimates.bootstrap.resampling import Resampling
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.sampler import TorchSampler

QUICK: dict[str, Any] = {"epochs": 1, "ensemble": 1, "hidden": (8,), "progress": False, "seed": 0, "check_graph": False}

FRONT_DOOR = "X -> M -> Y; X <-> Y"

DISCRETE = {
    "back door": ("Z -> X -> Y; Z -> Y", "P(Y | do(X))", {}),
    "front door": (FRONT_DOOR, "P(Y | do(X))", {}),
    "napkin": ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "P(Y | do(X))", {}),
    "conditional": ("Z -> X -> Y; Z -> Y", "P(Y | do(X), Z)", {"Z": 1}),
}


def rows_of(text: str, count: int, seed: int) -> dict[str, Array]:
    """Rows of a random model of a graph: each variable is 0 or 1, with odds that sum those of its causes."""
    graph, random = ADMG.parse(text), np.random.default_rng(seed)
    log_odds = {name: random.normal(0, 0.2, count) for name in graph.order}
    for one, other in graph.bidirected:
        hidden = random.integers(2, size=count)
        for name in (one, other):
            log_odds[name] = log_odds[name] + (1.2 * hidden - 0.6)
    rows: dict[str, Array] = {}
    for name in graph.order:
        for cause in sorted(graph.parents([name])):
            log_odds[name] = log_odds[name] + random.choice([-1.3, 1.3]) * (rows[cause] - 0.5)
        rows[name] = (random.random(count) < 1 / (1 + np.exp(-log_odds[name]))).astype(int)
    return rows


def fitted(text: str, query: str, data: Mapping[str, Any], **how: Any) -> TorchSampler:
    program = idgen.compile(Query.parse(query), ADMG.parse(text))
    sampler = program.fit(data, **{**QUICK, **how})
    assert isinstance(sampler, TorchSampler)
    return sampler


def real_front_door(count: int = 150) -> dict[str, Array]:
    random = np.random.default_rng(3)
    hidden = random.normal(size=count)
    x = (random.random(count) < 1 / (1 + np.exp(-hidden))).astype(int)
    m = x + random.normal(size=count)
    return {"X": x, "M": m, "Y": m + hidden + random.normal(size=count)}


# -- rows drawn again ----------------------------------------------------------------------------------------------


def test_a_repeat_does_not_depend_on_how_many_there_are() -> None:
    drawing = Resampling(50, None, None)
    few, many = list(drawing.each(4, 3)), list(drawing.each(4, 7))
    assert all(np.array_equal(a, b) for a, b in zip(few, many, strict=False))
    assert not np.array_equal(many[0], many[1])
    assert not np.array_equal(many[0], drawing.weights(5, 0))


def test_one_unit_less_than_there_are_is_drawn() -> None:
    assert Resampling(50, None, None).weights(0, 0).sum() == 49
    clusters = np.repeat(np.arange(10), 5)
    often = Resampling(50, None, clusters).weights(0, 0)
    assert often.sum() == 45
    assert all(len(set(often[clusters == each])) == 1 for each in range(10))


def test_survey_weights_go_along() -> None:
    own = np.linspace(1, 3, 50)
    assert Resampling(50, own, None).weights(0, 2) == pytest.approx(own * Resampling(50, None, None).weights(0, 2))


# -- tables --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DISCRETE)
@pytest.mark.parametrize("seed", [1, 2])
def test_errors_of_tables_are_those_of_the_influence_function(name: str, seed: int) -> None:
    text, query, given = DISCRETE[name]
    sampler = fitted(text, query, rows_of(text, 4_000, seed))
    known = sampler.ate("Y", "X", 1, 0, given=given)
    again = sampler.ate("Y", "X", 1, 0, given=given, method="bootstrap", repeats=400)
    assert again.method == "bootstrap"
    assert again.value == pytest.approx(known.value, abs=1e-12)
    assert again.se == pytest.approx(known.se, rel=0.15)
    assert (again.low, again.high) == pytest.approx((known.low, known.high), abs=0.4 * known.se)


def test_clusters_are_drawn_whole() -> None:
    """Each row five times: as many rows tell no more than the first fifth."""
    text = DISCRETE["back door"][0]
    once = rows_of(text, 800, 3)
    data = {name: np.repeat(column, 5) for name, column in once.items()}
    sampler, clusters = fitted(text, "P(Y | do(X))", data), np.repeat(np.arange(800), 5)
    known = sampler.ate("Y", "X", 1, 0, clusters=clusters)
    again = sampler.ate("Y", "X", 1, 0, clusters=clusters, method="bootstrap", repeats=400)
    alone = sampler.ate("Y", "X", 1, 0, method="bootstrap", repeats=400)
    assert again.se == pytest.approx(known.se, rel=0.15)
    assert alone.se == pytest.approx(again.se / np.sqrt(5), rel=0.15)


def test_weighted_rows_vary_as_survey_rows_do() -> None:
    text = DISCRETE["back door"][0]
    data = {**rows_of(text, 3_000, 4), "w": np.random.default_rng(0).uniform(0.2, 4, 3_000)}
    sampler = fitted(text, "P(Y | do(X))", data, weights="w")
    known = sampler.risk_ratio("Y", "X", 1, 0)
    again = sampler.risk_ratio("Y", "X", 1, 0, method="bootstrap", repeats=400)
    assert again.value == pytest.approx(known.value)
    assert again.se == pytest.approx(known.se, rel=0.15)


def test_a_cell_that_a_repeat_loses_keeps_its_conditional() -> None:
    """One row has X = 1 at Z = 1: a third of the repeats lack it, and must not make up what happens there."""
    x, z = np.array([0, 0, 1, 1] * 25 + [0] * 30 + [1]), np.array([0] * 100 + [1] * 31)
    y = np.where(x == 1, 1, np.arange(131) % 2)
    sampler = fitted(DISCRETE["back door"][0], "P(Y | do(X))", {"X": x, "Z": z, "Y": y})
    with pytest.warns(idgen.OverlapWarning):
        found = sampler.estimate("Y", do={"X": 1}, method="bootstrap", repeats=100)
    assert found.value == 1
    assert found.among is not None
    assert found.among.answers.draws == pytest.approx(np.ones((100, 1)))


# -- learned models ------------------------------------------------------------------------------------------------


def test_a_learned_program_is_fitted_again_and_again() -> None:
    data = real_front_door()
    sampler = fitted(FRONT_DOOR, "P(Y | do(X))", data, epochs=5)
    found = sampler.ate("Y", "X", 1, 0, method="bootstrap", repeats=20, n=4_000)
    assert found.method == "bootstrap"
    assert found.low < found.value < found.high
    assert 0.05 < found.se < 0.8
    assert any("20 bootstrap repeats, each fitted anew" in note for note in found.notes)
    another = fitted(FRONT_DOOR, "P(Y | do(X))", data, epochs=5)
    same = another.ate("Y", "X", 1, 0, method="bootstrap", repeats=20, n=4_000)
    assert (same.value, same.se, same.low) == (found.value, found.se, found.low)
    plain = sampler.ate("Y", "X", 1, 0, method="plug-in", n=4_000)
    assert plain.value == found.value


def test_a_second_question_fits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler, runs, before = fitted(FRONT_DOOR, "P(Y | do(X))", real_front_door()), [], Refits._run

    def counting(self: Refits, fitting: Refitting) -> FittedProgram:
        runs.append(fitting)
        return before(self, fitting)

    monkeypatch.setattr(Refits, "_run", counting)
    sampler.estimate("Y", do={"X": 1}, method="bootstrap", repeats=20, n=500)
    assert len(runs) == 1 + 8 + 20  # to rows as they are, the same from other seeds, and to drawn ones
    sampler.ate("Y", "X", 1, 0, method="bootstrap", repeats=20, n=500)
    assert len(runs) == 29
    sampler.ate("Y", "X", 1, 0, method="bootstrap", repeats=22, n=500)
    assert len(runs) == 31


def test_an_interruption_says_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler, before = fitted(FRONT_DOOR, "P(Y | do(X))", real_front_door()), Refits.repeat

    def impatient(self: Refits, program: Any, resampling: Resampling, seed: int, repeat: int) -> Any:
        if repeat == 1:
            raise KeyboardInterrupt
        return before(self, program, resampling, seed, repeat)

    monkeypatch.setattr(Refits, "repeat", impatient)
    with pytest.raises(KeyboardInterrupt, match="after 9 of 28 fits"):
        sampler.estimate("Y", do={"X": 1}, method="bootstrap", repeats=20, n=500)


def test_regenerated_laws_and_other_programs_are_fitted_anew() -> None:
    random = np.random.default_rng(5)
    hidden = random.normal(size=(2, 200))
    w1 = hidden.sum(axis=0) + random.normal(size=200)
    w2 = (w1 + random.normal(size=200) > 0).astype(int)
    x = (w2 + hidden[0] + random.normal(size=200) > 0.5).astype(int)
    data = {"W1": w1, "W2": w2, "X": x, "Y": x + hidden[1] + random.normal(size=200)}
    graph, query = ADMG.parse(DISCRETE["napkin"][0]), Query.parse("P(Y | do(X))")
    program = idgen.compile(query, graph, realize="regenerate")
    sampler = program.fit(data, **QUICK, rows_factor=2)
    assert isinstance(sampler, TorchSampler)
    found = sampler.ate("Y", "X", 1, 0, method="bootstrap", repeats=20, n=1_000)
    assert found.se > 0.02
    back_door = {"Z": hidden[0], "X": x, "Y": x + hidden[0] + random.normal(size=200)}
    treated = fitted(DISCRETE["back door"][0], "P(Y | do(X))", back_door)
    assert treated.att("Y", "X", 1, 0, method="bootstrap", repeats=20, n=1_000).se > 0.02


def test_a_loaded_sampler_knows_how_it_was_fitted(tmp_path: Path) -> None:
    data = real_front_door()
    sampler = fitted(FRONT_DOOR, "P(Y | do(X))", data)
    sampler.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    assert isinstance(loaded, TorchSampler)
    how: dict[str, Any] = {"method": "bootstrap", "repeats": 20, "n": 500}
    assert loaded.ate("Y", "X", 1, 0, data=data, **how).se == sampler.ate("Y", "X", 1, 0, **how).se


def test_what_no_regression_reads_is_bootstrapped_and_told() -> None:
    random = np.random.default_rng(6)
    ill = random.integers(2, size=160)
    words = np.array([["all is well today", "no complaints at all"], ["severe pain and fever", "fever since monday"]])
    notes = np.array([f"{words[k, random.integers(2)]} {random.integers(90)}" for k in ill])
    x = (random.random(160) < 0.3 + 0.4 * ill).astype(int)
    data = {"Z": notes, "X": x, "Y": x + ill + random.normal(size=160)}
    sampler = fitted(DISCRETE["back door"][0], "P(Y | do(X))", data, types={"Z": "text"})
    with pytest.raises(DataError, match="ask with method='bootstrap'"):
        sampler.ate("Y", "X", 1, 0, method="one-step")
    found = sampler.ate("Y", "X", 1, 0, repeats=20, n=500)
    assert found.method == "bootstrap"
    assert any("one-step estimate cannot be had" in note for note in found.notes)


def test_what_was_brought_stays_as_it_is() -> None:
    """Only what the rows say of Z moves: of E[X + Z | do(X)] the mean of Z, and of the effect nothing."""
    random = np.random.default_rng(8)
    z = random.normal(size=400)
    x = (random.random(400) < 1 / (1 + np.exp(-z))).astype(int)
    data = {"Z": z, "X": x, "Y": x + z + random.normal(size=400)}

    def brought(inputs: Mapping[str, Any], n: int, generator: torch.Generator) -> Array:
        return np.asarray(inputs["X"] + inputs["Z"] + torch.randn(n, generator=generator).numpy())

    graph = ADMG.parse(DISCRETE["back door"][0])
    program = idgen.compile(Query.parse("P(Y | do(X))"), graph, bound=["Y | Z, X"])
    sampler = program.fit(data, **QUICK, bind={"Y | Z, X": brought})
    assert isinstance(sampler, TorchSampler)
    found = sampler.estimate("Y", do={"X": 1}, method="bootstrap", repeats=60, n=4_000)
    assert found.se == pytest.approx(z.std() / 20, rel=0.4)
    assert sampler.ate("Y", "X", 1, 0, method="bootstrap", repeats=60, n=4_000).value == pytest.approx(1, abs=1e-6)
    still = sampler.estimate(lambda samples: np.ones(samples.size), do={"X": 1}, method="bootstrap", repeats=60)
    assert any("the same in every repeat" in text for text in still.warnings)
    assert not any("the same in every repeat" in text for text in found.warnings)


def test_a_share_of_none_or_of_all_may_stay_so_in_every_repeat() -> None:
    """As that of costs below nothing, of which a quantile asks."""
    share = Functional("P(Y <= 0)", lambda samples: samples["Y"] <= 0, ("Y",), ends=(0.0, 1.0))
    mean = Functional("Y", lambda samples: samples["Y"], ("Y",))
    rng = np.random.default_rng(0)
    for value in (0.0, 1.0):
        draws = np.stack([np.full(20, value), rng.random(20)], 1)
        assert _unmoved(draws, [share, mean]) == ()
        assert _unmoved(draws, [mean, mean])
    assert _unmoved(np.stack([np.full(20, 0.3), rng.random(20)], 1), [share, mean])


def test_late_training_is_not_needed_for_tables() -> None:
    text = DISCRETE["back door"][0]
    sampler = fitted(text, "P(Y | do(X))", rows_of(text, 500, 1), train="asked")
    assert sampler.ate("Y", "X", 1, 0, method="bootstrap", repeats=20).se > 0
    assert isinstance(sampler, AskedSampler)
    assert not sampler.trained
    assert sampler.ate("Y", "X", 1, 0, method="plug-in", n=500).se > 0
    assert sampler.trained


# -- plug-in -------------------------------------------------------------------------------------------------------


def test_a_plug_in_says_that_its_interval_lacks_the_fit() -> None:
    text = DISCRETE["back door"][0]
    sampler = fitted(text, "P(Y | do(X))", rows_of(text, 500, 1))
    found = sampler.estimate("Y", do={"X": 1}, method="plug-in", n=2_000)
    drawn = sampler.sample(2_000, do={"X": 1}, seed=0)["Y"]
    assert found.method == "plug-in"
    assert found.value == pytest.approx(drawn.mean())
    assert found.se == pytest.approx(drawn.std(ddof=1) / np.sqrt(2_000))
    assert any("error of drawing alone" in text for text in found.warnings)
