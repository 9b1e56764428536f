"""What a picture shows from afar: kinds found in the rows, and their law, which sees how inputs matter together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, StoreWarning
from idgen_compiler.hinge.calibration import Calibration
from idgen_torch.drawing import generator_for
from idgen_torch.families import Diffusion, Run, Task
from idgen_torch.families.images.drawn import DiffusionModel
from idgen_torch.families.images.kinds import Kinds
from idgen_torch.parts import Values
from idgen_torch.training.kinds import kind_steps

P, Q = Part("p", dim=3 * 64, shape=(3, 8, 8)), Part("q", dim=64, shape=(1, 8, 8))
Y = Part("y", dim=3 * 64, shape=(3, 8, 8))
SMALL = Diffusion(steps=150, channels=(8, 8), attention=False, sampling_steps=2, batch_size=16)


def rows_of(n: int) -> Values:
    """Two pictures, each dark or light; y is light where one of them is, but not both."""
    g = torch.Generator().manual_seed(0)
    p, q = torch.randint(2, (2, n), generator=g)
    rows: Values = {"light": p ^ q}
    for part, light in ((P, p), (Q, q), (Y, p ^ q)):
        noise = torch.randint(60, (n, *(part.shape or ())), generator=g)
        rows[part.name] = (noise + 180 * light.view(-1, 1, 1, 1)).to(torch.uint8)
    return rows


def kinds_of(images: torch.Tensor, most: int = 16) -> Kinds:
    return Kinds.found(lambda index: images[index], len(images), None, (most, most, most), 0)


def test_colors_are_kinds_whatever_their_light() -> None:
    g = torch.Generator().manual_seed(0)
    color = torch.randint(3, (900,), generator=g)
    light = 30 + torch.randint(226, (900,), generator=g)
    images = torch.zeros(900, 3, 8, 8, dtype=torch.uint8)
    images[torch.arange(900), color] = light.view(-1, 1, 1).expand(-1, 8, 8).to(torch.uint8)
    kinds = kinds_of(images)
    codes = kinds.of(images)[:, 0]
    assert kinds.sizes[0] > 3
    for kind in codes.unique():
        assert len(color[codes == kind].unique()) == 1
    assert torch.equal(kinds.of(images[:5]), kinds.of(images)[:5])


def test_shapes_of_one_light_are_kinds() -> None:
    images = torch.zeros(400, 1, 8, 8, dtype=torch.uint8)
    images[:200, :, :4], images[200:, :, 4:] = 200, 200
    kinds = kinds_of(images)
    assert kinds.sizes == (1, 2, 1)
    codes = kinds.of(images)[:, 1]
    assert len(codes[:200].unique()) == len(codes[200:].unique()) == 1
    assert codes[0] != codes[-1]


@pytest.mark.parametrize("rows", [1, 50, 500])
def test_pictures_that_look_alike_and_few_rows_have_one_kind(rows: int) -> None:
    assert not kinds_of(torch.full((rows, 1, 8, 8), 7, dtype=torch.uint8)).several
    assert kinds_of(rows_of(50)["y"]).sizes == (1, 1, 1)


def test_strokes_of_one_light_are_kinds_by_how_fine_they_are() -> None:
    images = torch.zeros(600, 1, 8, 8, dtype=torch.uint8)
    images[:200, :, :4], images[200:400, :, ::2], images[400:] = 200, 200, 100
    images[400:, :, ::2, ::2] = images[400:, :, 1::2, 1::2] = 200
    images[400:, :, ::2, 1::2] = images[400:, :, 1::2, ::2] = 0
    images[:, :, 0, 0] = torch.randint(40, (600, 1), generator=generator_for(0), dtype=torch.uint8)
    kinds = kinds_of(images)
    codes = kinds.of(images)
    assert [len(codes[start : start + 200, 2].unique()) for start in (0, 200, 400)] == [1, 1, 1]
    assert len(codes[::200, 2].unique()) == 3


def test_what_was_saved_before_pictures_differed_in_grain_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, found = rows_of(300), Kinds.found

    def before(*asked: object) -> Kinds:
        return replace(found(*asked), grains=None, grain=None)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Kinds, "found", before)
        model = replace(SMALL, steps=3).fit(Task((Y,), (P, Q), rows))
    config, tensors = model.state()
    assert len(config["kinds"]["sizes"]) == 2
    assert not any("grain" in name for name in tensors)
    back = DiffusionModel.from_state(model.recipe, config, tensors, (Y,), (P, Q))
    drawn, same = (each.sample(rows, 8, generator_for(3))["y"] for each in (model, back))
    assert torch.equal(drawn, same)


def test_rows_of_no_weight_make_no_kind() -> None:
    images = rows_of(400)["y"]
    dark = (images.float().mean((1, 2, 3)) < 100).float()
    kinds = Kinds.found(lambda index: images[index], 400, dark, (16, 16), 0)
    assert float(kinds.light.max()) < 0.5


def test_the_law_of_kinds_sees_what_two_pictures_say_together() -> None:
    rows = rows_of(600)
    told: list[Calibration] = []
    model = replace(SMALL, steps=100).fit(Task((Y,), (P, Q), rows), Run(calibrated=told.append))
    law = model.law
    assert law is not None
    drawn = law.draw(rows, 600, generator_for(1))[:, 0]
    light = law.kinds.light[drawn].mean(1) > 0.6
    assert float((light == rows["light"].bool()).double().mean()) > 0.97
    assert next(one.target for one in told) == "the kinds of y by light"


def test_a_model_with_kinds_goes_into_tensors_and_back() -> None:
    rows = rows_of(300)
    model, again = (replace(SMALL, steps=3).fit(Task((Y,), (P, Q), rows)) for _ in range(2))
    config, tensors = model.state()
    assert all(torch.equal(value, again.state()[1][name]) for name, value in tensors.items())
    back = DiffusionModel.from_state(model.recipe, config, tensors, (Y,), (P, Q))
    drawn, same = (each.sample(rows, 8, generator_for(3))["y"] for each in (model, back))
    assert torch.equal(drawn, same)
    for wrong in ({}, {"kinds": {}}, {"kinds": {"sizes": [2, 0]}}, {"kinds": {"sizes": [3, 1]}}):
        with pytest.raises(DataError):
            DiffusionModel.from_state(model.recipe, wrong, tensors, (Y,), (P, Q))


def test_shapes_are_told_apart_where_that_is_asked() -> None:
    rows = rows_of(300)
    rows["y"][:150, :, :4], rows["y"][150:, :, 4:] = 0, 0  # the upper or the lower half is dark
    sizes = []
    for shapes in (1, 16):
        law = replace(SMALL, steps=2, shapes=shapes).fit(Task((Y,), (P, Q), rows)).law
        assert law is not None
        sizes.append(law.kinds.sizes)
    assert sizes[0][0] == sizes[1][0] > 1
    assert sizes[0][1] == 1 < sizes[1][1]


def test_what_was_saved_before_there_were_kinds_draws_as_it_did() -> None:
    rows = rows_of(60)
    model = replace(SMALL, steps=3, kinds=1).fit(Task((Y,), (P, Q), rows))
    config, tensors = model.state()
    assert config == {}
    assert model.law is None
    back = DiffusionModel.from_state(model.recipe, config, tensors, (Y,), (P, Q))
    assert back.sample(rows, 4, generator_for(3))["y"].shape == (4, 3, 8, 8)


def test_a_training_that_goes_on_does_so_with_the_law_that_it_began_with(tmp_path: Path) -> None:
    rows, scratch = rows_of(300), tmp_path / "m.training.safetensors"
    recipe = replace(SMALL, steps=6, save_every=2)
    whole = recipe.fit(Task((Y,), (P, Q), rows), Run(scratch=scratch))
    kept = tmp_path / "m.training.kinds.safetensors"
    assert kept.exists()
    resumed = recipe.fit(Task((Y,), (P, Q), rows), Run(scratch=scratch))
    assert all(torch.equal(value, resumed.state()[1][name]) for name, value in whole.state()[1].items())
    kept.write_bytes(b"broken")
    with pytest.raises(DataError, match="delete it to train anew"):
        recipe.fit(Task((Y,), (P, Q), rows), Run(scratch=scratch))


def test_a_full_disk_costs_the_law_that_is_kept_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DataError("m.training.kinds.safetensors cannot be written (No space left on device)")

    monkeypatch.setattr("idgen_torch.families.images.kind_law.write_atomically", full)
    with pytest.warns(StoreWarning, match=r"No space left on device.*the training of y goes on without"):
        model = SMALL.fit(Task((Y,), (P, Q), rows_of(300)), Run(scratch=tmp_path / "m.training.safetensors"))
    assert model.law is not None


def test_one_that_goes_on_keeps_its_kinds_its_law_and_its_weights() -> None:
    rows = rows_of(300)
    task = Task((Y,), (P, Q), rows)
    first, kept = replace(SMALL, steps=10).opened(task, torch.device("cpu"))
    assert (first.steps, kept) == (8, 2)
    model = first.fit(task)
    more = first.longer(kept)
    assert (more.steps, more.opened(task, torch.device("cpu"))) == (2, (more, 0))
    later = more.fit(task, Run(1, unfinished=model))
    assert later.law is not None
    assert model.law is not None
    assert torch.equal(later.law.kinds.light, model.law.kinds.light)
    assert all(torch.equal(value, model.law.state()[1][name]) for name, value in later.law.state()[1].items())
    fresh = more.fit(task, Run(1))

    def away(other: DiffusionModel) -> float:
        pairs = zip(other.network.parameters(), model.network.parameters(), strict=True)
        return sum(float((a - b).abs().sum()) for a, b in pairs)

    assert away(later) < away(fresh)
    assert replace(SMALL, steps=None, seconds=3.0).opened(task, torch.device("cpu"))[1] == 0


def test_small_tables_and_short_trainings_have_few_steps() -> None:
    assert kind_steps(20_000, 4_000) == 3_120
    assert kind_steps(20_000, 300) == 600
    assert kind_steps(40, None) == 300
    assert kind_steps(40, 3) == 6
