"""Programs with images among their variables, from data to samples and back from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.data.images import image_column
from idgen_compiler.demo.colored_digits import Bank, napkin_images, single_colored
from idgen_compiler.demo.napkin_mnist import GRAPH, HARD, QUERY
from idgen_compiler.store import Store
from idgen_torch import TorchSampler
from idgen_torch.families import Diffusion, Run, Task
from idgen_torch.families.images.drawn import DiffusionModel
from idgen_torch.running import ancestral
from idgen_torch.running.files import models as model_files
from idgen_torch.training.progress import NoProgress

IMAGES = {"steps": 2, "batch_size": 8, "channels": (8, 8), "sampling_steps": 1}


@pytest.fixture(scope="module")
def bank() -> Bank:
    rng = np.random.default_rng(0)
    return Bank(rng.integers(0, 256, (60, 3, 8, 8), dtype=np.uint8), np.arange(60) % 10)


@pytest.fixture(scope="module")
def data(bank: Bank) -> dict[str, Any]:
    return napkin_images(bank, 120, 0)[0]


def fitted(data: Any, realize: Any = "regenerate", **more: Any) -> TorchSampler:
    joint = [("X", "Y")] if realize == "regenerate" else ()
    program = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse(GRAPH), realize=realize, joint=joint)
    sampler = program.fit(data, backend="torch", images=IMAGES, epochs=1, progress=False, device="cpu", **more)
    assert isinstance(sampler, TorchSampler)
    return sampler


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
@pytest.mark.parametrize("realize", ["regenerate", "reweight"])
def test_the_napkin_with_pictures(realize: str, data: dict[str, Any], tmp_path: Path) -> None:
    sampler = fitted(data, realize)
    families = {model.models: model.family for model in sampler.report().models}
    if realize == "regenerate":
        assert families == {"X, Y | W1, W2": "diffusion", "Y | X": "diffusion"}
        assert sampler.report().data[0].rows == 120
    else:
        assert families == {"W2 | W1": "from-images", "Y | X": "diffusion"}
    assert all(not model.held_out for model in sampler.report().models if model.family == "diffusion")
    y = sampler.sample(5, do={"X": data["X"][0]}, seed=1)["Y"]
    assert y.shape == (5, 3, 8, 8)
    assert y.dtype == np.uint8
    sampler.save(tmp_path / "saved")
    again = idgen.load(tmp_path / "saved")
    assert np.array_equal(again.sample(5, do={"X": data["X"][0]}, seed=1)["Y"], y)
    many = sampler.sample(3, do={"X": data["X"][:3]}, seed=1)
    assert len(many.to_pandas()["Y"]) == 3


def test_inputs_that_a_regeneration_asks_for_are_shown_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    light, other = rng.integers(2, size=600), rng.random(600) < 0.1
    pictures = (150 * light[:, None, None, None] + rng.integers(0, 50, (600, 1, 8, 8))).astype(np.uint8)
    data = {"W1": pictures, "W2": np.where(other, 1 - light, light), "X": pictures, "Y": pictures}
    shown: list[Any] = []

    def watched(recipe: Diffusion, task: Task, run: Run) -> DiffusionModel:
        shown.append(task.weights)
        return fit(recipe, task, run)

    fit = Diffusion.fit
    monkeypatch.setattr(Diffusion, "fit", watched)
    program = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse(GRAPH), realize="regenerate")
    for emphasis in (0.5, 0.0):
        images = {**IMAGES, "emphasis": emphasis}
        program.fit(data, backend="torch", images=images, epochs=20, progress=False, device="cpu")
    x, y, answer = shown[:3]
    assert np.array_equal(x, y)  # one classifier serves both
    assert x[other].mean() / x[~other].mean() == pytest.approx(3, rel=0.3)  # the root of .9 / .1
    assert answer is None
    assert shown[3:] == [None] * 3


def test_pictures_given_categories_are_real_rows() -> None:
    rng = np.random.default_rng(0)
    z = rng.integers(2, size=200)
    pictures = (100 * z[:, None, None, None] + rng.integers(0, 50, (200, 1, 8, 8))).astype(np.uint8)
    program = idgen.compile(idgen.Query.parse("P(Y | do(Z))"), idgen.ADMG.parse("Z -> Y"))
    sampler = program.fit({"Z": z, "Y": pictures}, backend="torch", progress=False)
    assert [model.family for model in sampler.report().models] == ["matched"]
    known = {picture.tobytes() for picture in pictures[z == 1]}
    assert {picture.tobytes() for picture in sampler.sample(50, do={"Z": 1}, seed=0)["Y"]} <= known


def test_a_front_door_through_a_wide_vector(tmp_path: Path) -> None:
    """X -> M -> Y with X <-> Y and M of 40 entries around a line that X shifts."""
    rng, n = np.random.default_rng(0), 3_000
    hidden = rng.integers(2, size=n)
    x = np.where(rng.random(n) < 0.2, 1 - hidden, hidden)
    along = 2.0 * x - 1 + rng.normal(size=n)
    m = along[:, None] * np.linspace(0.5, 1.5, 40) + 0.5 * rng.normal(size=(n, 40))
    y = along + 2.0 * hidden + 0.3 * rng.normal(size=n)
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> M -> Y; X <-> Y"))
    how = {"epochs": 8, "hidden": (64, 64), "ensemble": 1, "density": "mixture", "progress": False, "device": "cpu"}
    data, asked = {"X": x, "M": m, "Y": y}, {"M": "vector-diffusion"}
    sampler = program.fit(data, backend="torch", seed=0, family=asked, **how)
    families = {model.models: (model.family, bool(model.held_out)) for model in sampler.report().models}
    assert families["M | X"] == ("vector-diffusion", False)
    means = [sampler.sample(4_000, do={"X": value}, seed=1)["Y"].mean() for value in (0, 1)]
    assert means[1] - means[0] == pytest.approx(2.0, abs=0.3)
    assert y[x == 1].mean() - y[x == 0].mean() > 3, "what is seen is another thing"
    sampler.save(tmp_path / "saved")
    again = idgen.load(tmp_path / "saved")
    assert np.array_equal(*(s.sample(5, do={"X": 1}, seed=2)["Y"] for s in (sampler, again)))


@pytest.mark.parametrize("large", [False, True])
def test_pictures_without_inputs_are_resampled_and_composites_hold_them(
    large: bool, data: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr(model_files, "LARGE", 1)  # files are mapped, tensors not copied
    program = idgen.compile(idgen.Query.parse("P(V)"), idgen.ADMG.parse("V"))
    sampler = program.fit({"V.picture": data["X"], "V.label": data["W2.digit"]}, backend="torch", progress=False)
    drawn = sampler.sample(4, seed=0)["V"]
    assert drawn["picture"].shape == (4, 3, 8, 8)
    sampler.save(tmp_path / "saved")
    assert np.array_equal(idgen.load(tmp_path / "saved").sample(4, seed=0)["V"], drawn)


class Stopping(NoProgress):
    """Interrupts the second model's training near its end."""

    def __init__(self) -> None:
        self.reports = 0

    def start(self, name: str, total: int) -> None:
        self.reports = 0 if "Y | X" in name else -1000

    def advance(self, loss: float) -> None:
        self.reports += 1
        if self.reports > 60:
            raise KeyboardInterrupt


def test_an_interrupted_fit_resumes_with_the_same_result(data: dict[str, Any], tmp_path: Path) -> None:
    images = Diffusion(**{**IMAGES, "steps": 6, "save_every": 2})  # type: ignore[arg-type]
    program = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse(GRAPH), realize="regenerate", joint=[("X", "Y")])
    how: dict[str, Any] = {"backend": "torch", "images": images, "device": "cpu"}
    with pytest.raises(KeyboardInterrupt, match="1 of 2 models"):
        program.fit(data, store=tmp_path, progress=Stopping(), **how)
    assert list(tmp_path.glob("states/*.training.safetensors"))
    resumed = program.fit(data, store=tmp_path, progress=False, **how)
    assert not list(tmp_path.glob("*/*.training.safetensors"))
    whole = program.fit(data, progress=False, **how)
    x = data["X"][0]
    assert np.array_equal(*(s.sample(3, do={"X": x}, seed=1)["Y"] for s in (resumed, whole)))


def test_mistakes_are_named(data: dict[str, Any]) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    pair = {name: data[name] for name in ("X", "Y")}
    with pytest.raises(idgen.DataError, match=r"no option 'step'.*did you mean steps"):
        program.fit(pair, backend="torch", images={"step": 3})
    with pytest.raises(idgen.DataError, match="give Diffusion"):
        program.fit(pair, backend="torch", images=3)
    sampler = program.fit(pair, backend="torch", images=IMAGES, progress=False, device="cpu")
    with pytest.raises(idgen.DataError, match=r"shape \(3, 8, 8\)"):
        sampler.sample(2, do={"X": data["X"][0, :, :4]})
    labels = {"X": np.repeat(["red", "green"], 60), "Y": data["Y"]}
    categories = program.fit(labels, backend="torch", images=IMAGES, progress=False, device="cpu")
    with pytest.raises(idgen.DataError, match="'blue', which the data never show"):
        categories.sample(2, do={"X": "blue"})


def test_a_model_is_found_again_when_only_the_showing_changes(data: dict[str, Any], tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    pair = {name: data[name] for name in ("X", "Y")}
    for more in ({}, {"save_every": 7}, {"grids": tmp_path / "grids"}, {"guidance": 1}):
        sampler = program.fit(
            pair, backend="torch", images=IMAGES | more, store=tmp_path / "kept", progress=False, device="cpu"
        )
        sampler.save(tmp_path / "saved")
    kept = Store.open(tmp_path / "kept").artefacts()
    assert len([artefact for artefact in kept if artefact.kind == "model"]) == 1


def test_a_treatment_that_is_one_image_is_told(data: dict[str, Any]) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    pair = {"X": np.repeat(data["X"][:1], 120, 0), "Y": data["Y"]}
    with pytest.warns(idgen.OverlapWarning, match="X is one image in every row"):
        program.fit(pair, backend="torch", images=IMAGES, progress=False, device="cpu")


def test_the_command_line_sets_what_images_take(data: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    files = [tmp_path / "pictures" / f"{k}.png" for k in range(20)]
    for file, picture in zip(files, data["Y"][:20], strict=True):
        Pillow.fromarray(np.moveaxis(picture, 0, -1)).save(file)
    x = np.linspace(0, 1, 20)
    pd.DataFrame({"X": x, "Y": [str(file) for file in files]}).to_csv(tmp_path / "rows.csv", index=False)
    question = ["fit", "P(Y | do(X))", "--graph", "X -> Y", "--data", str(tmp_path / "rows.csv"), "--device", "cpu"]
    small = ["--images", "steps=2", "--images", "channels=8,8", "--images", "attention=false"]
    assert main([*question, "--out", str(tmp_path / "out"), *small]) == 0
    report = idgen.load(tmp_path / "out").report()
    assert [model.family for model in report.models] == ["diffusion"]
    assert report.options["images"]["channels"] == [8, 8]
    assert report.options["images"]["attention"] is False
    assert main([*question, "--out", str(tmp_path / "no"), "--images", "steps=1.5"]) == 2


def test_the_generator_of_pictures(bank: Bank) -> None:
    data, codes = napkin_images(bank, 500, 0, HARD, noise=0.0)
    assert single_colored(data["Y"]) == 1
    lit = data["Y"].reshape(500, 3, -1).any(2)
    assert np.array_equal(lit[codes["Y.color"] == 3].all(0), [True, True, False])  # yellow
    assert np.array_equal(data["W2.digit"], codes["W1.digit"])
    same = codes["X.color"] == codes["Y.color"]
    assert same.any()
    assert np.array_equal(data["X"][same], data["Y"][same])  # Y is X's handwriting


def test_samples_stream_into_a_table_piece_by_piece(
    data: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    sampler = program.fit(
        {name: data[name] for name in ("X", "Y")}, backend="torch", images=IMAGES, progress=False, device="cpu"
    )
    assert isinstance(sampler, TorchSampler)
    x = data["X"][0]
    monkeypatch.setattr(ancestral, "MOST_NUMBERS", 1)  # batches of 256 rows, the fewest
    whole = sampler.sample(600, do={"X": x}, seed=1)["Y"]
    pieces = [piece["Y"] for piece in sampler.stream(600, do={"X": x}, seed=1)]
    assert [len(piece) for piece in pieces] == [256, 256, 88]
    assert np.array_equal(np.concatenate(pieces), whole)
    sampler.save(tmp_path / "saved")
    Pillow.fromarray(np.moveaxis(x, 0, -1)).save(tmp_path / "x.png")
    out = tmp_path / "y.parquet"
    told = ["sample", str(tmp_path / "saved"), "-n", "600", "--do", f"X={tmp_path / 'x.png'}", "--out", str(out)]
    assert main([*told, "--seed", "1"]) == 0
    assert np.array_equal(image_column("Y", pd.read_parquet(out)["Y"]), whole)


def test_pictures_cannot_weigh_rows(data: dict[str, Any]) -> None:
    program = idgen.compile(
        idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"), realize="reweight"
    )
    pictures = {**data, "W2": data["X"]}
    with pytest.raises(idgen.DataError, match="W2 is an image, whose density no model knows"):
        program.fit(pictures, backend="torch", images=IMAGES, progress=False, device="cpu")
