from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from idgen_compiler.errors import DataError
from idgen_torch import TorchBackend, TorchSampler
from tests.idgen_torch import programs
from tests.idgen_torch.counting import Counting
from tests.idgen_torch.programs import BACK_DOOR

DATA = programs.back_door_data(200)


def fit(**options: Any) -> TorchSampler:
    options = {"data": DATA, "family": {"Y": "test-counting", "Z": "table"}} | options
    return TorchBackend().fit(BACK_DOOR, device="cpu", progress=False, **options)


def interrupt(*args: Any, **options: Any) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_fit_says_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "fit", interrupt)
    with pytest.raises(KeyboardInterrupt, match=r"at %m1, 1 of 2 models trained, lost; checkpoint=FOLDER keeps them"):
        fit()


def test_an_interrupted_fit_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Counting, "fit", interrupt)
        with pytest.raises(KeyboardInterrupt, match=r"1 of 2 models trained, kept in .*; the same fit resumes there"):
            fit(checkpoint=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("idgen_torch.families.tables.table.Table.fit", interrupt)
        resumed = fit(checkpoint=tmp_path)
        assert fit(checkpoint=tmp_path).report() == resumed.report()
    assert resumed.report() == fit().report()
    ours, theirs = (s.sample(300, do={"X": 1}, seed=1)["Y"] for s in (resumed, fit()))
    assert np.array_equal(ours, theirs)


def test_another_text_of_a_family_is_another_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(checkpoint=tmp_path)
    fit(checkpoint=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setattr("idgen_torch.backend.inspect.getsource", lambda kind: "class Counting: pass")
    fit(checkpoint=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"smoothing": 2.0},
        {"rows_factor": 3.0},
        {"data": {**DATA, "Y": 1 - DATA["Y"]}},
        {"types": {"Y": "continuous"}, "family": {"Z": "table", "Y": "test-counting"}},
    ],
)
def test_another_fit_does_not_resume(tmp_path: Path, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fit(checkpoint=tmp_path)
    monkeypatch.setattr("idgen_torch.families.tables.table.Table.fit", interrupt)
    with pytest.raises(KeyboardInterrupt, match="0 of 2 models"):
        fit(checkpoint=tmp_path, **change)


def test_a_damaged_checkpoint_says_what_to_delete(tmp_path: Path) -> None:
    fit(checkpoint=tmp_path)
    (folder,) = tmp_path.iterdir()
    assert sorted(p.name for p in folder.iterdir()) == ["m0.json", "m0.safetensors", "m1.json", "m1.safetensors"]
    (folder / "m0.safetensors").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot be resumed \(.*truncated.*\); delete "):
        fit(checkpoint=tmp_path)


def test_a_checkpoint_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be made a folder"):
        fit(checkpoint=tmp_path / "file")


@pytest.mark.parametrize("losses", [5, [1], {"Y": "low"}, {"Y": float("nan")}, {"Y": [1.0]}])
def test_losses_that_are_none_are_refused(losses: Any, tmp_path: Path) -> None:
    fit(checkpoint=tmp_path)
    (file,) = tmp_path.glob("*/m0.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"losses": losses}))
    with pytest.raises(DataError, match=r"cannot be resumed \(its losses are .*; delete "):
        fit(checkpoint=tmp_path)


@pytest.mark.parametrize("content", ["[" * 100_000, "9" * 5000, "\ud800", None])
def test_a_checkpoint_of_somebody_else_is_one_line(content: str | None, tmp_path: Path) -> None:
    fit(checkpoint=tmp_path)
    (file,) = tmp_path.glob("*/m0.json")
    file.unlink()
    if content is None:
        os.mkfifo(file)  # which nobody writes into
    else:
        file.write_text(content, errors="surrogatepass")
    with pytest.raises(DataError, match="cannot be resumed"):
        fit(checkpoint=tmp_path)


def test_what_a_dead_fit_left_is_swept(tmp_path: Path) -> None:
    fit(checkpoint=tmp_path)
    (folder,) = tmp_path.iterdir()
    (folder / ".idgen-scratch-dead").mkdir()
    fit(checkpoint=tmp_path)
    assert sorted(p.name for p in folder.iterdir()) == ["m0.json", "m0.safetensors", "m1.json", "m1.safetensors"]
