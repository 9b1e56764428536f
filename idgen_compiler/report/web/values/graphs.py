"""A graph on a page, with what its vertices are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from idgen_compiler.graph.admg import ADMG

__all__ = ["Picture"]

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph to be drawn; `marks` says what vertices are there, by the words of `graph.drawing.svg.MARKS`."""

    nodes: tuple[str, ...]
    directed: Pairs = ()
    bidirected: Pairs = ()
    fixed: tuple[str, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: ADMG, marks: Mapping[str, str] | None = None) -> Picture:
        """The picture of a graph.

        >>> Picture.of(ADMG.parse("X -> Y")).graph == ADMG.parse("X -> Y")
        True
        """
        fixed = graph.sorted(graph.fixed)
        return cls(graph.order, graph.directed, graph.bidirected, fixed, dict(marks or {}))

    @property
    def graph(self) -> ADMG:
        """The graph itself."""
        found = ADMG(self.directed, self.bidirected, self.nodes)
        return found.intervened(self.fixed) if self.fixed else found
