"""Options: what is refused, what they become, and which families they reach."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from idgen_compiler.errors import DataError
from idgen_torch import Diffusion, Flow, Table
from idgen_torch.families import Tuning, known_options, parse_recipe, write_recipe
from idgen_torch.options import Options, choice, folder, whole, widths


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
        ("hidden", ()),
        ("hidden", (64, 0)),
        ("hidden", (64, 10**8)),
        ("bins", 10**8),
        ("ensemble", 10**6),
        ("density", "kernel"),
        ("likelihood", 1),
        ("images", 3),
    ],
)
def test_impossible_options_are_refused(option: str, value: object) -> None:
    with pytest.raises(DataError, match=f"option {option} is "):
        Tuning.read({option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("steps", 0),
        ("kinds", 0),
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
        Diffusion(**{option: value})  # type: ignore[arg-type]
    with pytest.raises(DataError, match=f"image option {option} is "):
        Tuning.read({"images": {option: value}})


def test_budgets_and_passes_have_to_agree() -> None:
    with pytest.raises(DataError, match="choose one budget"):
        Diffusion(steps=3, seconds=1.0)
    with pytest.raises(DataError, match="sampling_steps is 1001"):
        Diffusion(sampling_steps=1001)
    assert Diffusion(sampling_steps=1000).sampling_steps == 1000


def test_options_become_what_json_can_hold() -> None:
    images = {"steps": np.int64(3), "lr": np.float32(0.5), "channels": [8, np.int32(16)], "grids": Path("g")}
    given = Tuning.read({"lr": 1, "hidden": [np.int64(4)], "images": images}).given
    assert json.loads(json.dumps(given)) == given
    assert given == {"lr": 1.0, "hidden": [4], "images": {"steps": 3, "lr": 0.5, "channels": [8, 16], "grids": "g"}}


def test_only_what_the_model_depends_on_bears_on_it() -> None:
    images = Diffusion(steps=7, guidance=1.0, grids="g", save_every=3, compile=True)
    assert images.bearing() == Diffusion(steps=7)
    assert Diffusion(condition_dropout=0.1, guidance=2.0).bearing().guidance == 2.0


def test_an_option_goes_to_every_family_that_has_it() -> None:
    tuned = Tuning.read({"epochs": 30, "holdout": 0.2, "steps": 9, "lr": None, "images": {"epochs": 4, "lr": 0.1}})
    recipes = {recipe.word: recipe.set_options() for recipe in tuned.recipes}
    assert recipes["flow"] == recipes["classifier"] == recipes["from-images"] == {"epochs": 30, "holdout": 0.2}
    assert recipes["vector-diffusion"] == {"epochs": 30}
    assert recipes["diffusion"] == {"epochs": 4, "steps": 9, "lr": 0.1}, "its own keyword comes first"
    assert recipes["table"] == recipes["resample"] == {}
    assert not tuned.likelihood
    assert Tuning.read({"likelihood": True}).likelihood


def test_what_a_recipe_sets_comes_before_the_options_of_the_fit() -> None:
    tuned = Tuning.read({"bins": 5, "epochs": 3})
    assert tuned.recipe("flow{bins=16}") == tuned.recipe(Flow(bins=16)) == Flow(bins=16, epochs=3)
    assert tuned.recipe("flow") == Flow(bins=5, epochs=3)
    assert tuned.lean(Flow(epochs=3), ensemble=1, epochs=9, smoothing=2.0) == Flow(epochs=3, ensemble=1)
    with pytest.raises(DataError, match=r"3 is no family; give a name such as 'flow'"):
        tuned.recipe(3)


def test_the_options_of_a_fit_are_listed_from_the_recipes() -> None:
    listed = known_options()
    assert listed["smoothing"] == "a number from 0 (factored, table)"
    assert listed["density"].startswith("one of auto, normal, spline, mixture (flow")
    assert {"likelihood", "images", "steps", "epochs", "hidden", "ensemble"} <= set(listed)


def test_unknown_options_have_near_misses() -> None:
    with pytest.raises(DataError, match="fit has no option 'epoch'; did you mean epochs"):
        Tuning.read({"epoch": 3})
    with pytest.raises(DataError, match="images have no option 'step'; did you mean steps"):
        Tuning.read({"images": {"step": 3}})
    with pytest.raises(DataError, match=r"give Diffusion\(...\) or a mapping of its options"):
        Tuning.read({"images": Table()})


@pytest.mark.parametrize(
    ("text", "recipe"),
    [
        ("flow", Flow()),
        (" flow { bins = 16 , density = spline } ", Flow(bins=16, density="spline")),
        ("flow{hidden=(64, 64), lr=2e-3, epochs=none}", Flow(hidden=(64, 64), lr=2e-3)),
        ("flow{hidden=(64)}", Flow(hidden=(64,))),
        ("table{smoothing=.5}", Table()),
        (
            'diffusion{objective=v, sampler=dpm++, attention=false, grids="a b/c"}',
            Diffusion(objective="v", sampler="dpm++", attention=False, grids="a b/c"),
        ),
    ],
)
def test_texts_name_recipes(text: str, recipe: object) -> None:
    assert parse_recipe(text) == recipe
    assert parse_recipe(write_recipe(parse_recipe(text))) == recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flwo{bins=3}", "no kernel family is called 'flwo'; did you mean flow"),
        ("flow{bin=3}", "flow has no option 'bin'; did you mean bins"),
        ("flow{bins=many}", "flow option bins is 'many'; it is a whole number from 1"),
        (
            "flow{density=splin}",
            "flow option density is 'splin'; it is one of auto, .*; did you mean spline",
        ),
        ("flow{bins=3, bins=4}", "bins is given twice"),
        ("flow{bins}", "expected '='"),
        ("flow{", "expected the name of an option, or '}'"),
        ("flow{bins=}", "expected a value"),
        ("flow{bins=3", "expected ','.* before the end"),
        ("flow{bins=3} x", "expected the end"),
        ("flow{bins=3;}", "cannot read ';'"),
        ("{bins=3}", "expected the name of a family"),
        ("", "expected the name of a family"),
    ],
)
def test_texts_that_name_none_say_where(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_recipe(text)


def test_rules_settle_values_of_any_options() -> None:
    @dataclass(frozen=True)
    class Kept(Options):
        called = "kept"
        k: int = whole(3)
        where: str | None = folder(None)
        law: str = choice("even", ("even", "odd"))
        sizes: tuple[int, ...] | None = widths(None, multiple=4)
        free: object = None

    kept = Kept(k=np.int64(4), where=Path("a"), sizes=[4, 8], free={1})  # type: ignore[arg-type]
    assert kept.set_options() == {"k": 4, "where": "a", "sizes": (4, 8), "free": {1}}
    assert Kept(k=5).filled({"k": 9, "law": "odd", "other": 1}) == Kept(k=5, law="odd")
    with pytest.raises(DataError, match=r"kept option sizes is \(3,\); it is a tuple of multiples of 4"):
        Kept(sizes=(3,))
    with pytest.raises(DataError, match="kept option k is None"):
        Kept(k=None)  # type: ignore[arg-type]
