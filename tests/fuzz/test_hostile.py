"""What somebody who means harm saved is refused before it is built: nothing hangs, fills the memory or is drawn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import idgen_compiler as idgen
from tests.fuzz import hostile
from tests.fuzz.folders import exact_folders, null_folders, torch_folders
from tests.fuzz.limits import Files, cases, read

pytest.importorskip("torch")
pytest.importorskip("diffusers")

LONG = "200,000"  #: what is this many takes a second each


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, Files]]:
    return list(cases(tmp_path_factory.mktemp("hostile")))


def test_every_harm_finds_a_sampler(everything: list[tuple[str, str, Files]]) -> None:
    assert {harm for _, harm, _ in everything} == {*hostile.HEADERS, *hostile.EXACT, *hostile.TENSORS}


def test_all_are_refused(everything: list[tuple[str, str, Files]], tmp_path: Path) -> None:
    chosen = [case for case in everything if LONG not in case[1] or case[0] == "null"]
    found = [(backend, harm, read(files, tmp_path / "read")) for backend, harm, files in chosen]
    assert [case for case in found if case[2] != "refused"] == []


def test_little_memory_is_enough_to_refuse() -> None:
    harms = ("an image of 2^80 pixels", "channels of 2^13", "100,000 layers", "a graph of 200,000 vertices",
             "1e99999999 as a fraction", "10^12 rows", "two million lists")  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.fuzz.limits", *harms],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = [line.split("\t") for line in run.stdout.splitlines()]
    assert {harm for _, harm, _, _ in found} == set(harms)
    assert [case for case in found if case[3] != "refused"] == []


@pytest.mark.parametrize("begin", [b"", b"whole"])
def test_a_file_of_nothing_is_not_read_to_its_end(begin: bytes, tmp_path: Path) -> None:
    """A file of a terabyte, which takes no room on the disk and would take an hour to sum up."""
    torch_folders(tmp_path)
    file = next((tmp_path / "torch0").glob("*.safetensors"))
    content = file.read_bytes() if begin else b""
    with file.open("wb") as opened:
        opened.write(content)
        opened.truncate(2**40)
    with pytest.raises(idgen.DataError, match="truncated or no file of tensors"):
        idgen.load(tmp_path / "torch0")


@pytest.mark.parametrize("place", hostile.PLACES)
def test_what_is_no_file_is_not_waited_for(place: str, tmp_path: Path) -> None:
    for target in (exact_folders(tmp_path), null_folders(tmp_path)):
        for name in target.seeds[0]:
            folder = tmp_path / f"{target.name} {name}"
            folder.mkdir()
            for other, content in target.seeds[0].items():
                (folder / other).write_bytes(content)
            (folder / name).unlink()
            hostile.PLACES[place](folder / name)
            with pytest.raises(idgen.DataError):
                idgen.load(folder)
