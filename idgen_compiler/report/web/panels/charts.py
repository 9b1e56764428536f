"""Charts on a page: the picture, its numbers as a table, and its specification for use elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from idgen_compiler.errors import IdgenError
from idgen_compiler.forms.markup import Markup, details, tag
from idgen_compiler.hinge.charts.pictures import svg_of
from idgen_compiler.hinge.charts.specs import themed
from idgen_compiler.report.web.panels.pieces import wide

__all__ = ["chart"]


def chart(make: Callable[[], Any], told: str, numbers: Markup | None = None, room: int = 0) -> Markup:
    """A figure of the chart that `make` gives; `told` is its text alternative and caption, `numbers` a table of it.

    Where a library is missing, the figure says which, and the numbers are there all the same.
    """
    below = details("The numbers", wide(numbers, f"the numbers of: {told}")) if numbers else Markup("")
    try:
        made = make()
        picture = wide(Markup(svg_of(made, told, room)), told)
        spec = json.dumps(themed(made).to_dict(), separators=(",", ":"), ensure_ascii=False)
    except IdgenError as error:
        return tag("figure", tag("p", f"{error}.", class_="lead"), tag("figcaption", told), below)
    held = Markup(f'<script type="application/json" class="vega-lite">{_inert(spec)}</script>')
    copied = tag("button", "Copy Vega-Lite", type="button", class_="copy-spec", aria_label=f"Copy Vega-Lite of: {told}")
    return tag("figure", picture, tag("figcaption", told, " ", copied), held, below)


def _inert(text: str) -> str:
    """JSON that ends no element: its angle brackets and ampersands are escapes of strings, where alone they occur."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
