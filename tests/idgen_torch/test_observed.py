"""The rows of a fit: in memory after it, and read again from where their table lies."""

from __future__ import annotations

import datetime
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_torch import TorchSampler
from tests.idgen_torch import programs
from tests.idgen_torch.programs import BACK_DOOR

WEIGHTS = np.random.default_rng(5).integers(0, 4, 300)
OPTIONS: dict[str, Any] = {"device": "cpu", "progress": False, "check_graph": False, "family": {"*": "factored"}}


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(programs.back_door_data(300))
    frame["Z"] = np.array(["lo", "hi"])[frame["Z"]]
    return frame.assign(w=WEIGHTS, n=rng.normal(size=300))


def _fit(data: Any, program: Any = BACK_DOOR, **options: Any) -> TorchSampler:
    sampler = program.fit(data, **OPTIONS, **options)
    assert isinstance(sampler, TorchSampler)
    return sampler


def _loaded(sampler: TorchSampler, folder: Path) -> TorchSampler:
    sampler.save(folder)
    loaded = idgen.load(folder)
    assert isinstance(loaded, TorchSampler)
    assert loaded.fitted.observed is None
    return loaded


def test_rows_and_weights_are_in_memory(frame: pd.DataFrame) -> None:
    observed = _fit(frame, weights="w").fitted.observed
    assert observed is not None
    there = WEIGHTS > 0
    assert torch.equal(observed.rows["X"], torch.tensor(frame["X"][there].to_numpy()))
    assert observed.weights is not None
    assert np.allclose(observed.weights, WEIGHTS[there] / WEIGHTS[there].mean())
    assert (observed.weighed, observed.frequency, observed.count) == ("survey", False, there.sum())
    assert observed.effective_rows == pytest.approx(WEIGHTS.sum() ** 2 / (WEIGHTS**2).sum())
    often = _fit(frame, weights="w", weights_are="frequency").observed()
    assert (often.weighed, often.frequency, often.weights, often.count) == ("frequency", True, None, WEIGHTS.sum())
    plain = _fit(frame).observed()
    assert (plain.weighed, plain.weights, plain.count, plain.path) == ("", None, 300, "")


@pytest.mark.parametrize("weights", [{}, {"weights": "w"}, {"weights": "w", "weights_are": "frequency"}])
def test_a_loaded_sampler_reads_its_table_again(
    frame: pd.DataFrame, tmp_path: Path, weights: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    monkeypatch.chdir(tmp_path)
    fitted = _fit("t.csv", **weights, seed=3)
    loaded = _loaded(fitted, tmp_path / "s")
    monkeypatch.chdir("/")
    found, mine = loaded.observed(), fitted.observed()
    assert found.path == str(tmp_path / "t.csv")
    assert found.rows.keys() == mine.rows.keys()
    assert all(torch.equal(values, mine.rows[name]) for name, values in found.rows.items())
    assert (found.weights is None) == (mine.weights is None) == (weights != {"weights": "w"})
    if found.weights is not None and mine.weights is not None:
        assert torch.equal(found.weights, mine.weights)
    assert (found.frequency, found.weighed) == (mine.frequency, mine.weighed)
    assert loaded.observed() is found, "read once"
    again = _loaded(_saved_anew(tmp_path / "s", tmp_path / "s2"), tmp_path / "s3")
    assert again.observed().fingerprint == found.fingerprint


def _saved_anew(folder: Path, other: Path) -> TorchSampler:
    """A loaded sampler that was saved without its rows having been read."""
    loaded = idgen.load(folder)
    loaded.save(other)
    found = idgen.load(other)
    assert isinstance(found, TorchSampler)
    return found


def test_every_kind_is_read_again_as_it_was(tmp_path: Path) -> None:
    rng, n = np.random.default_rng(0), 120
    table = pd.DataFrame(
        {
            "X": rng.integers(0, 2, n),
            "Y.size": rng.normal(size=n),
            "hue": rng.choice(["red", "green"], n),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 90, n), "D"),
            "Z": np.where(rng.random(n) < 0.1, -9, rng.integers(0, 40, n)),
            "w": rng.random(n) + 0.5,
        }
    )
    table.to_parquet(tmp_path / "t.parquet")
    program = BACK_DOOR.parse(
        'program "P(Y | do(X))" { graph "Z -> X -> Y; Z -> Y" %obs = observe [X, Y, Z] %m0 = train %obs : Y, Z '
        "sample (X) { (Y, Z) ~ %m0() } -> [Y] }"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = program.fit(
            tmp_path / "t.parquet", device="cpu", progress=False, check_graph=False, weights="w", missing="drop",
            missing_marks=(-9,), composites={"Y": ["Y.size", "hue", "day"]}, types={"Z": "continuous"},
        )  # fmt: skip
    assert isinstance(fitted, TorchSampler)
    loaded = _loaded(fitted, tmp_path / "s")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = loaded.observed()
    assert set(found.rows) == {"X", "Y.size", "Y.hue", "Y.day", "Z"}
    assert found.fingerprint == fitted.observed().fingerprint


def test_what_is_wrong_with_the_table(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    sampler = _fit(path, weights="w")
    sampler.save(tmp_path / "s")

    def load() -> TorchSampler:
        loaded = idgen.load(tmp_path / "s")
        assert isinstance(loaded, TorchSampler)
        return loaded

    path.rename(tmp_path / "moved.csv")
    with pytest.raises(DataError, match=r"the table .*t\.csv is not there any more; pass data="):
        load().observed()
    assert load().observed(tmp_path / "moved.csv").count == load().observed(frame).count == (WEIGHTS > 0).sum()
    for other in (frame[::-1], frame.assign(w=WEIGHTS[::-1]), frame[:200], frame.assign(X=1 - frame["X"])):
        with pytest.raises(DataError, match=r"data is not the table that the sampler was fitted to.*; pass data="):
            load().observed(other)
    for other, told in ((frame.drop(columns="w"), "weights names 'w'"), (frame.drop(columns="X"), "lack 1 column")):
        with pytest.raises(DataError, match=rf"(?s)data cannot be read as the fit read it \(.*{told}.*; pass data="):
            load().observed(other)
    frame.assign(Z="new").to_csv(path, index=False)
    with pytest.raises(DataError, match=r"the table .*t\.csv .*pass data="):
        load().observed()
    with pytest.raises(DataError, match="without an option epochs"):
        load().observed(frame, epochs=3)


def test_what_no_file_holds_is_said_again(frame: pd.DataFrame, tmp_path: Path) -> None:
    loaded = _loaded(_fit(frame, weights=WEIGHTS), tmp_path / "s")
    with pytest.raises(DataError, match=r"weights of the fit .* say it again, as in sampler.observed"):
        loaded.observed(frame)
    with pytest.raises(DataError, match="table in memory, which is not saved; pass data="):
        loaded.observed(weights=WEIGHTS)
    with pytest.raises(DataError, match="is not the table"):
        loaded.observed(frame, weights=WEIGHTS[::-1])
    assert loaded.observed(frame, weights=2 * WEIGHTS).count == (WEIGHTS > 0).sum()
    with pytest.warns(idgen.DataWarning, match="missing_marks names"):
        fitted = _fit(frame, missing_marks=[datetime.date(1900, 1, 1)], missing="drop")
    with pytest.raises(DataError, match="missing_marks of the fit"):
        _loaded(fitted, tmp_path / "s").observed(frame)


def test_older_samplers_load_and_damaged_ones_do_not(frame: pd.DataFrame, tmp_path: Path) -> None:
    _fit(frame).save(tmp_path / "s")
    file = tmp_path / "s" / "sampler.json"
    whole = json.loads(file.read_text())

    def rewritten(**changed: Any) -> None:
        file.write_text(json.dumps({k: v for k, v in {**whole, **changed}.items() if v != "absent"}))

    rewritten(observed="absent")
    loaded = idgen.load(tmp_path / "s")
    assert isinstance(loaded, TorchSampler)
    assert len(loaded.sample(5, do={"X": 1}, seed=0)["Y"]) == 5
    with pytest.raises(DataError, match="saved without word of its table; fit the program again"):
        loaded.observed(frame)
    loaded.save(tmp_path / "anew")
    assert idgen.load(tmp_path / "anew").program == loaded.program
    for damaged, told in (
        ({"path": 3}, "what is saved of the table"),
        ({**whole["observed"], "more": 1}, "unknown fields: more"),
        ({**whole["observed"], "composites": {"X": ["X.a"]}}, "the saved columns of X are not its fields"),
        ([], "what is saved of the table"),
    ):
        rewritten(observed=damaged)
        with pytest.raises(DataError, match=told):
            idgen.load(tmp_path / "s")
    rewritten(observed={**whole["observed"], "reading": {"missing": "perhaps"}})
    tampered = idgen.load(tmp_path / "s")
    assert isinstance(tampered, TorchSampler)
    with pytest.raises(DataError, match="missing is 'perhaps'"):
        tampered.observed(frame)


def test_what_is_said_of_columns_that_are_not_read_changes_nothing() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y; X -> Note"))
    data = {"X": [0, 1] * 10, "Y": [0, 0, 1, 1] * 5, "Note": ["a", "b"] * 10, "other": range(20)}
    for backend in ("torch", "null"):
        types = {"X": "integer", "Note": "text", "other": "continuous"}
        fitted = program.fit(data, backend=backend, types=types, **({"progress": False} if backend == "torch" else {}))
        assert fitted.schema["X"].word == "integer"  # type: ignore[attr-defined]
        with pytest.raises(DataError, match="types names 'Nota', which is no variable here"):
            program.fit(data, backend=backend, types={"Nota": "text"})
        with pytest.raises(DataError, match="Note"):
            program.fit(data, backend=backend, types={"Note": "textual"})
