"""A graph while its statements are read: its vertices, edges and the marks on vertices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from idgen_compiler.errors import IdgenError, near_misses
from idgen_compiler.graph.edges import Edge, EdgeList

__all__ = ["Draft", "is_hidden"]

_HIDDEN = frozenset({"latent", "l", "unobserved", "u", "hidden", "unmeasured"})
_SEEN = frozenset({"observed", "measured"})
_SELECTED = frozenset({"selected", "s", "selection"})
_ROLES = frozenset({"exposure", "e", "treatment", "outcome", "o", "adjusted", "adjustednode", "a"})
_DRAWN = frozenset(
    {"pos", "label", "shape", "color", "fillcolor", "style", "size", "width", "height", "font", "weight"}
)
_YES, _NO = frozenset({"", "yes", "true", "1"}), frozenset({"no", "false", "0"})


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


def is_hidden(marks: Mapping[str, str], error: Callable[[str], IdgenError]) -> bool:
    """Whether marks (a word, and its value or "") hide a vertex; roles and how it is drawn are left aside.

    Raises what `error` makes of a message: for a mark that means nothing, and for a selected variable.
    """
    found = False
    for word, value in marks.items():
        if word in _SELECTED:
            raise error("data selected by a variable's value are no samples of P(V); drop [selected]")
        if word in _HIDDEN | _SEEN:
            if value.lower() not in _YES | _NO:
                raise error(f"{word}={value} is neither yes nor no")
            found |= (value.lower() in _YES) == (word in _HIDDEN)
        elif word not in _ROLES | _DRAWN:
            known = ("latent", "exposure", "outcome", "adjusted")
            raise error(f"[{word}] is no mark of a vertex{near_misses(word, known)}; a list is written {{X, Y}} -> Z")
    return found
