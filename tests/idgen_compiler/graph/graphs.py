"""Random graphs with awkward names and orders, and definitions by enumeration to compare with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from hypothesis import strategies as st

from idgen_compiler.graph import ADMG

__all__ = ["NAMES", "QUOTED", "WORDS", "edge_sets", "graphs", "m_connected_by_paths", "paths"]

WORDS = ("X", "Y", "node", "end", "a.b", "Größe", "_", "do", "P", "дом", "dag", "x1", "subgraph", "true", "आयु", "อายุ",
         "o", "from")  # fmt: skip
QUOTED = (
    "birth weight", "2nd", "a-b", 'sa"y', "it's", "x=1", "P(Y | do(X))", "->", "#", "a,b", "A;B", "[latent]", "{}", "1",
    "`", "back\\slash", "%", "e\u0301te\u0301 ", "→", "<b>&amp;</b>", "X\u00a0Y", ".x", "//",
)  # fmt: skip
NAMES = (*WORDS, *QUOTED)
"""Names that texts spell as they are, and names that stand in quotes; one has decomposed accents."""

Edge = tuple[str, str]
Step = tuple[str, bool, bool, str]  # a vertex, whether the edge has an arrowhead there, and at the next vertex, which


@st.composite
def graphs(draw: st.DrawFn, least: int = 0, most: int = 6) -> ADMG:
    """Graphs whose names are declared in another order than the topological one."""
    order = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=least, max_size=most))
    pairs = list(combinations(order, 2))
    edges = st.lists(st.sampled_from(pairs), unique=True) if pairs else st.just([])
    return ADMG(draw(edges), draw(edges), draw(st.permutations(order)))


def edge_sets(graph: ADMG) -> tuple[frozenset[str], frozenset[Edge], frozenset[frozenset[str]], frozenset[str]]:
    """Vertices, directed and bidirected edges, fixed vertices: what two equal graphs share."""
    return graph.nodes, frozenset(graph.directed), frozenset(map(frozenset, graph.bidirected)), graph.fixed


def paths(graph: ADMG, start: str, end: str) -> Iterator[list[Step]]:
    """Every path without repeated vertices between two vertices, edge by edge."""
    steps: list[Step] = [(a, False, True, b) for a, b in graph.directed] + [
        (b, True, False, a) for a, b in graph.directed
    ]
    steps += [(a, True, True, b) for a, b in graph.bidirected] + [(b, True, True, a) for a, b in graph.bidirected]

    def extend(path: list[Step], at: str) -> Iterator[list[Step]]:
        if at == end:
            yield path
            return
        visited = {start, *(step[3] for step in path)}
        for step in steps:
            if step[0] == at and step[3] not in visited:
                yield from extend([*path, step], step[3])

    yield from extend([], start)


def m_connected_by_paths(graph: ADMG, a: str, b: str, given: frozenset[str]) -> bool:
    """m-connection as it is defined: a path whose colliders have descendants given, the others being not."""
    opened = {v for v in graph.nodes if _descendants(graph, v) & given}

    def passes(before: Step, after: Step) -> bool:
        collider = before[2] and after[1]
        return after[0] in opened if collider else after[0] not in given

    return any(all(map(passes, path, path[1:])) for path in paths(graph, a, b))


def _descendants(graph: ADMG, vertex: str) -> set[str]:
    found = {vertex}
    while more := {head for tail, head in graph.directed if tail in found} - found:
        found |= more
    return found
