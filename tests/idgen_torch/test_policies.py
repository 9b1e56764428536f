"""The policies of programs in this backend: drawn, weighed, saved, and the same as in the exact one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_torch import TorchBackend, TorchSampler
from tests.idgen_exact.test_policies import DRAWN, SET

N = 4000


def rows(values: tuple[Any, Any, Any] = (0, 1, 2), count: int = N) -> dict[str, np.ndarray]:
    """Y depends on X, which is one of three values."""
    random = np.random.default_rng(0)
    code = random.choice(3, count, p=[0.5, 0.3, 0.2])
    y = (random.random(count) < np.array([0.1, 0.5, 0.9])[code]).astype(int)
    return {"X": np.asarray(values)[code], "Y": y}


def fit(text: str, policy: str, data: Any, way: str = "", **options: Any) -> TorchSampler:
    program = idgen.Program.parse(text.replace("POLICY", policy)).realized(way)
    return TorchBackend().fit(program, data, device="cpu", progress=False, **options)


def exact(text: str, policy: str, data: dict[str, np.ndarray], way: str = "") -> float:
    """P(Y = 1) of the program run on the empirical law."""
    labels = np.unique(data["X"])
    joint = idgen.Joint.from_samples({"X": np.searchsorted(labels, data["X"]), "Y": data["Y"]})
    joint = idgen.Joint(joint.variables, joint.table, labels={"X": labels.tolist()})
    sampler: Any = idgen.Program.parse(text.replace("POLICY", policy)).realized(way).fit(joint, backend="exact")
    return float(sampler.kernel().table[1])


@pytest.mark.parametrize("policy", ["%obs", "uniform", "10", "30"])
def test_categories_are_drawn_as_the_exact_backend_says(policy: str) -> None:
    data = rows((10, 20, 30))
    for text, ways in ((DRAWN, [""]), (SET, ["regenerate", "reweight"])):
        for way in ways:
            sampler = fit(text, policy, data, way)
            share = float(sampler.sample(100_000, seed=1)["Y"].mean())
            assert share == pytest.approx(exact(text, policy, data, way), abs=0.02)


def test_categories_that_are_numbers_move() -> None:
    data = rows((10, 20, 30))
    data = {name: values[data["X"] < 30] for name, values in data.items()}
    data["X"] = np.concatenate([data["X"], [30]])
    data["Y"] = np.concatenate([data["Y"], [1]])
    with pytest.raises(idgen.DataError, match=r"X = 30 moved by 10.0 is no value that the data show"):
        fit(DRAWN, "%obs + 10", data).sample(200_000, seed=0)
    with pytest.raises(idgen.DataError, match="X has the label 'a', which is no number"):
        fit(DRAWN, "%obs + 10", rows(("a", "b", "c"))).sample(10, seed=0)
    sampler = fit(SET, "%obs - 0", data, "reweight")
    assert float(sampler.sample(50_000, seed=0)["Y"].mean()) == pytest.approx(data["Y"].mean(), abs=0.02)


def test_numbers_move_in_their_own_unit(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.normal(100, 5, N)
    data = {"X": x, "Y": 2 * x + random.normal(0, 1, N)}
    options: dict[str, Any] = {"epochs": 8, "ensemble": 1, "hidden": (16,)}
    sampler = fit(DRAWN, "%obs - 5", data, **options)
    drawn = sampler.sample(20_000, seed=0)["Y"]
    assert float(drawn.mean()) == pytest.approx(190, abs=1)
    sampler.save(tmp_path / "s")
    again = TorchBackend().load(tmp_path / "s", device="cpu").sample(20_000, seed=0)["Y"]
    assert np.array_equal(again, drawn)
    weighed = fit(SET, "%obs - 5", data, "reweight", **options)
    assert float(weighed.sample(20_000, seed=0)["Y"].mean()) == pytest.approx(190, abs=2)


def test_a_fixed_value_is_saved_and_checked(tmp_path: Path) -> None:
    sampler = fit(DRAWN, "20", rows((10, 20, 30)))
    sampler.save(tmp_path / "s")
    again = TorchBackend().load(tmp_path / "s", device="cpu")
    ours, theirs = (s.sample(500, seed=0)["Y"] for s in (sampler, again))
    assert np.array_equal(ours, theirs)
    with pytest.raises(idgen.DataError, match=r"policy\(X=\.\.\.\) is 40, which the data never show"):
        fit(DRAWN, "40", rows((10, 20, 30)))
    random = np.random.default_rng(0)
    data = {"X": random.normal(size=200), "Y": random.normal(size=200)}
    with pytest.raises(idgen.DataError, match="weighs no rows: a real number has no second row like it"):
        fit(SET, "0.5", data, "reweight", epochs=1, ensemble=1, hidden=(4,))


def test_numbers_that_are_moved_beyond_the_data_are_told() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, 400)
    options: dict[str, Any] = {"epochs": 1, "ensemble": 1, "hidden": (8,)}
    with pytest.warns(idgen.OverlapWarning, match=r"policy\(X = 101\) lies 1[23]\d\.\d standard .*400 of 400 values"):
        fit(DRAWN, "%obs + 100", {"X": x, "Y": x}, **options)


def test_a_number_beyond_all_floats_is_named() -> None:
    x = np.random.default_rng(0).normal(size=200)
    with pytest.raises(idgen.DataError, match=r"policy\(X=...\) is 10+\.\.\., beyond all floating-point numbers"):
        fit(DRAWN, str(10**400), {"X": x, "Y": x}, epochs=1)


@pytest.mark.parametrize("policy", ["%obs + 1e308", "%obs - 1e40", "1e300"])
def test_a_number_that_no_model_can_hold_is_refused(policy: str) -> None:
    x = np.random.default_rng(0).normal(size=200)
    with pytest.raises(idgen.DataError, match=r"more than 1e\+12 standard deviations from the data of X"):
        fit(DRAWN, policy, {"X": x, "Y": x}, epochs=1)


def test_what_cannot_be_moved_is_refused_before_training() -> None:
    x = np.random.default_rng(0).normal(size=(200, 3))
    with pytest.raises(idgen.DataError, match="X is of kind vector, which cannot be moved"):
        fit(DRAWN, "%obs + 1", {"X": x, "Y": x[:, 0]}, epochs=1)


@pytest.mark.parametrize("value", ['"picture.png"', "1"])
def test_a_program_writes_no_pictures_and_reads_no_file_for_one(value: str, tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.zeros((8, 8), dtype=np.uint8)).save(tmp_path / "picture.png")
    pictures = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)
    data = {"X": pictures, "Y": pictures.mean((1, 2, 3))}
    asked = value.replace("picture.png", str(tmp_path / "picture.png"))
    with pytest.raises(idgen.DataError, match="X is of kind image, of which a program can write no value"):
        fit(DRAWN, asked, data, epochs=1)
