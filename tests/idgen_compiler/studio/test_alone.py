"""The page where Python is elsewhere: in the browser itself, and in a notebook's kernel."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.studio import site
from idgen_compiler.studio.answers import answer

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".wasm": "application/wasm"}

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def served() -> Iterator[Callable[[Path], str]]:
    """Serve a folder as any web server would."""
    servers = []

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def has_pyodide() -> bool:
    name, version, _ = site.PYODIDE
    return (site._cache() / f"{name}-{version}.tgz").exists()


@pytest.mark.skipif(not has_pyodide(), reason="needs Python for the browser: run `make studio` once, with a network")
def test_the_browser_alone_answers_proves_and_reads_gml(
    browser: Any, served: Callable[[Path], str], tmp_path: Path
) -> None:
    built = site.build(tmp_path / "studio")
    assert (built / site.SNAPSHOT).exists()
    url = served(built)
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(90_000)
    said, asked = [], []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    context.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.get_by_role("button", name="Napkin").click()
    page.wait_for_function("globalThis.idgenStudio?.proof?.rows.length >= 1")
    query, graph = idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(NAPKIN)
    found = page.evaluate("idgenStudio.found")
    assert found["estimand"]["text"] == str(idgen.identify(query, graph).estimand)
    assert found["program"]["text"] == str(idgen.compile(query, graph))
    assert page.evaluate("idgenStudio.proof.rows.every((row) => row.ok)")
    gml = 'graph [directed 1 node [id 0 label "X"] node [id 1 label "Y"] edge [source 0 target 1]]'
    told = page.evaluate("text => idgenStudio.engine.ask({ ask: 'read', text })", gml)
    assert [p["name"] for p in told["drawing"]["points"]] == ["X", "Y"]
    assert said == []
    assert all(address.startswith((url, "data:", "blob:")) for address in asked)
    context.close()
    (built / site.SNAPSHOT).write_bytes(b"\x1f\x8b and nothing that can be unpacked")  # then Python starts afresh
    again = browser.new_context().new_page()
    again.set_default_timeout(90_000)
    again.goto(url)
    again.get_by_role("button", name="Napkin").click()
    again.wait_for_selector(".verdict.good")
    again.context.close()


def test_without_python_the_page_says_what_to_do(browser: Any, served: Callable[[Path], str], tmp_path: Path) -> None:
    for name, content in site.page_files():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    page = browser.new_page()
    page.goto(served(tmp_path))
    page.wait_for_function("document.querySelector('.verdict')?.textContent.includes('idgen studio --build')")
    page.close()


NOTEBOOK = """async (drawing) => {
  const { default: widget } = await import('/widget.js');
  const listeners = {}, data = { drawing, height: 500 };
  globalThis.model = {
    get: (key) => data[key], set: (key, value) => { data[key] = value; },
    save_changes: () => { globalThis.saved = data.drawing; },
    on: (event, heard) => { (listeners[event] ??= []).push(heard); }, off: () => {},
    fire: (event, ...told) => (listeners[event] ?? []).forEach((heard) => heard(...told)),
    send: async ({ id, request }) => {
      const answer = JSON.parse(await kernel(JSON.stringify(request)));
      model.fire('msg:custom', { id, answer });
    },
  };
  widget.render({ model, el: document.getElementById('cell') });
}"""


def test_the_widget_and_its_kernel_hold_one_drawing(browser: Any) -> None:
    pytest.importorskip("anywidget", reason="needs anywidget (pip install 'idgen-compiler[notebook]')")
    from idgen_compiler.studio.widget import IdgenWidget

    widget = IdgenWidget(NAPKIN, "P(Y | do(X))")
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    cell = f"<!doctype html><meta charset=utf-8><link rel=icon href='data:,'><style>{widget._css}</style><div id=cell>"
    page.route("http://notebook.test/", lambda route: route.fulfill(content_type="text/html", body=cell))
    module = {"content_type": "text/javascript", "body": widget._esm}
    page.route("http://notebook.test/widget.js", lambda route: route.fulfill(**module))
    page.expose_function("kernel", lambda request: json.dumps(answer(json.loads(request))))
    page.goto("http://notebook.test/")
    page.evaluate(NOTEBOOK, widget.drawing)
    page.wait_for_selector(".verdict.good")
    page.get_by_role("tab", name="Graph").click()
    page.get_by_role("button", name="Delete W2 → X").click()
    page.wait_for_function("saved?.lines.length === 4")
    widget.drawing = page.evaluate("saved")
    assert widget.graph == idgen.ADMG.parse("W1 -> W2; X -> Y; X <-> W1 <-> Y")
    widget.graph = "A -> B"
    page.evaluate("drawing => { model.set('drawing', drawing); model.fire('change:drawing'); }", widget.drawing)
    page.wait_for_function("document.querySelectorAll('[aria-label=Vertices] li').length === 2")
    assert said == []
    page.close()
