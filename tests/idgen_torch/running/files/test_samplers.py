from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from idgen_compiler.errors import DataError
from idgen_compiler.hinge.saved import load
from idgen_compiler.ir import Column
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.families.tables.resample import ResampleModel
from tests.idgen_torch import counting, programs
from tests.idgen_torch.programs import BACK_DOOR, NAPKIN

__all__ = ["counting"]


@pytest.fixture(scope="module")
def sampler() -> TorchSampler:
    data = programs.back_door_data(300)
    data["Z"] = np.array(["lo", "hi"])[data["Z"]]
    return TorchBackend().fit(BACK_DOOR, data, device="cpu", progress=False, family={"*": "factored"})


@pytest.fixture
def saved(sampler: TorchSampler, tmp_path: Path) -> Path:
    sampler.save(tmp_path / "saved")
    return tmp_path / "saved"


def test_a_loaded_sampler_gives_the_same_samples(sampler: TorchSampler, saved: Path) -> None:
    loaded = load(saved)
    assert isinstance(loaded, TorchSampler)
    assert loaded.program == sampler.program
    assert loaded.schema == sampler.schema
    assert loaded.report() == sampler.report()
    for x in (0, 1):
        ours, theirs = (s.sample(500, do={"X": x}, seed=9)["Y"] for s in (sampler, loaded))
        assert np.array_equal(ours, theirs)
    assert sorted(p.name for p in saved.iterdir()) == [
        "cells0.safetensors",
        "cells1.safetensors",
        "cells2.safetensors",
        "cells3.safetensors",
        "m0.safetensors",
        "m1.rows.safetensors",
        "m1.safetensors",
        "sampler.json",
    ]


def test_every_type_and_policy_survives(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    data = {
        "X": random.integers(0, 2, 40),
        "Y.count": np.arange(40),
        "Y.ink": random.normal(size=40).astype(np.float32),
        "Y.place": random.normal(size=(40, 2)),
        "Y.hue": random.choice(["red", "green"], 40),
        "Z": random.normal(size=(40, 3)),
    }
    program = BACK_DOOR.parse(
        'program "P(Y | do(X))" { graph "Z -> X -> Y; Z -> Y" %obs = observe [X, Y, Z] %m0 = train %obs : Y, Z '
        "sample (X) { (Y', Z') ~ %m0() Y ~ uniform Z ~ %obs Z'' ~ uniform } -> [Y, Z] }"
    )
    fitted = TorchBackend().fit(program, data, device="cpu", progress=False)
    fitted.save(tmp_path / "s")
    loaded = TorchBackend().load(tmp_path / "s", device="cpu")
    ours, theirs = (s.sample(100, do={"X": 1}, seed=2) for s in (fitted, loaded))
    assert ours["Y"].dtype.names == ("count", "ink", "place", "hue")
    assert np.array_equal(ours["Y"], theirs["Y"])
    assert np.array_equal(ours["Z"], theirs["Z"])
    assert list(ours.to_pandas()) == ["Y.count", "Y.ink", "Y.place", "Y.hue", "Z"]
    # do(X) does not reach these outputs and is checked all the same
    with pytest.raises(DataError, match=r"do\(X=...\) is 5"):
        loaded.sample(1, do={"X": 5})


def test_saving_replaces_a_sampler_but_nothing_else(sampler: TorchSampler, saved: Path, tmp_path: Path) -> None:
    sampler.save(saved)
    assert load(saved).program == sampler.program
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(DataError, match="exists and is no saved sampler"):
        sampler.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep me"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "saved"]


def test_files_of_the_user_s_beside_a_sampler_are_kept(sampler: TorchSampler, saved: Path) -> None:
    (saved / "notes.safetensors").write_text("keep me")
    with pytest.raises(DataError, match=r"holds notes\.safetensors beside a saved sampler"):
        sampler.save(saved)
    assert (saved / "notes.safetensors").read_text() == "keep me"


def test_a_disk_that_fills_leaves_the_old_sampler(
    sampler: TorchSampler, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(DataError, match=r"cannot be written \(.*No space left on device.*\); make room"):
        sampler.save(saved)
    assert load(saved).program == sampler.program
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


@pytest.mark.parametrize("name", ["m0.safetensors", "m1.safetensors", "sampler.json"])
@pytest.mark.parametrize("fate", ["gone", "empty", "halved", "one bit"])
def test_damage_to_any_file_is_a_data_error(saved: Path, name: str, fate: str) -> None:
    path = saved / name
    content = path.read_bytes()
    if fate == "gone":
        path.unlink()
    elif fate == "one bit":
        # In the header, the bit that turns a brace into another sign; in the tensors, any.
        path.write_bytes(bytes([content[0] ^ 0x40]) + content[1:])
    else:
        path.write_bytes(content[: len(content) // 2 if fate == "halved" else 0])
    with pytest.raises(DataError):
        load(saved)


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(header: Any) -> None:
        for key in path[:-1]:
            header = header[key]
        if to is _GONE:
            del header[path[-1]]
        else:
            header[path[-1]] = to

    return change


_GONE = object()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("format", to="idgen-sampler/99"), "has format 'idgen-sampler/99'"),
        (_set("schema", to=_GONE), "missing schema"),
        (_set("extra", to=1), "unknown extra"),
        (_set("program", to="program"), "does not verify|cannot be read|expected"),
        (_set("schema", "Z", to=_GONE), "does not fit the program in Z"),
        (_set("schema", "Z", "kind", to="picture"), "Z is of no known kind: 'picture'; known names: categorical"),
        (_set("schema", "Z", "labels", to=["hi"]), "saved model|expected"),
        (_set("schema", "Z", "labels", to="hi"), "'labels' must be a list, not 'hi'"),
        (_set("schema", "Z", "dtype", to="object9"), "no NumPy dtype"),
        (_set("schema", "X", to={"kind": "continuous", "center": 0, "width": 0, "low": 0, "high": 1}),
         "scale that is not positive"),
        (_set("schema", "X", to={"kind": "integer", "center": 0, "width": "1", "low": 0, "high": 1, "dtype": "int64"}),
         "'width' must be a finite number, not '1'"),
        (_set("models", to=[]), "the list of models is list"),
        (_set("models", "%m1", to=_GONE), "missing %m1"),
        (_set("models", "%m9", to={}), "unknown %m9"),
        (_set("models", "%m1", "family", to="oracle"), "saved with the family 'oracle', which is not known here"),
        (_set("models", "%m1", "family", to=3), "family is 3"),
        (_set("models", "%m1", "options", "stray", to=1), "unknown fields: stray"),
        (_set("models", "%m1", "options", "smoothing", to="much"), "'smoothing' must be a finite number"),
        (_set("models", "%m1", "options", "smoothing", to=-1), "option smoothing is -1"),
        (_set("models", "%m1", "config", to=3), "config is 3"),
        (_set("models", "%m1", "file", to="../m1.safetensors"), "points to the file"),
        (_set("models", "%m1", "sha256", to="0"), "was changed after it was saved"),
        (_set("models", "%m0", "config", to={}), "does not fit its configuration|saved model"),
        (_set("policies", to={"obs.X": None}), "unknown obs.X"),
        (_set("fit", "rows", to="many"), "'rows' must be a whole number, not 'many'"),
        (_set("fit", "rows_factor", to=None), "'rows_factor' must be a finite number, not None"),
        (_set("fit", "models", to=[{}]), "'models', item 0 lacks 'operation'"),
    ],
)  # fmt: skip
def test_a_header_that_was_tampered_with_is_a_data_error(
    saved: Path, change: Callable[[Any], None], message: str
) -> None:
    path = saved / "sampler.json"
    header = json.loads(path.read_text())
    change(header)
    path.write_text(json.dumps(header))
    with pytest.raises(DataError, match=message):
        load(saved)


def test_resampled_rows_are_saved_as_tensors(tmp_path: Path) -> None:
    program = NAPKIN.parse(str(NAPKIN).replace("W2 ~ uniform", "W2 ~ %obs"))
    fitted = TorchBackend().fit(program, programs.napkin_data(100), device="cpu", progress=False, rows_factor=1.0)
    fitted.save(tmp_path / "s")
    loaded = TorchBackend().load(tmp_path / "s", device="cpu")
    ours, theirs = (s.fitted.policies[Column("%obs"), ("W2",)] for s in (fitted, loaded))
    assert isinstance(ours, ResampleModel)
    assert isinstance(theirs, ResampleModel)
    assert torch.equal(ours.state()[1]["rows.W2"], theirs.state()[1]["rows.W2"])
    (tmp_path / "s" / "obs.W2.safetensors").unlink()
    with pytest.raises(DataError, match=r"the saved model obs\.W2 has no file"):
        load(tmp_path / "s")
