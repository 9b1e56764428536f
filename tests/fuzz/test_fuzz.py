"""No input makes a reader crash: what is wrong is an IdgenError, and nothing in a file is executed.

A short, deterministic part of what `python -m tests.benchmarks fuzz` does a million times.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.hinge.saved import HEADER
from tests.fuzz.folders import exact_folders, image_folders, null_folders, torch_folders
from tests.fuzz.tables import tables
from tests.fuzz.targets import Folders, Target, Texts, attempt, idx_files, texts

TEXTS = texts()


@pytest.fixture(scope="module")
def torch_target(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    pytest.importorskip("torch")
    return torch_folders(tmp_path_factory.mktemp("torch"))


@pytest.fixture(scope="module")
def exact_target(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return exact_folders(tmp_path_factory.mktemp("exact"))


def _escapes(target: Target, count: int) -> list[tuple[object, BaseException]]:
    random, found = Random(target.name), []
    for _ in range(count):
        damaged = target.damaged(random)
        if (error := attempt(target, damaged)) is not None:
            found.append((damaged, error))
    return found


@pytest.mark.parametrize("target", TEXTS, ids=lambda target: target.name)
def test_seeds_are_read(target: Texts) -> None:
    for seed in target.seeds:
        target.read(seed)


@pytest.mark.parametrize("target", TEXTS, ids=lambda target: target.name)
def test_damaged_texts(target: Texts) -> None:
    assert _escapes(target, 1000) == []


@pytest.mark.parametrize("target", TEXTS, ids=lambda target: target.name)
def test_any_text(target: Texts) -> None:
    words = st.sampled_from([*target.tokens, " ", "\n"])

    @settings(max_examples=150)
    @given(st.text(max_size=60) | st.lists(words | st.characters(), max_size=25).map("".join))
    def read(text: str) -> None:
        assert attempt(target, text) is None

    read()


def test_what_escapes_is_found() -> None:
    def careless(text: str) -> None:
        if not text:
            raise IdgenError("empty")
        int(text)

    target = Texts("careless", ["12"], ["1"], careless)
    assert {type(error) for _, error in _escapes(target, 100)} == {ValueError}
    assert attempt(target, "") is None


@pytest.mark.parametrize(
    "text", ["(" * 5000, "[" * 100_000, "{" * 5000, "X" * 100_000, "A -> " * 20_000, "Σ_m " * 5000]
)
@pytest.mark.parametrize("target", TEXTS, ids=lambda target: target.name)
def test_deep_and_long_texts(target: Texts, text: str) -> None:
    assert attempt(target, text) is None
    assert attempt(target, target.seeds[0] + text) is None


def test_damaged_idx_files(tmp_path: Path) -> None:
    target = idx_files(tmp_path)
    for seed in target.seeds:
        target.read(seed)
    assert _escapes(target, 1000) == []


def test_damaged_tables_and_pictures(tmp_path: Path) -> None:
    for target in tables(tmp_path):
        assert _escapes(target, 150) == [], target.name


def test_damaged_exact_samplers(exact_target: Folders) -> None:
    for seed in exact_target.seeds:
        exact_target.read(seed)
    assert _escapes(exact_target, 250) == []


def test_damaged_null_samplers(tmp_path: Path) -> None:
    target = null_folders(tmp_path)
    for seed in target.seeds:
        target.read(seed)
    assert _escapes(target, 250) == []


def test_damaged_samplers_of_pictures(tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    target = image_folders(tmp_path)
    for seed in target.seeds:
        target.read(seed)
    assert _escapes(target, 60) == []


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")  # so few rows hardly overlap
def test_damaged_torch_samplers(torch_target: Folders) -> None:
    for seed in torch_target.seeds:
        torch_target.read(seed)
    assert _escapes(torch_target, 200) == []


class _Payload:
    """Pickled, it writes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.marker,)


def test_a_pickle_in_the_place_of_tensors_does_nothing(torch_target: Folders, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    payload = pickle.dumps(_Payload(marker))
    pickle.loads(payload)  # noqa: S301  # the payload works, so its silence below means something
    assert marker.exists()
    marker.unlink()
    files = dict(torch_target.seeds[0])
    header = json.loads(files[HEADER])
    name, record = next((name, record) for name, record in header["models"].items() if record["file"])
    files[record["file"]] = payload
    header["models"][name]["sha256"] = hashlib.sha256(payload).hexdigest()
    files[HEADER] = json.dumps(header).encode()
    for damaged in (files, {**files, HEADER: payload}):
        with pytest.raises(DataError):
            torch_target.read(damaged)
    assert not marker.exists()


def test_loading_executes_and_imports_nothing(torch_target: Folders, exact_target: Folders, tmp_path: Path) -> None:
    folders = []
    for k, files in enumerate((*torch_target.seeds, *exact_target.seeds)):
        folder = tmp_path / f"saved{k}"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        folders.append(str(folder))
    code = f"""
import sys, idgen_compiler as idgen
seen = []
watched = ("exec", "compile", "import", "pickle.", "marshal.", "os.system", "os.exec", "subprocess.", "socket.")
for folder in {folders!r}:
    idgen.load(folder)  # the first time, libraries are imported
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(watched) else None)
for folder in {folders!r}:
    idgen.load(folder)
found = list(seen)
exec("import pickle; pickle.loads(pickle.dumps(Exception))")
print(found, "pickle.find_class" in seen, "exec" in seen)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[] True True"


def test_a_program_of_many_operations_is_read() -> None:
    lines = [f"%m{k} = train %obs : X" for k in range(3000)]
    text = 'program "P(X)" { graph "X" %obs = observe [X] ' + " ".join(lines) + " sample () { X ~ %m2999() } -> [X] }"
    assert len(idgen.Program.parse(text).models) == 3000
