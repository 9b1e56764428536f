"""Many clients at once: turns, room, hang-ups and slow readers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

import idgen_compiler as idgen
from idgen_compiler.serving.drawing.job import header_of
from idgen_compiler.serving.http.app import application
from idgen_compiler.serving.http.server import Server
from idgen_compiler.serving.limits import Limits
from tests.idgen_compiler.serving.samplers import Slow
from tests.idgen_compiler.serving.wire import Exchange, post

YES = {"n": 2, "do": {"X": "yes"}}


@contextmanager
def served(folder: Path, slow: bool = False, **limits: Any) -> Iterator[tuple[FastAPI, Server, Any]]:
    """An application with its server and its sampler, which is `Slow` where that is wanted."""
    app = application(folder, limits=Limits(**limits))
    server: Server = app.state.server
    loaded = server.held.current
    if slow:
        object.__setattr__(loaded, "sampler", Slow(loaded.sampler))
        loaded.together.sampler = loaded.sampler
    try:
        yield app, server, loaded.sampler
    finally:
        if slow:
            loaded.sampler.go.set()
        server.close()


async def until(told: Callable[[], Any]) -> None:
    """Wait until something is so."""
    for _ in range(1_000):
        if told():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came about")


def test_what_waits_is_drawn_together(exact_folder: Path) -> None:
    async def run() -> list[Exchange]:
        with served(exact_folder, slow=True) as (app, server, sampler):
            first = asyncio.create_task(post(app, "/sample", YES))
            await until(lambda: sampler.calls)
            others = [asyncio.create_task(post(app, "/sample", {**YES, "n": k})) for k in range(5)]
            seeded = [asyncio.create_task(post(app, "/sample", {**YES, "seed": k})) for k in range(3)]
            await until(lambda: server.lane.waiting == 9)
            sampler.go.set()
            found = await asyncio.gather(first, *others, *seeded)
            assert [n for n, _ in sampler.calls] == [2, 10, 2, 2, 2]
            return found

    found = asyncio.run(run())
    assert [len(each.lines()) for each in found] == [2, 0, 1, 2, 3, 4, 2, 2, 2]
    exact = idgen.load(exact_folder)
    for seed, each in enumerate(found[6:]):
        expected = exact.sample(2, do={"X": "yes"}, seed=seed)["Y"].tolist()
        assert [row["Y"] for row in each.lines()] == expected


def test_without_room_one_is_told_to_come_again(exact_folder: Path) -> None:
    async def run() -> None:
        with served(exact_folder, slow=True, queue=3) as (app, server, sampler):
            tasks = [asyncio.create_task(post(app, "/sample", YES)) for _ in range(3)]
            await until(lambda: server.lane.waiting == 3)
            refused = await post(app, "/sample", YES)
            assert refused.status == 429
            assert int(refused.headers["retry-after"]) >= 1
            assert "come again" in refused.json()["detail"]
            sampler.go.set()
            assert {each.status for each in await asyncio.gather(*tasks)} == {200}
            assert (await post(app, "/sample", YES)).status == 200  # there is room again

    asyncio.run(run())


def test_a_client_that_hangs_up_while_it_waits_is_never_drawn_for(exact_folder: Path) -> None:
    async def run() -> None:
        with served(exact_folder, slow=True) as (app, server, sampler):
            first = asyncio.create_task(post(app, "/sample", YES))
            await until(lambda: sampler.calls)
            lost = Exchange()
            second = asyncio.create_task(post(app, "/sample", {**YES, "seed": 5}, lost))
            await until(lambda: server.lane.waiting == 2)
            lost.gone.set()
            await second
            assert server.lane.waiting == 1
            sampler.go.set()
            await first
            assert len(sampler.calls) == 1
            assert server.metrics.hung_up._value.get() == 1

    asyncio.run(run())


def test_a_client_that_hangs_up_stops_its_stream(exact_folder: Path) -> None:
    async def run() -> None:
        with served(exact_folder) as (app, server, _):
            lost = Exchange()
            task = asyncio.create_task(post(app, "/sample", {"n": 900_000, "do": {"X": "yes"}}, lost, slow=True))
            await lost.began.wait()
            lost.gone.set()
            await task
            await until(lambda: server.lane.waiting == 0)
            assert not lost.whole
            assert len(lost.lines()) == 4096
            assert server.metrics.rows._value.get() <= 2 * 4096

    asyncio.run(run())


def test_a_slow_client_holds_up_nobody(exact_folder: Path) -> None:
    async def run() -> None:
        with served(exact_folder) as (app, _, sampler):
            slow = Exchange()
            long = {"n": 50_000, "do": {"X": "yes"}, "seed": 2}
            task = asyncio.create_task(post(app, "/sample", long, slow, slow=True))
            await slow.began.wait()
            for _ in range(20):
                assert (await post(app, "/sample", YES)).status == 200
            assert not slow.whole
            slow.reading.set()
            await task
            expected = sampler.sample(50_000, do={"X": "yes"}, seed=2)["Y"]
            np.testing.assert_array_equal([row["Y"] for row in slow.lines()], expected)

    asyncio.run(run())


def test_a_client_that_takes_nothing_is_let_go(exact_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idgen_compiler.serving.drawing.lane._LOOK", 0.01)

    async def run() -> None:
        with served(exact_folder, seconds=0.2) as (app, server, _):
            stuck = Exchange()
            long = {"n": 50_000, "do": {"X": "yes"}}
            task = asyncio.create_task(post(app, "/sample", long, stuck, slow=True))
            await stuck.began.wait()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert server.lane.waiting == 0
            assert (await post(app, "/sample", YES)).status == 200

    asyncio.run(run())


def test_who_waits_too_long_is_told(exact_folder: Path) -> None:
    async def run() -> None:
        with served(exact_folder, slow=True, seconds=0.05) as (app, server, sampler):
            first = asyncio.create_task(post(app, "/sample", YES))
            await until(lambda: sampler.calls)
            second = asyncio.create_task(post(app, "/sample", YES))
            found = await asyncio.gather(first, second)
            assert [each.status for each in found] == [503, 503]
            assert "in time" in found[0].json()["detail"]
            sampler.go.set()
            await until(lambda: server.lane.waiting == 0)
            assert (await post(app, "/sample", YES)).status == 200

    asyncio.run(run())


def test_an_error_in_the_middle_is_told_and_cuts_the_answer_off(exact_folder: Path) -> None:
    async def run() -> None:
        with served(exact_folder) as (app, server, sampler):
            plain, calls = sampler.sample, []

            def breaks(n: int, **asked: Any) -> Any:
                calls.append(n)
                if len(calls) == 3:
                    raise idgen.DataError("the disk of the model is gone; mend it")
                return plain(n, **asked)

            sampler.sample = breaks
            for form, told in (("ndjson", "$error"), ("json", "error")):
                calls.clear()
                cut = Exchange()
                with pytest.raises(Exception, match=r"the disk of the model is gone|response already started"):
                    await post(app, f"/sample?format={form}", {"n": 50_000, "do": {"X": "yes"}}, cut)
                assert cut.status == 200
                assert not cut.whole
                last = cut.lines()[-1] if form == "ndjson" else cut.json()
                assert last[told]["detail"] == "the disk of the model is gone; mend it"
            assert server.lane.waiting == 0

    asyncio.run(run())


def test_warnings_that_come_late_stand_among_the_rows(exact_folder: Path) -> None:
    from idgen_compiler.warning import warn_overlap

    async def run() -> None:
        with served(exact_folder) as (app, _, sampler):
            plain, calls = sampler.sample, []

            def warns(n: int, **asked: Any) -> Any:
                calls.append(n)
                warn_overlap("early" if len(calls) == 1 else "late")
                return plain(n, **asked)

            sampler.sample = warns
            found = await post(app, "/sample", {"n": 13_000, "do": {"X": "yes"}})
            assert json.loads(found.headers["idgen-warnings"]) == ["early"]
            lines = found.lines()
            assert [(k, line) for k, line in enumerate(lines) if "Y" not in line] == [(4096, {"$warnings": ["late"]})]
            assert len(lines) == 13_001

    asyncio.run(run())


def test_warnings_too_long_for_a_header_are_whole_in_the_body() -> None:
    many = [f"{k}: {'x' * 500}" for k in range(20)]
    value, cut = header_of(many)
    assert cut
    assert len(value) < 3_100
    assert json.loads(value)[-1] == "15 more in the body"
    assert header_of(["ä" * 10])[0].isascii()


def test_a_fault_of_one_turn_is_none_of_the_next(exact_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        with served(exact_folder, slow=True) as (app, server, sampler):
            first = asyncio.create_task(post(app, "/sample", YES))
            await until(lambda: sampler.calls)
            others = [asyncio.create_task(post(app, "/sample", YES)) for _ in range(2)]
            await until(lambda: server.lane.waiting == 3)
            with monkeypatch.context() as broken:
                broken.setattr(server.held.current.together, "draw", lambda asked: 1 / 0)
                sampler.go.set()
                found = await asyncio.gather(first, *others, return_exceptions=True)
            assert isinstance(found[0], Exchange)
            assert all(isinstance(each, ZeroDivisionError) for each in found[1:])
            assert server.lane.alive
            assert (await post(app, "/sample", YES)).status == 200

    asyncio.run(run())


def test_a_server_that_stops_tells_who_waits(exact_folder: Path) -> None:
    async def run() -> None:
        with served(exact_folder, slow=True) as (app, server, sampler):
            first = asyncio.create_task(post(app, "/sample", YES))
            await until(lambda: sampler.calls)
            second = asyncio.create_task(post(app, "/sample", {**YES, "seed": 1}))
            await until(lambda: server.lane.waiting == 2)
            closing = asyncio.create_task(asyncio.to_thread(server.close))
            await until(lambda: server.lane._closed)
            sampler.go.set()
            await closing
            assert (await first).status == 200
            assert (await second).status == 429

    asyncio.run(run())
