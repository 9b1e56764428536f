"""m-separation: by enumeration of paths, and by networkx's d-separation on the canonical DAG."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG, m_separated
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.separation import m_connected_mask, open_mask
from tests.idgen_compiler.graph.graphs import graphs, m_connected_by_paths
from tests.strategies import random_admg

networkx = pytest.importorskip("networkx")


@given(graphs(least=2, most=5), st.data())
def test_the_definition_by_paths(graph: ADMG, data: st.DataObject) -> None:
    a, b, *rest = data.draw(st.permutations(graph.order))
    known = frozenset(data.draw(st.lists(st.sampled_from(rest), unique=True))) if rest else frozenset[str]()
    assert m_separated(graph, [a], [b], known) != m_connected_by_paths(graph, a, b, known)


@given(graphs(least=2, most=8), st.data())
def test_networkx_agrees_on_the_canonical_dag(graph: ADMG, data: st.DataObject) -> None:
    order = data.draw(st.permutations(graph.order))
    cuts = sorted(data.draw(st.integers(1, len(order))) for _ in range(3))
    a, b, known = set(order[: cuts[0]]), set(order[cuts[0] : cuts[1]]), set(order[cuts[1] : cuts[2]])
    dag = graph.to_networkx(canonical=True)
    if b:
        assert m_separated(graph, a, b, known) == networkx.is_d_separator(dag, a, b, known)


def test_networkx_agrees_on_larger_graphs() -> None:
    random = Random(0)
    outcomes = set()
    for _ in range(60):
        names = [f"V{i}" for i in range(30)]
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
        graph = ADMG(random.sample(pairs, 35), random.sample(pairs, 10), names)
        dag = graph.to_networkx(canonical=True)
        shuffled = random.sample(names, 12)
        a, b, known = set(shuffled[:2]), set(shuffled[2:4]), set(shuffled[4:])
        outcomes.add(separated := m_separated(graph, a, b, known))
        assert separated == networkx.is_d_separator(dag, a, b, known)
    assert outcomes == {True, False}


def test_empty_sets_are_separated_and_overlapping_ones_are_an_error() -> None:
    graph = ADMG.parse("X -> Y")
    assert m_separated(graph, [], ["Y"])
    assert not m_separated(graph, ["X"], ["Y"])
    with pytest.raises(GraphError, match="Y stands in two of them"):
        m_separated(graph, ["X"], ["Y"], ["Y"])
    with pytest.raises(GraphError, match="unknown vertex 'Z'"):
        m_separated(graph, ["X"], ["Z"])


def test_fixed_vertices_have_no_edges_into_them() -> None:
    graph = ADMG.parse("Z -> X -> Y; X <-> Y")
    assert not m_separated(graph, ["Z"], ["Y"], ["X"])  # X is a collider between Z and Y's hidden cause
    assert m_separated(graph.intervened(["X"]), ["Z"], ["Y"], ["X"])


def test_one_reachability_shows_where_every_regime_is_seen() -> None:
    random = Random(4)
    for _ in range(300):
        graph = random_admg(random, random.randint(3, 8), random.uniform(0.2, 0.7), random.uniform(0, 0.5))
        sets = [random.getrandbits(len(graph)) for _ in range(4)]
        graph = graph.mutilated_mask(into=sets[0] & sets[1], out_of=sets[1] & sets[2])
        if random.random() < 0.5:
            graph = graph.intervened_mask(sets[2] & sets[3])
        start = graph.random_mask & sets[0]
        given = (graph.mask & sets[3] | graph.fixed_mask) & ~start
        seen = open_mask(graph, start, given)
        for i in bits(graph.random_mask & ~start):
            asked = m_connected_mask(graph, 0, given, to=start, until=start, entered=1 << i)
            assert bool(seen >> i & 1) == bool(asked)
