"""The studio: how long a browser waits for its first answer and for the next, and how smoothly a graph is dragged.

In headless Chromium on a machine without a GPU, whose frames are painted by the processor. `alone` is the page by
itself, Python by Pyodide, served as files from this machine with an empty cache; `server` the same page behind `idgen
studio`. `seconds` is what somebody waited, on two cores that were busy with other work (a load of 6 to 10);
`processor` is what all processes of the browser used meanwhile, which is more than one would wait on a machine of its
own. A cold start ends when the napkin's answer is on the page, a proof when a first random model is. An edit takes an
edge of an identifiable graph of 30 vertices away or brings it back, and ends when the new answer is on the page; `at
once` is an edit that comes 80 to 900 milliseconds after the answer before, into whatever is worked out in the
background, on three more graphs: a dense one, one with a hedge, and one whose query has the largest models that are
proved. Frames are counted by requestAnimationFrame while the mouse drags 100 selected vertices; the work of a frame is
the processor time of the page's main thread. Graphs are opened right that are drawn whole, no vertex on another, and
whose verdict and formula are those of the compiler; texts in DAGitty's form are equal before they are read and after
they are written.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.errors import IdgenError
from idgen_compiler.studio.reading import read_drawing
from idgen_compiler.studio.server import StudioServer
from idgen_compiler.studio.site import build
from idgen_compiler.studio.writing import write_drawing
from tests.benchmarks.report import Row
from tests.browser import chromium, processor_seconds
from tests.strategies import Case, random_admg

__all__ = ["run"]

EDIT = """async ([edits, pause, more]) => {
  const studio = idgenStudio, waits = [], lines = studio.store.state.lines;
  const soon = (wait) => new Promise((done) => setTimeout(done, wait));
  const answered = async (before) => { while (studio.timings.length === before) await soon(2); };
  for (let k = 0; k < edits; k++) {
    const before = studio.timings.length;
    studio.store.change({ lines: k % 2 ? lines : lines.filter((_, i) => i !== (7 * k) % lines.length) });
    await answered(before);
    waits.push(studio.timings.at(-1));
    await soon(pause + more * (k % 7));
  }
  return waits;
}"""

OPEN = """async (name) => {
  const { drawing } = await idgenStudio.engine.ask({ ask: 'open', name });
  await idgenStudio.take(drawing);
  while (idgenStudio.asking || !idgenStudio.found.query) await new Promise((done) => setTimeout(done, 5));
  const { found, canvas: { cy } } = idgenStudio, boxes = cy.nodes().map((node) => node.boundingBox());
  const over = (a, b) => a !== b && a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
  const drawn = [cy.nodes().length, cy.edges().length, boxes.some((a) => boxes.some((b) => over(a, b)))];
  const { text } = await idgenStudio.engine.ask({ ask: 'write', drawing, form: 'dagitty' });
  const again = await idgenStudio.engine.ask({ ask: 'read', text });
  const second = await idgenStudio.engine.ask({ ask: 'write', drawing: again.drawing, form: 'dagitty' });
  return [found.verdict, found.estimand?.text ?? '', drawn, text === second.text];
}"""

FRAMES = """() => {
  globalThis.frames_ = [];
  const step = (now) => { frames_.push(now); globalThis.going = requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".wasm": "application/wasm"}

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def run(quick: bool) -> list[Row]:
    rows: list[Row] = []
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        try:
            site = build(Path(folder) / "studio")
        except IdgenError as error:
            print(f"the page alone is left out: {error}")
        else:
            with _served(ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(site)))) as server:
                url = f"http://127.0.0.1:{server.server_port}/"
                for _ in range(1 if quick else 3):
                    page, found = _cold(browser, url)
                    rows += found
                rows += [*_edits(page, "alone", 4 if quick else 20), *_catalog(page, 10 if quick else len(ENTRIES))]
        with _served(StudioServer(0)) as served:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(served.url)
            page.wait_for_function("globalThis.idgenStudio")
            rows += _edits(page, "server", 4 if quick else 20)
            rows += _dragged(browser, page)
    return rows


@contextmanager
def _served(server: Any) -> Iterator[Any]:
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _cold(browser: Any, url: str) -> tuple[Any, list[Row]]:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(120_000)
    start, used = time.perf_counter(), processor_seconds()
    page.goto(url)
    page.get_by_role("button", name="Napkin").click()
    page.wait_for_selector(".verdict.good")
    first, first_used = time.perf_counter() - start, processor_seconds() - used
    page.wait_for_function("idgenStudio.proof?.rows.length >= 1")
    proved = time.perf_counter() - start
    return page, [
        {"what": "cold start to the napkin's answer, alone", "seconds": first, "processor": first_used, "goal": "10 s"},
        {"what": "cold start to its first proof, alone", "seconds": proved, "processor": processor_seconds() - used},
    ]


def _drawing(vertices: int) -> dict[str, Any]:
    random = Random(3)
    while True:
        graph = random_admg(random, vertices, 3 / vertices, 0.6 / vertices)
        y, x = graph.order[-1], graph.order[vertices // 4]
        case = Case(graph, idgen.Query(y, x))
        if case.identifiable and len(graph.ancestors([y])) > vertices / 2 and x in graph.ancestors([y]):
            return read_drawing(str(graph)).plain() | {"query": str(case.query)}


def _edits(page: Any, where: str, count: int) -> list[Row]:
    page.evaluate("drawing => idgenStudio.take(drawing)", _drawing(30))
    page.wait_for_function("idgenStudio.found.graph?.order.length === 30 && !idgenStudio.asking")
    page.wait_for_timeout(2000)
    waits = page.evaluate(EDIT, [count, 400, 0])
    hurried = []
    for drawing in (_dense(3), _dense(1), _proved(0)):
        page.evaluate("drawing => idgenStudio.take(drawing)", drawing)
        page.wait_for_function("idgenStudio.found.graph?.order.length === 30 && !idgenStudio.asking")
        hurried += page.evaluate(EDIT, [count, 80, 137])
    what = f"answer after an edit of 30 vertices, {where}"
    return [
        {"what": f"{what}: median of {count}", "seconds": median(waits) / 1000, "goal": "0.3 s"},
        {"what": f"{what}: worst", "seconds": max(waits) / 1000, "goal": "0.3 s"},
        {"what": f"{what}, at once: median of {3 * count}", "seconds": median(hurried) / 1000, "goal": "0.3 s"},
        {"what": f"{what}, at once: worst", "seconds": max(hurried) / 1000, "goal": "0.3 s"},
    ]


def _dense(seed: int) -> dict[str, Any]:
    """A graph of 30 vertices with some 90 edges; with a hedge at seed 1."""
    graph = random_admg(Random(seed), 30, 5 / 30, 1.5 / 30)
    return read_drawing(str(graph)).plain() | {"query": str(idgen.Query(graph.order[-1], graph.order[7]))}


def _proved(seed: int) -> dict[str, Any]:
    """One whose query has 11 or 12 ancestors, which makes for the largest models that a browser proves it on."""
    random = Random(seed)
    while True:
        graph = random_admg(random, 30, 1.6 / 30, 0.4 / 30)
        case = Case(graph, idgen.Query(graph.order[-1], graph.order[7]))
        if case.identifiable and len(graph.ancestors([graph.order[-1], graph.order[7]])) in (11, 12):
            return read_drawing(str(graph)).plain() | {"query": str(case.query)}


def _catalog(page: Any, count: int) -> list[Row]:
    right = equal = 0
    for entry in ENTRIES[:count]:
        graph = entry.parsed_graph()
        verdict, formula, drawn, same = page.evaluate(OPEN, entry.name)
        wanted = str(idgen.identify(entry.parsed_query(), graph).estimand) if entry.identifiable else ""
        told = verdict == ("identifiable" if entry.identifiable else "not identifiable") and formula == wanted
        right += told and drawn == [len(graph), len(graph.directed) + len(graph.bidirected), False]
        equal += same and write_drawing(read_drawing(entry.graph), "dagitty").count("\n") > 2
    return [
        {"what": "graphs of the catalog opened right, alone", "count": f"{right} of {count}", "goal": "all"},
        {"what": "DAGitty texts equal after reading and writing, alone", "count": f"{equal} of {count}", "goal": "all"},
    ]


def _dragged(browser: Any, page: Any) -> list[Row]:
    page.evaluate("drawing => idgenStudio.take(drawing)", _drawing(100) | {"query": ""})
    page.wait_for_function("idgenStudio.found.graph?.order.length === 100 && !idgenStudio.asking")
    page.evaluate("idgenStudio.canvas.select(idgenStudio.store.state.points.map((p) => p.name))")
    page.wait_for_timeout(500)
    place = page.evaluate("idgenStudio.canvas.cy.nodes()[50].renderedPosition()")
    box = page.locator(".cy").bounding_box()
    x, y = place["x"] + box["x"], place["y"] + box["y"]
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    before = _work(metrics)
    for k in range(120):
        page.mouse.move(x + 60 * ((k % 40) / 20 - 1), y + 40 * ((k % 30) / 15 - 1))
    worked = _work(metrics) - before
    frames = page.evaluate("() => { cancelAnimationFrame(going); return frames_; }")
    page.mouse.up()
    gaps = sorted(b - a for a, b in pairwise(frames))
    lines = page.evaluate("idgenStudio.store.state.lines.length")
    what = f"dragging 100 vertices and {lines} edges"
    return [
        {"what": f"{what}: frames a second, median", "count": f"{1000 / median(gaps):.0f}", "goal": "60"},
        {"what": f"{what}: 95 % of frames take at most", "seconds": gaps[int(0.95 * len(gaps))] / 1000},
        {"what": f"{what}: the main thread's work a frame", "seconds": worked / len(gaps), "goal": "0.0167 s"},
    ]


def _work(metrics: Any) -> float:
    found = metrics.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in found if m["name"] == "TaskDuration"))
