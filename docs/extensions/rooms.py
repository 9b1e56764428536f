"""The rooms of a package as a drawing: the floors from the top, and what imports what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from extensions.imports import arrows, floors
from idgen_compiler.forms.drawing.layers import ordered
from idgen_compiler.forms.drawing.svg import Point, arrow, arrowhead, label, svg

__all__ = ["draw_rooms"]

STEP, HEIGHT, LETTER, PAD, GAP = 62.0, 28.0, 8.2, 12.0, 22.0
Place = tuple[str, int]
"""A room on its floor, or a place on a floor that an arrow passes."""


def draw_rooms(package: str) -> str:
    """Boxes for rooms, arrows down to what they import; an arrow that others together imply is left out."""
    rows = floors(package)
    floor = {room: k for k, row in enumerate(rows) for room in row}
    shown = _direct({(a, b) for a, b in arrows(package) if a in floor and b in floor})
    layer: dict[Place, int] = {(room, k): k for room, k in floor.items()}
    routes = []
    for a, b in sorted(shown, key=lambda arrow: (floor[arrow[0]], arrow)):
        stops = [(f"{a}>{b}", k) for k in range(floor[a] + 1, floor[b])]
        route = [(a, floor[a]), *stops, (b, floor[b])]
        layer |= {place: place[1] for place in stops}
        routes.append(route)
    wide = {place: 2 * PAD + LETTER * len(place[0]) if place[0] in floor else 8.0 for place in layer}
    at: dict[Place, Point] = {}
    for k, row in enumerate(ordered(layer, [link for route in routes for link in pairwise(route)])):
        x = -sum(wide[place] + GAP for place in row) / 2
        for place in row:
            at[place] = (x + (wide[place] + GAP) / 2, k * STEP)
            x += wide[place] + GAP
    points = [
        (x + side * wide[p] / 2, y + end * HEIGHT / 2)
        for p, (x, y) in at.items()
        for side in (-1, 1)
        for end in (-1, 1)
    ]
    drawn = [_arrow(route, at) for route in routes]
    drawn += [_box(place[0], at[place], wide[place]) for place in layer if place[0] in floor]
    return svg(drawn, points, "rooms", f"the rooms of {package}")


def _direct(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows that no other path implies, of a relation without circles."""
    below: Mapping[str, set[str]] = {a: {y for x, y in pairs if x == a} for a, _ in pairs}

    def reached(room: str) -> set[str]:
        return {room}.union(*(reached(b) for b in below.get(room, ())))

    return {(a, b) for a, heads in below.items() for b in heads if not any(b in reached(c) for c in heads - {b})}


def _arrow(route: list[Place], at: Mapping[Place, Point]) -> str:
    (x, y), *stops = (at[place] for place in route)
    line = f"M{x:.1f} {y + HEIGHT / 2:.1f}"
    y += HEIGHT / 2
    for k, (x1, y1) in enumerate(stops):
        last = k == len(stops) - 1
        end = y1 - HEIGHT / 2 - (3 if last else 0)
        middle = (y + end) / 2
        line += f" C{x:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {end:.1f}"
        if not last:
            line += f" L{x1:.1f} {y1 + HEIGHT / 2:.1f}"
        x, y = x1, y1 + HEIGHT / 2
    return arrow(line, "") + arrowhead((x, y - HEIGHT), (x, y - HEIGHT - 1))


def _box(room: str, at: Point, width: float) -> str:
    x, y = at
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{width:.1f}" height="{HEIGHT}" rx="4"/>'
        f"{label(room, (x, y + 5), anchor='middle')}"
    )
