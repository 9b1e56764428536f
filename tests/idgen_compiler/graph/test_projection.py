"""Latent projection: by its definition on paths, by the separations that it keeps, and by y0's simplification."""

from __future__ import annotations

from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.graph import ADMG, m_separated
from idgen_compiler.graph.projection import canonical_dag
from tests.idgen_compiler.graph.graphs import edge_sets, graphs, paths


def _projected_by_paths(graph: ADMG, hidden: frozenset[str]) -> tuple[object, ...]:
    directed, bidirected = set(), set()
    for a, b in combinations([v for v in graph.order if v not in hidden], 2):
        for path in paths(graph, a, b):
            inner = list(pairwise(path))
            if any(after[0] not in hidden or (before[2] and after[1]) for before, after in inner):
                continue
            if all(not step[1] for step in path):
                directed.add((a, b))
            if path[0][1] and path[-1][2]:
                bidirected.add(frozenset((a, b)))
    return graph.nodes - hidden, directed, bidirected, frozenset()


@st.composite
def hidings(draw: st.DrawFn, most: int = 6) -> tuple[ADMG, frozenset[str]]:
    graph = draw(graphs(least=1, most=most))
    return graph, frozenset(draw(st.lists(st.sampled_from(graph.order), unique=True)))


@given(hidings())
def test_the_definition_by_paths(case: tuple[ADMG, frozenset[str]]) -> None:
    graph, hidden = case
    projected = graph.project(hidden)
    assert edge_sets(projected) == _projected_by_paths(graph, hidden)
    assert projected.order == tuple(name for name in graph.order if name not in hidden)
    assert projected == ADMG.from_dag(graph.directed, hidden, graph.bidirected, graph.order)


@given(hidings(), st.data())
def test_the_separations_among_the_others_stay(case: tuple[ADMG, frozenset[str]], data: st.DataObject) -> None:
    graph, hidden = case
    projected = graph.project(hidden)
    if len(projected) < 2:
        return
    a, b, *rest = data.draw(st.permutations(projected.order))
    known = data.draw(st.lists(st.sampled_from(rest), unique=True)) if rest else []
    assert m_separated(projected, [a], [b], known) == m_separated(graph, [a], [b], known)


@given(hidings())
def test_one_by_one_in_any_order_is_all_at_once(case: tuple[ADMG, frozenset[str]]) -> None:
    graph, hidden = case
    stepwise = graph
    for name in sorted(hidden):
        stepwise = stepwise.project([name])
    assert stepwise == graph.project(hidden)


@given(graphs())
def test_the_canonical_dag_is_projected_back(graph: ADMG) -> None:
    dag = canonical_dag(graph.edge_list())
    assert not dag.bidirected
    assert len(dag.hidden) == len(graph.bidirected)
    assert ADMG.from_dag(dag.directed, dag.hidden, nodes=dag.nodes) == graph


@given(hidings(most=5))
def test_a_projection_commutes_with_interventions_on_what_is_kept(case: tuple[ADMG, frozenset[str]]) -> None:
    graph, hidden = case
    fixed = graph.names(graph.mask & ~graph.mask_of(hidden))[:1]
    assert graph.intervened(fixed).project(hidden) == graph.project(hidden).intervened(fixed)


def test_a_hidden_cause_with_a_parent_and_three_children() -> None:
    graph = ADMG.from_dag([("Z", "U"), ("U", "A"), ("U", "B"), ("U", "C")], hidden=["U"])
    assert graph == ADMG.parse("Z -> A, B, C; A <-> B <-> C <-> A")


def test_a_hidden_variable_without_effects_vanishes() -> None:
    assert ADMG.from_dag([("X", "U"), ("Y", "U")], hidden=["U"], nodes=["X", "Y"]) == ADMG(nodes=["X", "Y"])


def test_y0_agrees() -> None:
    pytest.importorskip("y0")
    from y0.algorithm.simplify_latent import simplify_latent_dag
    from y0.graph import NxMixedGraph

    random = Random(0)
    for _ in range(40):
        names = [f"V{i}" for i in range(8)]
        pairs = list(combinations(names, 2))
        graph = ADMG(random.sample(pairs, 10), random.sample(pairs, 2), names)
        hidden = frozenset(random.sample(names, 3))
        dag = graph.to_networkx(canonical=True)
        for name, attributes in dag.nodes(data=True):
            attributes["hidden"] = attributes.get("hidden", False) or name in hidden
        simple = NxMixedGraph.from_latent_variable_dag(_with_variables(simplify_latent_dag(_with_variables(dag)).graph))
        nodes, directed, bidirected, _ = edge_sets(graph.project(hidden))
        found = ADMG.from_y0(simple)
        assert set(found.directed) == directed
        assert {frozenset(edge) for edge in found.bidirected} == bidirected
        assert found.nodes <= nodes  # y0 leaves out vertices without edges


def _with_variables(dag: object) -> object:
    import networkx
    from y0.dsl import Variable

    return networkx.relabel_nodes(dag, lambda v: Variable(v) if isinstance(v, str) else v)


def test_thousands_of_vertices() -> None:
    # A hidden chain U0 -> U1 -> ... with an effect of every link: all effects are confounded by U0.
    links = [(f"U{i}", f"U{i + 1}") for i in range(299)]
    effects = [(f"U{i}", f"X{i}") for i in range(300)]
    dense = ADMG.from_dag([*links, *effects], hidden=[f"U{i}" for i in range(300)])
    assert len(dense.bidirected) == 300 * 299 // 2
    # Two thousand observed vertices, each with its own hidden cause shared with the next.
    own = [(f"H{i}", f"X{j}") for i in range(1999) for j in (i, i + 1)]
    sparse = ADMG.from_dag(own, hidden=[f"H{i}" for i in range(1999)])
    assert len(sparse.bidirected) == 1999
    assert len(sparse.districts) == 1
