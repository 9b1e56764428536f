"""The quick tests before a fit: they see what is strong and beyond chance, and nothing else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from idgen_compiler.check.columns import CodedColumn, Columns, read_some_rows
from idgen_compiler.check.dependence import Margin, dependence
from idgen_compiler.check.independence import contradictions, independences
from idgen_compiler.graph import ADMG
from idgen_compiler.graph.separation import m_separated

Array = np.ndarray


def _numbers(**columns: Array) -> Columns:
    return {name: CodedColumn(np.asarray(values, dtype=float)) for name, values in columns.items()}


def _found(graph: str, columns: Columns) -> list[str]:
    return [str(one.implication) for one in contradictions(ADMG.parse(graph), columns)]


def test_which_independences() -> None:
    graph = ADMG.parse("A -> M -> Y; B -> Y; U -> A; U -> B; X <-> Y")
    every = list(independences(graph, graph.order))
    joined = {frozenset(edge) for edge in (*graph.directed, *graph.bidirected)}
    pairs = {frozenset(pair) for pair in combinations(graph.order, 2)}
    assert {frozenset((one.a, one.b)) for one in every} == pairs - joined
    assert all(m_separated(graph, [one.a], [one.b], one.given) for one in every)
    assert sorted(str(one) for one in every if "X" in (one.a, one.b)) == ["X ⊥ A", "X ⊥ B", "X ⊥ M", "X ⊥ U"]
    assert list(independences(graph, ["A", "M", "Y"])) == []  # Y is separated from A only with others given
    assert list(independences(graph, graph.order, 1)) == [one for one in every if len(one.given) <= 1]


def test_a_dependence_is_found_whatever_the_columns_hold() -> None:
    rng, n = np.random.default_rng(0), 2_000
    a = rng.normal(size=n)
    others = {
        "monotone": CodedColumn(np.exp(3 * (a + rng.normal(size=n)))),
        "curved": CodedColumn(a**2 + 0.5 * rng.normal(size=n)),
        "category": CodedColumn((a + rng.normal(size=n) > 0).astype(int), 2),
        "many levels": CodedColumn(np.clip((a * 2 + 20 + rng.normal(size=n)).astype(int), 0, 39), 40),
        "with zeros": CodedColumn(np.maximum(a + rng.normal(size=n) - 1, 0)),
        "rare": CodedColumn((a + rng.normal(size=n) > 3).astype(int), 2),
    }
    for kind, column in others.items():
        (found,) = contradictions(ADMG.parse("A; B"), {"A": CodedColumn(a), "B": column})
        assert (found.implication.b, found.implication.a) == ("A", "B")
        assert found.p_value < 1e-6, kind
        assert found.strength > 0.1, kind
    (found,) = contradictions(ADMG.parse("A; B"), {"A": CodedColumn(a), "B": CodedColumn(-a)})
    assert (found.measure, round(found.strength, 6)) == ("correlation", 1.0)


def test_absurd_values_hide_nothing_and_show_nothing() -> None:
    rng, n = np.random.default_rng(1), 3_000
    a, b = rng.normal(size=n), rng.normal(size=n)
    a[5], b[5] = 1e12, -1e300
    assert _found("A; B", _numbers(A=a, B=b)) == []
    assert _found("A; B", _numbers(A=a, B=b + a * (np.abs(a) < 10))) == ["B ⊥ A"]


def test_what_is_given_explains() -> None:
    rng, n = np.random.default_rng(2), 4_000
    z = rng.normal(size=n)
    a, b = np.sin(2 * z) + 0.3 * rng.normal(size=n), np.cos(z) + z + 0.3 * rng.normal(size=n)
    graph = "A <- Z -> B"
    assert _found(graph, _numbers(Z=z, A=a, B=b)) == []
    assert _found(graph, _numbers(Z=z, A=a, B=b + 0.2 * a)) == ["B ⊥ A | Z"]
    codes = rng.integers(0, 90, size=n)  # a code that is no scale
    effects = rng.normal(size=(2, 90))
    a, b = (effect[codes] + rng.normal(size=n) for effect in effects)
    assert _found(graph, _numbers(Z=codes, A=a, B=b)) == []


@pytest.mark.parametrize("rows", [60, 1_000, 20_000])
def test_no_false_alarm_on_independent_columns(rows: int) -> None:
    """Heavy tails, rare categories and many columns: 8 tables of 66 pairs each."""
    names = [f"V{k}" for k in range(12)]
    for seed in range(8):
        rng = np.random.default_rng((seed, rows))
        columns: dict[str, CodedColumn] = {}
        for k, name in enumerate(names):
            draws = rng.standard_cauchy(rows)
            rare = (rng.random(rows) < 0.01 * (1 + k)).astype(int)
            many = np.floor(rng.exponential(size=rows) * 4).astype(int)
            kinds = CodedColumn(draws), CodedColumn(rare, 2), CodedColumn(many, int(many.max()) + 1)
            columns[name] = kinds[k % 3] if k < 9 else CodedColumn(np.maximum(draws, 0))
        assert contradictions(ADMG(nodes=names), columns) == ()


def test_a_weak_dependence_is_no_alarm_however_many_the_rows() -> None:
    rng, n = np.random.default_rng(3), 1_000_000
    a = rng.normal(size=n)
    b = 0.02 * a + rng.normal(size=n)
    weak = dependence(Margin.of(CodedColumn(a)), Margin.of(CodedColumn(b)))
    assert weak.log_p < -50
    assert _found("A; B", _numbers(A=a, B=b)) == []


def test_few_rows_and_constant_columns_are_no_test() -> None:
    few = np.arange(40.0)
    assert _found("A; B", _numbers(A=few, B=few)) == []
    assert _found("A; B", _numbers(A=np.ones(500), B=np.arange(500.0))) == []
    assert contradictions(ADMG(), {}) == ()


def test_many_levels_that_are_all_rare_are_one() -> None:
    codes = np.arange(3_000)
    assert Margin.of(CodedColumn(codes, 3_000)).size == 1
    assert _found("A; B", {"A": CodedColumn(codes, 3_000), "B": CodedColumn(codes % 2, 2)}) == []


def test_some_rows_of_any_table() -> None:
    rng, n = np.random.default_rng(0), 3_000
    table = {
        "X": [None if k == 7 else k % 2 for k in range(n)],
        "Y": rng.normal(size=n),
        "T": np.where(rng.random(n) < 0.5, "b", "a"),
        "V": rng.normal(size=(n, 3)),
        "gaps": np.where(rng.random(n) < 0.5, np.nan, 1.0),
    }
    found = read_some_rows(table, ["X", "Y", "V"], ["T", "gaps", "absent"], {"Y": "continuous"}, rows=1_000)
    assert set(found) == {"X", "Y", "T"}
    assert {len(column.values) for column in found.values()} <= {999, 1_000}
    assert len({len(column.values) for column in found.values()}) == 1
    assert (found["X"].size, found["Y"].size, found["T"].size) == (2, 0, 2)
    again = read_some_rows(table, ["X", "Y", "V"], ["T", "gaps", "absent"], {"Y": "continuous"}, rows=1_000)
    assert all((again[name].values == found[name].values).all() for name in found)
    assert read_some_rows("nowhere.csv", ["X"]) == {}
    assert read_some_rows({"X": [1, 2], "Y": [1]}, ["X", "Y"]) == {}
