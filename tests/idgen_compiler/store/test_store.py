"""A store keeps what is whole, once, whoever writes at the same time and whoever is killed."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from idgen_compiler.errors import DataError
from idgen_compiler.store import Artefact, Store, claims, key_of
from idgen_compiler.store.claims import Holder
from idgen_compiler.store.jobs import lent_folder

PLACES = ("folder", "memory")


@pytest.fixture(params=PLACES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "store") if request.param == "folder" else f"memory://{uuid4().hex}/store"


def kept(store: Store, seed: int = 0, content: bytes = b"tensors") -> Artefact:
    def write(folder: Path) -> Mapping[str, Any]:
        (folder / "tensors").write_bytes(content)
        return {"loss": 1.5}

    return store.keep("model", "Y | X", {"seed": seed}, write, 2.0)


def test_what_is_kept_is_found_and_read(where: str) -> None:
    made = kept(Store.open(where))
    store = Store.open(where, make=False)
    assert made.key == key_of("model", {"seed": 0})
    assert made.key in store
    found = store.find(made.key)
    assert found == made
    assert found.record == {"loss": 1.5}
    assert found.size == 7 + len(found.to_json())
    with store.opened(made) as folder:
        assert (folder / "tensors").read_bytes() == b"tensors"
    assert [*store.artefacts()] == [made]
    assert [*store.verify()] == []
    assert store.strays() == []
    assert store.find(key_of("model", {"seed": 1})) is None
    assert store.meant(made.key[:8]) == made


def test_a_full_disk_costs_a_state_and_not_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "mkdir", full)
    assert store.state("key", ".training").name == "key.training"
    store.settled("key")


def test_the_first_of_two_stays(where: str) -> None:
    store = Store.open(where)
    first, second = kept(store), kept(store, content=b"another")
    assert second == first
    with store.opened(second) as folder:
        assert (folder / "tensors").read_bytes() == b"tensors"
    assert store.files.names(f"files/{first.key}") == [first.folder]


def test_a_record_comes_last(tmp_path: Path) -> None:
    store = Store.open(tmp_path)

    def fails(folder: Path) -> Mapping[str, Any]:
        (folder / "tensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.keep("model", "Y", {}, fails)
    assert [*store.artefacts()] == []
    assert store.strays() == []


def test_damage_is_found_named_and_deleted(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    cut, changed, gone, record = (kept(store, seed) for seed in range(4))
    for artefact, content in ((cut, b"ten"), (changed, b"tensorS")):
        (tmp_path / "files" / artefact.key / artefact.folder / "tensors").write_bytes(content)
    (tmp_path / "files" / gone.key / gone.folder / "tensors").unlink()
    (tmp_path / "artefacts" / f"{record.key}.json").write_text("{}")
    found = {damage.key: damage.what for damage in store.verify()}
    assert "has 3 bytes of 7" in found[cut.key]
    assert "was changed" in found[changed.key]
    assert "cannot be read" in found[gone.key]
    assert "no record" in found[record.key]
    with pytest.raises(DataError, match=r"no record of an artefact.*idgen store verify"):
        store.find(record.key)
    for key in found:
        store.forget(key)
    assert [*store.verify()] == []
    assert [*store.artefacts()] == []


@pytest.mark.parametrize(
    "change",
    [
        {"format": "idgen-artefact/9"}, {"title": 5}, {"record": []}, {"seconds": float("nan")}, {"seconds": 1},
        {"files": [["../tensors", "0", 7]]}, {"files": [["tensors", "0"]]}, {"depends": {"seed": 7}},
        {"folder": "../x"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_strangers_record_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    file = tmp_path / "artefacts" / f"{kept(store).key}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(DataError, match="cannot be read"):
        store.find(file.stem)


def test_a_place_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("my own")
    with pytest.raises(DataError, match=r"is no store and holds mine\.txt; give a folder that is empty"):
        Store.open(tmp_path)
    with pytest.raises(DataError, match="cannot be made a folder"):
        Store.open(tmp_path / "mine.txt")
    with pytest.raises(DataError, match=r"is no store: it has no idgen-store\.json"):
        Store.open(tmp_path / "none", make=False)
    assert not (tmp_path / "none").exists()
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "idgen-store.json").write_text('{"format": "idgen-store/9"}')
    with pytest.raises(DataError, match="another version"):
        Store.open(tmp_path / "later")
    for wrong in (5, "", None):
        with pytest.raises(DataError, match="give a folder, or a URL"):
            Store.open(wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="cannot be opened"):
        Store.open("nowhere-at-all://bucket/store")


# -- claims -------------------------------------------------------------------------------------------------------


def test_who_comes_second_waits_for_the_first(where: str) -> None:
    store, key, order = Store.open(where), key_of("model", {"seed": 0}), list[str]()
    waiting = threading.Event()

    def second() -> None:
        with store.claimed(key, lambda holder: (order.append(str(holder)), waiting.set())[0]) as mine:
            order.append(f"mine is {mine}")

    with store.claimed(key) as mine:
        assert mine
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(20)
        kept(store)
    thread.join()
    assert order == [f"process {os.getpid()} of {Holder.me().machine.partition(' ')[0]}", "mine is False"]
    assert store.files.names("claims") == []


def test_of_many_one_makes_it(where: str) -> None:
    store, made = Store.open(where), list[int]()

    def work() -> None:
        with store.claimed(key_of("model", {"seed": 0})) as mine:
            if mine:
                made.append(1)
                time.sleep(0.05)
                kept(store)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    assert len([*store.artefacts()]) == 1
    assert store.files.names("claims") == []


def test_who_makes_a_thing_takes_away_what_a_writer_that_was_killed_had_half_written(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    key = key_of("model", {"seed": 0})
    half, whole = (tmp_path / "store" / "files" / key / name for name in ("half", "whole"))
    (half / ".idgen-scratch-1").mkdir(parents=True)
    (half / ".idgen-scratch-1" / "tensors").write_bytes(b"ten")
    whole.mkdir()
    (whole / "tensors").write_bytes(b"tensors")
    with store.claimed(key) as mine:
        assert mine
        assert not half.exists()
        assert whole.exists(), "somebody may be about to record it"


def test_what_fails_leaves_no_claim(where: str) -> None:
    store, key = Store.open(where), key_of("model", {"seed": 0})
    with pytest.raises(RuntimeError), store.claimed(key):
        raise RuntimeError
    with store.claimed(key) as mine:
        assert mine


def test_the_claim_of_a_process_that_is_gone_is_taken_over_at_once(tmp_path: Path) -> None:
    store, key = Store.open(tmp_path), key_of("model", {"seed": 0})
    program = (
        "import os, sys; from idgen_compiler.store import Store; "
        f"context = Store.open(sys.argv[1]).claimed({key!r}); context.__enter__(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert store.files.names("claims") == [f"{key}.json"]
    assert store.strays() == [f"claims/{key}.json"]
    before = time.monotonic()
    with store.claimed(key) as mine:
        assert mine
    assert time.monotonic() - before < claims.DEAD


def test_a_claim_without_a_heartbeat_is_taken_over(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "DEAD", 0.3)
    monkeypatch.setattr(claims, "BEAT", 0.05)
    store, key = Store.open(where), key_of("model", {"seed": 0})
    other = {"machine": "elsewhere", "process": 1, "started": "5", "token": "t", "beat": 3}
    store.files.write(f"claims/{key}.json", json.dumps(other).encode())
    with store.claimed(key) as mine:
        assert mine
    with store.claimed(key) as mine:  # which beats, so that nobody takes it over
        assert mine
        taken = threading.Event()

        def second() -> None:
            with store.claimed(key) as mine_too:
                taken.set()
                assert mine_too

        thread = threading.Thread(target=second)
        thread.start()
        assert not taken.wait(1.0)
    thread.join()
    assert taken.is_set()


def test_a_claim_that_was_never_whole_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "DEAD", 0.1)
    store, key = Store.open(tmp_path), key_of("model", {"seed": 0})
    store.files.write(f"claims/{key}.json", b"{")
    with store.claimed(key) as mine:
        assert mine


# -- care ---------------------------------------------------------------------------------------------------------


def test_what_is_unused_goes_by_age_and_by_size(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    old, middle, new = (kept(store, seed) for seed in range(3))
    for days, artefact in ((9, old), (5, middle)):
        then = time.time() - days * 86400
        os.utime(tmp_path / "artefacts" / f"{artefact.key}.json", (then, then))
    assert store.unused() == []
    assert store.unused(days=7) == [old]
    assert store.unused(most=new.size) == [old, middle]
    with store.opened(old):
        pass
    assert store.unused(days=7) == []
    assert store.unused(most=2 * new.size) == [middle]
    store.forget(middle.key)
    assert {artefact.key for artefact in store.artefacts()} == {old.key, new.key}


def test_strays_are_what_nobody_needs(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    made = kept(store)
    lost = tmp_path / "files" / made.key / ("0" * 32)
    lost.mkdir()
    (lost / "tensors").write_bytes(b"of a writer that was killed")
    assert store.strays() == []  # somebody may be writing it
    then = time.time() - 2 * 3600
    os.utime(lost / "tensors", (then, then))
    store.state(made.key, ".training").write_bytes(b"done")
    store.state("1" * 64, ".training").write_bytes(b"under way")
    assert store.strays() == [f"files/{made.key}/{lost.name}", f"states/{made.key}.training"]
    store.sweep(store.strays())
    assert store.strays() == []
    assert [*store.artefacts()] == [made]
    assert [*store.verify()] == []
    assert [path.name for path in (tmp_path / "states").iterdir()] == ["1" * 64 + ".training"]


def test_an_export_is_a_whole_copy(where: str, tmp_path: Path) -> None:
    store, other = Store.open(where), Store.open(tmp_path / "other")
    made = kept(store)
    for _ in range(2):
        store.export(made, other)
    assert other.find(made.key) == made
    assert [*other.verify()] == []
    damaged = kept(other, 1)
    (tmp_path / "other" / "files" / damaged.key / damaged.folder / "tensors").write_bytes(b"")
    with pytest.raises(DataError, match="is damaged: tensors has 0 bytes of 7"):
        other.export(damaged, store)
    assert damaged.key not in store


def test_what_is_lent_is_gone_afterwards_and_swept_where_its_process_was_killed(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    files = store.files
    with lent_folder(files) as name:
        files.write(f"{name}/job.json", b"{}")
        assert store.strays() == []
        os.remove(tmp_path / "store" / "claims" / f"{name.removeprefix('jobs/')}.json")
        assert store.strays() == [name]
    assert store.files.names("jobs") == []
