"""A Vega-Lite chart as an SVG picture that needs no script, takes its colors from the page and says its values."""

from __future__ import annotations

import re
from html import escape
from importlib import import_module
from typing import Any

from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.charts.specs import COLORS, GRID, INK, themed

__all__ = ["VARIABLES", "svg_of"]

VARIABLES = {color: f"--series-{k}" for k, color in enumerate(COLORS, start=1)} | {INK: "--ink-soft", GRID: "--grid"}
"""Color of a chart -> the variable of style sheets that stands in its place."""

_PAINT = {color: f"var({name}, {color})" for color, name in VARIABLES.items()}
_PAINTED = re.compile(r'(fill|stroke)="(#[0-9a-f]{6})"')
_MARK = re.compile(r'<(path|line|rect|image|circle)([^<>]*?) aria-label="([^"]*)"([^<>]*?)/>')
_WORDS = re.compile(r' (?:aria-roledescription|aria-hidden|role|aria-label)="[^"]*"')
_LONG = re.compile(r"(\d+\.\d{2})\d+")
_GEOMETRY = re.compile(r' (?:d|transform)="[^"]*"')
_EMPTY = re.compile(r'<path class="(?:back|fore)ground"[^<>]*?/>')
_OPENING = re.compile(r'<svg [^<>]*width="([\d.]+)" height="([\d.]+)"( viewBox="[^"]*")>')


def svg_of(chart: Any, told: str, room: int = 0) -> str:
    """The chart as SVG, with `told` as its text alternative; each mark says its values to who points at it.

    Colors are variables of style sheets (`--series-1`, `--ink-soft`, ...), with the chart's own where there are none.
    room: for words at the left, which a browser may set in a wider type than they are laid out by.
    Raises IdgenError where vl-convert is not installed.
    """
    try:
        convert = import_module("vl_convert")
    except ImportError:
        raise IdgenError("pictures of charts need vl-convert-python; pip install 'idgen-compiler[report]'") from None
    padding = {"left": 8 + room, "right": 12, "top": 6, "bottom": 6}
    drawn: str = convert.vegalite_to_svg({**themed(chart).to_dict(), "padding": padding})
    drawn = _EMPTY.sub("", drawn)
    drawn = _MARK.sub(lambda m: f"<{m[1]}{m[2]}{m[4]}><title>{m[3]}</title></{m[1]}>", drawn)
    drawn = _WORDS.sub("", drawn)
    drawn = _GEOMETRY.sub(lambda m: _LONG.sub(r"\1", m[0]), drawn)
    drawn = _PAINTED.sub(lambda m: f'{m[1]}="{_PAINT.get(m[2], m[2])}"', drawn)
    return _OPENING.sub(
        lambda m: (
            f'<svg class="chart" role="img" aria-label="{escape(told)}" xmlns="http://www.w3.org/2000/svg"'
            f' xmlns:xlink="http://www.w3.org/1999/xlink" width="{m[1]}"{m[3]}'
            f' style="max-width: {m[1]}px; width: 100%; height: auto">'
        ),
        drawn,
        count=1,
    )
