"""The routes: every format, error, limit and header, as a client sees them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import idgen_compiler as idgen
from idgen_compiler.serving.limits import Limits
from tests.idgen_compiler.serving.samplers import EVERY, picture

Client = Callable[..., TestClient]
ASKED = {"n": 5, "do": {"X": "yes"}, "seed": 1}


def rows_of(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_sample_is_lines_of_json(client: Client, exact_folder: Path, exact: idgen.Sampler) -> None:
    found = client(exact_folder).post("/sample", json=ASKED)
    assert found.status_code == 200
    assert found.headers["content-type"] == "application/x-ndjson"
    assert len(found.headers["idgen-sampler"]) == 12
    assert "idgen-warnings" not in found.headers
    assert [row["Y"] for row in rows_of(found.text)] == exact.sample(5, do={"X": "yes"}, seed=1)["Y"].tolist()


@pytest.mark.parametrize("accept", ["application/json", "text/html, application/json;q=0.5, */*;q=0.1"])
def test_a_sample_is_one_object(client: Client, exact_folder: Path, accept: str) -> None:
    found = client(exact_folder).post("/sample", json=ASKED, headers={"Accept": accept}).json()
    assert len(found["rows"]) == 5
    assert found["warnings"] == []


@pytest.mark.parametrize("n", [0, 5, 10_000])
def test_a_sample_is_arrow(client: Client, exact_folder: Path, exact: idgen.Sampler, n: int) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    found = client(exact_folder).post("/sample?format=arrow", json={**ASKED, "n": n})
    table = pyarrow.ipc.open_stream(found.content).read_all()
    assert table["Y"].to_pylist() == exact.sample(n, do={"X": "yes"}, seed=1)["Y"].tolist()


@pytest.mark.parametrize("n", [0, 3, 9_000])
@pytest.mark.parametrize("form", ["json", "ndjson", "zip"])
def test_formats_have_all_rows(client: Client, exact_folder: Path, form: str, n: int) -> None:
    found = client(exact_folder).post(f"/sample?format={form}", json={"n": n, "do": {"X": "no"}})
    if form == "zip":
        rows = rows_of(zipfile.ZipFile(io.BytesIO(found.content)).read("rows.ndjson").decode())
    else:
        rows = found.json()["rows"] if form == "json" else rows_of(found.text)
    assert len(rows) == n
    assert all(row["Y"] in (0, 1) for row in rows)


@pytest.mark.parametrize("query", EVERY)
@pytest.mark.parametrize("form", ["json", "arrow", "zip"])
def test_every_kind_in_every_format(client: Client, every_folder: Path, query: str, form: str) -> None:
    asked = {"n": 2, "query": query, **EVERY[query]}
    found = client(every_folder).post(f"/sample?format={form}", json=asked)
    assert found.status_code == 200, found.text
    if form == "arrow":
        pyarrow = pytest.importorskip("pyarrow")
        for n in (0, 2):
            body = client(every_folder).post("/sample?format=arrow", json={**asked, "n": n}).content
            assert pyarrow.ipc.open_stream(body).read_all().num_rows == n


def test_pictures(client: Client, every_folder: Path) -> None:
    from PIL import Image

    served, asked = client(every_folder), {"query": "P(I | do(X))", "do": {"X": "low"}}
    one = served.post("/sample", json=asked, headers={"Accept": "image/png"})
    assert one.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(one.content)).size == (4, 4)
    archive = zipfile.ZipFile(io.BytesIO(served.post("/sample?format=zip", json={**asked, "n": 2}).content))
    assert archive.namelist() == ["I/000000.png", "I/000001.png", "rows.ndjson", "warnings.json"]
    assert rows_of(archive.read("rows.ndjson").decode())[1] == {"I": "I/000001.png"}
    refused = served.post("/sample?format=png", json={**asked, "n": 2})
    assert refused.status_code == 422
    assert "application/zip" in refused.json()["detail"]
    seen = served.post("/sample", json={"query": "P(R | do(I))", "do": {"I": picture()}})
    assert seen.status_code == 200
    stolen = served.post("/sample", json={"query": "P(R | do(I))", "do": {"I": "/etc/passwd"}})
    assert stolen.status_code == 422


def test_warnings_are_never_lost(client: Client, every_folder: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    served = client(every_folder)
    asked = {"query": "P(Y, K | do(X), Z)", "do": {"X": "high"}, "given": {"Z": 1e6}}
    for form in ("ndjson", "json", "arrow", "zip"):
        found = served.post(f"/sample?format={form}", json=asked)
        (told,) = json.loads(found.headers["idgen-warnings"])
        assert "Z was observed in" in told
        if form == "json":
            assert found.json()["warnings"] == [told]
        elif form == "arrow":
            assert json.loads(pyarrow.ipc.open_stream(found.content).schema.metadata[b"warnings"]) == [told]
        elif form == "zip":
            archive = zipfile.ZipFile(io.BytesIO(found.content))
            assert json.loads(archive.read("warnings.json")) == [told]
    text = "P(W, R | do(day, wait))"
    found = served.post("/sample", json={"query": text, "do": {"day": "2030-01-01", "wait": "30 min"}})
    (told,) = json.loads(found.headers["idgen-warnings"])  # in the words of dates alone
    assert "do(day = 2030-01-01)" in told


def test_a_policy_draws_the_treatment(client: Client, exact_folder: Path) -> None:
    served = client(exact_folder)
    law = {"policy": "law", "law": [["yes", 1.0]]}
    found = served.post("/sample?format=json", json={"n": 4_000, "do": {"X": law}}).json()["rows"]
    assert abs(np.mean([row["Y"] for row in found]) - 0.8) < 0.05
    assert served.post("/sample", json={"do": {"X": {"policy": "uniform"}}}).status_code == 200
    wrong = served.post("/sample", json={"do": {"X": {"policy": "shift", "by": 1}}})
    assert wrong.status_code == 422


def test_a_law_that_reads_is_a_table(client: Client, tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X ~ pi(X | W)))"), idgen.ADMG.parse("W -> X -> Y; W -> Y"))
    table = np.zeros((2, 2, 2))  # W, X, Y: Y is X, whatever W
    table[:, [0, 1], [0, 1]] = 0.25
    program.fit(idgen.Joint(("W", "X", "Y"), table), backend="exact", policies=None).save(tmp_path / "s")
    served = client(tmp_path / "s")
    law = {"W": [0, 1], "X": [1, 1], "probability": [1, 1]}
    found = served.post("/sample?format=json", json={"n": 20, "do": {"X": {"policy": "law", "law": law}}})
    assert {row["Y"] for row in found.json()["rows"]} == {1}
    for wrong in ({**law, "W": [0, 7]}, {**law, "X": [1, [1]]}, {**law, "X": [1]}, {**law, "W": [0, 0]}):
        assert served.post("/sample", json={"do": {"X": {"policy": "law", "law": wrong}}}).status_code == 422
    assert served.post("/sample", json={}).status_code == 422


def test_labels_of_several_types_are_no_column_of_arrow(client: Client, tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    joint = idgen.Joint(("X", "Y"), np.full((2, 2), 0.25), {"Y": ("one", 2)})
    program.fit(joint, backend="exact").save(tmp_path / "s")
    served = client(tmp_path / "s")
    refused = served.post("/sample?format=arrow", json={"n": 9, "do": {"X": 1}})
    assert refused.status_code == 422
    assert "ask for NDJSON" in refused.json()["detail"]
    assert {row["Y"] for row in rows_of(served.post("/sample", json={"n": 99, "do": {"X": 1}}).text)} == {"one", 2}


def test_several_queries(client: Client, several_folder: Path) -> None:
    served = client(several_folder)
    unsaid = served.post("/sample", json={"do": {"X": 1}})
    assert unsaid.status_code == 422
    assert "P(Y | do(X)); P(Y | do(X), Z)" in unsaid.json()["detail"]
    assert served.post("/sample", json={"do": {"X": 1}, "query": "P(Y|do(X))"}).status_code == 200
    assert (
        served.post("/sample", json={"do": {"X": 1}, "given": {"Z": 0}, "query": "P(Y | do(X), Z)"}).status_code == 200
    )


@pytest.mark.parametrize(
    ("status", "sent", "told"),
    [
        (400, {"content": b"{", "headers": {"Content-Type": "application/json"}}, "send an object"),
        (415, {"content": b"{}", "headers": {"Content-Type": "text/plain"}}, "curl --json"),
        (415, {"content": b"{}"}, "of no type"),
        (413, {"json": {"do": {"X": "y" * 2_000}}}, "more than 1,000 bytes"),
        (422, {"json": {"do": {"X": "maybe"}}}, "the labels of X are 'no', 'yes'"),
        (422, {"json": {"do": {"X": "yes"}, "n": 101}}, "at most 100 rows"),
        (406, {"json": ASKED, "headers": {"Accept": "text/html"}}, "accept one of application/x-ndjson"),
    ],
)
def test_errors_are_problems(client: Client, exact_folder: Path, status: int, sent: Any, told: str) -> None:
    found = client(exact_folder, limits=Limits(rows=100, body=1_000)).post("/sample", **sent)
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    problem = found.json()
    assert problem["status"] == status
    assert problem["title"] != "Refused"
    assert told in problem["detail"]


def test_a_body_without_a_length_is_bounded(client: Client, exact_folder: Path) -> None:
    pieces = (b" " * 400 for _ in range(10))
    found = client(exact_folder, limits=Limits(body=1_000)).post(
        "/sample", content=pieces, headers={"Content-Type": "application/json"}
    )
    assert found.status_code == 413


def test_unknown_paths_methods_and_formats(client: Client, exact_folder: Path) -> None:
    served = client(exact_folder)
    assert "/sample, /estimate" in served.get("/samples").json()["detail"]
    assert served.get("/sample").status_code == 405
    assert served.get("/sample").headers["allow"] == "POST"
    unknown = served.post("/sample?format=jsn", json=ASKED)
    assert unknown.status_code == 422
    assert "did you mean json" in unknown.json()["detail"]


def test_no_estimates_of_a_backend_without(client: Client, exact_folder: Path) -> None:
    found = client(exact_folder).post("/estimate", json={"what": "Y", "do": {"X": "yes"}})
    assert found.status_code == 422
    assert "gives no estimates" in found.json()["detail"]


def test_the_program_as_text_and_json(client: Client, several_folder: Path) -> None:
    served = client(several_folder)
    text = served.get("/program")
    assert text.headers["content-type"].startswith("text/plain")
    assert idgen.Program.parse(text.text) == idgen.load(several_folder).program
    found = served.get("/program", headers={"Accept": "application/json"}).json()
    assert found["program"] == text.text.rstrip("\n")
    assert [each["query"] for each in found["queries"]] == ["P(Y | do(X))", "P(Y | do(X), Z)"]
    assert found["queries"][1]["given"] == ["Z"]
    assert found["backend"] == "exact"
    assert served.get("/program?format=xml").status_code == 422


def test_health_and_metrics(client: Client, exact_folder: Path) -> None:
    served = client(exact_folder)
    served.post("/sample", json=ASKED)
    served.post("/sample", json={"do": {"X": "maybe"}})
    served.get("/nowhere")
    health = served.get("/health").json()
    assert health["status"] == "ok"
    assert health["waiting"] == 0
    lines = served.get("/metrics").text.splitlines()
    for line in ('idgen_requests_total{path="/sample",status="200"} 1.0', "idgen_rows_total 5.0",
                 'idgen_requests_total{path="/sample",status="422"} 1.0', "idgen_reload_failing 0.0",
                 'idgen_requests_total{path="other",status="404"} 1.0'):  # fmt: skip
        assert line in lines


def test_a_fault_says_nothing_of_the_inside(
    client: Client, exact_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = client(exact_folder)

    def fails(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(served.app.state.server.held.current.sampler, "sample", fails)  # type: ignore[attr-defined]
    found = served.post("/sample", json=ASKED)
    assert found.status_code == 500
    assert "secret" not in found.text
    assert served.get("/health").json()["status"] == "ok"


def test_the_description_has_labels_and_ranges(client: Client, every_folder: Path) -> None:
    found = client(every_folder).get("/openapi.json").json()
    bodies = found["paths"]["/sample"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    body = next(each for each in bodies if each["title"] == "P(Y, K | do(X), Z)")
    assert body["properties"]["do"]["properties"]["X"]["anyOf"][0] == {"enum": ["high", "low"]}
    given = body["properties"]["given"]["properties"]["Z"]
    assert given["anyOf"][0]["minimum"] < given["x-observed"]["minimum"] < given["x-observed"]["maximum"]
    assert body["required"] == ["do", "given", "query"]
    assert client(every_folder).get("/docs").status_code == 200


def test_the_description_of_an_exact_sampler(
    client: Client, exact_folder: Path, golden: Callable[[str, str], None]
) -> None:
    found = client(exact_folder).get("/openapi.json").json()
    found["info"]["version"] = "VERSION"
    golden("serving/openapi.json", json.dumps(found, indent=1) + "\n")
