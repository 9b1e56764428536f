"""Open paths are there where m-separation fails, and are paths of the graph that are open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.graph import ADMG, m_separated
from idgen_compiler.graph.paths import open_path
from tests.idgen_compiler.graph.graphs import graphs


def _path(graph: ADMG, start: str, to: str, given: str = "", entered: str = "") -> str:
    masks = (graph.mask_of(n.strip() for n in names.split(",") if n.strip()) for names in (start, to, given, entered))
    a, b, known, outside = masks
    return " ".join(open_path(graph, a, b, known, entered=outside))


@pytest.mark.parametrize(
    ("text", "arguments", "path"),
    [
        ("X -> M -> Y", ("X", "Y"), "X -> M -> Y"),
        ("X -> M -> Y", ("X", "Y", "M"), ""),
        ("X <- Z -> Y", ("X", "Y"), "X <- Z -> Y"),
        ("X -> C <- Y", ("X", "Y"), ""),
        ("X -> C <- Y", ("X", "Y", "C"), "X -> C <- Y"),
        ("X -> C <- Y; C -> D", ("X", "Y", "D"), "X -> C <- Y"),
        ("X <-> Y", ("X", "Y"), "X <-> Y"),
        ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", ("W2", "Y", "X, W1"), "W2 -> X <-> W1 <-> Y"),
        ("Z -> X -> Y; Z -> Y", ("", "Y", "", "X"), "do(X) -> X -> Y"),
        ("Z -> X -> Y; Z -> Y", ("", "Y", "X", "X"), "do(X) -> X <- Z -> Y"),
        ("Z -> X -> Y; Z -> Y", ("", "Y", "X, Z", "X"), ""),
    ],
)
def test_a_shortest_open_path(text: str, arguments: tuple[str, ...], path: str) -> None:
    assert _path(ADMG.parse(text), *arguments) == path


@given(graphs(least=2, most=6), st.data())
def test_a_path_exactly_where_separation_fails(graph: ADMG, data: st.DataObject) -> None:
    a, b, *rest = data.draw(st.permutations(graph.order))
    known = frozenset(data.draw(st.lists(st.sampled_from(rest), unique=True))) if rest else frozenset[str]()
    path = open_path(graph, *map(graph.mask_of, ([a], [b], known)))
    assert bool(path) is not m_separated(graph, [a], [b], known)
    if path:
        _check(graph, path, known)
        assert (path[0], path[-1]) == (a, b)


def _check(graph: ADMG, path: tuple[str, ...], known: frozenset[str]) -> None:
    vertices, edges = path[::2], path[1::2]
    assert len(set(vertices)) == len(vertices)
    for left, edge, right in zip(vertices, edges, vertices[1:], strict=False):
        assert {
            "->": (left, right) in graph.directed,
            "<-": (right, left) in graph.directed,
            "<->": (left, right) in graph.bidirected or (right, left) in graph.bidirected,
        }[edge]
    for k, vertex in enumerate(vertices[1:-1], start=1):
        collider = edges[k - 1].endswith(">") and edges[k].startswith("<")
        assert bool(graph.descendants([vertex]) & known) if collider else vertex not in known
