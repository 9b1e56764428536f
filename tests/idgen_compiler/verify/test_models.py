"""Random structural models: they obey their graph, hide their causes, and know the truth."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import idgen_compiler as idgen
from idgen_compiler.estimand.tables import normalize
from idgen_compiler.graph import m_separated
from idgen_compiler.verify import CausalModel
from tests.strategies import admgs, queries


def by_enumeration(model: CausalModel, query: idgen.Query) -> dict[tuple[int, ...], Fraction]:
    """P(outcomes | do(treatments), conditions) from the definition: every state of every variable, hidden ones too."""
    hidden = {law.axes[0]: law for law in model.hidden}
    sizes = {**model.sizes, **{name: len(law.values) for name, law in hidden.items()}}
    given, targets = sorted((*query.treatments, *query.conditions)), sorted(query.outcomes)
    mass: dict[tuple[int, ...], Fraction] = {}
    for states in product(*(range(size) for size in sizes.values())):
        at = dict(zip(sizes, states, strict=True))
        factors = [law.values[at[name]] for name, law in hidden.items()]
        factors += [
            table.values[tuple(at[axis] for axis in table.axes)]
            for name, table in model.mechanisms.items()
            if name not in query.treatments
        ]
        key = tuple(at[name] for name in (*given, *targets))
        mass[key] = mass.get(key, Fraction(0)) + prod(factors)
    total: dict[tuple[int, ...], Fraction] = {}
    for key, value in mass.items():
        total[key[: len(given)]] = total.get(key[: len(given)], Fraction(0)) + value
    return {key: value / total[key[: len(given)]] for key, value in mass.items()}


@pytest.mark.parametrize(
    ("graph", "query"),
    [
        ("X -> Y; X <-> Y", "P(Y | do(X))"),
        ("Z -> X -> Y; Z <-> X; X <-> Y; Z <-> Y", "P(Y | do(X), Z)"),
        ("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", "P(Y, W1 | do(X))"),
        ("Y -> X", "P(Y | do(X))"),
        ("X -> Y <-> Z", "P(Y, Z)"),
    ],
)
def test_the_truth_is_its_definition(graph: str, query: str) -> None:
    model, asked = CausalModel.random(idgen.ADMG.parse(graph), 4), idgen.Query.parse(query)
    truth = model.truth(asked)
    assert {at: truth.table[at] for at in np.ndindex(truth.table.shape)} == by_enumeration(model, asked)


@settings(max_examples=25)
@given(st.data())
def test_separated_variables_are_independent(data: st.DataObject) -> None:
    """The global Markov property: m-separation in the graph is exact conditional independence in P(V)."""
    graph = data.draw(admgs(least=3, most=5))
    a, b, *given = data.draw(st.permutations(list(graph.order)))
    given = given[: data.draw(st.integers(0, 2))]
    joint = CausalModel.random(graph, data.draw(st.integers(0, 5))).observational()
    law = normalize(joint.marginal([a, b, *given]), [a, b])
    values = law.aligned([a, b, *given])
    gap = values - values.sum(axis=1, keepdims=True) * values.sum(axis=0, keepdims=True)
    if m_separated(graph, [a], [b], given):
        assert (gap == 0).all()
    elif not given:  # a generic model is dependent wherever its graph allows
        assert (gap != 0).any()


@settings(max_examples=25)
@given(st.data())
def test_without_treatments_the_truth_is_seen(data: st.DataObject) -> None:
    graph = data.draw(admgs(most=4))
    query = data.draw(queries(graph))
    seen = idgen.Query(query.outcomes, (), (*query.treatments, *query.conditions))
    model = CausalModel.random(graph, 0)
    truth = model.truth(seen)
    law = normalize(model.observational().marginal(seen.variables), seen.outcomes)
    assert (law.aligned((*truth.given, *truth.targets)) == truth.table).all()


def test_hidden_causes_confound() -> None:
    model = CausalModel.random(idgen.ADMG.parse("X -> Y; X <-> Y"), 0)
    assert model.truth(idgen.Query("Y", "X")) != model.truth(idgen.Query("Y", (), "X"))


def test_a_seed_fixes_the_model_and_models_differ() -> None:
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    first, again, other = (CausalModel.random(graph, seed).observational() for seed in (1, 1, 2))
    assert (first.table == again.table).all()
    assert first.table.shape != other.table.shape or (first.table != other.table).any()


def test_cliques_share_hidden_causes_in_some_models_only() -> None:
    graph = idgen.ADMG.parse("A <-> B <-> C <-> A")
    assert {1, 3} <= {len(CausalModel.random(graph, seed).hidden) for seed in range(20)}


def test_tables_stay_small_on_dense_graphs() -> None:
    names = [f"V{i}" for i in range(7)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    model = CausalModel.random(idgen.ADMG([], pairs, names), 0)
    assert prod(model.sizes.values()) <= 512
    assert all(table.values.size <= 512 for table in model.mechanisms.values())


def test_every_state_occurs() -> None:
    model = CausalModel.random(idgen.ADMG.parse("X -> M -> Y; X <-> Y"), 0)
    assert (model.observational().table > 0).all()


def test_a_query_on_another_graph() -> None:
    with pytest.raises(idgen.QueryError, match="unknown vertex 'Q'"):
        CausalModel.random(idgen.ADMG.parse("X -> Y"), 0).truth(idgen.Query("Y", "Q"))
