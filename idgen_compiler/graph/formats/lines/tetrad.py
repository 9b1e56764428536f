"""The text of Tetrad and causal-learn: `Graph Nodes:`, then `Graph Edges:` with lines such as `1. X --> Y`."""

from __future__ import annotations

import re

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.arrows import ARROW, direction_of, why_refused
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["TETRAD", "parse_tetrad"]

_ARROW = re.compile(r"(?<=\s)(?:[<ox]?-{1,3}[>ox]?)(?=\s)")


def parse_tetrad(text: str) -> EdgeList:
    r"""The graph of a text that Tetrad or causal-learn printed; vertices in parentheses are hidden.

    Sections on attributes and triples are left aside. Raises GraphError with the line for what cannot be read, and for
    the uncertain edges of a PAG or CPDAG.

    >>> parse_tetrad("Graph Nodes:\nX;Y\n\nGraph Edges:\n1. X --> Y").directed
    (('X', 'Y'),)
    """
    if not isinstance(text, str):
        raise GraphError(f"a graph of Tetrad is read from a text, not from {text!r:.80}")
    draft, section = Draft(), ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.endswith(":"):
            section = line.lower()
        elif section == "graph nodes:" and line:
            for part in re.split("[;,]", line):
                _add_vertex(draft, part.strip(), number)
        elif section == "graph edges:" and line:
            _add_edge(draft, line, number)
    return draft.edge_list()


def _bare(part: str) -> str:
    """A name without the parentheses of a hidden vertex."""
    return part[1:-1].strip() if part[:1] == "(" and part[-1:] == ")" else part


def _add_vertex(draft: Draft, part: str, number: int) -> None:
    name = _bare(part)
    if not name:
        raise GraphError(f"Tetrad, line {number}: an empty name in the list of vertices; drop a separator")
    draft.add([name])
    if name != part:
        draft.hidden.add(name)


def _add_edge(draft: Draft, line: str, number: int) -> None:
    edge = re.sub(r"^\d+\.\s+", "", line)
    arrow = _ARROW.search(edge)
    a, right = (edge[: arrow.start()].strip(), edge[arrow.end() :].strip()) if arrow else ("", "")
    if arrow is None or not a or not right:
        raise GraphError(f"Tetrad, line {number}: {line!r:.80} is no edge; write one such as 1. X --> Y")
    pieces = right.split()
    lengths = range(1, len(pieces) + 1) if len(pieces) < 20 else (1,)
    ends = (" ".join(pieces[:k]) for k in lengths)
    shown = max((end for end in ends if {end, _bare(end)} & draft.nodes.keys()), key=len, default=pieces[0])
    after = right[len(shown) :]
    a, b = (_known(draft, end) for end in (a, shown))
    for name in (a, b):
        if name not in draft.nodes:
            raise GraphError(f"Tetrad, line {number}: {name!r:.80} is not among the vertices; list it in Graph Nodes")
    if not re.fullmatch(ARROW, arrow[0]):
        raise GraphError(f"Tetrad, line {number}: {why_refused(arrow[0], a, b)}")
    if possible := {"pd", "pl"}.intersection(after.split()):
        what = "direct" if "pd" in possible else "confounded"
        raise GraphError(
            f"Tetrad, line {number}: the edge is marked {' '.join(sorted(possible))}, possibly {what}, as in a PAG, "
            "which stands for many graphs; decide, and write -->, or <-> for a hidden common cause"
        )
    draft.join([a], direction_of(arrow[0]), [b])


def _known(draft: Draft, end: str) -> str:
    """The vertex at an end of an edge, which parentheses hide here, too."""
    name = _bare(end)
    if end in draft.nodes or name not in draft.nodes:
        return end
    draft.hidden.add(name)
    return name


TETRAD = register(Format("tetrad", parse_tetrad, start=r"graph nodes:"))
