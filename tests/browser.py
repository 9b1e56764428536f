"""The system's Chromium for tests of pages, driven by Playwright; where there is none, tests are skipped and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Tab", "browser", "chromium", "processor_seconds", "serious", "tab"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"needs a Chromium on the PATH, one of {', '.join(_NAMES)} (on Debian: apt install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install playwright)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--force-color-profile=srgb"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless browser, the same for all tests of a file: while it is open, this thread's event loop runs."""
    with chromium() as running:
        yield running


@dataclass
class Tab:
    """A tab, and what its page complained of: console errors, exceptions, and anything that it could not fetch."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Any) -> Tab:
        made = cls(page)
        page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: made.complaints.append(str(error)))
        page.on("requestfailed", lambda request: made.complaints.append(f"no answer from {request.url}"))
        return made


@pytest.fixture
def tab(browser: Any) -> Iterator[Tab]:
    """A fresh tab without network, of the size of a laptop's screen."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    yield Tab.of(context.new_page())
    context.close()


def serious(page: Any) -> list[str]:
    """What axe-core finds on a page and calls serious or critical: rule, and the first element."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    found = axe.run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']:.200}" for v in found if v["impact"] in ("serious", "critical")]


def processor_seconds() -> float:
    """What every process that this one has begun, the browser's among them, has used so far; as Linux counts it."""
    ticks, parents = dict[int, int](), dict[int, int]()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            parents[int(folder.name)], ticks[int(folder.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(ticks[pid] for pid in ours - {os.getpid()}) / os.sysconf("SC_CLK_TCK")
