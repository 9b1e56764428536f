"""What graphs imply: known constraints, and exactness on random laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idgen_compiler.check import Implication, implications
from idgen_compiler.check.columns import CodedColumn
from idgen_compiler.check.functional import WeightedRows, contrast
from idgen_compiler.check.moments import partial_correlation
from idgen_compiler.errors import GraphError
from idgen_compiler.estimand.tables import Joint
from idgen_compiler.graph import ADMG
from idgen_compiler.verify.models import CausalModel
from tests.strategies import NAPKIN, admgs


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ("A -> B -> C", ["C ⊥ A | B"]),
        ("A -> C; B -> C", ["B ⊥ A"]),
        ("A <- B -> C -> D; A -> D", ["C ⊥ A | B", "D ⊥ B | A, C"]),
        ("A -> B -> C -> D; B <-> D", ["C ⊥ A | B", "D ⊥ A ; do(C)"]),
        ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", ["Y ⊥ W2 | X ; do(W2)"]),
        ("X -> M -> Y; X <-> Y", []),
        ("Z -> X -> Y; X <-> Y", []),  # the instrument implies inequalities only
        ("X; Y", ["Y ⊥ X"]),
    ],
)
def test_known_graphs(graph: str, expected: list[str]) -> None:
    assert sorted(map(str, implications(ADMG.parse(graph)))) == sorted(expected)


def test_sentences() -> None:
    assert [i.sentence for i in implications(ADMG.parse("A -> B -> C -> D; B <-> D"))] == [
        "A tells nothing about C once B is known",
        "A does not matter to D once C is set by hand",
    ]
    assert [i.sentence for i in implications(NAPKIN)] == ["setting W2 does not matter to Y once X is known"]


def test_weights_of_the_napkin() -> None:
    (constraint,) = implications(NAPKIN)
    assert constraint.functional
    assert [(f.vertex, f.given) for f in constraint.fixings] == [("W2", ("W1",))]
    assert constraint.variables == {"W1", "W2", "X", "Y"}


def test_fixed_vertices_are_refused() -> None:
    with pytest.raises(GraphError, match="W2 are fixed"):
        implications(NAPKIN.intervened(["W2"]))


@settings(max_examples=120)
@given(graph=admgs(least=4, core=NAPKIN, most=6) | admgs(least=3, most=6), seed=st.integers(0, 10_000))
def test_each_holds_in_every_model_and_fails_in_a_law_at_random(graph: ADMG, seed: int) -> None:
    joint = CausalModel.random(graph, seed).observational()
    anything = np.random.default_rng(seed).random(joint.table.shape)
    for implication in implications(graph):
        assert _violation(implication, joint, joint.table.astype(float)) < 1e-12
        assert _violation(implication, joint, anything / anything.sum()) > 1e-9


def _violation(implication: Implication, joint: Joint, law: np.ndarray) -> float:
    """The largest entry of the contrast when the rows are all cells, weighted by their probabilities."""
    cells = np.indices(law.shape).reshape(law.ndim, -1)
    columns = {name: CodedColumn(cells[k], law.shape[k]) for k, name in enumerate(joint.variables)}
    value, _ = contrast(implication, WeightedRows(columns, law.reshape(-1)), law.reshape(-1))
    return float(np.abs(value).max())


@settings(max_examples=80)
@given(graph=admgs(least=4, core=NAPKIN, most=6) | admgs(least=3, most=6), seed=st.integers(0, 10_000))
def test_functional_ones_hold_in_the_moments_of_every_linear_model(graph: ADMG, seed: int) -> None:
    generator = np.random.default_rng(seed)
    of_model, any_moments = _linear_moments(graph, generator), _moments(generator.normal(size=(len(graph), len(graph))))
    for implication in implications(graph):
        if implication.functional:
            kept = sorted(implication.variables)
            places = [0, *(1 + graph.order.index(name) for name in kept)]
            inside = np.ix_(places, places)
            assert abs(partial_correlation(implication, kept, of_model[inside])[0]) < 1e-9
            assert abs(partial_correlation(implication, kept, any_moments[inside])[0]) > 1e-9


def _linear_moments(graph: ADMG, generator: np.random.Generator) -> np.ndarray:
    """The moments of a linear model: v = B v + hidden causes + noise."""
    place = {name: k for k, name in enumerate(graph.order)}
    directed, hidden = np.zeros((len(graph), len(graph))), np.eye(len(graph))
    for a, b in graph.directed:
        directed[place[b], place[a]] = generator.normal()
    for edge in graph.bidirected:
        effect = np.zeros(len(graph))
        effect[[place[name] for name in edge]] = generator.normal(size=2)
        hidden = np.column_stack([hidden, effect])
    return _moments(np.linalg.solve(np.eye(len(graph)) - directed, hidden))


def _moments(root: np.ndarray) -> np.ndarray:
    """The moments of (1, v) where v has mean zero and covariance root root'."""
    moments = np.eye(len(root) + 1)
    moments[1:, 1:] = root @ root.T
    return moments


@settings(max_examples=150)
@given(graph=admgs(least=4, core=NAPKIN, most=7) | admgs(least=3, most=7))
def test_there_is_one_for_each_pair_that_is_not_densely_connected(graph: ADMG) -> None:
    found = [frozenset((i.a, i.b)) for i in implications(graph)]
    pairs = {frozenset((a, b)) for a in graph.order for b in graph.order if a < b}
    adjacent = {frozenset(edge) for edge in (*graph.directed, *graph.bidirected)}
    assert len(set(found)) == len(found)
    assert set(found) == {pair for pair in pairs - adjacent if not _densely_connected(graph, *sorted(pair))}


def _densely_connected(graph: ADMG, a: str, b: str) -> bool:
    """Shpitser, Evans and Richardson (2018), definition 4, in sets of names."""
    of_a, of_b, of_both = (_reachable(graph, keep) for keep in ({a}, {b}, {a, b}))
    return a in of_b.parents(of_b.random) or b in of_a.parents(of_a.random) or len(of_both.districts) == 1


def _reachable(graph: ADMG, keep: set[str]) -> ADMG:
    """The CADMG of the reachable closure: every vertex fixed that can be."""
    while True:
        ready = (v for v in sorted(graph.random - keep) if graph.descendants([v]) & graph.district_of(v) == {v})
        if (vertex := next(ready, None)) is None:
            return graph
        graph = graph.intervened([*graph.fixed, vertex])
