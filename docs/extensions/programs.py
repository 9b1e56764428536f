"""A program as a drawing: its operations from left to right, as they wait for each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from extensions.layers import layers_of, ordered
from extensions.svg import Point, svg
from idgen_compiler.ir.analysis import uses
from idgen_compiler.ir.operations import Observe, Operation, Realize, Reweight, Sample, Train, Way
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.text import print_statement

__all__ = ["draw_program"]

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
        links += list(pairwise(route))
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
        points += ports
    for key, box in boxes.items():
        if box.lines:
            x0, y0 = left[layer[key]], top[key]
            drawn.append(_framed(box, x0, y0))
            points += [(x0, y0), (x0 + box.width, y0 + box.height)]
    return svg(drawn, points, "program", f"program of {program.name}")


def _key(op: Operation) -> str:
    return f"sample {op.query}" if isinstance(op, Sample) else op.result


def _box(op: Operation) -> _Box:
    match op:
        case Observe():
            return _Box(op.result, "data", (op.result, "observe", ", ".join(op.variables)))
        case Train():
            given = f" | {', '.join(op.inputs)}" if op.inputs else ""
            return _Box(op.result, "model", (f"{op.result}  train", f"{', '.join(op.targets)}{given}"))
        case Realize():
            ways = [line for number, way in enumerate(op.ways) for line in _way(way, "or " if number else "")]
            return _Box(op.result, "data", (f"{op.result}  realize", *ways))
        case Sample():
            body = tuple(print_statement(s) for s in op.network.statements)
            return _Box(_key(op), "sample", (f"sample ({', '.join(op.network.inputs)})", *body))
    raise TypeError(f"no drawing for {type(op).__name__}")


def _way(way: Way, before: str) -> list[str]:
    draws = ", ".join(print_statement(d) for d in way.do)
    if isinstance(way, Reweight):
        return [f"{before}reweight do({draws})", f"by {', '.join(way.by)}"]
    return [f"{before}regenerate do({draws})", *map(print_statement, way.network.statements)]


def _framed(box: _Box, x: float, y: float) -> str:
    text = "".join(
        f'<text class="{"body" if k else "head"}" x="{x + PAD:.1f}" y="{y + PAD + 10 + k * LINE:.1f}">'
        f"{escape(line)}</text>"
        for k, line in enumerate(box.lines)
    )
    corner = {"data": 2, "model": 12, "sample": 2}[box.kind]
    size = f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{corner}"'
    return f'<rect class="{box.kind}" x="{x:.1f}" y="{y:.1f}" {size}/>{text}'


def _flow(ports: Sequence[Point]) -> str:
    line = f"M{ports[0][0]:.1f} {ports[0][1]:.1f}"
    for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(ports)):
        middle = (x0 + x1) / 2
        crosses = k % 2 == 1  # ... a layer, straight on
        curve = f" C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        line += f" L{x1:.1f} {y1:.1f}" if crosses else curve
    return f'<path class="edge" d="{line}" marker-end="url(#tip)"/>'
