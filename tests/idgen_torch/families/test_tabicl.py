"""`tabicl`: laws told by quantiles, and a tiny network of random weights that reads rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.drawing import generator_for
from idgen_torch.families import Run, Task, choice, register, returned
from idgen_torch.families.numbers.in_context import TabICL, TabICLModel
from idgen_torch.families.numbers.quantiles import Quantiles
from idgen_torch.families.saved import read_recipe, recipe_record
from idgen_torch.parts import Values

X, C, Y = Part("x"), Part("c", size=3), Part("y")
TINY = {
    "max_classes": 0, "num_quantiles": 19, "embed_dim": 16, "col_num_blocks": 1, "col_nhead": 2, "col_num_inds": 4,
    "row_num_blocks": 1, "row_nhead": 2, "row_num_cls": 2, "icl_num_blocks": 1, "icl_nhead": 2,
}  # fmt: skip


def test_draws_by_inversion_have_the_density_that_is_told() -> None:
    heights = torch.tensor([[-2.0, -0.5, 0.0, 0.7, 3.0], [1.0, 1.0, 1.0, 2.0, 2.5]], dtype=torch.float64)
    law, which = Quantiles.of(heights), torch.ones(40_000, dtype=torch.long)
    for row in (0, 1):
        drawn = law.at(which * row, torch.rand(40_000, generator=generator_for(0), dtype=torch.float64))
        grid = torch.linspace(-40, 40, 400_001, dtype=torch.float64)
        density = law.log_prob(torch.full((len(grid),), row), grid).exp()
        below = torch.cumulative_trapezoid(density, grid)
        for level in (0.05, 0.3, 0.6, 0.95):
            place = float(law.at(which[:1] * row, torch.tensor([level], dtype=torch.float64)))
            assert abs(float((drawn <= place).double().mean()) - level) < 0.01
            if row == 0:  # the other has so steep a rise that the grid does not see it
                assert abs(float(below[torch.searchsorted(grid, place) - 1]) - level) < 1e-3
        assert bool(drawn.isfinite().all())


def test_equal_quantiles_keep_a_finite_density() -> None:
    law = Quantiles.of(torch.full((1, 9), 2.0, dtype=torch.float64))
    found = law.log_prob(torch.zeros(1, dtype=torch.long), torch.tensor([2.0], dtype=torch.float64))
    assert bool(found.isfinite().all())
    assert float(law.at(torch.zeros(1, dtype=torch.long), torch.tensor([0.999], dtype=torch.float64))) < 2.001


def test_without_weights_it_offers_nothing_and_fetches_nothing(tmp_path: Path) -> None:
    task = Task((Y,), (X,), {"x": torch.zeros(9, 1), "y": torch.zeros(9, 1)})
    assert TabICL().offer(task) is None
    assert TabICL(weights=tmp_path / "w.ckpt").offer(task) is not None
    with pytest.raises(DataError, match=r"nothing is fetched|needs the package tabicl"):
        TabICL().fit(task)
    with pytest.raises(DataError, match=r"nothing is fetched|needs the package tabicl"):
        TabICL(weights=tmp_path / "w.ckpt").fit(task)


@pytest.mark.parametrize("targets", [(Y, X), (C,), (Part("v", dim=2),)])
def test_it_models_one_number(targets: tuple[Part, ...]) -> None:
    rows = {"x": torch.zeros(9, 1), "y": torch.zeros(9, 1), "v": torch.zeros(9, 2), "c": torch.zeros(9).long()}
    with pytest.raises(DataError, match="tabicl models one number"):
        TabICL(weights="w").fit(Task(targets, (Part("z"),), rows | {"z": torch.zeros(9, 1)}))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    network = pytest.importorskip("tabicl._model.tabicl")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        weights = network.TabICL(**TINY).state_dict()
    torch.save({"config": TINY, "state_dict": weights}, tmp_path / "tiny.ckpt")
    return tmp_path / "tiny.ckpt"


def rows_of(n: int) -> Values:
    g = generator_for(1)
    x, c = torch.randn(n, 1, generator=g), torch.randint(3, (n,), generator=g)
    return {"x": x, "c": c, "y": 2 * x + torch.randn(n, 1, generator=g)}


def test_a_tiny_checkpoint_reads_rows_and_its_draws_have_its_density(tiny: Path) -> None:
    rows = rows_of(120)
    task = Task((Y,), (X, C), rows)
    model = TabICL(weights=tiny, members=2).fit(task, Run(seed=3))
    returned.accepted("tabicl", model, task)
    given = {"x": torch.zeros(20_000, 1), "c": torch.zeros(20_000, dtype=torch.long)}
    drawn = model.sample(given, 20_000, generator_for(0))["y"][:, 0].double().sort().values
    grid = torch.linspace(-30, 30, 20_000).unsqueeze(1)
    below = (model.log_prob({**given, "y": grid}).double().exp() * 60 / 20_000).cumsum(0)
    assert abs(float(below[-1]) - 1) < 1e-2
    told = torch.searchsorted(drawn, grid[:, 0].double()).double() / 20_000
    assert float((told - below).abs().max()) < 0.02
    assert model.sample({"x": torch.zeros(0, 1), "c": torch.zeros(0).long()}, 0, generator_for(0))["y"].shape == (0, 1)
    other = model.log_prob({"x": rows["x"], "c": rows["c"], "y": rows["y"]})
    assert bool(other.isfinite().all())


@pytest.mark.parametrize("cache", ["kv", "repr", "no"])
def test_caches_answer_alike_and_a_saved_model_comes_back(tiny: Path, cache: str) -> None:
    rows = rows_of(60)
    model = TabICL(weights=tiny, members=2, cache=cache).fit(Task((Y,), (X, C), rows))
    plain = TabICL(weights=tiny, members=2, cache="no").fit(Task((Y,), (X, C), rows))
    assert torch.allclose(model.log_prob(rows), plain.log_prob(rows), atol=1e-3)
    config, tensors = model.state()
    record = json.loads(json.dumps({**recipe_record(register(TabICL)(**model.recipe.plain())), "config": config}))
    back = TabICLModel.from_state(read_recipe(record), record["config"], tensors, model.targets, model.inputs)
    assert torch.equal(back.log_prob(rows), model.log_prob(rows))
    tiny.write_bytes(b"other")
    other = TabICLModel.from_state(read_recipe(record), record["config"], tensors, model.targets, model.inputs)
    with pytest.raises(DataError, match="other weights than the model was made with"):
        other.log_prob(rows)


def test_rows_of_no_weight_are_not_shown(tiny: Path) -> None:
    rows = rows_of(50)
    weights = torch.cat([torch.ones(25), torch.zeros(25)])
    model = TabICL(weights=tiny).fit(Task((Y,), (X, C), rows, weights))
    shown = model.state()[1]["told"]
    assert set(shown.tolist()) <= set(rows["y"][:25, 0].tolist())


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    pytest.importorskip("tabicl")
    (tmp_path / "w.ckpt").write_text("no weights")
    with pytest.raises(DataError, match="is no checkpoint of torch"):
        TabICL(weights=tmp_path / "w.ckpt").fit(Task((Y,), (X, C), rows_of(9)))


def test_it_is_never_chosen_before_a_flow() -> None:
    task = Task((Y,), (X,), rows_of(600))
    found = choice.offers(task, [TabICL(weights="w"), *choice.offers(task, None)[0][:1]])
    assert found[0][0].word == "flow"
