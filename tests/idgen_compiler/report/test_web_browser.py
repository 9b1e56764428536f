"""The page as a browser shows it: every panel opens, nothing is complained of, and axe-core finds nothing serious."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.hinge.charts.columns import pictured
from idgen_compiler.report.web.page import render
from idgen_compiler.report.web.values.outcomes import Number, Numbers, Outcome
from idgen_compiler.report.web.values.whole import of_query
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
def charted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of densities, a curve and shares of two settings, without a fit."""
    rng = np.random.default_rng(0)
    numbers = {f"do(X={x})": x + rng.normal(size=400) for x in range(2)}
    labels = {f"do(X={x})": rng.integers(2 + x, size=400).astype(str) for x in range(2)}
    shown = (*pictured("Y", numbers), *pictured("C", labels))
    rows = tuple(Number("Y", float(x), x - 0.2, x + 0.2, x - 0.4, x + 0.4, float(x)) for x in range(5))
    outcome = Outcome("P(Y | do(X))", tuple(numbers), "", 400, 0, shown, (Numbers("curve", "Y by X", rows, 0.95, "x"),))
    whole = of_query(QUERY, NAPKIN, models=0)
    path = tmp_path_factory.mktemp("page") / "charts.html"
    path.write_text(render(dataclasses.replace(whole, outcomes=(outcome,))), encoding="utf-8")
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
    tab.page.emulate_media(color_scheme="dark")
    tab.page.goto(fitted.as_uri())
    tab.page.emulate_media(media="print", color_scheme="dark")
    assert tab.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.page.locator("nav").is_hidden()
    assert tab.page.locator("#operation-1 .code").first.is_visible()


def axis(page: Any) -> set[str]:
    """The numbers along the first chart's x."""
    return set(page.locator(".live").first.locator(".role-axis-label").first.locator("text").all_text_contents())


def test_a_chart_is_a_picture_until_somebody_asks_for_more(tab: Tab, charted: Path) -> None:
    page = tab.page
    page.goto(charted.as_uri())
    assert page.evaluate("[typeof idgenCharts, document.querySelectorAll('.live').length]") == ["undefined", 0]
    picture = page.locator("svg.chart").first
    page.get_by_role("button", name="Interactive").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("figure.is-live .live svg")
    assert picture.is_hidden()
    page.emulate_media(media="print")
    assert picture.is_visible()
    assert page.locator(".live").first.is_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Interactive").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".live", state="detached")
    assert picture.is_visible()
    assert tab.complaints == []


def test_numbers_are_zoomed_by_keyboard_and_by_mouse(tab: Tab, charted: Path) -> None:
    page = tab.page
    page.goto(charted.as_uri())
    page.locator("[data-chart=live]").first.click()
    page.wait_for_selector(".live svg")
    first = axis(page)
    page.get_by_role("button", name="Zoom in").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    closer = axis(page)
    assert closer != first
    page.get_by_role("button", name="All: ").first.click()
    page.wait_for_timeout(100)
    assert axis(page) == first
    box = page.locator(".live svg").first.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 80, steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)
    assert axis(page) != first
    here = page.evaluate("scrollY")
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") > here
    assert tab.complaints == []


def test_a_series_is_brought_out_and_a_mark_says_its_values(tab: Tab, charted: Path) -> None:
    page = tab.page
    page.goto(charted.as_uri())
    figure = page.locator("figure.charted", has_text="The shares of each C")
    figure.locator("[data-chart=live]").click()
    figure.locator("select").select_option("do(X=1)")
    page.wait_for_timeout(100)
    bars = figure.locator(".live .mark-rect path[aria-label], .live .mark-rect path")
    pale = [float(o) for o in bars.evaluate_all("all => all.map((bar) => bar.getAttribute('opacity') ?? 1)")]
    assert sorted(set(pale)) == [0.15, 1]
    bars.last.hover()
    assert "share" in page.locator("#vg-tooltip-element").text_content()
    assert tab.complaints == []


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_pictures_are_saved(tab: Tab, charted: Path, kind: str) -> None:
    page = tab.page
    page.goto(charted.as_uri())
    for live in (False, True):
        if live:
            page.locator("[data-chart=live]").first.click()
            page.wait_for_selector(".live svg")
        with page.expect_download() as saved:
            page.locator(f"[data-chart={kind}]").first.click()
        assert saved.value.suggested_filename == f"Y-at-do-X-0-do-X-1-histogram-smooth-density-and-mean-dashed.{kind}"
        content = Path(saved.value.path()).read_bytes()
        assert content.startswith({"svg": b"<svg", "png": b"\x89PNG"}[kind])
        assert len(content) > 5_000
    assert page.locator(".live").count() == 1
    assert tab.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found_in_live_charts(tab: Tab, charted: Path, scheme: Any) -> None:
    tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    tab.page.goto(charted.as_uri())
    for k in range(3):
        tab.page.locator("[data-chart=live]").nth(k).click()
        tab.page.wait_for_selector(f"figure.is-live >> nth={k}")
    assert serious(tab.page) == []
    ink = tab.page.locator(".live text").first.get_attribute("fill")
    tab.page.click("#theme")
    tab.page.click("#theme" if scheme == "light" else "h1")
    tab.page.wait_for_timeout(300)
    assert tab.page.locator(".live").count() == 3
    assert tab.page.locator(".live text").first.get_attribute("fill") != ink
    tab.page.set_viewport_size({"width": 360, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.complaints == []


def test_what_the_browser_refuses_is_said(tab: Tab, charted: Path, tmp_path: Path) -> None:
    """A page whose policy was changed on its way shows the pictures still."""
    page = charted.read_text("utf-8")
    policy = page.split("script-src ")[1].split('"')[0]
    path = tmp_path / "stricter.html"
    path.write_text(page.replace(policy, " ".join(policy.split()[:-1])), encoding="utf-8")
    tab.page.goto(path.as_uri())
    tab.page.locator("[data-chart=live]").first.click()
    tab.page.wait_for_selector("#told:has-text('did not work')", state="attached")
    assert tab.page.locator("svg.chart").first.is_visible()
