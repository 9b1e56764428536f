"""A drawing as SVG that takes its colors from the page, so that it suits a light and a dark theme."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["Point", "svg"]

Point = tuple[float, float]

MARKERS = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0 0.6 L8 4 L0 7.4 z" class="tip"/></marker>'
    '<marker id="tip-hidden" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0 0.6 L8 4 L0 7.4 z" class="tip hidden"/></marker></defs>'
)


def svg(drawn: Sequence[str], points: Sequence[Point], kind: str, title: str) -> str:
    """The elements in a frame around all points; `kind` is its class in the style sheet."""
    x0, y0 = min(x for x, _ in points) - 6, min(y for _, y in points) - 6
    x1, y1 = max(x for x, _ in points) + 6, max(y for _, y in points) + 6
    width, height = x1 - x0, y1 - y0
    return (
        f'<svg class="drawing {kind}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" '
        f'viewBox="{x0:.1f} {y0:.1f} {width:.1f} {height:.1f}" style="max-width: {width:.0f}px">'
        f"<title>{escape(title)}</title>{MARKERS}{''.join(drawn)}</svg>"
    )
