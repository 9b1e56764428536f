"""What answers at a label of few rows rest on: told with the sample, and label by label in the report."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import OverlapWarning
from idgen_torch.running.choices import Evidence, LabelRows

DOWNSTREAM = idgen.ADMG.parse("X -> Y -> Z; A -> X; A -> Y; A -> Z")
GIVEN = idgen.Query.parse("P(Y | do(X), Z)")
FEW = r"P\(Y \| X, Z\) at Z = 'rare' rests on 20 rows that have it"


def table(n: int = 2_000, rare: int = 20) -> dict[str, Any]:
    """Z tells of Y; its rare label has so many rows, those where Y and chance are largest."""
    generator = np.random.default_rng(0)
    a = generator.normal(size=n)
    x = a + generator.normal(size=n)
    y = x + a + generator.normal(size=n)
    z = np.where(generator.random(n) < 0.5, "b", "c").astype(object)
    z[np.argsort(y + 3 * generator.normal(size=n))[n - rare :]] = "rare"
    return {"A": a, "X": x, "Y": y, "Z": z.astype(str)}


def fit(realize: Any = "weigh", data: dict[str, Any] | None = None, **options: Any) -> Any:
    program = idgen.compile(GIVEN, DOWNSTREAM, realize=realize)
    few = {"epochs": 1, "ensemble": 1} | options
    return program.fit(data or table(), seed=0, progress=False, device="cpu", **few)


@pytest.fixture(scope="module")
def sampler() -> Any:
    return fit()


def test_a_rare_label_is_told_with_the_sample_and_others_are_not(sampler: Any) -> None:
    with pytest.warns(OverlapWarning, match=FEW):
        sampler.sample(50, do={"X": 1.0}, given={"Z": "rare"}, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", OverlapWarning)
        sampler.sample(50, do={"X": 1.0}, given={"Z": "b"}, seed=0)


def test_a_share_of_the_samples_may_ask_it(sampler: Any) -> None:
    often = np.array(["rare"] * 5 + ["b"] * 45)
    with pytest.warns(OverlapWarning, match=f"{FEW}; 10% of the samples ask it"):
        sampler.sample(50, do={"X": 1.0}, given={"Z": often}, seed=0)


def test_the_report_has_the_runs_and_each_label(sampler: Any, tmp_path: Path) -> None:
    report = sampler.report()
    (found,) = report.evidence
    assert found.runs is not None
    assert {label.label: label.rows for label in found.labels if label.label == "'rare'"} == {"'rare'": 20}
    assert sum(label.rows for label in found.labels) == 2_000
    assert all(label.runs is not None and 0 < label.runs <= 1 for label in found.labels)
    text = str(report)
    assert f"{found.operation} weighs runs of its law's network: " in text, "nobody chose, and it is said"
    assert "P(Y | X, Z) at Z = 'rare' rests on 20 rows, where" in text
    assert "Z = 'b'" not in text
    sampler.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    assert loaded.report() == report
    with pytest.warns(OverlapWarning, match=FEW):
        loaded.sample(50, do={"X": 1.0}, given={"Z": "rare"}, seed=0)


def test_a_model_that_is_trained_on_rows_of_a_law_rests_on_no_more() -> None:
    sampler = fit("regenerate")
    (found,) = sampler.report().evidence
    assert found.runs is None
    with pytest.warns(OverlapWarning, match="at Z = 'rare' rests on 20 rows that have it"):
        sampler.sample(50, do={"X": 1.0}, given={"Z": "rare"}, seed=0)


def test_weights_make_rows_fewer() -> None:
    data = table(rare=60)
    heavy = np.where(np.arange(60) < 2, 50.0, 0.01)
    weights = np.ones(2_000)
    weights[data["Z"] == "rare"] = heavy
    (found,) = fit(data={**data, "w": weights}, weights="w").report().evidence
    (rare,) = (label for label in found.labels if label.label == "'rare'")
    assert rare.rows == pytest.approx(heavy.sum() ** 2 / (heavy**2).sum(), rel=1e-6)


def test_in_a_small_table_every_label_has_few_rows() -> None:
    few = LabelRows("Z", 0, "'b'", 40)
    assert not Evidence("%c0", "Y | Z", 100, None).is_few(few)
    assert Evidence("%c0", "Y | Z", 4_000, None).is_few(few)


def test_a_rare_label_is_told_where_all_is_categories_too() -> None:
    generator = np.random.default_rng(3)
    z = np.where(np.arange(4_000) < 60, "rare", np.where(np.arange(4_000) % 2, "b", "c"))
    a = generator.integers(2, size=4_000)
    x = (generator.random(4_000) < 0.3 + 0.3 * a).astype(np.int64)
    y = (generator.random(4_000) < 0.2 + 0.2 * a + 0.3 * x * (z == "rare")).astype(np.int64)
    graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; A -> X; A -> Y")
    sampler: Any = idgen.compile(GIVEN, graph).fit({"A": a, "X": x, "Y": y, "Z": z}, seed=0, progress=False)
    with pytest.warns(OverlapWarning, match=r"at Z = 'rare' rests on 60 rows that have it: a law that so few rows"):
        sampler.sample(50, do={"X": 1}, given={"Z": "rare"}, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", OverlapWarning)
        sampler.sample(50, do={"X": 1}, given={"Z": "b"}, seed=0)


def test_labels_are_looked_at_where_there_are_many() -> None:
    data = table()
    rare = data["Z"] == "rare"
    data["Z"] = np.where(rare, "rare", [f"k{k % 64}" for k in range(2_000)])
    with pytest.warns(OverlapWarning, match=FEW):
        fit(data=data).sample(50, do={"X": 1.0}, given={"Z": "rare"}, seed=0)
