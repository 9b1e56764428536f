"""Graphs against data: calibrated where the graph is right, powerful where an edge is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import false_discovery_control, kstest

import idgen_compiler as idgen
from idgen_compiler.check.check import holm
from idgen_compiler.cli import main
from idgen_compiler.errors import DataError, GraphError, IdgenError
from tests.idgen_compiler.check.structural import Data, discrete, linear
from tests.strategies import NAPKIN

VERMA = idgen.ADMG.parse("A -> B -> C -> D; B <-> D")


def _p_values(graph: idgen.ADMG, data: Callable[[int], Data], models: int) -> dict[bool, list[float]]:
    """The p-values over models, by whether the constraint is a functional one."""
    found: dict[bool, list[float]] = {False: [], True: []}
    for seed in range(models):
        for finding in idgen.check_graph(graph, data(seed), seed=seed).findings:
            if finding.outcome.p_value is not None:
                found[finding.implication.functional].append(finding.outcome.p_value)
    return found


@pytest.mark.parametrize("graph", [VERMA, NAPKIN], ids=["verma", "napkin"])
def test_p_values_of_categories_are_uniform_where_the_graph_is_right(graph: idgen.ADMG) -> None:
    found = _p_values(graph, lambda seed: discrete(graph, 2000, seed), 80)
    for p_values in filter(None, found.values()):
        assert len(p_values) >= 75
        assert kstest(p_values, "uniform").pvalue > 0.01


def test_p_values_of_few_rows_are_not_too_small() -> None:
    graph = idgen.ADMG.parse("Z -> A; Z -> B")
    found = np.array(_p_values(graph, lambda seed: discrete(graph, 25, seed), 200)[False])
    assert len(found) >= 150
    assert (found <= 0.05).mean() <= 0.08
    assert (found <= 0.2).mean() <= 0.25


def test_permutations_go_on_where_a_correction_needs_them() -> None:
    """Eleven equal columns with a rare label: each of 55 pairs is tested by permutation, and none is independent."""
    rng = np.random.default_rng(0)
    column = (rng.random(4_000) < 0.0005).astype(int) + 2 * (rng.random(4_000) < 0.3)
    names = [f"V{k:02}" for k in range(11)]
    report = idgen.check_graph(idgen.ADMG(nodes=names), dict.fromkeys(names, column))
    assert not report.ok


def test_a_rare_category_beside_a_skewed_number_is_no_dependence() -> None:
    rng, graph = np.random.default_rng(0), idgen.ADMG.parse("A; B")
    refused = 0
    for _ in range(40):
        data = {"A": rng.choice(4, 600, p=[0.9, 0.05, 0.03, 0.02]), "B": np.exp(rng.normal(size=600))}
        refused += not idgen.check_graph(graph, data).ok
    assert refused <= 5
    shifted = {**data, "B": data["B"] + 8 * (data["A"] == 3)}
    assert not idgen.check_graph(graph, shifted).ok


def test_tables_without_enough_rows_or_values_are_not_tested() -> None:
    rng = np.random.default_rng(0)
    for rows in (1, 2, 4):
        report = idgen.check_graph(idgen.ADMG.parse("A -> B -> C"), {k: rng.normal(size=rows) for k in "ABC"})
        assert report.ok
    numbers = {"W1": rng.normal(size=400), "W2": np.zeros(400, dtype=int), "X": rng.integers(0, 2, 400)}
    napkin = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    assert idgen.check_graph(napkin, numbers | {"Y": rng.normal(size=400)}).ok


def test_p_values_of_numbers_are_uniform_where_the_graph_is_right() -> None:
    found = _p_values(VERMA, lambda seed: linear(VERMA, 300, seed), 16)
    for p_values in found.values():
        assert kstest(p_values, "uniform").pvalue > 0.01


def test_a_missing_edge_is_found_among_categories() -> None:
    graph = idgen.ADMG.parse("A -> B -> C -> D; B <-> D; A -> D; A -> C")
    rejected = [idgen.check_graph(VERMA, discrete(graph, 20_000, seed)).rejected for seed in range(10)]
    assert sum(any(not f.implication.functional for f in found) for found in rejected) >= 9
    assert sum(any(f.implication.functional for f in found) for found in rejected) >= 8


@pytest.mark.parametrize("kind", ["straight", "curved", "spread"])
def test_a_missing_edge_is_found_among_numbers(kind: str) -> None:
    generator = np.random.default_rng(0)
    z, a, b = generator.normal(size=(3, 1000))
    a, b = z + a, np.sin(2 * z) + b
    b = {"straight": b + 0.3 * a, "curved": b + 0.3 * a**2, "spread": b * np.exp(0.4 * a)}[kind]
    check = idgen.check_graph(idgen.ADMG.parse("Z -> A; Z -> B"), {"Z": z, "A": a, "B": b})
    assert not check.ok
    assert check.rejected[0].outcome.test == "covariance of residuals"


def test_a_curved_common_cause_is_regressed_away() -> None:
    generator = np.random.default_rng(1)
    z, a, b = generator.normal(size=(3, 2000))
    data = {"Z": z, "A": np.sin(2 * z) + a, "B": z**2 + b}
    assert idgen.check_graph(idgen.ADMG.parse("Z -> A; Z -> B"), data).ok


def test_a_missing_functional_edge_is_found_among_numbers() -> None:
    data = linear(VERMA, 1000, 3)
    assert idgen.check_graph(VERMA, data).ok
    check = idgen.check_graph(VERMA, data | {"D": data["D"] + 0.5 * data["A"]})
    assert [str(finding.implication) for finding in check.rejected] == ["D ⊥ A ; do(C)"]


def test_functional_constraints_of_curved_relations_are_not_tested() -> None:
    data = linear(VERMA, 1000, 3)
    check = idgen.check_graph(VERMA, data | {"C": data["C"] + np.sin(2 * data["B"])})
    assert [str(finding.implication) for finding in check.untested] == ["D ⊥ A ; do(C)"]
    assert "C given B is not linear" in str(check)


def test_fixed_numbers_beside_categories_are_not_tested() -> None:
    data = linear(VERMA, 300, 3)
    check = idgen.check_graph(VERMA, {**data, "B": np.digitize(data["B"], [-1, 1])})
    assert "C is a number beside categories" in check.untested[-1].sentence


def test_mixed_columns() -> None:
    data: dict[str, Any] = dict(linear(VERMA, 2000, 4))
    data["C"] = np.where(data["B"] + np.random.default_rng(0).logistic(size=2000) > 0, "yes", "no")
    data["D"] = data["D"] - data["D"].mean() + (data["C"] == "yes")
    check = idgen.check_graph(VERMA, data)
    assert [finding.outcome.test for finding in check.findings] == ["covariance of residuals", "augmented weights"]
    assert not idgen.check_graph(VERMA, data | {"D": data["D"] + data["A"]}).ok


def bent(seed: int, direct: float = 0.0, n: int = 2_000) -> dict[str, Any]:
    """A Verma model in which B waves with A and the hidden cause, and C, a category, is likelier in B's middle."""
    generator = np.random.default_rng(seed)
    a, u, e, f = generator.normal(size=(4, n))
    b = np.sin(2 * a) + a**2 / 2 + np.tanh(2 * u) + u + 0.5 * e
    c = (1.5 - np.abs(b - 1) + generator.logistic(size=n) > 0).astype(int)
    d = c + u**2 + u + direct * np.sin(2 * a) + 0.5 * f
    return {"A": a, "B": b, "C": np.where(c == 1, "yes", "no"), "D": d}


def test_a_functional_constraint_holds_beside_numbers_whatever_bends() -> None:
    """Weights and regressions that took relations for straight contradicted such models at any level."""
    checks = [idgen.check_graph(VERMA, bent(seed)) for seed in range(3)]
    p_values = [check.findings[1].outcome.p_value for check in checks]
    assert min(p for p in p_values if p is not None) > 0.01
    assert None not in p_values
    assert not idgen.check_graph(VERMA, bent(0, direct=1.0)).ok


def test_what_cannot_be_trusted_beside_numbers_is_not_tested() -> None:
    data = bent(0)
    few = idgen.check_graph(VERMA, {name: column[:150] for name, column in data.items()})
    assert "150 rows are too few beside numbers" in few.untested[-1].sentence
    rare = {**data, "C": np.where(data["B"] > 1, "yes", data["C"])}
    assert "of the rows some C hardly occurs beside B" in idgen.check_graph(VERMA, rare).untested[-1].sentence


def test_a_graph_without_implications_says_so() -> None:
    check = idgen.check_graph(idgen.ADMG.parse("X -> M -> Y; X <-> Y"), {"X": [0, 1], "M": [0, 1], "Y": [1, 0]})
    assert check.ok
    assert check.findings == ()
    assert "no testable implications" in str(check)
    assert "no testable implications" in check.to_markdown()


def test_what_cannot_be_tested_says_why() -> None:
    check = idgen.check_graph(idgen.ADMG.parse("X; Y"), {"X": [0] * 50, "Y": [0, 1] * 25})
    assert check.ok
    assert len(check.untested) == 1
    assert "not tested, since one of the two variables never varies" in str(check)
    data = discrete(VERMA, 400, 0)
    check = idgen.check_graph(VERMA, data | {"C": data["B"]})
    assert "some C hardly occurs beside B" in check.untested[-1].sentence


def test_reports_have_a_sentence_for_each_implication() -> None:
    check = idgen.check_graph(VERMA, discrete(VERMA, 1000, 0))
    for text in (str(check), check.to_markdown()):
        assert "A does not matter to D once C is set by hand: the data do not contradict this" in text
        assert "the data contradict none of 2 tested implications at level 0.05" in text
    bad = idgen.check_graph(idgen.ADMG.parse("X; Y"), {"X": [0, 1] * 100, "Y": [0, 1] * 100})
    assert "REJECTED" in str(bad)
    assert "X tells nothing about Y: the data contradict this" in bad.to_markdown()


def test_equal_seeds_give_equal_checks() -> None:
    data = linear(VERMA, 300, 0)
    first, again, other = (idgen.check_graph(VERMA, data, seed=seed) for seed in (1, 1, 2))
    assert first.findings == again.findings
    assert first.findings != other.findings


def test_corrections() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    data = discrete(idgen.ADMG.parse("A; B; C; D"), 500, 0)
    check = idgen.check_graph(idgen.ADMG.parse("A; B; C; D"), data, correction="bh")
    p_values = [finding.outcome.p_value for finding in check.findings]
    assert [finding.corrected for finding in check.findings] == pytest.approx(false_discovery_control(p_values))


def test_tables_of_every_kind(tmp_path: Path) -> None:
    graph = idgen.ADMG.parse("A -> B -> C")
    frame = pd.DataFrame(discrete(graph, 200, 0))
    frame.to_csv(tmp_path / "data.csv", index=False)
    frame.to_parquet(tmp_path / "data.parquet")
    arrow = pa.Table.from_pandas(frame)
    tables = [frame, arrow, dict(frame), tmp_path / "data.csv", str(tmp_path / "data.parquet")]
    assert len({idgen.check_graph(graph, table).findings for table in tables}) == 1


@pytest.mark.parametrize(
    ("data", "types", "message"),
    [
        ({"A": [1, 2]}, None, "lack 1 column"),
        ({"A": [], "B": []}, None, "no rows"),
        ({"A": [1, None], "B": [1, 2]}, None, "1 missing value"),
        ({"A": ["x", "y"], "B": [1, 2]}, {"A": "continuous"}, "holds strings such as 'x' and cannot be continuous"),
        ({"A": [1, 2], "B": [1, 2]}, {"A": "image"}, r"A has shape \(2,\); images have the axes"),
        ({"A": [1, 2], "B": [1, 2]}, {"A": "fruit"}, "choose categorical"),
        ({"A": [1, 2], "B": [1, 2]}, {"Q": "integer"}, "types names 'Q', which is no variable here"),
        ({"A": [np.inf, 1.5], "B": [1, 2]}, None, r"1 infinite value\(s\) in 2 rows"),
        ({"A": [[1, 2], [2, 2]], "B": [1, 2]}, None, "A is of kind vector, which no test takes"),
        ({"A": [f"id{k}" for k in range(300)], "B": [0] * 300}, None, "like an identifier"),
        (pd.DataFrame([[1, 2, 3]], columns=["A", "B", "A"]), None, "2 columns called A"),
        ("missing.csv", None, "no file"),
        ("missing.xyz", None, "neither CSV nor Parquet"),
        (7, None, "cannot be read"),
        ({"A": np.zeros((2, 2)), "B": [1, 2]}, None, "A is of kind vector, which no test takes"),
    ],
)
def test_data_that_do_not_fit(data: Any, types: dict[str, str] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        idgen.check_graph(idgen.ADMG.parse("A; B"), data, types)


def test_options_that_do_not_fit() -> None:
    data = {"A": [0, 1], "B": [0, 1]}
    with pytest.raises(IdgenError, match="alpha is 2"):
        idgen.check_graph(idgen.ADMG.parse("A; B"), data, alpha=2)
    with pytest.raises(IdgenError, match="no correction"):
        idgen.check_graph(idgen.ADMG.parse("A; B"), data, correction="none")  # type: ignore[arg-type]
    with pytest.raises(IdgenError, match="seed"):
        idgen.check_graph(idgen.ADMG.parse("A; B"), data, seed=-1)
    with pytest.raises(GraphError, match="empty"):
        idgen.check_graph(idgen.ADMG(), data)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = discrete(VERMA, 1000, 0)
    pd.DataFrame(data).to_csv(tmp_path / "right.csv", index=False)
    pd.DataFrame(data | {"C": data["A"]}).to_csv(tmp_path / "wrong.csv", index=False)
    graph = ["check-graph", "--graph", "A -> B -> C -> D; B <-> D"]
    assert main([*graph, "--data", str(tmp_path / "right.csv"), "--alpha", "0.01"]) == 0
    assert "contradict none of 2" in capsys.readouterr().out
    assert main([*graph, "--data", str(tmp_path / "wrong.csv"), "--markdown"]) == 4
    assert "REJECTED" in capsys.readouterr().out
    assert main([*graph, "--data", str(tmp_path / "right.csv"), "--types", "A=fruit"]) == 2
    assert main(["check-graph", "--graph", " ", "--data", str(tmp_path / "right.csv")]) == 2
    assert main(["check-graph", "--graph", "catalog:napkin", "--data", str(tmp_path / "right.csv")]) == 2
    assert "lack 4 column(s)" in capsys.readouterr().err
