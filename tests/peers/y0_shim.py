"""y0 0.2.11 with its three defects repaired, for as long as a `with` block lasts.

The repairs are as small as they can be, so that what is left is y0's own algorithm. With them every verdict and every
value agrees with the truth, which shows two things: that these three are all that is wrong, and that a disagreement of
ours with y0 would not be put down to y0 too easily.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

__all__ = ["REPAIRS", "repaired_y0"]


@contextmanager
def repaired_y0(*chosen: str) -> Iterator[None]:
    """y0 with the repairs named, or with all of `REPAIRS`; on leaving, y0 is as it was."""
    with warnings.catch_warnings():  # importing y0 brings in libraries that warn about themselves
        warnings.simplefilter("ignore")
        import y0.algorithm.conditional_independencies
        import y0.algorithm.identify.id_c  # noqa: F401
    patches = [patch(target, repair()) for name in chosen or REPAIRS for target, repair in REPAIRS[name].items()]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in reversed(patches):
            one.stop()


# -- 1. the law that the recursion carries ----------------------------------------------------------------------------


def _identify() -> Callable[[Any], Any]:
    """ID whose lines 6 and 7 take their conditionals in the law that the recursion carries, not in P(V)."""
    from y0.algorithm.identify import id_std
    from y0.algorithm.identify.utils import Unidentifiable
    from y0.dsl import Product, Sum

    def conditional(law: Any, vertex: Any, order: list[Any]) -> Any:
        """P(vertex | predecessors), with P the carried law: a ratio of its sums."""
        later = set(order[order.index(vertex) + 1 :])
        return Sum.safe(law, later) / Sum.safe(law, {*later, vertex})

    def identify(problem: Any) -> Any:
        graph, x, y, law = problem.graph, problem.treatments, problem.outcomes, problem.estimand
        if not x:
            return id_std.line_1(problem)
        if set(graph.nodes()) - graph.ancestors_inclusive(y):
            return identify(id_std.line_2(problem))
        if graph.get_no_effect_on_outcomes(x, y):
            return identify(id_std.line_3(problem))
        rest = graph.remove_nodes_from(x)
        if not rest.is_connected():
            return Sum.safe(Product.safe(map(identify, id_std.line_4(problem))), set(graph.nodes()) - (y | x))
        if graph.is_connected():
            raise Unidentifiable(graph.nodes(), rest.districts())
        order = list(graph.topological_sort())
        (inner,) = rest.districts()
        (outer,) = [district for district in graph.districts() if inner <= district]
        product = Product.safe([conditional(law, v, order) for v in order if v in outer])
        if inner == outer:
            return Sum.safe(product, inner - y)
        return identify(
            id_std.Identification.from_parts(
                outcomes=y, treatments=x & outer, estimand=product, graph=graph.subgraph(outer)
            )
        )

    return identify


# -- 2. vertices without edges ----------------------------------------------------------------------------------------


def _remove_in_edges() -> Callable[[Any, Any], Any]:
    """Mutilation that keeps every vertex, also one that is left without an edge."""
    from y0.graph import NxMixedGraph, _ensure_set, _exclude_adjacent, _exclude_target

    def remove_in_edges(self: Any, vertices: Any) -> Any:
        cut = _ensure_set(vertices)
        return NxMixedGraph.from_edges(
            nodes=self.nodes(),
            directed=_exclude_target(self.directed, cut),
            undirected=_exclude_adjacent(self.undirected, cut),
        )

    return remove_in_edges


# -- 3. colliders on bidirected edges ---------------------------------------------------------------------------------


def _are_separated() -> Callable[..., Any]:
    """Separation in the DAG that has a hidden cause in the place of each bidirected edge."""
    import networkx as nx
    from y0.struct import DSeparationJudgement

    separated = getattr(nx, "is_d_separator", None) or nx.d_separated

    def are_d_separated(graph: Any, a: Any, b: Any, *, conditions: Iterable[Any] | None = None) -> Any:
        given = set(conditions or ())
        dag = nx.DiGraph(graph.directed)
        for end, other in graph.undirected.edges:
            dag.add_edges_from((("hidden", end, other), child) for child in (end, other))
        return DSeparationJudgement.create(a, b, given, separated=separated(dag, {a}, {b}, given))

    return are_d_separated


REPAIRS: dict[str, dict[str, Callable[[], Any]]] = {
    "carried law": {
        "y0.algorithm.identify.id_std.identify": _identify,
        "y0.algorithm.identify.id_c.identify": _identify,
        "y0.algorithm.identify.api.identify": _identify,
    },
    "isolated vertices": {"y0.graph.NxMixedGraph.remove_in_edges": _remove_in_edges},
    "colliders": {"y0.algorithm.identify.id_c.are_d_separated": _are_separated},
}
"""What each repair puts in the place of what."""
