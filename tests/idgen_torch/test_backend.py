from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, OverlapWarning
from idgen_compiler.hinge.backend import find_backend
from idgen_torch import Categorical, TorchBackend, TorchSampler
from tests.idgen_torch import programs
from tests.idgen_torch.programs import BACK_DOOR

DATA = programs.back_door_data(300)


def fit(data: Any = DATA, **options: Any) -> TorchSampler:
    return TorchBackend().fit(BACK_DOOR, data, **{"device": "cpu", "progress": False, **options})


@pytest.fixture(scope="module")
def sampler() -> TorchSampler:
    data = {**DATA, "X": np.array(["no", "yes"])[DATA["X"]], "Y": DATA["Y"].astype(bool)}
    return fit(data)


def test_the_backend_is_found_by_its_name() -> None:
    assert isinstance(find_backend("torch"), TorchBackend)


def test_labels_come_back_as_they_went_in(sampler: TorchSampler) -> None:
    samples = sampler.sample(50, do={"X": "yes"}, seed=0)
    assert samples["Y"].dtype == np.bool_
    assert samples.size == 50


def test_one_value_is_the_same_as_one_for_each_sample(sampler: TorchSampler) -> None:
    one = sampler.sample(400, do={"X": "yes"}, seed=0)["Y"]
    assert np.array_equal(one, sampler.sample(400, do={"X": ["yes"] * 400}, seed=0)["Y"])
    mixed = sampler.sample(400, do={"X": np.array(["no", "yes"] * 200)}, seed=0)["Y"]
    assert np.array_equal(mixed[1::2], one[1::2])
    assert mixed[::2].mean() < mixed[1::2].mean()


def test_seeds_reproduce_and_no_seed_is_fresh(sampler: TorchSampler) -> None:
    draw = lambda seed: sampler.sample(200, do={"X": "yes"}, seed=seed)["Y"]  # noqa: E731
    assert np.array_equal(draw(1), draw(np.int64(1)))
    assert not np.array_equal(draw(1), draw(2))
    assert not np.array_equal(draw(None), draw(None))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 5}, r"P\(Y \| do\(X\)\) needs a value of X: pass do=\{'X': ...\}"),
        ({"n": 5, "given": {"X": "yes"}}, r"has X in do, not in given: pass do=\{'X'"),
        ({"n": 5, "do": {"X": "yes", "Z": 1}}, "do names 'Z', which .* does not; known names: X"),
        ({"n": 5, "do": {"X": "yes"}, "given": {"Z": 1}}, "given names 'Z'.*it takes no given-values"),
        ({"n": 5, "do": {"X": "maybe"}}, "labels of X are 'no', 'yes'"),
        ({"n": 5, "do": {"X": ["yes"] * 4}}, "4 values for 5 samples"),
        ({"n": -1, "do": {"X": "yes"}}, "n is -1"),
        ({"n": 2.5, "do": {"X": "yes"}}, "n is 2.5"),
        ({"n": True, "do": {"X": "yes"}}, "n is True"),
        ({"n": 5, "do": {"X": "yes"}, "seed": "x"}, "the seed is 'x'"),
        ({"n": 5, "do": ["X"]}, "do is .*; give a mapping"),
    ],
)
def test_what_cannot_be_sampled_says_why(sampler: TorchSampler, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        sampler.sample(**arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epoch": 3}, "no option 'epoch'; did you mean epochs"),
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": "many"}, "wrong type|epochs"),
        ({"rows_factor": 0}, "rows_factor is 0"),
        ({"rows_factor": "ten"}, "rows_factor is 'ten'"),
        ({"seed": 0.5}, "the seed is 0.5"),
        ({"device": "tpu9"}, "no device|not supported"),
        ({"device": "meta"}, "not supported"),
        ({"device": "cuda:99"}, r"there is no device 'cuda:99' here"),
        ({"types": {"W": "continuous"}}, "types names 'W'"),
        ({"types": "categorical"}, "types is 'categorical'; give a mapping"),
        ({"composites": "X"}, "composites is 'X'; give a mapping"),
        ({"family": "table"}, "family is 'table'; give a mapping"),
        ({"store": 3}, "store is 3; give a folder"),
    ],
)
def test_options_that_make_no_sense_say_why(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(**options)


@pytest.mark.parametrize("theirs", ["double", "no_grad", "inference"])
def test_the_callers_settings_of_torch_do_not_matter(theirs: str) -> None:
    rng = np.random.default_rng(0)
    data = {"Z": rng.normal(size=200), "X": DATA["X"][:200], "Y": rng.normal(size=200)}
    options: dict[str, Any] = {"epochs": 1, "ensemble": 1, "density": "mixture"}
    drawn = []
    for changed in (False, True):
        before = torch.get_default_dtype()
        if changed and theirs == "double":
            torch.set_default_dtype(torch.float64)
        guards = {"no_grad": torch.no_grad, "inference": torch.inference_mode}
        try:
            with guards.get(theirs, nullcontext)() if changed else nullcontext():
                sampler = fit(data, **options)
                drawn.append(sampler.sample(50, do={"X": DATA["X"][0]}, seed=1)["Y"])
                assert torch.get_default_dtype() == (torch.float64 if changed and theirs == "double" else before)
        finally:
            torch.set_default_dtype(before)
    assert np.array_equal(*drawn)


def test_a_treatment_with_one_of_its_labels_only_is_told() -> None:
    data = {**DATA, "X": np.repeat(DATA["X"][:1], len(DATA["X"]))}
    labels = tuple(sorted(set(DATA["X"].tolist())))
    with pytest.warns(OverlapWarning, match="X is .* in every row"):
        fit(data, types={"X": Categorical(labels)}, epochs=1)


def test_bad_tables_are_data_errors() -> None:
    with pytest.raises(DataError, match="lack 1 column"):
        fit({"X": DATA["X"], "Y": DATA["Y"]})
    with pytest.raises(DataError, match="column Z has 300 NaN"):
        fit({**DATA, "Z": np.full(300, np.nan)})
    with pytest.raises(DataError, match="no rows"):
        fit({name: [] for name in DATA})


def test_a_treatment_that_does_not_vary_warns() -> None:
    with pytest.warns(OverlapWarning, match="X is 1 in every row, so that its effect cannot be learned") as told:
        fit({**DATA, "X": np.ones(300, dtype=int)})
    assert told[0].filename == __file__
    assert list(fit({**DATA, "Y": np.ones(300, dtype=int)}).sample(3, do={"X": 1})["Y"]) == [1, 1, 1]


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_handful_of_rows_can_be_fitted(rows: int) -> None:
    data = {"X": [0, 1, 0, 1, 0][:rows], "Y": [0, 1, 1, 0, 1][:rows], "Z": [0, 1, 1, 1, 0][:rows]}
    with pytest.warns(OverlapWarning) as told:
        sampler = fit(data, family={"Y": "table"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        assert set(sampler.sample(20, do={"X": 0}, seed=0)["Y"]) <= {0, 1}
    said = [str(warning.message) for warning in told]
    assert said[0].startswith(f"the table has {rows} row{'s' * (rows > 1)}, too few to learn a law from")
    assert any("X is 0 in every row" in text for text in said) == (rows == 1)


def test_covariates_that_the_graph_leaves_unlinked_stay_together() -> None:
    """B = A in 90 % of the rows: drawn apart the answer is .5, whatever the models."""
    rng, n = np.random.default_rng(0), 4_000
    a = rng.random(n) < 0.5
    b = np.where(rng.random(n) < 0.9, a, ~a)
    x = rng.random(n) < np.where(a, 0.7, 0.3)
    data = {"A": a, "B": b, "X": x, "Y": rng.random(n) < 0.1 + 0.1 * x + 0.6 * (a ^ b)}
    query, graph = idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("A, B -> X -> Y; A, B -> Y")
    options: dict[str, Any] = {"device": "cpu", "progress": False, "epochs": 10, "ensemble": 1}
    sampler = idgen.compile(query, graph).fit(data, **options)
    assert sampler.sample(20_000, do={"X": True}, seed=0)["Y"].mean() == pytest.approx(0.26, abs=0.03)
    apart = idgen.compile(query, graph, optimize=0)
    with pytest.warns(idgen.GraphWarning, match="A and B .* add A <-> B"):
        apart.fit(data, **options)
    assert apart.fit(data, **options, check_graph=False) is not None
