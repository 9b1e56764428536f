"""Options: what is refused, and what they become."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from idgen_compiler.errors import DataError
from idgen_torch import ImageOptions
from idgen_torch.options import FitOptions


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("epochs", 0),
        ("epochs", "many"),
        ("ensemble", 0),
        ("ensemble", 1.5),
        ("holdout", 1.0),
        ("smoothing", -1.0),
        ("lr", 0),
        ("lr", "fast"),
        ("lr", float("nan")),
        ("hidden", 64),
        ("hidden", (64, 0)),
        ("density", "kernel"),
        ("likelihood", 1),
        ("images", 3),
    ],
)
def test_impossible_options_are_refused(option: str, value: object) -> None:
    with pytest.raises(DataError, match=f"option {option} is "):
        FitOptions(**{option: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("steps", 0),
        ("code_steps", -1),
        ("seconds", 0),
        ("lr", -1.0),
        ("lr", "x"),
        ("ema", 1),
        ("emphasis", 2),
        ("channels", 8),
        ("channels", ()),
        ("channels", (8.0, 8)),
        ("channels", (12,)),
        ("attention", 1),
        ("objective", "noise"),
        ("sampler", "ddim"),
        ("precision", "fp8"),
        ("guidance", "2"),
        ("grids", 3),
    ],
)
def test_impossible_image_options_are_refused(option: str, value: object) -> None:
    with pytest.raises(DataError, match=f"image option {option} is "):
        ImageOptions(**{option: value})  # type: ignore[arg-type]


def test_budgets_and_passes_have_to_agree() -> None:
    with pytest.raises(DataError, match="choose one budget"):
        ImageOptions(steps=3, seconds=1.0)
    with pytest.raises(DataError, match="sampling_steps is 1001"):
        ImageOptions(objective="v", sampling_steps=1001)
    assert ImageOptions(sampling_steps=1001).sampling_steps == 1001


def test_options_become_what_json_can_hold() -> None:
    images = ImageOptions(steps=np.int64(3), lr=np.float32(0.5), channels=[8, np.int32(16)], grids=Path("g"))  # type: ignore[arg-type]
    options = asdict(FitOptions(lr=1, hidden=[np.int64(4)], images=images))  # type: ignore[arg-type]
    assert json.loads(json.dumps(options))["images"] == {**asdict(images), "channels": [8, 16]}
    assert options["lr"] == 1.0
    assert options["hidden"] == (4,)
    assert options["images"]["grids"] == "g"
    assert options["images"]["lr"] == 0.5


def test_only_what_the_model_depends_on_bears_on_it() -> None:
    images = ImageOptions(steps=7, guidance=1.0, grids="g", save_every=3, compile=True)
    assert images.bearing() == ImageOptions(steps=7)
    assert ImageOptions(condition_dropout=0.1, guidance=2.0).bearing().guidance == 2.0
