"""A program fitted shard by shard is the program fitted in memory: models, reports, words, numbers, fingerprints."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.execute.processes import Processes
from idgen_torch.recurring import Recurring
from idgen_torch.running import trainer
from idgen_torch.running.sampler import TorchSampler

SMALL = {"memory": 1}
RNG = np.random.default_rng(0)
N = 6_000

A, B, C = RNG.integers(2, size=(3, N))
W1 = np.where(RNG.random(N) < 0.2, A, B)
W2 = W1 ^ RNG.binomial(1, 0.3, N)
X = np.where(RNG.random(N) < 0.4, A, W2)
TABLE = pd.DataFrame({
    "W1": W1.astype(np.int8),
    "W2": W2.astype(bool),
    "X": np.array(["off", "on"])[X],
    "Y": RNG.binomial(1, 0.3 + 0.4 * B - 0.2 * X, N),
    "Z": pd.Categorical(np.array(["lo", "mid", "hi"])[RNG.integers(0, 3, N)], ["lo", "mid", "hi"], ordered=True),
    "T": RNG.integers(0, 12, N).astype(np.int16),
    "R": RNG.normal(size=N) + X,
    "w": RNG.choice([0.5, 1.0, 3.0], N),
})  # fmt: skip

PROGRAMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "napkin": ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "P(Y | do(X))", {}),
    "napkin, weighed": ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "P(Y | do(X))", {"realize": "reweight"}),
    "back-door": ("Z -> X -> Y; Z -> Y; T -> X; T -> Y", "P(Y | do(X))", {}),
    "front-door": ("X -> W2 -> Y; X <-> Y", "P(Y | do(X))", {}),
    "given": ("Z -> X -> Y; Z -> Y", "P(Y | do(X), Z)", {}),
    "a number": ("Z -> X -> R; Z -> R", "P(R | do(X))", {}),
    "given a number": ("R -> X -> Y; R -> Y", "P(Y | do(X))", {}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("large")
    for k, start in enumerate(range(0, N, 1_700)):
        TABLE.iloc[start : start + 1_700].to_parquet(where / f"{k}.parquet")
    return where


def program(name: str) -> idgen.Program:
    graph, query, options = PROGRAMS[name]
    return idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), **options)


def fitted(name: str, data: Any, **options: Any) -> tuple[TorchSampler, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sampler = program(name).fit(data, seed=0, progress=False, epochs=2, ensemble=1, **options)
    return sampler, sorted(str(one.message) for one in caught)  # type: ignore[return-value]


def states(sampler: TorchSampler) -> Mapping[str, Any]:
    return {name: (model.family, model.state()) for name, model in sampler.fitted.models.items()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_models_reports_and_warnings(name: str, folder: Path) -> None:
    (few, said), (whole, told) = fitted(name, folder, **SMALL), fitted(name, TABLE)
    assert said == told
    assert few.schema == whole.schema
    assert str(few.report()) == str(whole.report())
    assert few.fitted.origin.fingerprint == whole.fitted.origin.fingerprint  # type: ignore[union-attr]
    codes = [v for k, v in few.observed().rows.items() if k != "R"]
    assert all(isinstance(values, Recurring) for values in codes) == bool(codes)
    for operation, (family, (config, tensors)) in states(whole).items():
        own, (its_config, its_tensors) = states(few)[operation]
        assert own == family
        assert (its_config, its_tensors.keys()) == (config, tensors.keys())
        for key, values in tensors.items():
            torch.testing.assert_close(its_tensors[key], values, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["napkin"])
def test_workers_are_sent_rows_that_recur(name: str, folder: Path) -> None:
    few, said = fitted(name, folder, **SMALL)
    with Processes(workers=1) as place:
        place.start("idgen_torch.jobs.elsewhere.working")
        there, also_said = fitted(name, folder, **SMALL, place=place)
    assert also_said == said
    for operation, (family, (config, tensors)) in states(few).items():
        own, (its_config, its_tensors) = states(there)[operation]
        assert (own, its_config, its_tensors.keys()) == (family, config, tensors.keys())
        assert all(torch.equal(its_tensors[key], values) for key, values in tensors.items())


@pytest.mark.parametrize("name", ["napkin", "napkin, weighed", "back-door", "front-door", "given a number"])
def test_the_same_estimates(name: str, folder: Path) -> None:
    few, whole = (fitted(name, data, **how)[0] for data, how in ((folder, SMALL), (TABLE, {})))
    one, other = (sampler.ate("Y", "X", "on", "off") for sampler in (few, whole))
    assert one.method == other.method
    np.testing.assert_allclose([one.value, one.se, one.low, one.high], [other.value, other.se, other.low, other.high],
                               rtol=1e-6)  # fmt: skip
    assert one.effective_rows == pytest.approx(other.effective_rows)
    assert one.warnings == other.warnings


@pytest.mark.parametrize("options", [{"method": "bootstrap", "repeats": 30}, {"choose": "variance"}, {"clusters": "T"}])
def test_the_same_estimates_by_other_ways(folder: Path, options: dict[str, Any]) -> None:
    few, whole = (fitted("back-door", data, **how)[0] for data, how in ((folder, SMALL), (TABLE, {})))
    if "clusters" in options:
        options = {"clusters": TABLE["T"].to_numpy()}
    one, other = (sampler.ate("Y", "X", "on", "off", **options) for sampler in (few, whole))
    np.testing.assert_allclose([one.value, one.se], [other.value, other.se], rtol=1e-6)


def test_the_same_with_weights(folder: Path) -> None:
    for name in ("napkin", "back-door"):
        few, whole = (fitted(name, data, weights="w", **how) for data, how in ((folder, SMALL), (TABLE, {})))
        assert few[1] == whole[1]
        assert str(few[0].report()) == str(whole[0].report())
        one, other = (sampler.ate("Y", "X", "on", "off") for sampler in (few[0], whole[0]))
        np.testing.assert_allclose([one.value, one.se], [other.value, other.se], rtol=1e-6)


def test_frequencies_stand_for_rows(folder: Path, tmp_path: Path) -> None:
    counts = TABLE.groupby(["X", "Y", "Z", "T"], observed=True).size().rename("n").reset_index()
    counts.to_parquet(tmp_path / "counts.parquet")
    options = {"weights": "n", "weights_are": "frequency"}
    by_counts = fitted("back-door", tmp_path, **options, **SMALL)[0]
    one, other = (sampler.ate("Y", "X", "on", "off") for sampler in (by_counts, fitted("back-door", TABLE)[0]))
    np.testing.assert_allclose([one.value, one.se], [other.value, other.se], rtol=1e-6)


def test_models_of_networks_say_that_some_rows_are_enough(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "FEWEST_LEARNED", 1_000)
        sampler, said = fitted("given a number", folder, **SMALL)
    assert any("learns from 1,000 of 6,000 rows, drawn at random" in text for text in said)
    assert 0 < sampler.sample(1_000, do={"X": "on"}, seed=0)["Y"].mean() < 1


def test_many_cells_are_learned_from_counted_rows(folder: Path) -> None:
    name, options = "back-door", {"family": {"Y": "classifier"}}
    few, whole = (fitted(name, data, **options, **how) for data, how in ((folder, SMALL), (TABLE, {})))
    assert few[1] == whole[1]
    drawn, wanted = (sampler.sample(20_000, do={"X": "on"}, seed=1)["Y"].mean() for sampler in (few[0], whole[0]))
    assert abs(drawn - wanted) < 0.02


def test_a_sampler_is_saved_and_its_table_read_again(folder: Path, tmp_path: Path) -> None:
    sampler = fitted("back-door", folder, **SMALL)[0]
    sampler.save(tmp_path / "fitted")
    loaded = idgen.load(tmp_path / "fitted")
    assert np.array_equal(
        loaded.sample(500, do={"X": "on"}, seed=3)["Y"], sampler.sample(500, do={"X": "on"}, seed=3)["Y"]
    )
    one, other = (each.ate("Y", "X", "on", "off") for each in (loaded, sampler))
    assert (one.value, one.se) == (other.value, other.se)
    assert loaded.observed(TABLE).count == N  # type: ignore[attr-defined]


def test_a_store_knows_the_rows_however_they_are_read(folder: Path, tmp_path: Path) -> None:
    where = str(tmp_path / "store")
    fitted("back-door", TABLE, store=where)
    planned = program("back-door").fit(folder, seed=0, progress=False, epochs=2, ensemble=1, store=where, **SMALL)
    assert planned is not None
    from idgen_compiler.store import Store

    models = [artefact for artefact in Store.open(where).artefacts() if artefact.kind == "model"]
    assert len(models) == len(program("back-door").models)


def test_what_changes_while_it_is_read_is_told(folder: Path) -> None:
    with pytest.raises(DataError, match="lack 1 column"):
        program("napkin").fit(TABLE.drop(columns="W1"), progress=False)
