"""Families that model images or read them: shapes, seeds, saved states, resuming, and what they refuse."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image as Pillow
from safetensors import safe_open

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families import (
    Chain,
    Classifier,
    Diffusion,
    Family,
    Flow,
    FromImages,
    Matched,
    Table,
    Tuning,
    VectorDiffusion,
)
from idgen_torch.families.images import from_images
from idgen_torch.families.numbers import vector_diffusion
from idgen_torch.nets.denoiser import Denoiser, DenoiserLayout
from idgen_torch.nets.vector_denoiser import VectorDenoiser
from idgen_torch.parts import Values, rows_at_once
from idgen_torch.training.progress import NoProgress
from idgen_torch.training.state import Standing, TrainingFile, remove_scratch
from idgen_torch.warning import LawWarning
from tests.idgen_torch.families.trained import trained

SMALL = Diffusion(steps=3, batch_size=16, channels=(8, 8), sampling_steps=2)

P, Q = Part("p", dim=3 * 64, shape=(3, 8, 8)), Part("q", dim=64, shape=(1, 8, 8))
WIDE = Part("wide", dim=60, shape=(1, 6, 10))
A, B, R, V = Part("a", 2), Part("b", 3), Part("r"), Part("v", dim=2)
V2, LONG = Part("v2", dim=2), Part("long", dim=60)


def rows_of(n: int, seed: int = 0) -> Values:
    """Images whose brightness is their class; a, b and r follow it."""
    g = torch.Generator().manual_seed(seed)
    a = torch.randint(2, (n,), generator=g)
    rows: Values = {"a": a, "b": (a + torch.randint(2, (n,), generator=g)) % 3}
    rows["r"] = 2.0 * a[:, None] + 0.1 * torch.randn(n, 1, generator=g)
    rows["v"] = torch.randn(n, 2, generator=g)
    rows["v2"] = rows["v"].flip(1)
    for part in (P, Q, WIDE):
        noise = torch.randint(40, (n, *(part.shape or ())), generator=g)
        rows[part.name] = (noise + 200 * a.view(-1, 1, 1, 1)).to(torch.uint8)
    return rows


def same(a: Values, b: Values) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_classifier_of_images_is_right_and_calibrated() -> None:
    rows, fresh = rows_of(400), rows_of(400, seed=1)
    model = trained(FromImages(epochs=8), (A, B), (P,), rows)
    found = model.most_likely(fresh)["a"]
    assert float((found == fresh["a"]).double().mean()) > 0.98
    # b is a or a + 1 evenly: the best law has log 1/2, and confidence beyond it costs.
    assert float(model.log_prob(fresh).mean()) == pytest.approx(math.log(0.5), abs=0.15)


def test_numbers_are_read_off_images_with_their_spread() -> None:
    rows = rows_of(600)
    drawn = trained(FromImages(epochs=12), (R,), (P,), rows).sample(rows, 600, torch.Generator().manual_seed(0))["r"]
    for a in (0, 1):
        mine = drawn[rows["a"] == a]
        assert float(mine.mean()) == pytest.approx(2.0 * a, abs=0.15)
        assert float(mine.std()) < 0.4


def branches(a: torch.Tensor, seed: int) -> torch.Tensor:
    """Two values on the line of slope 1 where a = 0, and on the one of slope -1 where a = 1: both have mean 0."""
    g = torch.Generator().manual_seed(seed)
    sign = torch.randint(2, (len(a), 1), generator=g) * 2.0 - 1
    line = torch.stack([torch.ones(len(a)), 1 - 2.0 * a], 1)
    return sign * line + 0.1 * torch.randn(len(a), 2, generator=g)


@pytest.mark.parametrize("given", [P, A], ids=["an image", "a category"])
def test_vectors_are_drawn_with_their_branches_and_what_binds_them(given: Part) -> None:
    rows = rows_of(1_000)
    rows["v"] = branches(rows["a"], 1)
    model = trained(VectorDiffusion(epochs=40, hidden=(64, 48), lr=4e-3), (V,), (given,), rows)
    drawn = model.sample(rows, 1_000, torch.Generator().manual_seed(0))["v"]
    for a, slope in ((0, 1.0), (1, -1.0)):
        mine = drawn[rows["a"] == a]
        assert float((mine[:, 0] * slope - mine[:, 1]).abs().mean()) < 0.3, "both on one line"
        assert float((mine[:, 0] > 0).double().mean()) == pytest.approx(0.5, abs=0.1), "each branch half of the time"
        assert float(mine[:, 0].abs().mean()) == pytest.approx(1.0, abs=0.15), "nothing between the branches"


def test_entries_that_others_determine_stay_determined() -> None:
    rows = rows_of(300)
    generator = torch.Generator().manual_seed(0)
    rows["long"] = torch.randn(300, 2, generator=generator) @ torch.randn(2, 60, generator=generator)
    rows["long"] += 3 * rows["r"]
    model = trained(VectorDiffusion(epochs=1, hidden=(8,)), (LONG,), (R,), rows)
    assert model.state()[0]["rank"] == 2
    drawn = model.sample(rows, 300, torch.Generator().manual_seed(0))["long"]
    assert int(torch.linalg.matrix_rank(drawn - 3 * rows["r"], rtol=1e-3)) == 2


def test_matched_rows_have_the_categories_asked_for_and_follow_the_weights() -> None:
    rows = rows_of(400)
    drawn = trained(Matched(), (P, R), (A,), rows).sample(rows, 400, torch.Generator().manual_seed(0))
    assert torch.equal((drawn["p"].float().mean((1, 2, 3)) > 100).long(), rows["a"])
    assert torch.equal((drawn["r"] > 1).long().squeeze(1), rows["a"])
    weights = (rows["v"][:, 0] > 0).float()
    model = trained(Matched(), (V,), (A,), rows, weights=weights)
    assert bool((model.sample(rows, 400, torch.Generator().manual_seed(0))["v"][:, 0] > 0).all())
    with pytest.raises(DataError, match="no row to draw"):
        trained(Matched(), (P,), (A, B), rows)


def test_diffusion_learns_what_its_condition_says() -> None:
    rows = rows_of(256)
    recipe = replace(SMALL, steps=120, batch_size=32, lr=5e-3, ema=0.9, sampling_steps=8)
    drawn = trained(recipe, (Q,), (A,), rows).sample(rows, 256, torch.Generator().manual_seed(0))["q"]
    bright = drawn.float().mean((1, 2, 3)) > 110
    assert float((bright.long() == rows["a"]).double().mean()) > 0.95


@pytest.mark.parametrize(("objective", "sampler"), [("velocity", "euler"), ("epsilon", "ddim"), ("v", "dpm++")])
def test_other_objectives_and_samplers_run(objective: str, sampler: str) -> None:
    recipe = replace(SMALL, objective=objective, sampler=sampler)
    drawn = trained(recipe, (P,), (A,), rows_of(40)).sample(rows_of(4), 4, torch.Generator())["p"]
    assert drawn.shape == (4, 3, 8, 8)


def test_weights_choose_the_rows() -> None:
    rows = rows_of(256)
    recipe = replace(SMALL, steps=80, batch_size=32, lr=5e-3, ema=0.9, sampling_steps=8)
    model = trained(recipe, (Q,), (B,), rows, weights=rows["a"].float())
    assert float(model.sample(rows, 256, torch.Generator().manual_seed(0))["q"].float().mean()) > 180


class Interrupting(NoProgress):
    """Stops a training at its first report after so many."""

    def __init__(self, after: int) -> None:
        self.left = after

    def advance(self, loss: float) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def test_a_chain_of_two_trainings_resumes_in_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, targets = rows_of(64), (LONG, P)
    rows["long"] = rows["r"] + torch.randn(64, 60, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(vector_diffusion, "SAVE_EVERY", 2)
    images = {**SMALL.set_options(), "steps": 6, "save_every": 2, "kinds": 1}
    choose = Tuning.read({"images": images, "epochs": 3, "batch_size": 32, "hidden": (8, 8)}).choose
    whole = trained(Chain(), targets, (A,), rows, choose=choose)
    for after in (60, 160):  # reports: each training has a hundred
        kept = {"choose": choose, "scratch": tmp_path / f"m{after}.training.safetensors"}
        with pytest.raises(KeyboardInterrupt):
            trained(Chain(), targets, (A,), rows, progress=Interrupting(after), **kept)
        assert same(whole.state()[1], trained(Chain(), targets, (A,), rows, **kept).state()[1])
        assert {path.name for path in tmp_path.glob(f"m{after}.*")} == {
            f"m{after}.training.{link}.safetensors" for link in ("first", "second")
        }
        remove_scratch(tmp_path, f"m{after}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("side", "chosen", "attends"),
    [(16, None, False), (18, None, True), (32, None, True), (16, True, True), (32, False, False)],
)
def test_places_attend_where_convolutions_do_not_see_all_of_them(side: int, chosen: bool | None, attends: bool) -> None:
    part = Part("p", dim=3 * side * side, shape=(3, side, side))
    network = Denoiser.start((part,), (A,), Diffusion(attention=chosen).layout(), 0)
    assert any("attentions" in name for name in network.state_dict()) == attends


def test_moments_come_back_with_the_strides_of_their_parameters(tmp_path: Path) -> None:
    def training() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
        network = Denoiser.start((P,), (A,), DenoiserLayout((8, 8), 1, 2, attention=True), 0)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network, torch.optim.AdamW(network.parameters(), fused=True)

    network, optimizer = training()
    rows = rows_of(4)
    network.predictor(rows, 4)(torch.randn(4, 3, 8, 8), torch.full((4,), 500.0)).square().mean().backward()
    optimizer.step()
    file = TrainingFile(tmp_path / "state.safetensors")
    file.write(network, [], optimizer, Standing(step=1))
    again, resumed = training()
    file.read(again, [], resumed)
    seen = 0
    for old, new in zip(network.parameters(), again.parameters(), strict=True):
        for moment, value in optimizer.state.get(old, {}).items():
            kept = resumed.state[new][moment]
            assert torch.equal(kept, value)
            assert kept.stride() == value.stride()
            seen += value.ndim == 4 and not value.is_contiguous()
    assert seen > 0


@pytest.mark.parametrize(
    ("tensors", "told"),
    [
        ({"moment.0.exp_avg": torch.zeros(3, 7)}, {}),
        ({"moment.0.nonsense": torch.zeros(())}, {}),
        ({"moment.-1": torch.zeros(())}, {}),
        ({"moment.99999.step": torch.zeros(())}, {}),
        ({"moment.0.step": torch.tensor(float("nan"))}, {}),
        ({"network.enter.weight": torch.full((8, 2), float("inf"))}, {}),
        ({"network.enter.weight": torch.zeros(8, 3)}, {}),
        ({}, {"step": "-1"}),
        ({}, {"step": "9" * 5000}),
        ({}, {"seconds": "nan"}),
        ({}, {"loss": "inf"}),
        ({}, {"seconds": "soon"}),
    ],
)
def test_the_state_of_no_training_is_refused(
    tensors: dict[str, torch.Tensor], told: dict[str, str], tmp_path: Path
) -> None:
    network = VectorDenoiser.start(2, (A,), (8,), 0)
    file, optimizer = TrainingFile(tmp_path / "state.safetensors"), torch.optim.AdamW(network.parameters())
    file.write(network, [], optimizer, Standing(step=1))
    assert file.read(network, [], optimizer) == Standing(step=1)
    kept = safetensors.torch.load_file(file.path)
    safetensors.torch.save_file(kept | tensors, file.path, {"step": "1", "seconds": "0.0", "loss": "0.0"} | told)
    with pytest.raises(DataError, match=r"cannot be resumed|is the state of another network"):
        file.read(network, [], optimizer)
    file.path.unlink()
    os.mkfifo(file.path)
    with pytest.raises(DataError, match="no ordinary file"):
        file.read(network, [], optimizer)


def test_a_training_that_diverges_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    recipe = replace(SMALL, steps=30, lr=1e6, save_every=1)
    with pytest.raises(DataError, match=r"the training of p diverged at step \d+.*lower lr"):
        trained(recipe, (P,), (A,), rows_of(40), scratch=path)
    with safe_open(path, framework="pt") as file:
        assert all(bool(file.get_tensor(name).isfinite().all()) for name in file.keys())  # noqa: SIM118 - no mapping
    with pytest.raises(DataError, match=r"the training of a diverged.*lower lr"):
        trained(FromImages(epochs=2, lr=1e30), (A,), (P,), rows_of(40))


def test_the_accelerators_of_the_caller_stay_as_they_are() -> None:
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    mine = Accelerator(cpu=True, mixed_precision="bf16")
    trained(SMALL, (P,), (A,), rows_of(40))
    assert mine.mixed_precision == "bf16"
    assert Accelerator(cpu=True, mixed_precision="bf16").mixed_precision == "bf16"
    AcceleratorState._reset_state(reset_partial_state=True)
    trained(SMALL, (P,), (A,), rows_of(40))
    assert Accelerator(cpu=True, mixed_precision="bf16").mixed_precision == "bf16"
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.parametrize(("kind", "target"), [(Diffusion, P), (VectorDiffusion, V)], ids=["image", "vector"])
def test_an_interrupted_training_ends_as_one_that_was_not(
    kind: type[Family], target: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(64)
    monkeypatch.setattr(vector_diffusion, "SAVE_EVERY", 2)
    images = replace(SMALL, steps=6, save_every=2, accumulation=2)
    recipe = Tuning.read({"images": images, "epochs": 3, "batch_size": 32, "hidden": (8, 8)}).recipe(kind.word)
    whole = trained(recipe, (target,), (A, Q), rows)
    scratch = tmp_path / "state.safetensors"
    with pytest.raises(KeyboardInterrupt):
        trained(recipe, (target,), (A, Q), rows, scratch=scratch, progress=Interrupting(60))
    assert (tmp_path / "state.safetensors").exists()
    resumed = trained(recipe, (target,), (A, Q), rows, scratch=scratch)
    assert same(whole.state()[1], resumed.state()[1])


def test_a_state_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    rows = rows_of(64)
    recipe = replace(SMALL, save_every=1)
    trained(recipe, (P,), (A,), rows, scratch=path)
    with pytest.raises(DataError, match="another network"):
        trained(recipe, (P,), (A, B), rows, scratch=path)
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be resumed"):
        trained(recipe, (P,), (A,), rows, scratch=path)
    path.unlink()
    assert not path.exists()


def test_guidance_warns_that_the_law_is_another() -> None:
    guided = replace(SMALL, condition_dropout=0.2, guidance=2.0)
    with pytest.warns(LawWarning, match="no longer the conditional law"):
        model = trained(guided, (P,), (A,), rows_of(40))
    assert model.sample(rows_of(4), 4, torch.Generator())["p"].shape == (4, 3, 8, 8)
    with pytest.raises(DataError, match="condition_dropout"):
        replace(SMALL, guidance=2.0)


def test_grids_are_drawn_on_the_way(tmp_path: Path) -> None:
    trained(replace(SMALL, grids=str(tmp_path)), (P,), (A,), rows_of(40))
    found = sorted(tmp_path.iterdir())
    assert found
    assert np.asarray(Pillow.open(found[0])).shape == (80, 128, 3)


def test_a_time_budget_ends_the_training() -> None:
    model = trained(replace(SMALL, steps=None, seconds=0.05), (P,), (A,), rows_of(40))
    assert model.recipe.objective == "clean"


REFUSED = {
    "no image": (Diffusion, (A,), (P,), "a is no image"),
    "two sizes": (Diffusion, (P, WIDE), (A,), "wide is 6 x 10"),
    "an image as a label": (FromImages, (P,), (Q,), "p is an image"),
    "no image to read": (FromImages, (A,), (B,), "needs an image"),
    "a category as a vector": (VectorDiffusion, (R, A), (P,), "a is discrete"),
    "an image as a vector": (VectorDiffusion, (P,), (A,), "p is an image"),
    "one kind": (Chain, (P, Q), (A,), "two kinds"),
    "a flow that should see": (Flow, (R,), (P,), "p is an image, which this family cannot read"),
    "a classifier that should see": (Classifier, (A,), (P,), "p is an image, which this family cannot read"),
    "a table of pictures": (Table, (A,), (P,), "p is an image; tables take categories only"),
    "rows that match a picture": (Matched, (A,), (P,), "p is an image; tables take categories only"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_parts_of_the_wrong_kind_are_refused(case: str) -> None:
    kind, targets, inputs, message = REFUSED[case]
    with pytest.raises(DataError, match=message):
        trained(kind(), targets, inputs, rows_of(30))


def test_large_images_are_taken_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows_at_once((A, R), 100, 640) == 100
    assert rows_at_once((A, P), 100, 640) == 10
    assert rows_at_once((P, WIDE), 100, 60) == 1
    rows = rows_of(40)
    model = trained(FromImages(epochs=2), (A, R, V), (P, WIDE, B), rows)
    whole = model.log_prob(rows)
    monkeypatch.setattr(from_images, "PIXELS_AT_ONCE", 64 * 7)
    assert torch.allclose(model.log_prob(rows), whole, atol=1e-5)
    assert model.sample(rows, 40, torch.Generator().manual_seed(0))["a"].shape == (40,)


def test_vectors_have_no_density() -> None:
    model = trained(VectorDiffusion(epochs=2, hidden=(8,)), (R, V), (P, B, V2), rows_of(40))
    assert not model.likelihood
    with pytest.raises(DataError, match="choose the family flow or from-images"):
        model.log_prob(rows_of(4))


def test_images_have_no_density() -> None:
    model = trained(SMALL, (P,), (A, R), rows_of(40))
    assert not model.likelihood
    with pytest.raises(DataError, match="realize='regenerate'"):
        model.log_prob(rows_of(4))


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0}, {"steps": 1, "seconds": 1.0}, {"seconds": 0.0}, {"ema": 1.0}, {"channels": (12,)},
        {"objective": "noise"}, {"sampler": "ddim"}, {"precision": "half"}, {"condition_dropout": 1.0},
    ],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
def test_impossible_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(DataError, match=list(wrong)[-1]):
        Diffusion(**wrong)  # type: ignore[arg-type]


@pytest.mark.gpu
def test_everything_runs_on_cuda() -> None:
    rows = rows_of(80)
    cuda = torch.device("cuda")
    model = trained(replace(SMALL, compile=True, accumulation=2), (P, Q), (WIDE, A), rows, device=cuda)
    drawn = model.sample(rows, 80, torch.Generator(device="cuda").manual_seed(0))
    assert drawn["p"].device.type == "cuda"
    vector = trained(VectorDiffusion(epochs=2), (V,), (P, B), rows, device=cuda)
    assert vector.sample(rows, 80, torch.Generator(device="cuda").manual_seed(0))["v"].device.type == "cuda"
    read = trained(FromImages(), (A,), (P,), rows, device=cuda)
    assert float((read.most_likely(rows)["a"].cpu() == rows["a"]).double().mean()) > 0.9
