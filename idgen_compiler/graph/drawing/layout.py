"""Where the vertices of a graph stand in its picture, and how its edges run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from idgen_compiler.forms.drawing.layers import layers_of, ordered
from idgen_compiler.forms.drawing.svg import Point
from idgen_compiler.graph.mixed import MixedGraph

__all__ = ["RADIUS", "Taken", "Vertex", "curved", "placed"]

ROW, GAP, RADIUS, LETTER, LONGEST = 84.0, 58.0, 17.0, 9.0, 22
BOWS = (0, 34, -34, 56, -56, 84, -84, 116, -116, 150, -150)
CELL = 8.0
MANY = 60
"""Of a graph with more edges each runs along the first bow that it may: looking for a better one would take long."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """A vertex and its center; a long name is cut."""

    name: str
    x: float
    y: float

    @property
    def shown(self) -> str:
        """What is written in it."""
        return self.name if len(self.name) <= LONGEST else f"{self.name[: LONGEST - 1]}…"

    @property
    def half(self) -> float:
        """Half the width of the drawn vertex."""
        return _half(self.name)


def placed(graph: MixedGraph) -> dict[str, Vertex]:
    """The vertices from left to right along directed edges, neighbors near each other."""
    layer = layers_of(graph.order, graph.directed)
    rows = ordered(layer, [*graph.directed, *graph.bidirected])
    found, x, before = {}, 0.0, 0.0
    for number, row in enumerate(rows):
        wide = max(_half(name) for name in row)
        x += before + GAP + wide if number else 0.0
        before = wide
        found.update({name: Vertex(name, x, (k - (len(row) - 1) / 2) * ROW) for k, name in enumerate(row)})
    return found


class Taken:
    """Where lines have been drawn, in cells of a few pixels, so that the next one finds its own way."""

    def __init__(self) -> None:
        self._cells: set[tuple[int, int]] = set()

    def add(self, curve: Sequence[Point]) -> None:
        """A curve is there, its ends aside."""
        self._cells.update(map(_cell, curve[4:-4]))

    def crossed(self, curve: Sequence[Point]) -> int:
        """How many points of a curve, its ends aside, lie where something is."""
        return sum(_cell(point) in self._cells for point in curve[4:-4])


def curved(
    a: Vertex, b: Vertex, vertices: Mapping[str, Vertex], taken: Taken, *, bowed: bool, many: bool
) -> list[Point]:
    """Points along the flattest bow that keeps clear of other vertices and of what was drawn before."""
    if many:
        return _clipped(_bow(a, b, -BOWS[1] if bowed else 0), a, b)
    boxes = [(v.x, v.y, v.half + 8) for v in vertices.values() if v.name not in (a.name, b.name)]
    best: tuple[float, list[Point]] = (float("inf"), [])
    for bow in BOWS[1:] if bowed else BOWS:
        curve = _clipped(_bow(a, b, -bow), a, b)
        near = sum(abs(x - at) < wide and abs(y - up) < RADIUS + 8 for x, y in curve[::2] for at, up, wide in boxes)
        close = taken.crossed(curve)
        cost = 80 * near + 3 * close + abs(bow) / 20 + (0.1 if bow < 0 else 0)
        if cost < best[0]:
            best = (cost, curve)
        if not near and not close:  # every other one is bowed more
            break
    return best[1]


def _cell(point: Point) -> tuple[int, int]:
    return int(point[0] // CELL), int(point[1] // CELL)


def _half(name: str) -> float:
    return max(RADIUS, 9 + min(len(name), LONGEST) * LETTER / 2)


def _bow(a: Vertex, b: Vertex, height: float, steps: int = 60) -> list[Point]:
    """A quadratic Bezier curve between the centers, `height` aside in its middle."""
    length = hypot(b.x - a.x, b.y - a.y) or 1.0
    side = (-(b.y - a.y) / length, (b.x - a.x) / length)
    if side[1] < 0:  # height is measured the same way up for both directions
        side = (-side[0], -side[1])
    mx, my = (a.x + b.x) / 2 + 2 * height * side[0], (a.y + b.y) / 2 + 2 * height * side[1]
    weights = [((1 - t) ** 2, 2 * t * (1 - t), t * t) for t in (k / steps for k in range(steps + 1))]
    return [(p * a.x + q * mx + r * b.x, p * a.y + q * my + r * b.y) for p, q, r in weights]


def _clipped(curve: list[Point], a: Vertex, b: Vertex) -> list[Point]:
    """The curve without what lies inside its two ends."""
    kept = [point for point in curve if not _inside(point, a) and not _inside(point, b)]
    return kept if len(kept) > 10 else curve


def _inside(point: Point, v: Vertex, gap: float = 3.0) -> bool:
    dx, dy = abs(point[0] - v.x), abs(point[1] - v.y)
    return hypot(max(dx - (v.half - RADIUS), 0), dy) < RADIUS + gap
