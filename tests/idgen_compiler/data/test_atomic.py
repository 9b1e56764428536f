"""Files and folders that are whole or absent: what is there before, meanwhile and afterwards, and what is left."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from idgen_compiler.data import atomic
from idgen_compiler.data.atomic import (
    SCRATCH,
    check_room,
    followed,
    read_regular,
    read_steadily,
    sweep,
    whole_folder,
    whole_or_absent,
    write_atomically,
)
from idgen_compiler.errors import DataError


def anything(folder: Path) -> None:
    """A check that refuses nothing."""


def put(path: Path, text: str, check: Callable[[Path], None] = anything) -> None:
    with whole_folder(path, check) as folder:
        (folder / "text").write_text(text)


def fill_the_disk(path: Path) -> None:
    with whole_folder(path, anything) as folder:
        (folder / "text").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(params=["one step", "two steps"])
def steps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Linux, and as where two folders cannot be exchanged."""
    if request.param == "two steps":
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    (tmp_path / "s.csv.partial").write_text("mine")
    for text in ("old", "new"):
        before = file.read_text() if file.exists() else None
        with whole_or_absent(file) as partial:
            partial.write_text(text)
            assert (file.read_text() if file.exists() else None) == before
        assert file.read_text() == text
    assert names(tmp_path) == ["s.csv", "s.csv.partial"]
    with pytest.raises(ZeroDivisionError), whole_or_absent(file) as partial:
        partial.write_text(str(1 / 0))
    assert names(tmp_path) == ["s.csv", "s.csv.partial"]
    assert file.read_text() == "new"


@pytest.mark.usefixtures("steps")
def test_a_folder_takes_another_s_place(tmp_path: Path) -> None:
    for text in ("old", "new", "newer"):
        put(tmp_path / "a" / "b", text)
        assert (tmp_path / "a" / "b" / "text").read_text() == text
        assert names(tmp_path / "a") == ["b"]
    (tmp_path / "empty").mkdir(mode=0o700)
    put(tmp_path / "empty", "text")
    assert stat.S_IMODE((tmp_path / "empty").stat().st_mode) == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b", target_is_directory=True)
    put(tmp_path / "link", "through the link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a" / "b" / "text").read_text() == "through the link"


@pytest.mark.usefixtures("steps")
def test_what_is_refused_or_fails_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path / "s", "old")

    def refuse(folder: Path) -> None:
        raise DataError("not this one")

    with pytest.raises(DataError, match="not this one"):
        put(tmp_path / "s", "new", refuse)
    with pytest.raises(DataError, match=r"s cannot be written \(No space left on device\); make room"):
        fill_the_disk(tmp_path / "s")
    assert (tmp_path / "s" / "text").read_text() == "old"
    assert names(tmp_path) == ["s"]


@pytest.mark.usefixtures("steps")
def test_several_at_once_lose_nothing(tmp_path: Path) -> None:
    """The last one wins, nobody fails, and who looks always sees one that is whole."""
    put(tmp_path / "s", "0")
    wrong: list[BaseException] = []
    seen: set[str] = set()

    def write(text: str) -> None:
        try:
            for _ in range(30):
                put(tmp_path / "s", text)
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    def look(folder: Path) -> str:
        try:
            return (folder / "text").read_text()
        except OSError as error:
            raise DataError(str(error)) from None

    threads = [threading.Thread(target=write, args=(str(k),)) for k in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen.add(read_steadily(tmp_path / "s", look))
    assert wrong == []
    assert seen <= {"0", "1", "2"}
    assert names(tmp_path) == ["s"]


def test_scratch_of_the_dead_is_swept_and_of_the_living_is_not(tmp_path: Path) -> None:
    (tmp_path / f"{SCRATCH}dead").mkdir()
    (tmp_path / f"{SCRATCH}dead" / "half").write_text("half")
    (tmp_path / f"{SCRATCH}file").write_text("no folder")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("mine")
    (tmp_path / f"{SCRATCH}link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with whole_or_absent(tmp_path / "living") as partial:
        partial.write_text("whole")
        sweep(tmp_path)
        assert partial.read_text() == "whole"
    assert names(tmp_path) == [f"{SCRATCH}file", f"{SCRATCH}link", "elsewhere", "living"]
    assert names(tmp_path / "elsewhere") == ["mine"]
    sweep(tmp_path / "nowhere")


def test_an_old_folder_that_a_dead_process_took_away_is_found(tmp_path: Path) -> None:
    """Killed between the two steps: whoever reads, or writes, brings the old one back."""
    aside = tmp_path / f"{SCRATCH}dead" / "aside" / "s"
    aside.mkdir(parents=True)
    (aside / "text").write_text("old")

    def look(folder: Path) -> str:
        if not folder.is_dir():
            raise DataError("there is none")
        return (folder / "text").read_text()

    assert read_steadily(tmp_path / "s", look) == "old"
    assert names(tmp_path) == ["s"]
    with pytest.raises(DataError, match="there is none"):
        read_steadily(tmp_path / "t", look)


def test_a_folder_that_is_replaced_meanwhile_is_read_again(tmp_path: Path) -> None:
    put(tmp_path / "s", "old")
    reads = []

    def look(folder: Path) -> str:
        reads.append((folder / "text").read_text())
        if len(reads) == 1:
            put(tmp_path / "s", "new")
            raise DataError("its files do not belong together")
        return reads[-1]

    assert read_steadily(tmp_path / "s", look) == "new"
    assert reads == ["old", "new"]
    with pytest.raises(DataError, match="broken"):
        read_steadily(tmp_path / "s", lambda folder: (_ for _ in ()).throw(DataError("broken")))


@pytest.mark.parametrize("place", ["pipe", "device", "folder", "nothing"])
def test_only_ordinary_files_are_read(place: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    if place == "pipe":
        os.mkfifo(file)
    elif place == "device":
        file.symlink_to("/dev/zero")
    elif place == "folder":
        file.mkdir()
    with pytest.raises(OSError, match=r"ordinary|directory|No such"):
        read_regular(file)


def test_a_file_has_at_most_so_many_bytes(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", b"12345")
    assert read_regular(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="5 bytes, more than 4"):
        read_regular(tmp_path / "file", 4)


def test_room_is_looked_for_where_there_is_a_folder(tmp_path: Path) -> None:
    check_room(tmp_path / "not" / "there" / "yet")
    assert names(tmp_path) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        check_room(tmp_path / "file" / "below")
    with pytest.raises(DataError, match="cannot be written"):
        check_room(Path("/proc/nowhere"))
    with pytest.raises(DataError, match="File name too long"):
        check_room(tmp_path / "not" / ("x" * 300) / "yet")
    assert names(tmp_path) == ["file"]


def test_links_in_a_circle_are_no_path(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(DataError, match="is no path"):
        followed(tmp_path / "a")
    with pytest.raises(DataError, match="is no path"):
        followed(Path("nul\0byte"))
