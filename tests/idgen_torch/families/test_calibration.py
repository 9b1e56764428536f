"""What classifiers tell of their calibration: on rows kept back, before and after, and kept with the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.part import Part
from idgen_compiler.hinge.calibration import Calibration, Reliability
from idgen_torch import TorchBackend
from idgen_torch.drawing import generator_for
from idgen_torch.families import Classifier, Family, FromImages, Run, Task
from idgen_torch.parts import Values
from idgen_torch.training.ensemble import split

Y, A, R, P = Part("y", 2), Part("a", 2), Part("r"), Part("p", dim=36, shape=(1, 6, 6))


def rows_of(n: int) -> Values:
    g = torch.Generator().manual_seed(0)
    a, r = torch.randint(2, (n,), generator=g), torch.randn(n, 1, generator=g)
    y = (torch.rand(n, generator=g) < torch.sigmoid(2 * r[:, 0] + a - 0.5)).long()
    p = (128 + 40 * r[:, :, None, None].clamp(-3, 3) + torch.randn(n, 1, 6, 6, generator=g)).to(torch.uint8)
    return {"y": y, "a": a, "r": r, "p": p}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("recipe", "inputs"),
    [(Classifier(ensemble=1, epochs=2), (A, R)), (FromImages(epochs=2, batch_size=32), (A, P))],
    ids=["classifier", "from-images"],
)
def test_after_is_the_model_on_the_rows_it_kept_back(recipe: Family, inputs: tuple[Part, ...], weighted: bool) -> None:
    rows = rows_of(600)
    weights = torch.rand(600, generator=torch.Generator().manual_seed(1)) if weighted else None
    told: list[Calibration] = []
    model = recipe.fit(Task((Y,), inputs, rows, weights), Run(seed=3, calibrated=told.append))
    (found,) = told
    holdout: Any = recipe
    held = split(600, holdout.holdout, generator_for(3), weights).held_out
    law = model.laws({part.name: rows[part.name][held] for part in inputs}, len(held)).numpy()
    mass = None if weights is None else weights[held].double().numpy()
    own = Reliability.of(law, rows["y"][held].numpy(), mass)
    assert found.target == "y"
    assert found.after.rows == len(held) > 30
    assert (found.after.ece, found.after.mce) == pytest.approx((own.ece, own.mce), abs=1e-5)
    assert found.after.log_loss == pytest.approx(own.log_loss, abs=1e-5)
    assert found.before != found.after


def test_a_model_is_the_same_whether_somebody_is_told() -> None:
    task = Task((Y,), (A, R), rows_of(300))
    quiet, told = Classifier(epochs=2).fit(task), Classifier(epochs=2).fit(task, Run(calibrated=lambda found: None))
    assert all(torch.equal(a, b) for a, b in zip(quiet.state()[1].values(), told.state()[1].values(), strict=True))


def test_every_target_and_every_member_is_told_of() -> None:
    told: list[Calibration] = []
    rows = rows_of(400)
    Classifier(ensemble=3, epochs=1).fit(Task((Y, A), (R,), rows), Run(calibrated=told.append))
    assert [found.target for found in told] == ["y", "a"]
    assert {found.after.rows for found in told} == {3 * 40}


def test_one_row_is_kept_back_from_nobody() -> None:
    told: list[Calibration] = []
    for recipe, inputs in ((Classifier(epochs=1), (A, R)), (FromImages(epochs=1), (P,))):
        recipe.fit(Task((Y,), inputs, rows_of(1)), Run(calibrated=told.append))
        assert told == []
        recipe.fit(Task((Y,), inputs, rows_of(30)), Run(calibrated=told.append))
        assert [found.target for found in told] == ["y"]
        told.clear()


def test_overconfident_logits_are_set_right() -> None:
    """Few rows and many steps without looking at held-out ones: what a temperature is for."""
    g = np.random.default_rng(0)
    rows = 600
    z = g.normal(size=(rows, 6)).astype(np.float32)
    y = g.random(rows) < 1 / (1 + np.exp(-z[:, 0]))
    told: list[Calibration] = []
    values = {"y": torch.from_numpy(y.astype(np.int64)), "v": torch.from_numpy(z)}
    recipe = Classifier(ensemble=1, epochs=60, patience=60, hidden=(128, 128), lr=0.02)
    recipe.fit(Task((Y,), (Part("v", dim=6),), values), Run(calibrated=told.append))
    (found,) = told
    assert found.after.log_loss <= found.before.log_loss + 0.01


def test_the_record_keeps_it(tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    g = np.random.default_rng(0)
    z, x = g.normal(size=300), g.integers(2, size=300)
    data = {"Z": z, "X": x, "Y": (z + x + g.normal(size=300) > 0).astype(int)}

    def fit() -> Any:
        options = {"epochs": 1, "ensemble": 1, "hidden": (8,)}
        return TorchBackend().fit(program, data, progress=False, device="cpu", store=tmp_path / "c", **options)

    sampler = fit()
    (found,) = sampler.report().calibration
    operation = next(op.result for op in program.models if op.targets == ("Y",))
    assert (found.operation, found.target) == (operation, "Y")
    assert f"calibration of Y: ECE {found.before.ece:.4f} -> {found.after.ece:.4f}" in str(sampler.report())
    assert fit().report() == sampler.report()  # from the store
    sampler.save(tmp_path / "s")
    loaded: Any = idgen.load(tmp_path / "s")
    assert loaded.report().calibration == (found,)
