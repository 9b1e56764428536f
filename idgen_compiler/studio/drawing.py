"""What somebody has drawn: vertices with places, edges, hidden causes that are still vertices, and a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from idgen_compiler.errors import GraphError
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.query import Query

__all__ = ["Drawing", "Line", "Point"]


@dataclass(frozen=True, slots=True)
class Point:
    """A vertex; `x` and `y` are where it stands, to the right and down, in units of the drawing, None for anywhere.

    `marks` are what DAGitty writes beside a vertex and the graph has no word for, such as "adjusted".
    """

    name: str
    x: float | None = None
    y: float | None = None
    latent: bool = False
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """An edge: a direct cause, or with `both` a hidden common cause of its ends."""

    tail: str
    head: str
    both: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph as it is drawn, and the question to it; `unit` is how many pixels a unit of its places is on the page.

    >>> drawing = Drawing.of(EdgeList(("U", "X", "Y"), (("U", "X"), ("U", "Y")), (), frozenset({"U"})))
    >>> drawing.graph()
    ADMG.parse('X <-> Y')
    """

    points: tuple[Point, ...] = ()
    lines: tuple[Line, ...] = ()
    query: str = ""
    unit: float = 1.0
    frame: str = ""  #: DAGitty's bounding box, as it was written

    @classmethod
    def read(cls, state: Any) -> Drawing:
        """The drawing of a JSON value.  Raises GraphError for what is none, naming the place."""
        return read_record(cls, state, "the drawing", GraphError)

    @classmethod
    def of(cls, graph: EdgeList, query: str = "") -> Drawing:
        """A graph without places; those of fixed vertices' marks are lost.  Raises GraphError for fixed vertices."""
        if graph.fixed:
            raise GraphError(
                f"{', '.join(sorted(graph.fixed))} are fixed; the studio draws graphs without interventions"
            )
        points = tuple(Point(name, latent=name in graph.hidden) for name in graph.nodes)
        lines = (*(Line(a, b) for a, b in graph.directed), *(Line(a, b, both=True) for a, b in graph.bidirected))
        return cls(points, lines, query)

    def plain(self) -> dict[str, Any]:
        """The drawing as JSON can hold it, which `read` reads."""
        found: dict[str, Any] = to_plain(self)
        return found

    def edges(self) -> EdgeList:
        """Vertices and edges, the hidden ones among them."""
        return EdgeList(
            nodes=tuple(point.name for point in self.points),
            directed=tuple((line.tail, line.head) for line in self.lines if not line.both),
            bidirected=tuple((line.tail, line.head) for line in self.lines if line.both),
            hidden=frozenset(point.name for point in self.points if point.latent),
        )

    def graph(self) -> ADMG:
        """The graph over what is measured, hidden vertices projected out.  Raises GraphError for what is no ADMG."""
        names = [point.name for point in self.points]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise GraphError(f"two vertices are called {twice[0]!r:.80}; give each a name of its own")
        for line in self.lines:
            for name in (line.tail, line.head):
                if name not in names:
                    raise GraphError(f"an edge ends at {name!r:.80}, which is not drawn")
        return ADMG.from_edge_list(self.edges())

    def asked(self) -> Query | None:
        """The query, or None while none is written.  Raises QueryError with the place of what cannot be read."""
        return Query.parse(self.query) if self.query.strip() else None

    def placed(self, places: Mapping[str, tuple[float, float]], unit: float) -> Drawing:
        """The same, its vertices at some places."""
        points = (replace(p, x=places[p.name][0], y=places[p.name][1]) if p.name in places else p for p in self.points)
        return replace(self, points=tuple(points), unit=unit)

    def with_hidden_causes(self) -> Drawing:
        """Every bidirected edge as a latent vertex between its ends, with a name of its own: U1, U2, ...

        >>> drawing = Drawing((Point("X"), Point("Y")), (Line("X", "Y", both=True),))
        >>> [point.name for point in drawing.with_hidden_causes().points]
        ['X', 'Y', 'U1']
        """
        points, lines, taken = list(self.points), list[Line](), {point.name for point in self.points}
        at = {point.name: point for point in self.points}
        for line in self.lines:
            if not line.both:
                lines.append(line)
                continue
            name = next(f"U{k}" for k in range(1, len(taken) + 2) if f"U{k}" not in taken)
            taken.add(name)
            points.append(Point(name, *_above(at.get(line.tail), at.get(line.head), self.unit), latent=True))
            lines += [Line(name, line.tail), Line(name, line.head)]
        return replace(self, points=tuple(points), lines=tuple(lines))

    def without_latent(self) -> Drawing:
        """Latent vertices projected out: what they confound is joined by bidirected edges."""
        graph = self.graph()
        drawn = Drawing.of(EdgeList(graph.order, graph.directed, graph.bidirected))
        kept = tuple(point for point in self.points if not point.latent)
        return replace(self, points=kept, lines=drawn.lines)


def _above(a: Point | None, b: Point | None, unit: float) -> tuple[float | None, float | None]:
    if a is None or b is None or None in (a.x, a.y, b.x, b.y):
        return None, None
    return (a.x + b.x) / 2, (a.y + b.y) / 2 - 60 / unit  # type: ignore[operator]  # none is None
