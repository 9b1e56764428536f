"""An ADMG as a picture, from left to right along its directed edges."""

from __future__ import annotations

from collections.abc import Mapping

from idgen_compiler.forms.drawing.svg import Point, arrow, arrowhead, label, svg
from idgen_compiler.graph.drawing.layout import MANY, RADIUS, Taken, Vertex, curved, placed
from idgen_compiler.graph.mixed import MixedGraph

__all__ = ["MARKS", "draw_admg", "told_admg"]

MARKS = {
    "treatment": "#0072b2",
    "outcome": "#d55e00",
    "condition": "#009e73",
    "moved": "#e69f00",
    "inner": "#d55e00",
    "outer": "#e69f00",
}
"""The color of each mark: what a vertex is in a query, what a step moves, and the two sets of a hedge."""


def draw_admg(
    graph: MixedGraph, marks: Mapping[str, str] | None = None, before: MixedGraph | None = None, title: str = ""
) -> str:
    """The graph as SVG: arrows are direct causes, dashed double arrows hidden common causes, squares fixed vertices.

    `marks` says what vertices are, by the words of `MARKS`; they are classes for style sheets, too. Vertices stand
    where they stand in the graph `before`; what this one has lost of it is drawn pale, of class "gone".

    >>> import idgen_compiler as idgen
    >>> graph = idgen.ADMG.parse("X -> Y; X <-> Y")
    >>> draw_admg(graph).count('<path class="edge')
    2
    """
    whole, marks = before or graph, marks or {}
    at = placed(whole)
    points = [(v.x + dx, v.y + dy) for v in at.values() for dx in (-v.half, v.half) for dy in (-RADIUS, RADIUS)]
    taken = Taken()
    drawn: list[str] = []
    many = len(whole.directed) + len(whole.bidirected) > MANY
    for edges, held, hidden in (
        (whole.directed, set(graph.directed), False),
        (whole.bidirected, set(map(frozenset, graph.bidirected)), True),
    ):
        for edge in edges:
            curve = curved(at[edge[0]], at[edge[1]], at, taken, bowed=hidden, many=many)
            taken.add(curve)
            points += curve
            there = (frozenset(edge) if hidden else edge) in held
            drawn.append(_edge(curve, hidden, "" if there else "gone"))
    drawn += [_vertex(v, graph, marks.get(name, "")) for name, v in at.items()]
    return svg(drawn, points, "admg", title or told_admg(graph))


def told_admg(graph: MixedGraph) -> str:
    """The graph in a sentence, for those who do not see it.

    >>> import idgen_compiler as idgen
    >>> told_admg(idgen.ADMG.parse("X -> M -> Y; X <-> Y").intervened(["X"]))
    'Graph. X is set. X causes M; M causes Y.'
    """
    fixed = f"{', '.join(graph.sorted(graph.fixed))} is set. " if graph.fixed else ""
    said = [
        *(f"{a} causes {b}" for a, b in graph.directed),
        *(f"{a} and {b} share a hidden cause" for a, b in graph.bidirected),
    ]
    alone = [v for v in graph.order if not any(v in edge for edge in (*graph.directed, *graph.bidirected))]
    said += [f"{v} stands alone" for v in alone]
    return f"Graph. {fixed}{'; '.join(said) or 'It has no vertices'}."


def _edge(curve: list[Point], hidden: bool, gone: str) -> str:
    line = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in _few(curve))
    kind = " ".join(filter(None, ("hidden" if hidden else "", gone)))
    heads = [arrowhead(curve[-1], curve[-6], kind)]
    if hidden:
        heads.append(arrowhead(curve[0], curve[5], kind))
    drawn = arrow(line, kind, dashed=hidden) + "".join(heads)
    return f'<g class="gone" opacity="0.3">{drawn}</g>' if gone else drawn


def _few(curve: list[Point]) -> list[Point]:
    """The ends of a straight line, and enough points of a bow to look round."""
    (x0, y0), (x1, y1), (x, y) = curve[0], curve[-1], curve[len(curve) // 2]
    if abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) < 1e-6:
        return [curve[0], curve[-1]]
    return [*curve[:: max(1, len(curve) // 14)], curve[-1]]


def _vertex(v: Vertex, graph: MixedGraph, mark: str) -> str:
    there = v.name in graph
    fixed = there and v.name in graph.fixed
    kind = " ".join(filter(None, ("vertex", mark, "fixed" if fixed else "", "" if there else "gone")))
    corner = 2 if fixed else RADIUS
    color = MARKS.get(mark) if there else None
    paint = f'fill="{color}" fill-opacity="0.22" stroke="{color}"' if color else 'fill="none" stroke="currentColor"'
    box = (
        f'<rect class="{kind}" x="{v.x - v.half:.1f}" y="{v.y - RADIUS}" width="{2 * v.half:.1f}" '
        f'height="{2 * RADIUS}" rx="{corner}" {paint} stroke-width="1.6"/>'
    )
    drawn = box + label(v.shown, (v.x, v.y + 5), anchor="middle")
    return drawn if there else f'<g class="gone" opacity="0.3">{drawn}</g>'
