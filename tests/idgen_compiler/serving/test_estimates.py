"""Estimates: what is asked and told, in a process of their own that can be ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.serving.beside import Beside, answered
from idgen_compiler.serving.drawing.lane import Late
from idgen_compiler.serving.http.app import application
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.loader import Loader
from idgen_compiler.warning import quietly
from tests.idgen_compiler.serving.trials import ASLEEP, DIES, Trial
from tests.idgen_compiler.serving.wire import Exchange, post

TRIAL = Loader("tests.idgen_compiler.serving.trials:trial")


@pytest.fixture(scope="module")
def served(exact_folder: Path) -> Iterator[TestClient]:
    with TestClient(application(exact_folder, TRIAL), "http://localhost") as client:
        yield client


def test_an_estimate_is_a_number_with_its_interval_and_warnings(served: TestClient) -> None:
    found = served.post("/estimate", json={"what": "E[Y]", "do": {"X": 1}})
    assert found.status_code == 200
    assert len(found.headers["idgen-sampler"]) == 12
    (one,) = found.json()["estimates"]
    with quietly():
        expected = Trial().estimate("E[Y]", do={"X": 1})
    assert one["what"] == "E[Y | do(X=1)]"
    assert (one["value"], one["low"], one["high"]) == (expected.value, expected.low, expected.high)
    assert found.json()["warnings"] == ["few rows have X = 1"]
    assert json.loads(found.headers["idgen-warnings"]) == ["few rows have X = 1"]


@pytest.mark.parametrize(("kind", "value"), [("difference", 0.3), ("ratio", 2.5), ("odds ratio", 4.0)])
def test_a_contrast(served: TestClient, kind: str, value: float) -> None:
    body = {"what": "P(Y=1)", "do": {"X": 1}, "versus": {"X": 0}, "kind": kind, "level": 0.9}
    (one,) = served.post("/estimate", json=body).json()["estimates"]
    assert one["value"] == pytest.approx(value)
    assert one["level"] == 0.9


def test_several_at_once(served: TestClient) -> None:
    found = served.post("/estimate", json={"what": ["E[Y]", "P(Y=0)"], "do": {"X": 0}}).json()["estimates"]
    assert [each["value"] for each in found] == pytest.approx([0.2, 0.8])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"what": "Q", "do": {"X": 1}}, "'Q' is no outcome of the query; known names: Y"),
        ({"what": "Y", "do": {"X": 7}}, "the labels of X are 0, 1"),
        ({"what": "Y"}, "needs a value of X"),
        ({"what": "Y", "do": {"X": 1}, "method": "guess"}, "no estimate is made by the method 'guess'"),
        ({"what": "Y", "do": {"X": 1}, "versus": {"X": 0}, "kind": "sum"}, "no contrast is a 'sum'"),
    ],
)
def test_errors_of_the_other_process_are_the_library_s(served: TestClient, body: object, told: str) -> None:
    found = served.post("/estimate", json=body)
    assert found.status_code == 422
    assert told in found.json()["detail"]


def test_who_hangs_up_ends_the_process(exact_folder: Path) -> None:
    async def run() -> None:
        app = application(exact_folder, TRIAL)
        beside, lost = app.state.server.beside, Exchange()
        body = {"what": "Y", "do": {"X": 1}}
        try:
            task = asyncio.create_task(post(app, "/estimate", {**body, "repeats": ASLEEP}, lost))
            while beside._process is None:
                await asyncio.sleep(0.005)
            first = beside._process
            lost.gone.set()
            await asyncio.wait_for(task, 10)
            assert first.poll() is not None
            assert beside.waiting == 0
            assert (await post(app, "/estimate", body)).status == 200  # by another one
        finally:
            app.state.server.close()

    asyncio.run(run())


def test_what_takes_too_long_and_what_dies_is_told(exact_folder: Path) -> None:
    async def run() -> None:
        beside = Beside(exact_folder, TRIAL, Limits(seconds=0.3))
        with pytest.raises(Late, match=r"took longer than 0\.3 s"):
            await beside.estimate({"what": "Y", "do": {"X": 1}, "repeats": ASLEEP})
        assert beside._process is None
        beside.limits = Limits()
        with pytest.raises(RuntimeError, match="died"):
            await beside.estimate({"what": "Y", "do": {"X": 1}, "repeats": DIES})
        beside.close()

    asyncio.run(run())


def test_a_table_that_is_not_there_is_asked_for(trained_folder: Path) -> None:
    with pytest.raises(DataError, match="data="):
        answered(idgen.load(trained_folder), {"what": "Y", "do": {"X": 1}, "given": {"Z": 0.0}})
