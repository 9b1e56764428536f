"""A served sampler under 200 requests in flight, while others save over it, and probed by its own description.

Server and clients share the machine's cores: the server is a process of its own (`idgen serve`), the clients are
coroutines of one other. Each has one request in flight, and sends the next as soon as the last one is answered; times
are from the first byte sent to the last one received. Trained is a network that draws Y given X and Z, asked for 10
rows at values of X and Z that differ; with seeds nothing can be drawn together. Exact is a table. In one row of each
hundred that are mixed a client streams 20,000 rows. Requests per draw is how many one call of the sampler answered.
Another process saves over the folder all the time, and the server looks every 10 ms: a reload is a reading of
what is there. The last rows are examples by schemathesis of what the description of a server allows, and of what it
does not, edges included; found counts answers that are no 2xx or documented refusal, or that do not fit it.
"""

from __future__ import annotations

import json
import logging
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

from idgen_compiler.serving.http.app import application
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.loader import Loader
from idgen_compiler.warning import quietly
from tests.benchmarks.load import Body, loaded, page, running
from tests.benchmarks.report import Row
from tests.idgen_compiler.serving import samplers
from tests.idgen_compiler.serving.probing import probed
from tests.kills import KINDS, at_work

__all__ = ["run"]

FLYING = 200


def run(quick: bool) -> list[Row]:
    minute, examples = (2.0, 5) if quick else (60.0, 200)
    with tempfile.TemporaryDirectory() as scratch, quietly():
        exact, trained = Path(scratch) / "exact", Path(scratch) / "trained"
        samplers.exact(exact)
        samplers.trained(trained)
        rows = [
            _held("trained", trained, [_at_values], minute),
            _held("trained, with seeds", trained, [_with_seed], minute),
            _held("trained, mixed with streams", trained, [_at_values] * 99 + [_long], minute),
            _held("exact", exact, [_exactly], minute),
            _saved_over(minute / 2),
        ]
        return [*rows, *_probed(Path(scratch), examples)]


def _at_values(random: Random) -> dict[str, Any]:
    return {"n": 10, "do": {"X": random.randrange(2)}, "given": {"Z": random.randrange(-10, 10) / 10}}


def _with_seed(random: Random) -> dict[str, Any]:
    return {**_at_values(random), "seed": random.randrange(1_000)}


def _long(random: Random) -> dict[str, Any]:
    return {**_at_values(random), "n": 20_000}


def _exactly(random: Random) -> dict[str, Any]:
    return {"n": 10, "do": {"X": random.choice(["yes", "no"])}}


def _held(what: str, folder: Path, bodies: list[Body], seconds: float) -> Row:
    with running(folder) as address:
        loaded(address, bodies, FLYING, 1.0)  # to warm up
        before, start = _counted(address), time.perf_counter()
        found = loaded(address, bodies, FLYING, seconds)
        took, after = time.perf_counter() - start, _counted(address)
    draws = after["idgen_draw_requests_count"] - before["idgen_draw_requests_count"]
    answered = after["idgen_draw_requests_sum"] - before["idgen_draw_requests_sum"]
    more = {"in flight": FLYING, "per second": len(found.seconds) / took, "requests per draw": answered / draws}
    return {"what": what, **found.row(seconds=took, **more), "reloads": None, "found": None}


def _counted(address: tuple[str, int]) -> dict[str, float]:
    """The numbers of a server, by name; those that are split by a label, added up."""
    found: dict[str, float] = {}
    for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)$", page(address, "/metrics"), flags=re.MULTILINE):
        found[name] = found.get(name, 0.0) + float(value)
    return found


def _saved_over(seconds: float) -> Row:
    saving = KINDS["save over a saved sampler"]
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        saving.work(folder)
        with running(folder / "sampler", "--poll", "0.01") as address:
            stack.enter_context(at_work(saving, folder))
            start = time.perf_counter()
            found = loaded(address, [lambda random: {"n": 10, "do": {"X": random.randrange(2)}}], 20, seconds)
            took, health = time.perf_counter() - start, json.loads(page(address, "/health"))
            looks = _counted(address)["idgen_looks_total"]
    if health["status"] != "ok":
        found.errors.append(str(health))
    more = {"in flight": 20, "per second": len(found.seconds) / took}
    return {"what": "exact, saved over all the time", **found.row(seconds=took, **more), "reloads": looks}


def _probed(scratch: Path, examples: int) -> list[Row]:
    logging.disable(logging.CRITICAL)
    makers: dict[str, Callable[[Path], Any]] = {
        "exact": samplers.exact,
        "two queries": samplers.several,
        "every kind of variable": samplers.every_kind,
        "trained": samplers.trained,
    }
    rows: list[Row] = []
    for name, maker in makers.items():
        folder = scratch / name
        maker(folder)
        for plain in (False, True) if name != "every kind of variable" else (False,):
            told = f"schemathesis, {name}{', all that is allowed' if plain else ''}"
            rows.append(_probe(told, folder, Loader(), examples, plain, ("/estimate",)))
    trial = Loader("tests.idgen_compiler.serving.trials:trial")
    rows.append(_probe("schemathesis, estimates", scratch / "exact", trial, examples, False, ("/sample",)))
    logging.disable(logging.NOTSET)
    return rows


def _probe(what: str, folder: Path, loader: Loader, examples: int, plain: bool, but: tuple[str, ...]) -> Row:
    app, start = application(folder, loader, Limits(rows=50)), time.perf_counter()
    try:
        found = probed(app, examples, plain, but, edges=True)
    finally:
        app.state.server.close()
    counted = app.state.server.metrics.requests.collect()[0].samples
    asked = int(sum(sample.value for sample in counted if sample.name.endswith("_total")))
    return {"what": what, "requests": asked, "seconds": time.perf_counter() - start, "found": len(found)}
