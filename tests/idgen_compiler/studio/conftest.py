"""One browser for all tests of the page, and the page on an empty drawing for each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from idgen_compiler.studio.server import StudioServer
from tests.browser import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def opened(browser: Any) -> Iterator[Any]:
    """The page behind a server; what the console says and what fails is kept in `page.said`."""
    with StudioServer(0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
        )
        page = context.new_page()
        page.set_default_timeout(60_000)  # a click waits for a busy machine, too
        page.said = []
        page.on("console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(server.url)
        page.wait_for_function("globalThis.idgenStudio")
        yield page
        context.close()
        server.shutdown()
        thread.join()


@pytest.fixture
def page(opened: Any) -> Iterator[Any]:
    opened.evaluate(
        """() => { document.querySelectorAll('dialog').forEach((d) => d.close()); idgenStudio.mode('select');
        idgenStudio.store.commit({}); idgenStudio.note(''); document.activeElement.blur();
        idgenStudio.canvas.cy.viewport({ zoom: 1, pan: { x: 0, y: 0 } }); }"""
    )
    opened.get_by_role("tab", name="Answer").click()
    opened.wait_for_function("idgenStudio.found.verdict === 'empty' && !idgenStudio.asking")
    yield opened
    said, opened.said[:] = list(opened.said), []
    assert said == []
