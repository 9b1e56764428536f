"""An ADMG as a drawing, from left to right along its directed edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import hypot

from extensions.layers import layers_of, ordered
from extensions.svg import Point, svg
from idgen_compiler.graph.admg import ADMG

__all__ = ["draw_admg"]

STEP, ROW, RADIUS, CHARACTER = 110.0, 84.0, 17.0, 9.0
BOWS = (0, 34, -34, 56, -56, 84, -84, 116, -116, 150, -150)


@dataclass(frozen=True)
class _Vertex:
    name: str
    x: float
    y: float

    @property
    def half(self) -> float:
        """Half the width of the drawn vertex."""
        return max(RADIUS, 9 + len(self.name) * CHARACTER / 2)


def draw_admg(graph: ADMG) -> str:
    """The graph from left to right: arrows are direct causes, dashed double arrows hidden common causes."""
    layer = layers_of(graph.order, graph.directed)
    rows = ordered(layer, [*graph.directed, *graph.bidirected])
    at = {
        v: _Vertex(v, k * STEP, (j - (len(row) - 1) / 2) * ROW) for k, row in enumerate(rows) for j, v in enumerate(row)
    }
    paths: list[str] = []
    points = [(v.x + dx, v.y + dy) for v in at.values() for dx in (-v.half, v.half) for dy in (-RADIUS, RADIUS)]
    taken: list[Point] = []
    for edges, hidden in ((graph.directed, False), (graph.bidirected, True)):
        for a, b in edges:
            curve = _curve(at[a], at[b], [v for v in at.values() if v.name not in (a, b)], taken, bowed=hidden)
            taken += curve[4:-4]
            points += curve
            paths.append(_arc(curve, hidden))
    vertices = [
        f'<rect x="{v.x - v.half:.1f}" y="{v.y - RADIUS}" '
        f'width="{2 * v.half:.1f}" height="{2 * RADIUS}" rx="{RADIUS}"/>'
        f'<text x="{v.x:.1f}" y="{v.y + 5:.1f}" text-anchor="middle">{escape(v.name)}</text>'
        for v in at.values()
    ]
    return svg([*paths, *vertices], points, "admg", str(graph).replace("\n", "; "))


def _curve(a: _Vertex, b: _Vertex, others: Sequence[_Vertex], taken: Sequence[Point], *, bowed: bool) -> list[Point]:
    """Points along the flattest bow that keeps clear of other vertices and of what was drawn before."""
    best: tuple[float, list[Point]] = (float("inf"), [])
    for bow in BOWS[1:] if bowed else BOWS:
        curve = _clipped(_bow(a, b, -bow), a, b)
        near = sum(abs(x - v.x) < v.half + 8 and abs(y - v.y) < RADIUS + 8 for v in others for x, y in curve)
        close = sum(hypot(x - p, y - q) < 7 for x, y in curve[4:-4] for p, q in taken)
        cost = 40 * near + 3 * close + abs(bow) / 20 + (0.1 if bow < 0 else 0)
        if cost < best[0]:
            best = (cost, curve)
    return best[1]


def _bow(a: _Vertex, b: _Vertex, height: float, steps: int = 60) -> list[Point]:
    """A quadratic Bezier curve between the centers, `height` aside in its middle."""
    length = hypot(b.x - a.x, b.y - a.y) or 1.0
    side = (-(b.y - a.y) / length, (b.x - a.x) / length)
    if side[1] < 0:  # height is measured the same way up for both directions
        side = (-side[0], -side[1])
    mx, my = (a.x + b.x) / 2 + 2 * height * side[0], (a.y + b.y) / 2 + 2 * height * side[1]
    weights = [((1 - t) ** 2, 2 * t * (1 - t), t * t) for t in (k / steps for k in range(steps + 1))]
    return [(p * a.x + q * mx + r * b.x, p * a.y + q * my + r * b.y) for p, q, r in weights]


def _clipped(curve: list[Point], a: _Vertex, b: _Vertex) -> list[Point]:
    """The curve without what lies inside its two ends."""

    def outside(point: Point) -> bool:
        return all(not _inside(point, v) for v in (a, b))

    kept = [point for point in curve if outside(point)]
    return kept if len(kept) > 10 else curve


def _inside(point: Point, v: _Vertex, gap: float = 3.0) -> bool:
    dx, dy = abs(point[0] - v.x), abs(point[1] - v.y)
    return hypot(max(dx - (v.half - RADIUS), 0), dy) < RADIUS + gap


def _arc(curve: Sequence[Point], hidden: bool) -> str:
    line = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in curve)
    if hidden:
        return f'<path class="edge hidden" d="{line}" marker-start="url(#tip-hidden)" marker-end="url(#tip-hidden)"/>'
    return f'<path class="edge" d="{line}" marker-end="url(#tip)"/>'
