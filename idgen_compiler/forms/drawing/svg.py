"""A drawing as SVG that takes its colors from around it, so that it suits a light and a dark theme.

Elements carry classes for style sheets, and presentation attributes in `currentColor` where there is none, as in a
notebook. A drawing refers to nothing by an id, so that any number of them stand on one page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import hypot

__all__ = ["Point", "arrow", "arrowhead", "label", "svg"]

Point = tuple[float, float]

TIP = 8.0
"""The length of an arrow's head."""


def svg(drawn: Sequence[str], points: Sequence[Point], kind: str, title: str, *, links: bool = False) -> str:
    """The elements in a frame around all points; `kind` is its class in style sheets, `title` its text alternative.

    With `links` readers are told of what is inside as well, which may then be followed.

    >>> svg([], [(0, 0), (10, 10)], "admg", "X -> Y")[:41]
    '<svg class="drawing admg" xmlns="http://w'
    """
    x0, y0 = min((x for x, _ in points), default=0) - 6, min((y for _, y in points), default=0) - 6
    x1, y1 = max((x for x, _ in points), default=0) + 6, max((y for _, y in points), default=0) + 6
    width, height = x1 - x0, y1 - y0
    told = escape(title)
    return (
        f'<svg class="drawing {kind}" xmlns="http://www.w3.org/2000/svg" role="{"group" if links else "img"}" '
        f'aria-label="{told}" viewBox="{x0:.1f} {y0:.1f} {width:.1f} {height:.1f}" width="{width:.0f}" '
        f'style="max-width: {width:.0f}px; width: 100%; height: auto" font-family="system-ui, sans-serif" '
        f'font-size="15">{"" if links else f"<title>{told}</title>"}{"".join(drawn)}</svg>'
    )


def arrow(line: str, kind: str, *, dashed: bool = False) -> str:
    """A line without head, by the text of its path; `kind` are classes."""
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path class="edge{_class(kind)}" fill="none" stroke="currentColor" stroke-width="1.5"{dashes} d="{line}"/>'


def arrowhead(tip: Point, before: Point, kind: str = "") -> str:
    """The head of an arrow that arrives at `tip` from the side of `before`."""
    length = hypot(tip[0] - before[0], tip[1] - before[1]) or 1.0
    dx, dy = (tip[0] - before[0]) / length * TIP, (tip[1] - before[1]) / length * TIP
    x, y = tip[0] - dx, tip[1] - dy
    sides = f"L{x - 0.45 * dy:.1f} {y + 0.45 * dx:.1f} L{x + 0.45 * dy:.1f} {y - 0.45 * dx:.1f} z"
    return f'<path class="tip{_class(kind)}" fill="currentColor" d="M{tip[0]:.1f} {tip[1]:.1f} {sides}"/>'


def label(text: str, at: Point, kind: str = "", *, anchor: str = "start") -> str:
    """A line of text at its baseline."""
    named = f' class="{kind}"' if kind else ""
    return (
        f'<text{named} x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'
    )


def _class(kind: str) -> str:
    return f" {kind}" if kind else ""
