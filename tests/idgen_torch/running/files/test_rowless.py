"""What is saved without rows holds none, draws nearly the same law, and is refused where it cannot be had."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_torch import TorchSampler
from idgen_torch.families import Tuning, families, family

RNG = np.random.default_rng(0)
N = 800
Z = RNG.normal(size=N)
C = np.array(["a", "b", "c"])[RNG.integers(3, size=N)]
X = (RNG.random(N) < 1 / (1 + np.exp(-Z))).astype(int)
NUMBERS = {"Z": Z, "C": C, "X": X, "Y": Z + X + (C == "a") + RNG.normal(size=N)}
GRAPH = "Z -> X -> Y; Z -> Y; C -> Y; C -> X"


def fit(data: dict[str, Any], graph: str, query: str = "P(Y | do(X))", **options: Any) -> TorchSampler:
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph))
    how: dict[str, Any] = {"device": "cpu", "progress": False, "ensemble": 1, "check_graph": False, "epochs": 20}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of trainings that are too short
        found = program.fit(data, **{**how, **options})
    assert isinstance(found, TorchSampler)
    return found


def saved(sampler: TorchSampler, path: Path, **how: Any) -> TorchSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler.save(path, **how)
        found = idgen.load(path, device="cpu")
    assert isinstance(found, TorchSampler)
    return found


def stored(path: Path) -> torch.Tensor:
    files = path.glob("*.safetensors")
    every = [tensor for file in files for tensor in safetensors.torch.load_file(file).values()]
    return torch.cat([torch.zeros(1), *(tensor.flatten() for tensor in every if tensor.dtype == torch.float32)])


def test_laws_take_the_place_of_rows(tmp_path: Path) -> None:
    sampler = fit(NUMBERS, GRAPH)
    assert sampler.holdings.rows
    loaded = saved(sampler, tmp_path / "s", rows=False)
    assert loaded.holdings.rows == ()
    for name in ("Z", "Y"):
        (atom,) = sampler.schema[name].atoms(name)
        seen = sampler.observed().rows[atom.part.name].flatten()
        assert torch.isin(seen, stored(tmp_path / "s")).double().mean() < 0.05
    ours, theirs = (each.sample(20_000, do={"X": 1}, seed=1)["Y"] for each in (sampler, loaded))
    assert abs(ours.mean() - theirs.mean()) < 0.15
    assert abs(ours.std() - theirs.std()) < 0.15
    assert sampler.sample(10, do={"X": 1}, seed=1)["Y"].shape == (10,)  # and the sampler itself is what it was
    assert sampler.holdings.rows


def test_a_fit_without_rows_is_saved_without(tmp_path: Path) -> None:
    data = {"Z": C, "X": X, "Y": NUMBERS["Y"]}
    graph = "Z -> X -> Y; Z -> Y"
    assert [model.family for model in fit(data, graph).fitted.models.values()] == ["matched"]
    sampler = fit(data, graph, rows=False)
    assert [model.family for model in sampler.fitted.models.values()] == ["flow"]
    loaded = saved(sampler, tmp_path / "s")
    assert loaded.holdings.rows == () == sampler.holdings.rows
    assert saved(loaded, tmp_path / "again").holdings == loaded.holdings
    with pytest.raises(DataError, match="the family 'matched' draws from rows of the table, and rows=False keeps none"):
        fit(data, graph, rows=False, family={"Y": "matched"})


def test_what_cannot_do_without_rows_is_refused_with_the_remedy(tmp_path: Path) -> None:
    sampler = fit({"Z": C, "X": X, "Y": NUMBERS["Y"]}, "Z -> X -> Y; Z -> Y")
    with pytest.raises(DataError, match=r"%m0 \(Y \| Z, X\) \[matched\] draws from rows of Y.*family=\{'Y': 'flow'\}"):
        sampler.save(tmp_path / "s", rows=False)
    assert not (tmp_path / "s").exists()


def test_pictures_that_are_drawn_as_rows_are_refused(tmp_path: Path) -> None:
    pictures = RNG.integers(0, 255, (60, 1, 8, 8)).astype(np.uint8)
    data = {"I": pictures, "X": np.arange(60) % 2, "Y": (np.arange(60) // 2) % 2}
    sampler = fit(data, "I -> X -> Y; I -> Y", epochs=1)
    assert any(one.what == "pictures" and one.variables == ("I",) for one in sampler.holdings.found)
    with pytest.raises(DataError, match="I: rows are drawn, and no law of pictures or texts is fitted in their place"):
        sampler.save(tmp_path / "s", rows=False)


def test_small_counts_and_ends_are_said() -> None:
    z = np.array([0] * 97 + [1] * 3)
    data = {"Z": z, "X": np.arange(100) % 2, "Y": (np.arange(100) // 2) % 2}
    held = fit(data, "Z -> X -> Y; Z -> Y", family={"*": "table"}).holdings
    counts = [one for one in held.found if one.what == "counts" and one.few]
    assert counts
    assert "of them of fewer than 5 rows, which may tell of single people" in str(held)
    assert ("ends", ("Z", "Y")) in [(one.what, one.variables) for one in fit(NUMBERS, GRAPH).holdings.found]


def test_every_family_that_keeps_rows_says_so() -> None:
    keeping = {name for name in families() if family(name).keeps_rows}
    assert {"resample", "matched", "forest", "tabicl"} <= keeping
    assert not {"flow", "table", "classifier", "diffusion"} & keeping
    for name in keeping:
        with pytest.raises(DataError, match="rows=False keeps none"):
            Tuning.read({"rows": False}).recipe(name)
    with pytest.raises(DataError, match="option rows is 'no'; it is True or False"):
        Tuning.read({"rows": "no"})
