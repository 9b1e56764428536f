"""Charts on a page: the picture, its numbers as a table, and its specification, to be drawn live and used elsewhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from idgen_compiler.errors import IdgenError
from idgen_compiler.forms.markup import Markup, details, joined, tag
from idgen_compiler.hinge.charts.interaction import interactive
from idgen_compiler.hinge.charts.pictures import VARIABLES, svg_of
from idgen_compiler.hinge.charts.specs import themed
from idgen_compiler.report.web.panels.pieces import wide

__all__ = ["SPEC", "Library", "chart", "library", "packed"]

SPEC = "vega-lite"
"""The class of the elements that hold specifications."""


@dataclass(frozen=True, slots=True)
class Library:
    """A script that a page holds packed: `packed` is its gzip in base64, `digest` its own SHA-256."""

    digest: str
    packed: str


def chart(make: Callable[[], Any], told: str, numbers: Markup | None = None, room: int = 0) -> Markup:
    """A figure of the chart that `make` gives; `told` is its text alternative and caption, `numbers` a table of it.

    Where a library is missing, the figure says which, and the numbers are there all the same.
    """
    below = details("The numbers", wide(numbers, f"the numbers of: {told}")) if numbers else Markup("")
    try:
        made = make()
        picture = wide(Markup(svg_of(made, told, room)), told)
        spec = json.dumps(interactive(themed(made).to_dict()), separators=(",", ":"), ensure_ascii=False)
    except IdgenError as error:
        return tag("figure", tag("p", f"{error}.", class_="lead"), tag("figcaption", told), below)
    held = Markup(f'<script type="application/json" class="{SPEC}">{_inert(spec)}</script>')
    return tag("figure", picture, tag("figcaption", told, " ", _tools(told)), held, below, class_="charted")


def _tools(told: str) -> Markup:
    """What can be done with a chart, where scripts run."""
    live = tag("button", "Interactive", type="button", data_chart="live", aria_pressed="false",
               aria_label=f"Interactive: {told}")  # fmt: skip
    saved = [
        tag("button", f"Save {kind.upper()}", type="button", data_chart=kind, aria_label=f"Save {kind.upper()}: {told}")
        for kind in ("svg", "png")
    ]
    copied = tag("button", "Copy Vega-Lite", type="button", class_="copy-spec", aria_label=f"Copy Vega-Lite of: {told}")
    return tag("span", live, *saved, copied, class_="chart-tools")


def library() -> Library | None:
    """Vega, Vega-Lite and Vega-Embed as one script, which draws charts in a browser; None without vl-convert."""
    try:
        return _library()
    except ImportError:
        return None


@cache
def _library() -> Library:
    convert = import_module("vl_convert")
    script: str = convert.javascript_bundle("globalThis.idgenCharts({ embed: vegaEmbed });")
    packed = base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()
    return Library(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(), packed)


def packed(found: Library) -> Markup:
    """The library and the names of its colors as elements that run nothing."""
    paint = tag("script", Markup(_inert(json.dumps(VARIABLES))), type="application/json", id="chart-paint")
    return joined([tag("script", Markup(found.packed), type="application/gzip", id="chart-library"), paint])


def _inert(text: str) -> str:
    """JSON that ends no element: its angle brackets and ampersands are escapes of strings, where alone they occur."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
