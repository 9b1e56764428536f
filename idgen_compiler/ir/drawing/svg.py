"""A program as a picture: its operations from left to right, as they wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from idgen_compiler.forms.drawing.layers import layers_of, ordered
from idgen_compiler.forms.drawing.svg import Point, arrow, arrowhead, label, svg
from idgen_compiler.ir.analysis import uses
from idgen_compiler.ir.operations import Observe, Operation, Realize, Reweight, Sample, Way
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.text import print_operation, print_statement

__all__ = ["draw_program", "key_of"]

LINE, LETTER, PAD, GAP_X, GAP_Y = 17.0, 7.4, 10.0, 52.0, 20.0
LONGEST, MOST = 44, 16
"""A line of a box has so many characters, and a box so many lines; the rest is cut."""


@dataclass(frozen=True)
class _Box:
    """An operation as a box; `kind` is its class in style sheets. One without lines is a place that an arrow passes."""

    key: str
    kind: str
    lines: tuple[str, ...]

    @property
    def width(self) -> float:
        return 2 * PAD + LETTER * max(map(len, self.lines), default=0)

    @property
    def height(self) -> float:
        return 2 * PAD - 4 + LINE * len(self.lines)


@dataclass(frozen=True)
class _Layout:
    """Where boxes stand."""

    boxes: Mapping[str, _Box]
    layer: Mapping[str, int]
    left: Mapping[int, float]
    top: Mapping[str, float]
    wide: Mapping[int, float]

    def ports(self, route: Sequence[str]) -> list[Point]:
        """Where an arrow leaves its first box, passes layers, and arrives at its last one."""
        found: list[Point] = []
        for j, key in enumerate(route):
            box, k = self.boxes[key], self.layer[key]
            y, x0 = self.top[key] + box.height / 2, self.left[k]
            x1 = x0 + (box.width if box.lines else self.wide[k])
            found += [(x1, y)] if j == 0 else [(x0 - 3, y)] if j == len(route) - 1 else [(x0, y), (x1, y)]
        return found


def draw_program(program: Program, link: Callable[[str], str] | None = None) -> str:
    """The operations from left to right; an arrow says that one needs the other.

    `link` gives the address that a box leads to, by the key of its operation.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    >>> draw_program(program).count('<rect class="model"')
    1
    """
    boxes = {box.key: box for box in map(_box, program.operations)}
    needs = [(value, key_of(op)) for op in program.operations for value in sorted(uses(op))]
    layer = layers_of(list(boxes), needs)
    last = max(layer.values())
    layer |= {key_of(op): last for op in program.operations if isinstance(op, Sample)}
    # An arrow over several layers passes a place of its own in each, so that it crosses no box.
    routes: list[list[str]] = []
    for tail, head in needs:
        route = [tail, *(f"{tail}>{head}@{k}" for k in range(layer[tail] + 1, layer[head])), head]
        for k, stop in enumerate(route[1:-1], start=layer[tail] + 1):
            boxes[stop] = _Box(stop, "pass", ())
            layer[stop] = k
        routes.append(route)
    rows = ordered(layer, [pair for route in routes for pair in pairwise(route)])
    laid = _laid(boxes, layer, rows)
    drawn, points = [], list[Point]()
    for route in routes:
        ports = laid.ports(route)
        drawn.append(_flow(ports))
        points += ports
    for key, box in boxes.items():
        if box.lines:
            x0, y0 = laid.left[layer[key]], laid.top[key]
            drawn.append(_framed(box, x0, y0, link))
            points += [(x0, y0), (x0 + box.width, y0 + box.height)]
    return svg(drawn, points, "program", f"Program of {program.name}, as its text says it", links=link is not None)


def key_of(op: Operation) -> str:
    """What an operation is called in the picture: its result, or its query where it is a sampler."""
    return f"sample {op.query}".strip() if isinstance(op, Sample) else op.result


def _laid(boxes: Mapping[str, _Box], layer: Mapping[str, int], rows: Sequence[Sequence[str]]) -> _Layout:
    left, wide, x = dict[int, float](), dict[int, float](), 0.0
    for k, row in enumerate(rows):
        left[k], wide[k] = x, max(boxes[key].width for key in row if boxes[key].lines)
        x += wide[k] + GAP_X
    top: dict[str, float] = {}
    for row in rows:
        y = -sum(boxes[key].height + GAP_Y for key in row) / 2
        for key in row:
            top[key] = y
            y += boxes[key].height + GAP_Y
    return _Layout(boxes, layer, left, top, wide)


def _box(op: Operation) -> _Box:
    match op:
        case Observe():
            return _Box(op.result, "data", _cut([f"{op.result}  observe", ", ".join(op.variables)]))
        case Realize():
            ways = [line for number, way in enumerate(op.ways) for line in _way(way, "or " if number else "")]
            return _Box(op.result, "data", _cut([f"{op.result}  realize", *ways]))
        case Sample():
            body = map(print_statement, op.network.statements)
            return _Box(key_of(op), "sample", _cut([f"sample ({', '.join(op.network.inputs)})", *body]))
    first, *rest = print_operation(op).split("\n")
    what, _, about = first.partition(" = ")[2].partition(" : ")
    return _Box(op.result, "model", _cut([f"{op.result}  {what}", *([about] if about else []), *rest]))


def _way(way: Way, before: str) -> list[str]:
    draws = ", ".join(print_statement(d) for d in way.do)
    if isinstance(way, Reweight):
        return [f"{before}reweight do({draws})", f"by {', '.join(way.by)}"]
    return [f"{before}regenerate do({draws})", *map(print_statement, way.network.statements)]


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    shown = [line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in lines]
    return tuple(shown if len(shown) <= MOST else [*shown[: MOST - 1], f"… {len(shown) - MOST + 1} more lines"])


def _framed(box: _Box, x: float, y: float, link: Callable[[str], str] | None) -> str:
    text = "".join(
        label(line, (x + PAD, y + PAD + 10 + k * LINE), "body" if k else "head") for k, line in enumerate(box.lines)
    )
    size = f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{12 if box.kind == "model" else 2}"'
    paint = 'fill="none" stroke="currentColor" stroke-width="1.3"'
    drawn = (
        f'<rect class="{box.kind}" x="{x:.1f}" y="{y:.1f}" {size} {paint}/>'
        f'<g font-family="ui-monospace, monospace" font-size="12" style="white-space: pre">{text}</g>'
    )
    if link is None:
        return drawn
    return f'<a href="{escape(link(box.key))}" aria-label="{escape(f"{box.key}: {box.lines[0]}")}">{drawn}</a>'


def _flow(ports: Sequence[Point]) -> str:
    line = f"M{ports[0][0]:.1f} {ports[0][1]:.1f}"
    for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(ports)):
        middle = (x0 + x1) / 2
        crosses = k % 2 == 1  # ... a layer, straight on
        curve = f" C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        line += f" L{x1:.1f} {y1:.1f}" if crosses else curve
    end = ports[-1]
    return arrow(line, "") + arrowhead(end, (end[0] - 1, end[1]))
