"""The report page of the demo: how large it is, how long it takes to make and to open, and what a browser finds.

The napkin of the README (50,000 rows of categories), a dose with numbers, and a hedge, as the gallery of the site has
them, made twice in one process, of which the first time also imports what the page needs. `build` is in
processor seconds and without the fit; `open` is the time until the page is complete and laid out in a headless Chromium
without network, the middle of five, in milliseconds. `library` is what of it is Vega, Vega-Lite and Vega-Embed, packed,
which draw charts that answer; `live` is the time from asking for the first of these until it is there, unpacking
included. `errors` counts what its console complains of with every panel open, `serious` what axe-core finds serious or
critical, light and dark together.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.report import Row
from tests.browser import Tab, chromium, serious

__all__ = ["run"]

DOCS = Path(__file__).parents[2] / "docs"

LIVE = """() => new Promise((done) => {
  const begun = performance.now(), button = document.querySelector('[data-chart=live]');
  new MutationObserver(() => button.closest('figure').matches('.is-live') && done(performance.now() - begun))
    .observe(button.closest('figure'), { attributes: true });
  button.click();
})"""


def run(quick: bool) -> list[Row]:
    sys.path.insert(0, str(DOCS))
    from extensions.gallery import REPORTS

    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        pages = {}
        for each in REPORTS:
            (first, pages[each.name]), (again, _) = _made(each.make), _made(each.make)
            library = pages[each.name].partition('id="chart-library">')[2].partition("<")[0]
            rows.append({"page": each.title, "kB": len(pages[each.name].encode()) // 1000,
                         "library (kB)": len(library) // 1000, "build, first (s)": first,
                         "build, again (s)": again})  # fmt: skip
        for row, (name, page) in zip(rows, pages.items(), strict=True):
            file = Path(folder) / f"{name}.html"
            file.write_text(page, encoding="utf-8")
            row |= _opened(browser, file, 1 if quick else 5)
    return [*rows]


def _made(make: Any) -> tuple[float, str]:
    """Processor seconds of the page alone, and the page."""
    import idgen_compiler as idgen

    own, took = idgen.report_page, 0.0

    def timed(*of: Any, **options: Any) -> str:
        nonlocal took
        start = time.process_time()
        page = own(*of, **options)
        took = time.process_time() - start
        return page

    idgen.report_page = timed  # type: ignore[assignment]
    try:
        page = make()
        return took, page
    finally:
        idgen.report_page = own


def _opened(browser: Any, file: Path, rounds: int) -> dict[str, Any]:
    times, live = [], []
    for _ in range(rounds):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
        page = context.new_page()
        page.goto(file.as_uri())
        laid_out = "() => (document.body.getBoundingClientRect(), performance.now())"
        times.append(page.evaluate(laid_out))
        if page.locator("[data-chart=live]").count():
            live.append(page.evaluate(LIVE))
        context.close()
    found: dict[str, Any] = {"open (ms)": statistics.median(times)}
    found |= {"live (ms)": statistics.median(live)} if live else {}
    complaints, problems = 0, 0
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, offline=True)
        tab = Tab.of(context.new_page())
        tab.page.goto(file.as_uri())
        tab.page.click("#open")
        for button in tab.page.locator("[data-chart=live]").all():
            button.click()
        tab.page.wait_for_timeout(1000)
        problems += len(serious(tab.page))
        complaints += len(tab.complaints)
        context.close()
    return found | {"errors": complaints, "serious": problems}
