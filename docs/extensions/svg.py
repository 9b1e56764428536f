"""Drawings as SVG that take their colours from the page, so that they suit a light and a dark theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import hypot

from extensions.layers import layers_of, ordered
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.operations import Observe, Operation, Regenerate, Reweight, Sample, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.schedule import uses
from idgen_compiler.ir.text import print_statement

__all__ = ["draw_admg", "draw_program"]

Point = tuple[float, float]

MARKERS = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0 0.6 L8 4 L0 7.4 z" class="tip"/></marker>'
    '<marker id="tip-hidden" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0 0.6 L8 4 L0 7.4 z" class="tip hidden"/></marker></defs>'
)


# -- graphs -----------------------------------------------------------------------------------------------------------

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
    at = {v: _Vertex(v, k * STEP, (j - (len(row) - 1) / 2) * ROW) for k, row in enumerate(rows) for j, v in enumerate(row)}
    paths, points = [], [(v.x + dx, v.y + dy) for v in at.values() for dx in (-v.half, v.half) for dy in (-RADIUS, RADIUS)]
    taken: list[Point] = []
    for edges, hidden in ((graph.directed, False), (graph.bidirected, True)):
        for a, b in edges:
            curve = _curve(at[a], at[b], [v for v in at.values() if v.name not in (a, b)], taken, bowed=hidden)
            taken += curve[4:-4]
            points += curve
            paths.append(_arc(curve, hidden))
    vertices = [
        f'<rect x="{v.x - v.half:.1f}" y="{v.y - RADIUS}" width="{2 * v.half:.1f}" height="{2 * RADIUS}" rx="{RADIUS}"/>'
        f'<text x="{v.x:.1f}" y="{v.y + 5:.1f}" text-anchor="middle">{escape(v.name)}</text>'
        for v in at.values()
    ]
    return _svg([*paths, *vertices], points, "admg", str(graph).replace("\n", "; "))


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
    """A quadratic Bezier curve between the centres, `height` aside in its middle."""
    length = hypot(b.x - a.x, b.y - a.y) or 1.0
    side = (-(b.y - a.y) / length, (b.x - a.x) / length)
    if side[1] < 0:  # height is measured the same way up for both directions
        side = (-side[0], -side[1])
    mx, my = (a.x + b.x) / 2 + 2 * height * side[0], (a.y + b.y) / 2 + 2 * height * side[1]
    times = [k / steps for k in range(steps + 1)]
    return [
        ((1 - t) ** 2 * a.x + 2 * t * (1 - t) * mx + t * t * b.x, (1 - t) ** 2 * a.y + 2 * t * (1 - t) * my + t * t * b.y)
        for t in times
    ]


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


# -- programs ---------------------------------------------------------------------------------------------------------

LINE, LETTER, PAD, GAP_X, GAP_Y = 17.0, 7.3, 10.0, 52.0, 20.0


@dataclass(frozen=True)
class _Box:
    """An operation as a box; `kind` is its class in the style sheet."""

    key: str
    kind: str
    lines: tuple[str, ...]

    @property
    def width(self) -> float:
        return 2 * PAD + LETTER * max(map(len, self.lines), default=0)

    @property
    def height(self) -> float:
        return 2 * PAD - 4 + LINE * len(self.lines)


def draw_program(program: Program) -> str:
    """The operations from left to right; an arrow says that one needs the other."""
    boxes = {box.key: box for box in map(_box, program.operations)}
    needs = [(value, _key(op)) for op in program.operations for value in sorted(uses(op))]
    layer = layers_of(list(boxes), needs)
    last = max(layer.values())
    layer |= {_key(op): last for op in program.operations if isinstance(op, Sample)}
    # An arrow over several layers passes a place of its own in each, so that it crosses no box.
    links: list[tuple[str, str]] = []
    routes: list[list[str]] = []
    for tail, head in needs:
        route = [tail, *(f"{tail}>{head}@{k}" for k in range(layer[tail] + 1, layer[head])), head]
        for k, stop in enumerate(route[1:-1], start=layer[tail] + 1):
            boxes[stop] = _Box(stop, "pass", ())
            layer[stop] = k
        links += list(zip(route, route[1:], strict=False))
        routes.append(route)
    rows = ordered(layer, links)
    left, x = {}, 0.0
    for k, row in enumerate(rows):
        left[k] = x
        x += max(boxes[key].width for key in row if boxes[key].lines) + GAP_X
    top: dict[str, float] = {}
    for row in rows:
        y = -sum(boxes[key].height + GAP_Y for key in row) / 2
        for key in row:
            top[key] = y
            y += boxes[key].height + GAP_Y
    drawn, points = [], list[Point]()
    wide = {k: max(boxes[key].width for key in row if boxes[key].lines) for k, row in enumerate(rows)}
    for route in routes:
        ports = []
        for j, key in enumerate(route):
            y = top[key] + boxes[key].height / 2
            x0, x1 = left[layer[key]], left[layer[key]] + (boxes[key].width if boxes[key].lines else wide[layer[key]])
            ports += [(x1, y)] if j == 0 else [(x0 - 3, y)] if j == len(route) - 1 else [(x0, y), (x1, y)]
        drawn.append(_flow(ports))
    for key, box in boxes.items():
        if box.lines:
            x0, y0 = left[layer[key]], top[key]
            drawn.append(_framed(box, x0, y0))
            points += [(x0, y0), (x0 + box.width, y0 + box.height)]
    return _svg(drawn, points, "program", f"program of {program.name}")


def _key(op: Operation) -> str:
    return f"sample {op.query}" if isinstance(op, Sample) else op.result


def _box(op: Operation) -> _Box:
    match op:
        case Observe():
            return _Box(op.result, "data", (op.result, "observe", ", ".join(op.variables)))
        case Train():
            given = f" | {', '.join(op.inputs)}" if op.inputs else ""
            return _Box(op.result, "model", (f"{op.result}  train", f"{', '.join(op.targets)}{given}"))
        case Reweight():
            draws = ", ".join(print_statement(d) for d in op.do)
            return _Box(op.result, "data", (f"{op.result}  reweight", f"do({draws})", f"by {', '.join(op.by)}"))
        case Regenerate():
            draws = ", ".join(print_statement(d) for d in op.do)
            body = tuple(print_statement(s) for s in op.network.statements)
            return _Box(op.result, "data", (f"{op.result}  regenerate", f"do({draws})", *body))
        case Sample():
            body = tuple(print_statement(s) for s in op.network.statements)
            return _Box(_key(op), "sample", (f"sample ({', '.join(op.network.inputs)})", *body))
    raise TypeError(f"no drawing for {type(op).__name__}")


def _framed(box: _Box, x: float, y: float) -> str:
    text = "".join(
        f'<text x="{x + PAD:.1f}" y="{y + PAD + 10 + k * LINE:.1f}"{" class=head" if k == 0 else ""}>{escape(line)}</text>'
        for k, line in enumerate(box.lines)
    ).replace("class=head", 'class="head"')
    corner = {"data": 2, "model": 12, "sample": 2}[box.kind]
    frame = f'<rect class="{box.kind}" x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="{corner}"/>'
    return frame + text


def _flow(ports: Sequence[Point]) -> str:
    line = f"M{ports[0][0]:.1f} {ports[0][1]:.1f}"
    for k, ((x0, y0), (x1, y1)) in enumerate(zip(ports, ports[1:], strict=False)):
        middle = (x0 + x1) / 2
        straight = k % 2 == 1
        line += f" L{x1:.1f} {y1:.1f}" if straight else f" C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    return f'<path class="edge" d="{line}" marker-end="url(#tip)"/>'


def _svg(drawn: Sequence[str], points: Sequence[Point], kind: str, title: str) -> str:
    x0, y0 = min(x for x, _ in points) - 6, min(y for _, y in points) - 6
    x1, y1 = max(x for x, _ in points) + 6, max(y for _, y in points) + 6
    width, height = x1 - x0, y1 - y0
    return (
        f'<svg class="drawing {kind}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" '
        f'viewBox="{x0:.1f} {y0:.1f} {width:.1f} {height:.1f}" style="max-width: {width:.0f}px">'
        f"<title>{escape(title)}</title>{MARKERS}{''.join(drawn)}</svg>"
    )
