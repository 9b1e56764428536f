from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from idgen_compiler.errors import DataError, OverlapWarning
from idgen_compiler.estimand.tables import Joint
from idgen_compiler.ir import Column, Uniform
from idgen_compiler.program import Program
from idgen_compiler.query import Query
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.arithmetic import effective_rows
from idgen_torch.families import Classifier
from idgen_torch.families.tables.resample import ResampleModel
from tests.idgen_torch import counting, programs
from tests.idgen_torch.programs import BACK_DOOR, FRONT_DOOR, NAPKIN, REWEIGHTED


def fit(program: Program, data: Any, **options: Any) -> TorchSampler:
    return TorchBackend().fit(program, data, device="cpu", progress=False, **options)


def total_variation(sampler: TorchSampler, program: Program, data: dict[str, np.ndarray], n: int = 200_000) -> float:
    """The largest over x of the distance between samples and the program run exactly on the empirical joint."""
    backend = pytest.importorskip("idgen_exact").ExactBackend()
    kernel = backend.fit(program, Joint.from_samples(data)).kernel()
    distances = []
    for x in range(2):
        drawn = np.bincount(sampler.sample(n, do={"X": x}, seed=7)["Y"], minlength=2) / n
        distances.append(abs(drawn - kernel.at(X=x)).sum() / 2)
    return max(distances)


@pytest.mark.parametrize("program", [BACK_DOOR, FRONT_DOOR], ids=["back-door", "front-door"])
def test_count_tables_sample_what_the_exact_backend_computes(program: Program) -> None:
    data = programs.back_door_data(20_000)
    data["M"] = data.pop("Z") if program is FRONT_DOOR else data.get("Z")
    data = {name: data[name] for name in program.observe.variables}
    sampler = fit(program, data, family={op.result: "table" for op in program.models})
    assert total_variation(sampler, program, data) < 0.006


@pytest.mark.parametrize("program", [NAPKIN, REWEIGHTED], ids=["regenerated", "reweighted"])
def test_both_ways_to_realise_an_intervened_law_reach_the_exact_answer(program: Program) -> None:
    data = programs.napkin_data(60_000)
    sampler = fit(program, data, family={op.result: "table" for op in program.models})
    # .01 is three standard errors of the samples and of weights; the regenerated law itself is summed.
    assert total_variation(sampler, program, data) < 0.01
    (report,) = sampler.report().data
    if program is NAPKIN:
        assert (report.rows, report.effective_rows) == (600_000, 600_000)
    else:
        assert report.rows == 60_000
        assert 0.5 < report.effective_rows / report.rows < 0.99


def test_a_composite_is_one_variable() -> None:
    random = np.random.default_rng(0)
    data = programs.back_door_data(20_000)
    shade = random.integers(0, 3, 20_000)
    y = (random.random(20_000) < 0.1 + 0.2 * data["X"] + 0.3 * data["Z"] + 0.15 * shade).astype(int)
    columns = {"X": data["X"], "Y": y, "Z.light": np.array(["off", "on"])[data["Z"]], "Z.shade": shade}
    sampler = fit(BACK_DOOR, columns, family={"Z": "table", "Y": "table"})
    assert total_variation(sampler, BACK_DOOR, {"X": data["X"], "Y": y, "Z": 3 * data["Z"] + shade}) < 0.006
    both = Program.parse(str(BACK_DOOR).replace("[Y]", "[Y, Z]"))
    samples = fit(both, columns, family={"Y": "table"}).sample(20_000, do={"X": 0}, seed=1)
    assert samples["Z"].dtype.names == ("light", "shade")
    # Resampled rows keep the fields of one row together, as the data do.
    joint = samples.to_pandas().groupby(["Z.light", "Z.shade"]).size() / 20_000
    assert joint["on", 2] == pytest.approx(((data["Z"] == 1) & (shade == 2)).mean(), abs=0.015)


def test_the_effective_sample_size_is_kishs() -> None:
    assert effective_rows(torch.tensor([1.0, 1.0, 0.0, 0.0])) == pytest.approx(2)
    assert effective_rows(torch.full((7,), 0.3)) == pytest.approx(7)


def test_weights_whose_mean_is_not_one_warn() -> None:
    """W2 is W1: every row stays effective, and half of the intervened law has no rows."""
    random = np.random.default_rng(0)
    w1 = random.integers(2, size=2000)
    data = {"W1": w1, "W2": w1, "X": random.integers(0, 2, 2000), "Y": random.normal(size=2000)}
    with pytest.warns(OverlapWarning, match=r"%law0: the weights of W2 have mean 0\.5\d and not one"):
        fit(REWEIGHTED, data, epochs=1, ensemble=1)
    with pytest.warns(OverlapWarning, match="50% of the answer rests on rows at W2 = 0 where W1 = 1") as told:
        fit(REWEIGHTED, {**data, "Y": random.integers(0, 2, 2000)})
    assert len(told) == 1


def test_poor_overlap_warns() -> None:
    random = np.random.default_rng(0)
    w1 = np.arange(2000) % 2
    # W2 copies W1 but for four rows in two thousand, so that a few rows carry almost all weight.
    w2 = np.where(np.arange(2000) % 500 == 0, 1 - w1, w1)
    data = {"W1": w1, "W2": w2, "X": random.integers(0, 2, 2000), "Y": random.integers(0, 2, 2000)}
    with (
        pytest.warns(OverlapWarning, match="25% of the answer rests on rows at W2 = 0 where W1 = 1"),
        pytest.warns(OverlapWarning, match=r"%law0: after reweighting W2 only \d+ of 2000 rows are effective"),
    ):
        fit(REWEIGHTED, data, smoothing=0.0, family={"%p0": "table"})


@pytest.mark.filterwarnings("ignore::idgen_compiler.OverlapWarning")  # of a single row
@pytest.mark.parametrize(("factor", "rows"), [(10.0, 500), (0.5, 25), (0.001, 1)])
def test_regenerated_data_have_the_stated_size(factor: float, rows: int) -> None:
    sampler = fit(NAPKIN, programs.napkin_data(50), rows_factor=factor)
    (report,) = sampler.report().data
    assert report.rows == rows
    assert sampler.report().rows_factor == factor


def test_a_family_is_chosen_by_operation_or_targets() -> None:
    data = programs.back_door_data(200)
    chosen = fit(BACK_DOOR, data, family={"Y": "test-counting", "m0": "table"})
    assert [model.family for model in chosen.report().models] == ["table", "test-counting"]
    # Y = 1 + X + Z mod 2 in the counting family
    drawn = chosen.sample(4, do={"X": 1}, seed=0)["Y"]
    assert set(drawn) <= {0, 1}
    assert list(fit(BACK_DOOR, data, family={"%m0": "resample"}).sample(0, do={"X": 0})["Y"]) == []
    recipes = fit(BACK_DOOR, data, family={"Y | X,Z": "classifier{hidden=(8, 8), epochs=2}", "*": "table"}, epochs=9)
    assert [model.family for model in recipes.report().models] == ["table", "classifier"]
    assert recipes.fitted.models["%m1"].recipe == Classifier(hidden=(8, 8), epochs=2)
    assert recipes.report().options == {"epochs": 9}
    same = fit(BACK_DOOR, data, family={"Y": Classifier(hidden=(8, 8), epochs=2), "Z": "table"}, epochs=9)
    assert np.array_equal(*(s.sample(50, do={"X": 1}, seed=1)["Y"] for s in (recipes, same)))
    with pytest.raises(DataError, match="family names 3; name a model by"):
        fit(BACK_DOOR, data, family={3: "table"})
    with pytest.raises(DataError, match="family names 'Z2', which is no model"):
        fit(BACK_DOOR, data, family={"Z2": "table"})
    with pytest.raises(DataError, match="no kernel family is called 'tabel'"):
        fit(BACK_DOOR, data, family={"Y": "tabel"})


def test_losses_that_a_family_tells_are_reported() -> None:
    sampler = fit(BACK_DOOR, programs.back_door_data(200), family={"Y": "test-counting"})
    model = sampler.report().models[1]
    assert dict(model.held_out) == {"count": -0.5}
    assert "%m1: Y | X, Z  [test-counting, 200 rows, held-out log-likelihood -0.5000]" in str(sampler.report())


def test_equal_seeds_give_equal_models_and_other_operations_do_not_matter() -> None:
    data = programs.napkin_data(500)
    once, twice = (fit(NAPKIN, data, seed=3, rows_factor=1.0, family={"Y": "table"}) for _ in range(2))
    assert np.array_equal(once.sample(100, do={"X": 1}, seed=5)["Y"], twice.sample(100, do={"X": 1}, seed=5)["Y"])
    other = fit(NAPKIN, data, seed=4, rows_factor=1.0, family={"Y": "table"})
    first, second = (s.fitted.models["%m3"].state()[1]["probabilities"] for s in (once, other))
    assert not torch.equal(first, second)


def test_only_what_sampling_needs_is_kept() -> None:
    sampler = fit(NAPKIN, programs.napkin_data(200), rows_factor=1.0)
    assert set(sampler.fitted.models) == {"%m3"}
    assert set(sampler.fitted.policies) == {(Uniform(), ("W2",))}
    assert [model.operation for model in sampler.report().models] == ["%m0", "%m1", "%m2", "%m3"]


def test_a_draw_from_data_keeps_its_rows() -> None:
    program = Program.parse(str(NAPKIN).replace("W2 ~ uniform", "W2 ~ %law0"))
    sampler = fit(program, programs.napkin_data(200), rows_factor=2.0)
    policy = sampler.fitted.policies[Column("%law0"), ("W2",)]
    assert isinstance(policy, ResampleModel)
    assert policy.state()[0]["rows"] == 400


def test_rows_of_a_data_set_keep_variables_together(tmp_path: Path) -> None:
    text = str(BACK_DOOR).replace("Z ~ %m0()", "(Z, X') ~ rows %obs\n    Y' ~ %m1(X', Z)")
    program = Program.parse(text)
    data = programs.back_door_data(20_000)
    sampler = fit(program, data, family={"Y": "table"})
    assert set(sampler.fitted.policies) == {(Column("%obs"), ("Z", "X"))}
    assert total_variation(sampler, BACK_DOOR, data) < 0.006
    rows = sampler.fitted.policies[Column("%obs"), ("Z", "X")].sample({}, 50_000, torch.Generator().manual_seed(0))
    together = ((rows["Z"] == 1) & (rows["X"] == 1)).double().mean()
    assert float(together) == pytest.approx((data["Z"] * data["X"]).mean(), abs=0.01)
    sampler.save(tmp_path / "s")
    loaded = TorchBackend().load(tmp_path / "s", device="cpu")
    ours, theirs = (s.sample(200, do={"X": 1}, seed=0)["Y"] for s in (sampler, loaded))
    assert np.array_equal(ours, theirs)


def test_a_program_with_several_samplers_is_sampled_by_query() -> None:
    text = str(BACK_DOOR)[:-1] + '  sample "P(Y | X)" (X) {\n    Z ~ %m0()\n    Y ~ %m1(X, Z)\n  } -> [Y, Z]\n}'
    program = Program.parse(text)
    sampler = fit(program, programs.back_door_data(200))
    assert set(sampler.sample(3, given={"X": 1}, query="P(Y | X)")) == {"Y", "Z"}
    assert set(sampler.sample(3, do={"X": 1}, query="P(Y | do(X))")) == {"Y"}
    assert set(sampler.sample(3, do={"X": 1}, query=Query.parse("P(Y | do(X))"))) == {"Y"}
    assert set(sampler.sample(3, given={"X": 1}, query="P(Y|X)")) == {"Y", "Z"}
    with pytest.raises(DataError, match="answers no query 'P'"):
        sampler.sample(3, do={"X": 1}, query="P")
    with pytest.raises(
        DataError, match=r"answers 2 queries; choose with query= one of: P\(Y \| do\(X\)\); P\(Y \| X\)"
    ):
        sampler.sample(3, do={"X": 1})
    with pytest.raises(DataError, match="give a Query or its text"):
        sampler.sample(3, query=3)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="has X in given, not in do"):
        sampler.sample(3, do={"X": 1}, query="P(Y | X)")


def test_a_family_that_refuses_names_the_operation() -> None:
    assert counting.Counting.word == "test-counting"
    with pytest.raises(DataError, match=r"%m1: Y \| X, Z \[resample\]: resampling takes no inputs"):
        fit(BACK_DOOR, programs.back_door_data(50), family={"Y": "resample"})


def test_reals_and_counts_come_back_in_their_units() -> None:
    random = np.random.default_rng(0)
    z = random.normal(size=1500)
    x = 200 + 10 * (z + random.normal(size=1500))
    y = np.round(5000 + 40 * (x - 200) / 10 + 40 * z).astype(np.int32)
    sampler = fit(BACK_DOOR, {"X": x, "Y": y, "Z": z}, epochs=4, ensemble=1, density="mixture")
    assert [model.family for model in sampler.report().models] == ["resample", "flow"]
    low, high = (sampler.sample(4000, do={"X": value}, seed=0)["Y"] for value in (190, 210))
    assert low.dtype == np.int32
    # E[Y | do(x)] = 5000 + 4 (x - 200)
    assert np.mean(low) == pytest.approx(4960, abs=8)
    assert np.mean(high) == pytest.approx(5040, abs=8)


@pytest.mark.gpu
def test_a_gpu_gives_the_same_law() -> None:
    data = programs.napkin_data(60_000)
    sampler = TorchBackend().fit(NAPKIN, data, device="cuda", progress=False)
    assert sampler.device.type == "cuda"
    assert total_variation(sampler, NAPKIN, data) < 0.015
