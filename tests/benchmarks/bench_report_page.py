"""The report page of the demo: how large it is, how long it takes to make and to open, and what a browser finds.

The napkin of the README (50,000 rows of categories), a dose with numbers, and a hedge, as the gallery of the site has
them, made twice in one process, of which the first time also imports what the page needs. `build` is in
processor seconds and without the fit; `open` is the time until the page is complete and laid out in a headless Chromium
without network, the middle of five, in milliseconds. `errors` counts what its console complains of with every panel
open, `serious` what axe-core finds serious or critical, light and dark together. The last row is the same napkin page
with Vega, Vega-Lite and Vega-Embed inside it, which it would need to draw its charts by itself.
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


def run(quick: bool) -> list[Row]:
    sys.path.insert(0, str(DOCS))
    import vl_convert
    from extensions.gallery import REPORTS

    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        pages = {}
        for each in REPORTS:
            (first, pages[each.name]), (again, _) = _made(each.make), _made(each.make)
            rows.append({"page": each.title, "kB": len(pages[each.name].encode()) // 1000,
                         "build, first (s)": first, "build, again (s)": again})  # fmt: skip
        script = vl_convert.javascript_bundle()
        pages["inside"] = pages["napkin"].replace("</head>", f"<script>{script}</script></head>").replace(
            "script-src 'sha256", "script-src 'unsafe-inline' 'unsafe-eval' 'none"
        )  # fmt: skip
        rows.append({"page": "The napkin, with a chart library", "kB": len(pages["inside"].encode()) // 1000})
        for row, (name, page) in zip(rows, pages.items(), strict=True):
            file = Path(folder) / f"{name}.html"
            file.write_text(page, encoding="utf-8")
            row |= _opened(browser, file, 1 if quick else 5, judged=name != "inside")
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


def _opened(browser: Any, file: Path, rounds: int, judged: bool) -> dict[str, Any]:
    times = []
    for _ in range(rounds):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
        page = context.new_page()
        page.goto(file.as_uri())
        laid_out = "() => (document.body.getBoundingClientRect(), performance.now())"
        times.append(page.evaluate(laid_out))
        context.close()
    found: dict[str, Any] = {"open (ms)": statistics.median(times)}
    if judged:
        complaints, problems = 0, 0
        for scheme in ("light", "dark"):
            context = browser.new_context(color_scheme=scheme, offline=True)
            tab = Tab.of(context.new_page())
            tab.page.goto(file.as_uri())
            tab.page.click("#open")
            problems += len(serious(tab.page))
            complaints += len(tab.complaints)
            context.close()
        found |= {"errors": complaints, "serious": problems}
    return found
