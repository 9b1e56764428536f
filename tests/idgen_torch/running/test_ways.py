from __future__ import annotations

import json
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, DataWarning, OverlapWarning
from idgen_compiler.hinge.saved import HEADER
from idgen_compiler.ir.operations import Train
from idgen_compiler.program import Program
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.families import Run, Task
from idgen_torch.families.tables.table import Table, TableModel
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.ways import EFFECTIVE
from idgen_torch.running.weights.reweighting import NoOverlap, reweighted
from tests.idgen_torch import counting, programs
from tests.strategies import NAPKIN

__all__ = ["counting"]

QUERY = idgen.Query.parse("P(Y | do(X))")
AUTO = idgen.compile(QUERY, NAPKIN)
ROWS = Program(
    AUTO.name, AUTO.graph, tuple(replace(o, condition=()) if isinstance(o, Train) else o for o in AUTO.operations)
)
"""The same without a way to do without rows."""
GOOD = programs.napkin_data(3000)


def poor(rows: int = 3000) -> dict[str, np.ndarray]:
    """Napkin rows in which W2 is W1's parity but for one row in fifty."""
    data = programs.napkin_data(rows)
    data["W2"] = np.where(np.arange(rows) % 50 == 0, 1 - data["W1"] % 2, data["W1"] % 2)
    return data


def fit(data: Any, **options: Any) -> TorchSampler:
    return TorchBackend().fit(options.pop("program", AUTO), data, device="cpu", progress=False, **options)


def test_good_overlap_is_reweighted() -> None:
    sampler = fit(GOOD)
    assert sampler.program == AUTO.realized("reweight")
    (choice,) = sampler.report().choices
    assert (choice.operation, choice.chosen, choice.threshold) == ("%law0", "reweight", EFFECTIVE)
    overlap = choice.overlap
    assert overlap is not None
    assert (overlap.operation, overlap.variables) == ("%law0", "W2")
    assert overlap.effective > EFFECTIVE
    assert overlap.mass == pytest.approx(1, abs=0.02)
    assert choice.errors is not None
    assert choice.errors.ratio == pytest.approx(1)  # one plug-in, whichever way
    assert choice.reason == (
        f"{choice.errors}, which is level, and {overlap.effective:.0%} of the rows stay effective after reweighting W2"
    )
    assert f"%law0 reweighted: {choice.reason} (reweighting is taken from 70% on)" in str(sampler.report())
    by_name = fit(GOOD, program=idgen.compile(QUERY, NAPKIN, realize="reweight"))
    assert by_name.report().choices == ()
    ours, theirs = ([(m.models, m.family, m.held_out) for m in s.report().models] for s in (sampler, by_name))
    assert ours == theirs
    ours, theirs = (s.sample(500, do={"X": 1}, seed=0)["Y"] for s in (sampler, by_name))
    assert np.array_equal(ours, theirs)


def test_poor_overlap_is_regenerated_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = fit(poor(), rows_factor=2.0)
    assert sampler.program == AUTO.realized("regenerate")
    assert [data.rows for data in sampler.report().data] == [6000]
    (choice,) = sampler.report().choices
    assert choice.chosen == "regenerate"
    assert choice.overlap is not None
    assert choice.overlap.effective < 0.3
    assert "% of the rows stay effective after reweighting W2 (reweighting is taken from 70% on)" in str(choice)
    by_name = fit(poor(), rows_factor=2.0, program=idgen.compile(QUERY, NAPKIN, realize="regenerate"))
    ours, theirs = (s.sample(500, do={"X": 1}, seed=0)["Y"] for s in (sampler, by_name))
    assert np.array_equal(ours, theirs)


def test_rows_that_cover_a_part_only_are_not_reweighted() -> None:
    data = programs.napkin_data(3000)
    data["W2"] = data["W1"] % 2
    data["W1"] = data["W1"] % 2
    with pytest.warns(OverlapWarning, match=r"52% of the answer rests on P\(X \| W1, W2\) at .* which no row shows"):
        (choice,) = fit(data, rows_factor=1.0).report().choices
    # W2 copies W1: every weight is P(w2), about a half, so that all rows would count as effective.
    overlap = choice.overlap
    assert overlap is not None
    assert overlap.effective > EFFECTIVE
    assert overlap.mass == pytest.approx(0.5, abs=0.05)
    assert (choice.chosen, choice.reason) == (
        "regenerate",
        f"the weights of W2 have mean {overlap.mass:.2f} and not one",
    )


def test_a_wide_vector_is_not_tried() -> None:
    data: dict[str, Any] = programs.napkin_data(60)
    data["W2"] = data["W2"][:, None] + np.random.default_rng(0).normal(size=(60, 9))
    (choice,) = fit(data, rows_factor=1.0, epochs=1, ensemble=1, density="mixture", program=ROWS).report().choices
    assert choice.overlap is None
    assert "W2 has 9 real numbers, too many for a density" in choice.reason


def test_what_was_trained_to_decide_is_not_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    trained: Counter[str] = Counter()
    fit_table = Table.fit

    def counted(recipe: Table, task: Task, run: Run) -> TableModel:
        trained.update(part.name for part in task.targets)
        return fit_table(recipe, task, run)

    monkeypatch.setattr(Table, "fit", counted)
    fit(GOOD, family={"W2": "table", "Y": "table"})
    assert trained == {"W2": 1, "Y": 1}


def test_an_interrupted_choice_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    families = {"W2": "table", "Y": "test-counting"}
    with monkeypatch.context() as patch:
        patch.setattr(counting.Counting, "fit", interrupt)
        with pytest.raises(KeyboardInterrupt, match=r"at %m3, 1 of 2 models trained, kept in "):
            fit(GOOD, store=tmp_path, family=families)
    with monkeypatch.context() as patch:
        patch.setattr(Table, "fit", interrupt)
        resumed = fit(GOOD, store=tmp_path, family=families)
    fresh = fit(GOOD, family=families)
    assert resumed.report() == fresh.report()
    ours, theirs = (s.sample(300, do={"X": 1}, seed=1)["Y"] for s in (resumed, fresh))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("data", [GOOD, poor()], ids=["reweighted", "regenerated"])
def test_a_choice_is_saved(tmp_path: Path, data: dict[str, np.ndarray]) -> None:
    sampler = fit(data, rows_factor=1.0)
    sampler.save(tmp_path / "s")
    loaded = TorchBackend().load(tmp_path / "s", device="cpu")
    assert loaded.program == sampler.program
    assert loaded.report() == sampler.report()
    ours, theirs = (s.sample(300, do={"X": 0}, seed=1)["Y"] for s in (sampler, loaded))
    assert np.array_equal(ours, theirs)


def test_a_tampered_choice_is_a_data_error(tmp_path: Path) -> None:
    fit(GOOD).save(tmp_path / "s")
    header = json.loads((tmp_path / "s" / HEADER).read_text())
    del header["fit"]["choices"][0]["reason"]
    (tmp_path / "s" / HEADER).write_text(json.dumps(header))
    with pytest.raises(DataError, match="'choices', item 0 lacks 'reason'"):
        TorchBackend().load(tmp_path / "s")


def test_families_by_operation_and_by_targets() -> None:
    assert [m.family for m in fit(GOOD, family={"%m3": "test-counting"}).report().models] == ["table", "test-counting"]
    assert [m.family for m in fit(GOOD, family={"Y": "test-counting"}).report().models] == ["table", "test-counting"]
    # A model of the way that is not taken is not trained, and one that only decided draws nothing.
    with pytest.raises(
        DataError, match=r"'%m0', which means %m0: .* no such model is trained for these data \(%law0 rew"
    ):
        fit(GOOD, family={"%m0": "test-counting"})
    with pytest.warns(DataWarning, match=r"family names 'W2': %m2: W2 \| W1 only decided between ways"):
        regenerated = fit(poor(), rows_factor=1.0, family={"%m3": "test-counting", "W2": "table"})
    assert regenerated.report().models[-1].family == "test-counting"
    with pytest.raises(DataError, match="family names 'W3', which is no model of the program"):
        fit(GOOD, family={"W3": "table"})


NESTED = idgen.ADMG.parse("W1 -> W2 -> X -> Y; W3 -> W4 -> X; W1 <-> W3 <-> W2; X <-> W1 <-> Y")
"""Two nested laws, of which the weights of the inner one rest on the rows of the other."""


def nested_data(rows: int, agreeing: bool) -> dict[str, np.ndarray]:
    """Rows of the nested graph; where they are `agreeing`, W4 follows W3 in all but a few."""
    random = np.random.default_rng(0)
    a, b, c, d = random.random((4, rows)) < 0.5
    w1 = (random.random(rows) < 0.2 + 0.3 * a + 0.3 * b).astype(int)
    w3 = (random.random(rows) < 0.2 + 0.3 * a + 0.3 * c).astype(int)
    w2 = (random.random(rows) < 0.3 + 0.1 * w1 + 0.3 * c).astype(int)
    w4 = np.where(random.random(rows) < 0.02, 1 - w3, w3) if agreeing else random.integers(0, 2, rows)
    x = (random.random(rows) < 0.1 + 0.3 * w2 + 0.3 * w4 + 0.2 * b).astype(int)
    y = (random.random(rows) < 0.1 + 0.4 * x + 0.4 * d).astype(int)
    return {"W1": w1, "W2": w2, "W3": w3, "W4": w4, "X": x, "Y": y}


def test_an_inner_law_is_weighed_only_on_rows_that_are() -> None:
    program = idgen.compile(QUERY, NESTED)
    assert [law.result for law in program.laws] == ["%law0", "%law1"]
    sampler = fit(nested_data(4000, agreeing=False), program=program)
    assert [(c.operation, c.chosen) for c in sampler.report().choices] == [("%law0", "reweight"), ("%law1", "reweight")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = fit(nested_data(4000, agreeing=True), program=program, rows_factor=1.0)
    (choice,) = sampler.report().choices  # the other law is not even needed
    assert (choice.operation, choice.chosen, choice.reason) == ("%law1", "regenerate", "%law0 is not reweighted")
    assert [law.result for law in sampler.program.laws] == ["%law1"]


def test_no_finite_weight_is_no_overlap() -> None:
    data = DataSet({"X": torch.zeros(4, dtype=torch.int64)}, 4)
    with pytest.raises(NoOverlap, match="%law0: no row has a finite weight"):
        reweighted("%law0", data, torch.full((4,), -torch.inf), ["X"])
    kept = reweighted("%law0", data, torch.tensor([0.0, -torch.inf, 0.0, -torch.inf]), ["X"])
    assert (kept.effective, kept.mass) == (2, 0.5)
    assert kept.data.weights is not None
    assert kept.data.weights.tolist() == [2, 0, 2, 0]


def test_a_real_number_that_is_set_is_no_weight() -> None:
    data = {name: column + np.random.default_rng(0).normal(size=len(column)) for name, column in GOOD.items()}
    program = idgen.Program.parse(str(ROWS).replace("do(W2 ~ %obs)", "do(W2 ~ 0.5)"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few steps draw what no row shows
        (choice,) = fit(data, program=program, steps=20).report().choices
    assert choice.chosen == "regenerate"
    assert "W2" in choice.reason


TWO_LAWS = """
program "P(Y | do(X))" {
  graph "A -> B; B -> V; V -> Y; X -> Y"
  %obs = observe [A, B, V, X, Y]
  %p0 = train %obs : B | A
  %mv = train %obs : V | B
  %my = train %obs : Y | V, X
  %pv = train %obs : V | B
  %law0 = realize P(A, V ; do(B)) -> [A, B, V] {
    regenerate do(B ~ uniform) {
      A ~ rows %obs
      V ~ %mv(B)
    }
    or reweight %obs do(B ~ uniform) by %p0
  }
  %mq = train %law0 : V | B
  %law1 = realize P(X, Y ; do(V)) -> [V, Y] {
    regenerate do(V ~ %law0) {
      X ~ rows %obs
      Y ~ %my(V, X)
    }
    or reweight %obs do(V ~ %law0) by %pv
  }
  %m1 = train %law1 : Y
  sample (X) {
    B ~ uniform
    V ~ %mq(B)
    Y ~ %m1()
  } -> [Y, V]
}
"""


def test_what_was_made_to_choose_is_not_taken_for_what_is_made_in_the_end(tmp_path: Path) -> None:
    """Policies that draw from a law, and models of it that a store keeps, are those of the way that was chosen."""
    random = np.random.default_rng(2)
    a = random.binomial(1, 0.9, 4000)
    b = np.where(random.random(4000) < 0.0005, 1 - a, a)
    v = random.binomial(1, np.where(b == 1, 0.9, 0.1))
    y = random.binomial(1, np.where(v == 1, 0.9, 0.1))
    data = {"A": a, "B": b, "V": v, "X": random.integers(0, 2, 4000), "Y": y}
    program = idgen.Program.parse(TWO_LAWS)
    known = [fit(data, program=each, rows_factor=2.0) for each in (program, program.realized("regenerate"))]
    assert [choice.chosen for choice in known[0].report().choices] == ["regenerate", "regenerate"]
    for _ in range(2):  # a fresh folder, and one to resume from
        known.append(fit(data, program=program, rows_factor=2.0, store=tmp_path))
    drawn = [sampler.sample(2000, do={"X": 1}, seed=1) for sampler in known]
    for each in drawn[1:]:
        assert np.array_equal(each["Y"], drawn[0]["Y"])
        assert np.array_equal(each["V"], drawn[0]["V"])


MEDIATED = """
program "P(Y | do(X))" {
  graph "A -> X -> M -> Y; A -> Y"
  %obs = observe [A, M, X, Y]
  %mm = train %obs : M | X
  %my = train %obs : Y | M, A
  %px = train %obs : X | A
  %law0 = realize P(A, M, Y ; do(X)) -> [X, Y] {
    regenerate do(X ~ %obs) {
      A ~ rows %obs
      M ~ %mm(X)
      Y ~ %my(M, A)
    }
    or reweight %obs do(X ~ %obs) by %px
  }
  %m0 = train %law0 : Y | X
  sample (X) {
    Y ~ %m0(X)
  } -> [Y]
}
"""


def mediated(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Rows in which X acts through M alone, and hardly follows from A."""
    random = np.random.default_rng(seed)
    a = random.integers(0, 2, rows)
    x = random.binomial(1, 0.4 + 0.2 * a)
    m = random.binomial(1, 0.3 + 0.4 * x)
    return {"A": a, "X": x, "M": m, "Y": random.binomial(1, 0.2 + 0.3 * m + 0.3 * a)}


def test_the_smaller_standard_error_decides_where_all_is_categories() -> None:
    """Regenerating knows that X acts through M, weights do not: most rows stay effective, and yet it is better."""
    program = idgen.Program.parse(MEDIATED)
    (choice,) = fit(mediated(6000, seed=4), program=program, rows_factor=1.0).report().choices
    assert choice.overlap is not None
    assert choice.overlap.effective > EFFECTIVE
    assert choice.errors is not None
    assert choice.errors.ratio > 1.02
    assert (choice.chosen, choice.reason) == ("regenerate", str(choice.errors))
    assert str(choice) == f"%law0 regenerated: {choice.errors}"


def test_the_errors_of_both_ways_are_those_of_repeated_tables() -> None:
    """The ratio that decides is that of the spread of the answers from table to table."""
    program = idgen.Program.parse(MEDIATED)
    answers: dict[str, list[float]] = {"reweight": [], "regenerate": []}
    for way, found in answers.items():
        for seed in range(40):
            sampler = fit(mediated(1500, seed), program=program.realized(way), rows_factor=0.2)
            found.append(sampler.estimate("Y", do={"X": 1}).value)
    (choice,) = fit(mediated(1500, seed=0), program=program, rows_factor=1.0).report().choices
    assert choice.errors is not None
    spread = np.std(answers["reweight"]) / np.std(answers["regenerate"])
    assert choice.errors.ratio == pytest.approx(spread, rel=0.35)
    assert spread > 1
