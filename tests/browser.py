"""A browser for tests: the system's Chromium without a window, driven by Playwright, and what axe-core finds in a page.

Tests that need it are skipped, with the reason, where there is no Chromium or no Playwright. `IDGEN_CHROMIUM` names
another one than that on the PATH.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Tab", "browser", "serious", "tab"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]


def chromium() -> str:
    """The path of a Chromium; empty where there is none."""
    named = os.environ.get("IDGEN_CHROMIUM", "")
    return named or next((path for name in NAMES if (path := shutil.which(name))), "")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A running Chromium, the same for all tests of a process."""
    path = chromium()
    if not path:
        pytest.skip("no Chromium on the PATH (apt-get install chromium), so that no page is looked at in a browser")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed; it comes with [dev]")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@dataclass
class Tab:
    """A tab, and what its page complained of: console errors, exceptions, and anything fetched from elsewhere."""

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
    """What axe-core finds that is serious or critical, a line each; skips where it is not installed."""
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-playwright-python, which brings axe-core, is not installed; it comes with [dev]")
    page.evaluate(Path(found.origin).with_name("axe.min.js").read_text("utf-8"))
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:120]}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
