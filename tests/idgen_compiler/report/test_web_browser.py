"""The page as a browser shows it: every panel opens, nothing is complained of, and axe-core finds nothing serious."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from tests.browser import Tab, serious

NAPKIN = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
QUERY = idgen.Query.parse("P(Y | do(X))")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sampler, with every kind of panel but the hedge's."""
    table = np.random.default_rng(0).random((2, 2, 2, 2))
    sampler = idgen.compile(QUERY, NAPKIN).fit(
        idgen.Joint(("W1", "W2", "X", "Y"), table / table.sum()), backend="exact"
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    idgen.report_page(sampler, path=path, models=1, n=500)
    return path


@pytest.fixture(scope="module")
def hedge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "hedge.html"
    idgen.report_page(QUERY, idgen.ADMG.parse("X -> Y; X <-> Y"), path=path)
    return path


def test_every_panel_opens_without_complaint(tab: Tab, fitted: Path) -> None:
    page = tab.page
    page.goto(fitted.as_uri())
    assert page.locator("details").count() > 8
    page.click("#open")
    assert page.locator("details:not([open])").count() == 0
    page.click("#open")
    assert page.locator("details[open]").count() == 0
    for width in (360, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    assert tab.complaints == []


def test_a_box_of_the_program_leads_to_its_entry_by_keyboard(tab: Tab, fitted: Path) -> None:
    page = tab.page
    page.goto(fitted.as_uri())
    page.locator("svg.program a").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#operation-1[open]")
    entry = page.locator("#operation-1")
    assert page.evaluate("document.activeElement.closest('details').id") == "operation-1"
    assert entry.locator(".code").first.is_visible()
    assert tab.complaints == []


def test_themes_are_chosen_and_follow_the_system(tab: Tab, fitted: Path) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark")
    page.goto(fitted.as_uri())
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.click("#theme")
    light = page.evaluate(paper)
    assert (page.locator("html").get_attribute("data-theme"), dark != light) == ("light", True)
    page.click("#theme")
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found(tab: Tab, fitted: Path, hedge: Path, scheme: Any) -> None:
    tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for path in (fitted, hedge):
        tab.page.goto(path.as_uri())
        tab.page.click("#open")
        assert serious(tab.page) == []
    assert tab.complaints == []


def test_what_is_serious_is_seen(tab: Tab) -> None:
    tab.page.set_content("<title>x</title><html lang=en><img src='data:,'><p style='color: #eee'>pale</p></html>")
    assert {line.split(":")[0] for line in serious(tab.page)} >= {"image-alt", "color-contrast"}


def test_a_page_prints_with_everything_open(tab: Tab, fitted: Path) -> None:
    tab.page.goto(fitted.as_uri())
    tab.page.emulate_media(media="print")
    assert tab.page.locator("nav").is_hidden()
    assert tab.page.locator("#operation-1 .code").first.is_visible()
