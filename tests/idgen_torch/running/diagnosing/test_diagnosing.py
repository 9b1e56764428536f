"""Diagnostics of fits: what is right is green, and each thing that is wrong gets its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.diagnostics import Diagnostics

BACK_DOOR = "W -> X -> Y; W -> Y"
NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
QUICK: dict[str, Any] = {"epochs": 200, "ensemble": 1, "hidden": (16,), "trees": "no", "kernel": "no"}


def rows(n: int = 1_500, seed: int = 0, overlap: float = 1.0) -> dict[str, Any]:
    """A back-door of categories."""
    rng = np.random.default_rng(seed)
    w = rng.integers(3, size=n)
    x = (rng.random(n) < np.array([0.5 - 0.3 * overlap, 0.5, 0.5 + 0.3 * overlap])[w]).astype(int)
    y = (rng.random(n) < 0.2 + 0.25 * x + 0.15 * w).astype(int)
    return {"W": w, "X": x, "Y": y}


def numbers(n: int = 1_500, seed: int = 0) -> dict[str, Any]:
    """A back-door of numbers with a binary treatment, in which Y is a wave of W."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=n)
    x = (rng.random(n) < 1 / (1 + np.exp(-w))).astype(int)
    return {"W": w, "X": x, "Y": np.sin(2.5 * w) + 0.5 * x + 0.4 * rng.normal(size=n)}


def fitted(data: Any, graph: str = BACK_DOOR, query: str = "P(Y | do(X))", **options: Any) -> Any:
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph))
    return program.fit(data, progress=False, seed=0, **options)


def topics(found: Diagnostics) -> set[tuple[str, str]]:
    return {(one.topic, one.where) for one in found.concerns}


def test_a_right_fit_is_green_and_everything_is_measured() -> None:
    found = fitted(rows()).diagnostics()
    assert found.ok, str(found)
    assert found.judged == "rows of the fit"
    assert "looks better" in found.honesty
    (model,) = found.models
    assert [score.name for score in model.scores] == ["log-likelihood", "Brier score"]
    brier = model.scores[1]
    assert brier.value < brier.baseline - 2 * brier.error
    assert model.two_sample is not None
    assert model.two_sample.test.corrected > found.level
    assert model.reliability[0][1].ece < 0.1
    (table,) = found.propensities
    assert (table.treatment, table.covariates) == ("X", ("W",))
    assert max(abs(one.before) for one in table.balance) > 0.2
    assert max(abs(one.after) for one in table.balance) < 0.05
    assert sum(table.histograms[0].inside) == pytest.approx(1)
    assert {arrow.ends for arrow in found.arrows} == {("W", "X"), ("W", "Y"), ("X", "Y")}
    assert Diagnostics.from_json(found.to_json()) == found


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.DataWarning")
def test_a_training_that_ends_early_is_told_with_its_model() -> None:
    found = fitted(numbers(), **{**QUICK, "epochs": 1}).diagnostics()
    assert {("training", "%m0"), ("prediction", "%m0")} <= topics(found)
    (curve,) = found.models[0].curves
    assert (len(curve.held_out), len(curve.learned), curve.planned) == (1, 1, 1)
    assert "leave epochs= out" in next(one for one in found.concerns if one.topic == "training").remedy


def test_numbers_have_crps_transforms_and_curves() -> None:
    found = fitted(numbers(), **QUICK).diagnostics()
    assert "law" not in {one.topic for one in found.concerns}
    (model,) = found.models
    assert [score.name for score in model.scores] == ["log-likelihood", "CRPS"]
    assert (model.scores[1].skill or 0) > 0.3
    assert model.transforms[0].test.effect < 0.06
    assert model.curves[-1].held_out[-1] < model.curves[-1].held_out[0]


def test_a_shuffled_column_is_alone() -> None:
    data = rows()
    data["W"] = np.random.default_rng(1).permutation(data["W"])
    assert topics(fitted(data).diagnostics()) == {("arrow", "W")}


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_a_category_of_rare_levels_alone_is_not_called_idle() -> None:
    """Its levels have under a hundredth of the rows each, so that no quick test sees what it does."""
    rng = np.random.default_rng(0)
    high, level = rng.normal(size=150), np.arange(6_000) % 150
    x = (rng.random(6_000) < 1 / (1 + np.exp(-1.5 * high[level]))).astype(int)
    y = (rng.random(6_000) < 1 / (1 + np.exp(-1.5 * high[level] - x))).astype(int)
    data = {"W": np.array([f"w{k}" for k in level]), "X": x, "Y": y}
    assert "arrow" not in {topic for topic, _ in topics(fitted(data).diagnostics())}


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.DataWarning")
@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_labels_as_numbers_and_numbers_as_labels_are_told() -> None:
    found = fitted(rows(), types={"W": "continuous"}).diagnostics()
    assert ("type", "W") in topics(found)
    data = rows()
    data["W"] = np.round(data["W"] + np.random.default_rng(0).normal(size=1_500), 2)
    found = fitted(data, types={"W": "categorical"}).diagnostics()
    assert ("type", "W") in topics(found)
    assert "types={'W': 'continuous'}" in next(one for one in found.concerns if one.topic == "type").remedy


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_missing_overlap_is_red_and_names_the_arm() -> None:
    data = rows()
    data["X"] = (data["W"] > 0).astype(int)
    found = fitted(data).diagnostics()
    assert found.color == "red"
    assert {("overlap", ""), ("overlap", "X")} <= topics(found)
    assert found.lacking


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.GraphWarning")
def test_a_wrong_arrow_is_told_even_where_the_program_reads_no_such_column() -> None:
    found = fitted(rows(), graph="W; X -> Y").diagnostics()
    assert {one.topic for one in found.concerns} == {"graph"}
    assert any(one.rejected and "W" in one.implication for one in found.graph)


def test_new_rows_are_said_to_be_new_and_known_ones_to_be_known() -> None:
    sampler = fitted(numbers(), **QUICK)
    fresh = sampler.diagnostics(numbers(600, seed=1))
    assert fresh.judged == "new rows"
    assert "600 rows of data=" in fresh.honesty
    assert "stand in the table" not in fresh.honesty
    assert "100% of the rows of data= stand in the table" in sampler.diagnostics(numbers()).honesty


def test_a_model_that_knows_less_than_nothing_of_new_rows_is_red() -> None:
    other = numbers(800, seed=2)
    other["Y"] = -3 * other["Y"]
    found = fitted(numbers(), **QUICK).diagnostics(other)
    assert found.color == "red"
    assert any("knows less of Y than its marginal law" in one.said for one in found.concerns)


def test_new_rows_that_do_not_fit_are_refused() -> None:
    sampler = fitted(rows())
    with pytest.raises(DataError, match="X"):
        sampler.diagnostics({"W": [0, 1], "Y": [0, 1]})
    with pytest.raises(DataError, match="values of W that the table"):
        sampler.diagnostics({"W": [0, 7] * 200, "X": [0, 1] * 200, "Y": [0, 1] * 200})


def test_what_was_found_is_saved_and_what_was_not_is_made_of_what_is_there(tmp_path: Path) -> None:
    data = pd.DataFrame(numbers())
    data.to_csv(tmp_path / "rows.csv", index=False)
    sampler = fitted(tmp_path / "rows.csv", **QUICK)
    sampler.save(tmp_path / "before")
    found = sampler.diagnostics()
    assert sampler.diagnostics() is found
    sampler.save(tmp_path / "after")
    assert idgen.load(tmp_path / "after").diagnostics() == found  # type: ignore[attr-defined]
    again = idgen.load(tmp_path / "before").diagnostics()  # type: ignore[attr-defined]
    assert again.models[0].scores == found.models[0].scores
    (tmp_path / "rows.csv").unlink()
    lost = idgen.load(tmp_path / "before").diagnostics()  # type: ignore[attr-defined]
    assert lost.models[0].judged == "nothing"
    assert "not at hand" in lost.notes[0]


def test_a_regenerated_data_set_is_held_against_weighted_rows() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1_500))
    w1 = a + b + 0.5 * rng.normal(size=1_500)
    w2 = (rng.random(1_500) < 1 / (1 + np.exp(-0.7 * w1))).astype(int)
    x = 0.7 * a + w2 + 0.7 * rng.normal(size=1_500)
    data = {"W1": w1, "W2": w2, "X": x, "Y": x + b + 0.5 * rng.normal(size=1_500)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(NAPKIN), realize="regenerate")
    found = program.fit(data, progress=False, seed=0, rows_factor=1.0, **QUICK).diagnostics()
    (made,) = found.data
    assert set(made.moved) >= {"X", "Y"}
    assert {one.variable for one in made.marginals} >= {"X", "Y"}
    assert made.dependences
    assert not any(one.topic == "drift" for one in found.concerns), str(found)
    assert len(found.models) == len(program.models)
    assert all(model.judged == "rows of the fit" for model in found.models), str(found)


def test_a_law_that_is_summed_drifts_nowhere() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(2, size=(2, 2_000))
    w2 = (w1 := np.where(rng.random(2_000) < 0.5, a, b)) ^ rng.binomial(1, 0.3, 2_000)
    x = np.where(rng.random(2_000) < 0.4, a, w2)
    data = {"W1": w1, "W2": w2, "X": x, "Y": rng.binomial(1, 0.3 + 0.4 * b - 0.2 * x)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(NAPKIN), realize="regenerate")
    found = program.fit(data, progress=False, seed=0).diagnostics()
    assert [each.exact for each in found.data] == [True]
    assert any("nothing was learned from draws" in model.unjudged for model in found.models)


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.DataWarning")
def test_survey_weights_missing_values_and_atoms_are_taken_as_the_fit_takes_them() -> None:
    data = numbers()
    data["Y"] = np.where(data["Y"] < -0.3, -0.3, data["Y"])  # an atom
    data["w"] = np.where(data["X"] == 1, 2.0, 1.0)
    data["W"][::50] = np.nan
    found = fitted(data, weights="w", missing="drop").diagnostics()
    assert found.effective_rows < found.rows
    (model,) = found.models
    assert model.transforms[0].test.corrected > found.level, str(found)


def bound(inputs: Mapping[str, Any], n: int, generator: Any) -> Any:
    return np.zeros(n, dtype=np.int64) + (np.asarray(inputs["X"]) > 0)


def test_what_was_brought_is_named_and_nothing_is_said_of_it() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(BACK_DOOR), bound=["Y | W, X"])
    found = program.fit(rows(), bind={"Y | W, X": bound}, progress=False).diagnostics()
    (model,) = (model for model in found.models if model.unjudged)
    assert (model.judged, model.models) == ("nothing", "Y | W, X")
    assert "brought" in model.unjudged


def test_few_rows_are_said_to_be_too_few_and_estimates_are_told_of() -> None:
    sampler = fitted(rows(150))
    assert "too few" in sampler.diagnostics().models[0].unjudged
    sampler = fitted(rows())
    found = sampler.diagnostics(estimates=[sampler.ate("Y", "X", 1, 0)])
    assert found.corrections[0].errors == 0
    assert sampler.diagnostics().corrections == ()


def test_a_loaded_sampler_tests_the_whole_graph_or_says_what_it_did_not(tmp_path: Path) -> None:
    rng, n = np.random.default_rng(0), 600
    a, b = rng.integers(0, 2, n), rng.integers(0, 2, n)
    z = np.where(rng.random(n) < 0.9, a, 1 - a)
    x, y = (np.where(rng.random(n) < 0.8, z, 1 - z) for _ in range(2))
    table = pd.DataFrame({"A": a, "B": b, "Z": z, "X": x, "Y": y})
    table.to_csv(tmp_path / "table.csv", index=False)
    graph = "A -> B -> Z -> X -> Y; Z -> Y"
    for name, data in (("file", tmp_path / "table.csv"), ("memory", table)):
        fitted(data, graph, check_graph=False).save(tmp_path / name)
    assert idgen.load(tmp_path / "file").diagnostics().color == "red"
    memory = idgen.load(tmp_path / "memory")
    found = memory.diagnostics()
    assert found.color == "yellow"
    assert "no model was judged" in found.concerns[0].said
    assert memory.diagnostics(table).color == "red"


def test_what_the_fit_warned_of_its_columns_is_told_again(tmp_path: Path) -> None:
    data = numbers(300)
    data["W"][7] = 123_456.0
    with pytest.warns(idgen.DataWarning, match="column W holds 123456 in row 7"):
        sampler = fitted(data, **QUICK | {"epochs": 2})
    (one,) = (one for one in sampler.diagnostics().concerns if one.topic == "value")
    assert (one.color, one.where) == ("yellow", "W")
    assert one.said.startswith("column W holds 123456 in row 7 (counting from 0), where half of the values lie in [")
    assert one.remedy.startswith("Correct it if it is a mistake")
    assert "column W holds 123456 in row 7" in str(sampler.report())
    sampler.save(tmp_path / "s")
    assert ("value", "W") in topics(idgen.load(tmp_path / "s").diagnostics())
