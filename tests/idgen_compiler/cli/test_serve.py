"""`idgen serve` as a process: it says where it is, answers, drains and ends; what is wrong is one line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn")

from idgen_compiler.cli import main
from idgen_compiler.cli.served.needs import needed_by
from idgen_compiler.errors import IdgenError
from tests.idgen_compiler.serving import samplers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("served") / "sampler"
    samplers.exact(place)
    return place


@contextmanager
def running(folder: Path, *options: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server and its address."""
    command = [sys.executable, "-m", "idgen_compiler", "serve", str(folder), "--port", "0", *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+?:\d+", line)
        if found is None:
            raise AssertionError(line + process.communicate()[1])
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


def asked(address: str, path: str, body: Any = None, **headers: str) -> Any:
    """What a server answers; it takes a moment until it listens."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, {"Content-Type": "application/json", **headers})
    for _ in range(200):
        try:
            return urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("nobody answers")


def test_a_server_answers_drains_and_ends(folder: Path) -> None:
    with running(folder) as (process, address):
        assert json.load(asked(address, "/health"))["status"] == "ok"
        found = asked(address, "/sample", {"n": 400_000, "do": {"X": "yes"}})
        first = found.readline()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        rest = found.read()  # what was begun ends well
        assert (first + rest).count(b"\n") == 400_000
        assert process.wait(20) == 0


def test_a_token_of_the_environment_is_wanted(folder: Path) -> None:
    token = "a-token-of-some-length"
    with running(folder, "--host", "0.0.0.0", IDGEN_TOKEN=token) as (_, address):
        local = address.replace("0.0.0.0", "127.0.0.1")
        assert asked(local, "/health").status == 200
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            asked(local, "/program")
        refused.value.close()
        assert asked(local, "/program", Authorization=f"Bearer {token}").status == 200


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "0.0.0.0"], "--host 0.0.0.0 can be reached by others"),
        (["--token", "env:NOBODY_SET_THIS"], "the environment variable NOBODY_SET_THIS holds no token"),
        (["--rows", "0"], "the limit rows is 0"),
        (["--host", "no.such.host.invalid", "--without-token"], "cannot be listened at"),
    ],
)
def test_what_is_wrong_is_one_line(
    folder: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDGEN_TOKEN", raising=False)
    assert main(["serve", str(folder), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("idgen: ")
    assert told in line


def test_a_folder_without_a_sampler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(tmp_path)]) == 2
    assert "holds no saved sampler" in capsys.readouterr().err


def test_a_port_that_is_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(folder) as (_, address):
        assert main(["serve", str(folder), "--port", address.rsplit(":", 1)[1]]) == 2
    assert "give another --host or --port" in capsys.readouterr().err


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    for name in [name for name in sys.modules if name.startswith("idgen_compiler.serving.http")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(IdgenError, match=r"pip install 'idgen-compiler\[serve\]'"):
        needed_by("serve", "idgen_compiler.serving.http.app")
