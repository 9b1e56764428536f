"""A store at a place that is slow, shows things late, has its own clock or no links: nothing half is ever read."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from idgen_compiler.errors import DataError
from idgen_compiler.store import Artefact, Store, claims, files, key_of
from tests.idgen_compiler.store.late import Late


@pytest.fixture(params=["file", "local", "memory", "late"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(Late, "done", {})
    if request.param == "late":
        monkeypatch.setattr(Late, "lag", 0.1)
        monkeypatch.setattr(Late, "slow", 0.0005)
    place = str(tmp_path) if request.param in ("file", "local") else f"/{uuid4().hex}"
    return f"{request.param}://{place}/store"


def kept(store: Store, seed: int = 0) -> Artefact:
    def write(folder: Path) -> Mapping[str, Any]:
        (folder / "tensors").write_bytes(b"tensors" * 100)
        return {}

    return store.keep("model", "Y", {"seed": seed}, write)


def test_what_is_kept_is_read_at_once(url: str) -> None:
    made = kept(Store.open(url))
    found = Store.open(url).awaited(made.key)
    assert found == made
    with Store.open(url).opened(made) as folder:
        assert (folder / "tensors").read_bytes() == b"tensors" * 100


def test_readers_never_see_half_of_it(url: str) -> None:
    store, key, seen, over = Store.open(url), key_of("model", {"seed": 0}), list[bytes](), threading.Event()

    def read() -> None:
        mine = Store.open(url)
        while not over.is_set() or not seen:
            found = mine.find(key)
            if found is not None:
                with mine.opened(found) as folder:
                    seen.append((folder / "tensors").read_bytes())

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    kept(store)
    over.set()
    for reader in readers:
        reader.join()
    assert set(seen) == {b"tensors" * 100}


def test_who_comes_second_takes_what_the_first_made(url: str) -> None:
    store, order = Store.open(url), list[str]()
    key, waits = key_of("model", {"seed": 0}), threading.Event()

    def second() -> None:
        with Store.open(url).claimed(key, lambda _: waits.set()) as mine:
            order.append(f"second makes it: {mine}")
        assert Store.open(url).awaited(key) is not None

    with store.claimed(key) as mine:
        assert mine
        if url.startswith("late"):
            time.sleep(2 * Late.lag)  # a claim that nobody sees yet keeps nobody away
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(20)
        kept(store)
        if url.startswith("late"):
            time.sleep(2 * Late.lag)
    thread.join()
    assert order == ["second makes it: False"]


def test_two_that_see_no_claim_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Late, "done", {})
    monkeypatch.setattr(Late, "lag", 0.2)
    url = f"late://{uuid4().hex}"
    made = [None, None]

    def work(k: int) -> None:
        store = Store.open(url)
        with store.claimed(key_of("model", {"seed": 0})) as mine:
            if mine:
                made[k] = kept(store)  # type: ignore[call-overload]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = Store.open(url)
    found = store.awaited(key_of("model", {"seed": 0}))
    assert found is not None
    with store.opened(found) as folder:
        assert (folder / "tensors").read_bytes() == b"tensors" * 100


def test_a_claim_that_shows_its_predecessor_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(claims, "BEAT", 0.02)
    store, key = Store.open(tmp_path), key_of("model", {})
    with store.claimed(key) as mine:
        assert mine
        own = store.files.read(f"claims/{key}.json")
        other = b'{"machine": "elsewhere", "process": 1, "started": "", "token": "t", "beat": 3}'
        store.files.write(f"claims/{key}.json", other)
        time.sleep(0.03)
        store.files.write(f"claims/{key}.json", own)
        time.sleep(0.2)
        assert store.files.read(f"claims/{key}.json") != own  # it beats again


def test_old_is_by_the_clock_of_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Late, "done", {})
    monkeypatch.setattr(Late, "ahead", -7200.0)  # two hours behind this machine
    store = Store.open(f"late://{uuid4().hex}")
    made = kept(store)
    lost = f"files/{made.key}/{'0' * 32}/tensors"
    store.files.write(lost, b"somebody is writing")
    assert store.strays() == []
    assert store.unused(days=0.05) == []
    monkeypatch.setattr(Late, "ahead", 0.0)
    Late.done = {name: [(when - 7200, content) for when, content in told] for name, told in Late.done.items()}
    assert store.strays() == [lost.rpartition("/")[0]]
    assert store.unused(days=0.05) == [made]


def test_a_place_without_links_is_whole_or_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("no links here")

    store = Store.open(tmp_path)
    monkeypatch.setattr(os, "link", no_links)
    made = kept(store)
    assert kept(store) == made == store.find(made.key)

    def full(path: Path, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_exclusively", full)
    with pytest.raises(DataError, match="No space left"):
        kept(store, 1)
    assert [*store.artefacts()] == [made]
    assert store.files.names(f"files/{key_of('model', {'seed': 1})}") == []


def test_a_record_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    made = kept(store)
    file = tmp_path / "artefacts" / f"{made.key}.json"
    whole = file.read_bytes()
    file.write_bytes(whole[:50])
    threading.Timer(0.05, file.write_bytes, (whole,)).start()
    assert store.find(made.key) == made


def test_what_was_changed_is_not_opened(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    made = kept(store)
    (tmp_path / "files" / made.key / made.folder / "tensors").write_bytes(b"tensorz" * 100)
    with pytest.raises(DataError, match="is damaged: tensors was changed"), store.opened(made):
        pass
