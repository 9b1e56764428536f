"""A graph while its statements are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.graph.edges import Edge, EdgeList

__all__ = ["Draft"]


class Draft:
    """The vertices in order of appearance, the edges that the chains gave, and the marks on vertices.

    >>> draft = Draft()
    >>> draft.join(["A", "B"], "->", ["C"])
    >>> draft.edge_list().directed
    (('A', 'C'), ('B', 'C'))
    """

    def __init__(self) -> None:
        """Begin without vertices."""
        self.nodes: dict[str, None] = {}
        self.directed: list[Edge] = []
        self.bidirected: list[Edge] = []
        self.hidden: set[str] = set()
        self.fixed: set[str] = set()

    def add(self, names: Iterable[str]) -> None:
        """Vertices, those that are there already aside."""
        self.nodes.update(dict.fromkeys(names))

    def join(self, left: Sequence[str], arrow: str, right: Sequence[str]) -> None:
        """Edges from each to each; the arrow is one of ->, <- and <->."""
        pairs = [(a, b) for a in left for b in right]
        if arrow == "->":
            self.directed += pairs
        elif arrow == "<-":
            self.directed += [(b, a) for a, b in pairs]
        else:
            self.bidirected += pairs

    def edge_list(self) -> EdgeList:
        """What has been read."""
        hidden, fixed = frozenset(self.hidden), frozenset(self.fixed)
        return EdgeList(tuple(self.nodes), tuple(self.directed), tuple(self.bidirected), hidden, fixed)
