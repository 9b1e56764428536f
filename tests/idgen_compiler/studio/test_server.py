"""The page behind a server on this machine: who is answered, and a fit from a table to its charts."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.errors import IdgenError
from idgen_compiler.studio.server import StudioServer
from idgen_compiler.studio.wording import on_page


@pytest.fixture(scope="module")
def server() -> Iterator[StudioServer]:
    with StudioServer(0) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(server: StudioServer, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request("GET" if body is None else "POST", path, body, headers)
    response = connection.getresponse()
    found = response.status, response.read(), response.headers.get("Content-Type", "")
    connection.close()
    return found


def api(server: StudioServer, **request: Any) -> dict[str, Any]:
    status, body, _ = ask(server, "/api", json.dumps(request).encode())
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


def test_the_page_is_served(server: StudioServer) -> None:
    status, body, kind = ask(server, "/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert b'<div id="studio">' in body
    for name, kind in (
        ("studio.js", "text/javascript"),
        ("studio.css", "text/css"),
        ("engine.json", "application/json"),
    ):
        assert ask(server, f"/{name}")[2].startswith(kind)
    assert ask(server, "/vendor/cytoscape.esm.min.mjs")[0] == 200


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/server.py", "/vendor", "/%2e%2e/server.py", "//etc/passwd"])
def test_nothing_else_is_served(server: StudioServer, path: str) -> None:
    assert ask(server, path)[0] == 404


def test_questions_are_answered(server: StudioServer) -> None:
    drawn = api(server, ask="read", text="X -> Y")["drawing"] | {"query": "P(Y | do(X))"}
    assert api(server, ask="analyse", drawing=drawn)["estimand"]["text"] == "P(y | x)"
    assert json.loads(ask(server, "/api", b"{")[1])["error"]["message"] == "the request is no JSON"


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_pages_of_others_are_refused(server: StudioServer, headers: dict[str, str]) -> None:
    assert ask(server, "/api", b'{"ask": "hello"}', **headers)[0] == 403


def test_a_fault_is_an_answer(
    server: StudioServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> dict[str, Any]:
        raise ZeroDivisionError("by zero")

    monkeypatch.setitem(server.asks, "hello", broken)
    assert "a fault of idgen" in api(server, ask="hello")["error"]["message"]
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    "request_",
    [
        {"ask": "fit", "drawing": {}, "table": [1]},
        {"ask": "fitted", "job": "x"},
        {"ask": "fitted", "job": 99},
        {"ask": "sample", "job": {}, "do": {}, "given": {}},
    ],
)
def test_bad_requests_are_told(server: StudioServer, request_: dict[str, Any]) -> None:
    assert "fault" not in api(server, **request_)["error"]["message"]


def test_a_port_that_is_taken_says_so(server: StudioServer) -> None:
    with pytest.raises(IdgenError, match="give another --port"):
        StudioServer(server.server_port)


def test_a_table_is_fitted_and_sampled(server: StudioServer) -> None:
    rng = np.random.default_rng(0)
    z = rng.integers(2, size=600)
    x = (rng.random(600) < 0.3 + 0.4 * z).astype(int)
    y = np.where(rng.random(600) < 0.2 + 0.5 * x, "yes", "no")
    table = "Z,X,Y\n" + "\n".join(f"{a},{b},{c}" for a, b, c in zip(z, x, y, strict=True))
    taken = json.loads(ask(server, "/data?name=rows.csv", table.encode())[1])
    assert (taken["rows"], taken["columns"]) == (600, ["Z", "X", "Y"])
    drawn = api(server, ask="read", text="Z -> X -> Y; Z -> Y")["drawing"] | {"query": "P(Y | do(X))"}
    job = api(server, ask="fit", drawing=drawn, table=taken["table"])["job"]
    found = done(server, job)
    assert found["inputs"] == [{"name": "X", "part": "do", "example": "0, 1"}]
    told = api(server, ask="sample", job=job, do={"X": "0, 1"}, given={})
    (chart,) = told["charts"]
    assert chart["labels"] == ["no", "yes"]
    assert [series["name"] for series in chart["series"]] == ["do(X=0)", "do(X=1)"]
    low, high = (series["shares"][1] for series in chart["series"])
    assert abs(low - 0.2) < 0.08
    assert abs(high - 0.7) < 0.08
    assert "label" in " ".join(told["notes"]) or told["estimates"]
    wrong = api(server, ask="sample", job=job, do={"X": "7"}, given={})
    assert "X" in wrong["error"]["message"]
    assert "no value" in api(server, ask="sample", job=job, do={"X": " "}, given={})["error"]["message"]
    assert "too many" in api(server, ask="sample", job=job, do={"X": "0,1,0,1,0"}, given={})["error"]["message"]


def done(server: StudioServer, job: int) -> dict[str, Any]:
    while True:
        found = api(server, ask="fitted", job=job)
        if "error" in found or found["done"]:
            return found
        time.sleep(0.02)


def test_a_table_that_does_not_fit_says_so(server: StudioServer) -> None:
    taken = json.loads(ask(server, "/data?name=a.csv", b"X,Q\n0,1\n1,0\n")[1])
    drawn = api(server, ask="read", text="X -> Y")["drawing"] | {"query": "P(Y | do(X))"}
    found = done(server, api(server, ask="fit", drawing=drawn, table=taken["table"])["job"])
    assert "Y" in found["error"]["message"]
    assert "no table" in api(server, ask="fit", drawing=drawn, table=999)["error"]["message"]
    assert "no rows" in json.loads(ask(server, "/data?name=b.csv", b"X,Y\n")[1])["error"]["message"]
    assert "no table" in json.loads(ask(server, "/data?name=c.csv", b"\xff\xfe\x00")[1])["error"]["message"]


def test_options_are_those_of_the_page(server: StudioServer) -> None:
    taken = json.loads(ask(server, "/data?name=a.csv", b"X,Y\n" + b"0,1\n1,0\n?,1\n" * 30)[1])
    drawn = api(server, ask="read", text="X -> Y")["drawing"] | {"query": "P(Y | do(X))"}
    asked = {"ask": "fit", "drawing": drawn, "table": taken["table"]}
    options = {"missing": "drop", "missing_marks": "?, unknown", "types": "X=categorical, Y=integer", "effort": "quick"}
    found = done(server, api(server, **asked, options=options | {"decimal": ""})["job"])
    assert "inputs" in found, found
    assert found["inputs"][0]["example"] == "0, 1"
    assert "“Missing values: drop”" not in " ".join(found["warnings"])
    for wrong in ({"device": "cuda"}, {"missing": 1}, "drop", {"types": "X"}):
        assert "fault" not in api(server, **asked, options=wrong)["error"]["message"]
    refused = done(server, api(server, **asked, options={"missing": "perhaps"})["job"])
    assert "error" in refused


MESSAGES = {
    "say missing_marks=['NA', '?'] and what becomes of missing values": "“Words for missing: NA, ?”",
    "say types={'a b': 'category'}": "“Types of columns: a b=category”",
    "types['X'] is 'b'; choose": "“Types of columns: X” is 'b'",
    "types={'Z': ...}": "“Types of columns: Z=…”",
    "sample(do={'X': ...})": "“do X”",
    "set realize='reweight' or rows=False": "(realize, rows are set in Python: Export has the code)",
    "/tmp/t-1.csv cannot be read": "my table.csv cannot be read",
}


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_name_what_is_on_the_page(message: str) -> None:
    told = on_page(message, {"/tmp/t-1.csv": "my table.csv"})
    assert MESSAGES[message] in told
    assert on_page(told) == told


def test_the_command_serves_until_it_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: StudioServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StudioServer, "serve_forever", interrupted)
    assert main(["studio", "--port", "0", "--no-browse"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("the studio is at http://127.0.0.1:")
    assert last == "the studio is closed"


def test_the_front_door_opens_the_page() -> None:
    server = idgen.studio(idgen.ADMG.parse("X -> Y"), "P(Y | do(X))", browse=False)
    try:
        state = json.loads(ask(server, "/engine.json")[1])["state"]
        assert state["query"] == "P(Y | do(X))"
        assert [p["name"] for p in state["points"]] == ["X", "Y"]
    finally:
        server.shutdown()
        server.server_close()
