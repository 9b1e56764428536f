"""A folder that changes: what is saved anew is served, whole, and never an error."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.serving.held import Held
from idgen_compiler.serving.http.server import Server
from idgen_compiler.serving.loader import Loader
from tests.idgen_compiler.serving import samplers

Client = Callable[..., TestClient]


def server_of(served: TestClient) -> Server:
    server: Server = served.app.state.server  # type: ignore[attr-defined]
    return server


def test_what_is_saved_anew_is_served(client: Client, tmp_path: Path) -> None:
    samplers.exact(tmp_path / "s", chance=0.0)
    served = client(tmp_path / "s", poll=0.01)
    asked = {"n": 50, "do": {"X": "no"}}
    before = served.post("/sample?format=json", json=asked)
    assert {row["Y"] for row in before.json()["rows"]} == {0}
    samplers.exact(tmp_path / "s", chance=1.0)
    server_of(served).look()
    after = served.post("/sample?format=json", json=asked)
    assert {row["Y"] for row in after.json()["rows"]} == {1}
    assert before.headers["idgen-sampler"] != after.headers["idgen-sampler"]
    assert served.get("/health").json()["reloads"] == 1
    assert served.get("/openapi.json").json()["info"]["version"] == after.headers["idgen-sampler"]


def test_the_folder_is_looked_at_by_itself(client: Client, tmp_path: Path) -> None:
    samplers.exact(tmp_path / "s", chance=0.0)
    served = client(tmp_path / "s", poll=0.005)
    samplers.exact(tmp_path / "s", chance=1.0)
    for _ in range(2_000):
        if served.get("/health").json()["reloads"]:
            return
    raise AssertionError("nobody looked")


def test_the_same_saved_again_is_no_other(tmp_path: Path) -> None:
    samplers.exact(tmp_path / "s")
    held = Held(tmp_path / "s", Loader())
    before = held.current
    samplers.exact(tmp_path / "s")
    assert not held.look()
    assert held.current is before


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_a_folder_that_cannot_be_read_leaves_what_was_there(client: Client, tmp_path: Path, how: str) -> None:
    samplers.exact(tmp_path / "s")
    served = client(tmp_path / "s", poll=60)
    if how == "gone":
        shutil.rmtree(tmp_path / "s")
    else:
        (tmp_path / "s" / "kernels.json").write_text("{")
    server_of(served).look()
    assert served.post("/sample", json={"do": {"X": "yes"}}).status_code == 200
    assert served.get("/health").json()["status"] == "stale"
    assert "idgen_reload_failing 1.0" in served.get("/metrics").text
    shutil.rmtree(tmp_path / "s", ignore_errors=True)
    samplers.exact(tmp_path / "s", chance=0.9)
    server_of(served).look()
    assert served.get("/health").json()["status"] == "ok"


def test_nothing_to_begin_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no saved sampler"):
        Held(tmp_path, Loader())


def test_a_server_that_reloads_while_others_save_never_fails(client: Client, tmp_path: Path) -> None:
    low, high = samplers.exact(tmp_path / "s", chance=0.0), samplers.exact(tmp_path / "t", chance=1.0)
    served, stop = client(tmp_path / "s", poll=0.001), threading.Event()

    def save() -> None:
        while not stop.is_set():
            low.save(tmp_path / "s")
            high.save(tmp_path / "s")

    saver = threading.Thread(target=save)
    saver.start()
    try:
        for _ in range(60):
            found = served.post("/sample?format=json", json={"n": 20, "do": {"X": "no"}})
            assert found.status_code == 200
            assert len({row["Y"] for row in found.json()["rows"]}) == 1  # of one sampler, whole
    finally:
        stop.set()
        saver.join()
    assert served.get("/health").json()["status"] == "ok"


def test_answers_that_were_begun_end_with_their_sampler(client: Client, tmp_path: Path) -> None:
    samplers.exact(tmp_path / "s", chance=0.0)
    served = client(tmp_path / "s", poll=60)
    with served.stream("POST", "/sample", json={"n": 20_000, "do": {"X": "no"}}) as answer:
        lines = answer.iter_lines()
        first = next(lines)
        samplers.exact(tmp_path / "s", chance=1.0)
        server_of(served).look()
        assert {first, *lines} == {'{"Y":0}'}


def test_a_loader_is_a_name_and_arguments(tmp_path: Path) -> None:
    sampler = samplers.exact(tmp_path / "s")
    found = Loader("idgen_compiler.cli.brought:loaded", (None, None, None))(tmp_path / "s")
    expected = sampler.sample(5, do={"X": "yes"}, seed=0)["Y"]
    np.testing.assert_array_equal(found.sample(5, do={"X": "yes"}, seed=0)["Y"], expected)
    assert isinstance(idgen.load(tmp_path / "s").program, idgen.Program)
