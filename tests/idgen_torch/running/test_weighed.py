"""Weights of rows in a fit: the law of the data is the weighted one, whatever is learned from it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.store import Store
from idgen_torch import TorchSampler
from idgen_torch.families.noise import seed_noise
from idgen_torch.families.tables.table import TableModel
from tests.idgen_torch import programs
from tests.idgen_torch.programs import BACK_DOOR, FRONT_DOOR, NAPKIN, REWEIGHTED

QUIET: dict[str, Any] = {"device": "cpu", "progress": False, "check_graph": False}
MIXED = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; Z -> M; X -> M -> Y")


def _fit(program: idgen.Program, data: Any, **options: Any) -> TorchSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", idgen.OverlapWarning)
        sampler = program.fit(data, **QUIET, **options)
    assert isinstance(sampler, TorchSampler)
    return sampler


def _times(rows: int, most: int = 4, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, most, rows)


def _tables(sampler: TorchSampler) -> dict[str, TableModel]:
    found = {name: model for name, model in sampler.fitted.models.items() if isinstance(model, TableModel)}
    assert found
    return found


def _mixed(rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    z = rng.normal(size=rows).round(1)
    x = (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(int)
    m = np.where(rng.random(rows) < 0.2, 0.0, np.exp(x + 0.5 * rng.normal(size=rows)))
    return {"Z": z, "X": x, "M": m, "Y": np.where(rng.random(rows) < 1 / (1 + np.exp(1 - x - m)), "ill", "well")}


@pytest.mark.parametrize(
    "program", [BACK_DOOR, FRONT_DOOR, NAPKIN, REWEIGHTED], ids=["back", "front", "napkin", "weigh"]
)
def test_frequencies_are_rows_repeated(program: idgen.Program) -> None:
    rng = np.random.default_rng(0)
    data = {**programs.back_door_data(400), **programs.napkin_data(400), "M": rng.integers(0, 3, 400)}
    times = _times(400)
    repeated = {name: np.repeat(column, times) for name, column in data.items()}
    family = {"*": "table"}
    often = _fit(program, {**data, "w": times}, weights="w", weights_are="frequency", family=family)
    whole = _fit(program, repeated, family=family)
    for name, model in _tables(often).items():
        assert torch.equal(model.probabilities, _tables(whole)[name].probabilities)
    assert (often.report().rows, often.report().weights) == (times.sum(), "frequency")
    assert often.report().effective_rows is None
    assert [model.rows for model in often.report().models] == [model.rows for model in whole.report().models]
    assert [data.rows for data in often.report().data] == [data.rows for data in whole.report().data]
    assert f"{times.sum()} rows observed by frequency weights" in str(often.report())


def test_frequencies_are_rows_repeated_for_every_kind() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), MIXED, optimize=0)
    data, times = _mixed(300), _times(300)
    repeated = {name: np.repeat(column, times) for name, column in data.items()}
    often = _fit(program, data, weights=times, weights_are="frequency", epochs=2)
    whole = _fit(program, repeated, epochs=2)
    assert often.schema == whole.schema
    ours, theirs = (sampler.sample(500, do={"X": 1}, seed=1)["Y"] for sampler in (often, whole))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("factor", [2, 3, 2.0**-40])
def test_the_scale_of_survey_weights_changes_nothing(factor: float) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), MIXED, optimize=0)
    data, weights = _mixed(300), _times(300)
    once, again = (_fit(program, data, weights=w, epochs=2) for w in (weights, weights * factor))
    assert once.report() == again.report()
    ours, theirs = (sampler.sample(500, do={"X": 1}, seed=1)["Y"] for sampler in (once, again))
    assert np.array_equal(ours, theirs)
    for program in (NAPKIN, REWEIGHTED):
        table = {**programs.napkin_data(300), "w": weights}
        once = _fit(program, table, weights="w", family={"*": "table"})
        again = _fit(program, {**table, "w": weights * factor}, weights="w", family={"*": "table"})
        for name, model in _tables(once).items():
            assert torch.equal(model.probabilities, _tables(again)[name].probabilities)


def test_equal_weights_are_none_and_rows_of_weight_nought_are_not_there() -> None:
    data, there = programs.back_door_data(400), _times(400) > 0
    family = {"*": "table"}
    plain = _fit(BACK_DOOR, {name: column[there] for name, column in data.items()}, family=family)
    for weights in (there.astype(int), there * 0.3):
        weighed = _fit(BACK_DOOR, data, weights=weights, family=family)
        assert weighed.report().rows == there.sum()
        for name, model in _tables(weighed).items():
            assert torch.equal(model.probabilities, _tables(plain)[name].probabilities)
    # A label that only rows of no weight have is none.
    strange = data["Z"].astype(object)
    strange[np.flatnonzero(~there)[0]] = 9
    assert _fit(BACK_DOOR, {**data, "Z": strange.astype(int)}, weights=there * 1.0).schema["Z"] == plain.schema["Z"]


def test_kish_rows_are_told() -> None:
    weights = np.r_[np.full(100, 10.0), np.ones(300)]
    report = _fit(BACK_DOOR, programs.back_door_data(400), weights=weights).report()
    effective = weights.sum() ** 2 / (weights**2).sum()
    assert report.effective_rows == pytest.approx(effective)
    assert f"400 rows observed by survey weights, {effective:.0f} effective" in str(report)
    assert type(report).from_json(report.to_json()) == report
    few = _fit(BACK_DOOR, programs.back_door_data(400), weights=np.r_[1e9, np.ones(399)]).report()
    assert few.lacks[0].text.startswith("the weights leave 1.0 effective rows of 400, too few")


def _selected(table: dict[str, np.ndarray], seed: int, rows: int) -> dict[str, np.ndarray]:
    """Rows that are drawn by what their outcome and first variable are, with w = 1 / the probability."""
    first = next(iter(table.values()))
    chance = 0.05 + 0.75 / (1 + np.exp(-2 * (table["Y"] - 0.5 + first - 1)))
    drawn = np.flatnonzero(np.random.default_rng(seed).random(len(first)) < chance)[:rows]
    return {**{name: column[drawn] for name, column in table.items()}, "w": 1 / chance[drawn]}


def _population(kind: str, rows: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, 2, (2, rows))
    noise = rng.normal(size=rows)
    if kind == "back":
        z = rng.integers(0, 3, rows)
        x = (rng.random(rows) < 0.2 + 0.25 * z).astype(int)
        return {"Z": z, "X": x, "Y": x + 0.8 * z - 0.5 * x * z + noise}
    if kind == "front":
        x = (rng.random(rows) < 0.3 + 0.4 * u).astype(int)
        m = rng.binomial(2, 0.2 + 0.5 * x)
        return {"X": x, "M": m, "Y": m + 1.5 * u - 0.7 * m * u + noise}
    w1 = rng.binomial(2, 0.2 + 0.3 * u + 0.3 * v)
    w2 = (rng.random(rows) < 0.2 + 0.25 * w1).astype(int)
    x = (rng.random(rows) < 0.15 + 0.35 * w2 + 0.35 * u).astype(int)
    return {"W1": w1, "W2": w2, "X": x, "Y": x + 1.2 * v + noise}


GRAPHS = {
    "back": "Z -> X -> Y; Z -> Y",
    "front": "X -> M -> Y; X <-> Y",
    "napkin": "W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
}
TRUTH = {"back": (0.8, 1.3), "front": (1.01, 1.66), "napkin": (0.6, 1.6)}


@pytest.mark.parametrize(
    ("kind", "realize"), [("back", "auto"), ("front", "auto"), ("napkin", "regenerate"), ("napkin", "reweight")]
)
def test_weights_undo_a_selection_by_the_outcome(kind: str, realize: Any) -> None:
    """E[Y | do(X)] within its sampling error of the truth, of which the unweighted fit is far off."""
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(GRAPHS[kind]), realize=realize)
    table = _selected(_population(kind, 60_000, seed=0), 1, rows=20_000)
    found = {}
    for weights in ("w", None):
        sampler = _fit(program, table, weights=weights)
        found[weights] = [sampler.sample(200_000, do={"X": x}, seed=1)["Y"].mean() for x in (0, 1)]
    # Over seeds the weighted means spread by .01 to .03.
    assert np.abs(np.array(found["w"]) - TRUTH[kind]).max() < 0.1
    assert np.abs(np.array(found[None]) - TRUTH[kind]).min() > 0.25
    assert sampler.report().rows == 20_000


def test_what_is_trained_sees_the_weighted_law() -> None:
    """Ensembles, densities and rows that are drawn: the marginal law of each target is the weighted one."""
    rng = np.random.default_rng(0)
    y, z = rng.normal(size=(2, 6_000))
    weights = np.exp(0.7 * y)  # which moves the normal law of Y by .7
    graph = idgen.ADMG.parse("Z -> Y")
    for family, target in (("flow", y), ("classifier", (y > 0).astype(int)), ("resample", y)):
        query = "P(Y)" if family == "resample" else "P(Y | do(Z))"
        program = idgen.compile(idgen.Query.parse(query), graph, optimize=0)
        sampler = _fit(
            program, {"Z": z, "Y": target}, weights=weights, epochs=12, family={"Y": family} if "do" in query else {}
        )
        drawn = sampler.sample(50_000, do={"Z": 0.3} if "do" in query else {}, seed=0)["Y"]
        expected = 0.7 if family != "classifier" else 0.758
        assert drawn.mean() == pytest.approx(expected, abs=0.08)


@pytest.mark.filterwarnings("ignore:the store .* has other models:idgen_compiler.errors.StoreWarning")
def test_stores_know_the_weights(tmp_path: Path) -> None:
    data, weights = programs.back_door_data(300), _times(300)
    options: dict[str, Any] = {"store": tmp_path, "family": {"*": "table"}}
    for each in (None, weights, 2 * weights, weights[::-1]):
        _fit(BACK_DOOR, data, weights=each, **options)
    models = [artefact for artefact in Store.open(tmp_path).artefacts() if artefact.kind == "model"]
    assert len({str(artefact.depends["task"]["weights"]) for artefact in models}) == 3, "twice the weights are the same"


def test_the_way_is_chosen_by_what_weighing_takes_beside_the_weights() -> None:
    """Weights that are uneven by themselves do not count against reweighting."""
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(GRAPHS["napkin"]), realize="auto")
    rng = np.random.default_rng(0)
    data = {**programs.napkin_data(4_000), "W2": rng.integers(0, 2, 4_000)}
    weights = np.exp(rng.normal(size=4_000))
    plain, weighed = (_fit(program, data, weights=w).report().choices for w in (None, weights))
    assert [choice.chosen for choice in weighed] == [choice.chosen for choice in plain]
    overlaps = [choice.overlap for choice in weighed if choice.overlap]
    assert overlaps
    assert all(found.effective > 0.9 and found.mass == pytest.approx(1, abs=0.05) for found in overlaps)


def test_seed_noise_is_that_of_the_weighted_rows() -> None:
    data = programs.back_door_data(1_000)
    sampler = _fit(BACK_DOOR, data, family={"Y": "classifier"}, epochs=1, ensemble=3)
    model, rows = sampler.fitted.models["%m1"], sampler.observed().rows
    alike = seed_noise(model, rows)
    heavy = seed_noise(model, rows, torch.tensor(np.where(data["Z"] == 0, 1.0, 1e-6)))
    assert [found.by for found in alike] == ["X", "Z"]
    assert [found.by for found in heavy] == ["X"], "where all rows that count have one Z, it moves nothing"
