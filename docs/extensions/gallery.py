"""The gallery: `{gallery}` lists the reports, and the end of a build writes them beside the pages, in `reports/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import idgen_compiler as idgen

__all__ = ["REPORTS", "Shown", "setup"]

QUERY = "P(Y | do(X))"


@dataclass(frozen=True)
class Shown:
    """A report of the gallery; `make` gives its page."""

    name: str
    title: str
    said: str
    make: Callable[[], str]


def napkin() -> str:
    """The table of the README."""
    rng, n = np.random.default_rng(0), 50_000
    a, b = rng.integers(2, size=(2, n))
    w1 = np.where(rng.random(n) < 0.2, a, b)
    w2 = w1 ^ rng.binomial(1, 0.1, n)
    x = np.where(rng.random(n) < 0.2, a, w2)
    table = {"W1": w1, "W2": w2, "X": x, "Y": rng.binomial(1, 0.3 + 0.5 * b - 0.2 * x)}
    program = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"))
    return idgen.report_page(program.fit(table, seed=0, progress=False))


def dose() -> str:
    """Numbers: a dose whose effect levels off, given more often to the ill."""
    rng, n = np.random.default_rng(0), 2_000
    illness = rng.gamma(3, 1, n)
    dose = np.clip(illness * 0.8 + rng.normal(2, 1, n), 0, None)
    recovery = 20 * dose / (2 + dose) - 3 * illness + rng.normal(0, 2, n)
    graph = idgen.ADMG.parse("illness -> dose -> recovery; illness -> recovery")
    program = idgen.compile(idgen.Query.parse("P(recovery | do(dose))"), graph)
    sampler = program.fit({"illness": illness, "dose": dose, "recovery": recovery}, seed=0, progress=False, epochs=20)
    return idgen.report_page(sampler)


def hedge() -> str:
    """A query that nothing can answer."""
    return idgen.report_page(idgen.Query.parse(QUERY), idgen.ADMG.parse("Z -> X -> M -> Y; X <-> M <-> Y; Z <-> Y"))


REPORTS = (
    Shown("napkin", "The napkin", "categories, a law that no table holds, and an effect with its interval", napkin),
    Shown("dose", "A dose", "numbers: histograms, densities and a curve over the dose", dose),
    Shown("hedge", "A hedge", "a query that is not identifiable, and the two models that prove it", hedge),
)


class GalleryDirective(SphinxDirective):
    """A list of the reports, which are not there before the build ends."""

    def run(self) -> list[nodes.Node]:
        items = "".join(
            f'<li><a href="../reports/{each.name}.html">{escape(each.title)}</a>: {escape(each.said)}</li>'
            for each in REPORTS
        )
        return [nodes.raw("", f"<ul>{items}</ul>", format="html")]


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "reports"
    folder.mkdir(exist_ok=True)
    for each in REPORTS:
        (folder / f"{each.name}.html").write_text(each.make(), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and what writes the reports."""
    app.add_directive("gallery", GalleryDirective)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
