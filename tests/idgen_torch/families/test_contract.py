"""What holds for every installed family, on every task of a pool that it can model.

Shapes, seeds, likelihoods, weights, tiny and constant data, and saved states.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import pytest
import torch

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.families import ConditionalModel, Family, Task, Tuning, family, parse_recipe, returned, write_recipe
from idgen_torch.families.registry import GROUP
from idgen_torch.families.saved import read_recipe, recipe_record
from idgen_torch.parts import Values, of_form
from tests.idgen_torch.families.trained import trained

FAMILIES = sorted(point.name for point in entry_points(group=GROUP) if point.name != "tabicl")  # it needs weights

IMAGES = {"steps": 3, "batch_size": 16, "channels": (8, 8), "sampling_steps": 2}
QUICK = {"epochs": 2, "hidden": (8, 8), "ensemble": 2, "density": "mixture", "images": IMAGES}

A, B, C = Part("a", 2), Part("b", 3), Part("c", 2)
R, V, V2 = Part("r", None, 1), Part("v", None, 2), Part("v2", None, 2)
M, CAP = Part("m", masses=(-1.0, 2.0), low=-1.0), Part("cap", masses=(1.0,), high=1.0)
FEW = Part("few", masses=(-1.0, 0.0, 0.5), between=False)
P, Q = Part("p", dim=3 * 64, shape=(3, 8, 8)), Part("q", dim=64, shape=(1, 8, 8))
WIDE = Part("wide", dim=60, shape=(1, 6, 10))
T, U = (Part(name, dim=24, length=24, encoder="hash") for name in ("t", "u"))


@dataclass(frozen=True)
class Case:
    targets: tuple[Part, ...]
    inputs: tuple[Part, ...]

    def __str__(self) -> str:
        return " | ".join(", ".join(part.name for part in side) for side in (self.targets, self.inputs))


POOL = [
    Case((A, R), ()),
    Case((B,), ()),
    Case((V,), ()),
    Case((A, V), ()),
    Case((A, B), (C,)),
    Case((A, B), (C, R, V)),
    Case((R,), (V, B)),
    Case((R, V), (C,)),
    Case((R, A), (V, B)),
    Case((V, R), (A, C)),
    Case((P,), (A, R)),
    Case((P, Q), (WIDE, B, V)),
    Case((WIDE,), (P,)),
    Case((P, R), (A,)),
    Case((Q, R, A), (P,)),
    Case((A, R, V), (P, WIDE, B)),
    Case((A, B), (Q,)),
    Case((R, V), (P, B, V2)),
    Case((M,), ()),
    Case((M,), (R, CAP, FEW)),
    Case((FEW,), (M, B)),
    Case((CAP,), (P, A)),
    Case((M, R, A, CAP), (V,)),
    Case((T,), ()),
    Case((T, R), ()),
    Case((T,), (A, R)),
    Case((U,), (T, B)),
    Case((T, U, A), (C,)),
    Case((A, B), (T,)),
    Case((R,), (T, U, C)),
    Case((M,), (T,)),
    Case((P,), (T, A)),
]
"""Targets of every kind given nothing, inputs of every kind, several kinds, numbers with point masses, and texts."""

every_family = pytest.mark.parametrize("name", FAMILIES)


def rows_of(n: int, seed: int = 0) -> Values:
    g = torch.Generator().manual_seed(seed)
    c = torch.randint(2, (n,), generator=g)
    v = torch.randn(n, 2, generator=g)
    a = (torch.rand(n, generator=g) < 0.1 + 0.3 * c).long()
    b = (a + torch.randint(2, (n,), generator=g)) % 3
    r = v[:, :1] + 0.5 * torch.randn(n, 1, generator=g) + c[:, None]
    rows = {"a": a, "b": b, "c": c, "v": v, "v2": v.flip(1), "r": r}
    rows["m"] = torch.where(a[:, None] == 0, torch.where(c[:, None] == 0, -1.0, 2.0), v[:, :1].abs() - 1)
    rows["cap"] = r.clamp(max=1)
    rows["few"] = torch.tensor(FEW.masses)[b].unsqueeze(1)
    for part in (P, Q, WIDE):
        noise = torch.randint(40, (n, *(part.shape or ())), generator=g)
        rows[part.name] = (noise + 200 * a.view(-1, 1, 1, 1)).to(torch.uint8)
    words = ("no pain", "sore", "weh 😀"), ("", "a b", "x")
    for part, said in ((T, words[0]), (U, words[1])):
        coded = torch.zeros(n, 24, dtype=torch.uint8)
        for row, code in zip(coded, b.tolist(), strict=True):
            text = f"{said[code]} 7".encode()
            row[: len(text)] = torch.tensor(list(text), dtype=torch.uint8) + 1
        rows[part.name] = coded
    return rows


@cache
def cases_of(name: str) -> tuple[Case, ...]:
    """The cases whose parts the family does not refuse; at least one, and each refusal a DataError."""
    able = []
    for case in POOL:
        try:
            fitted(name, case, rows_of(40))
        except DataError:
            continue
        able.append(case)
    assert able, f"no case of the pool is for {name}: add one"
    return tuple(able)


def recipe_of(name: str, **options: Any) -> tuple[Family, Callable[..., Family]]:
    tuning = Tuning.read(QUICK | options)
    return tuning.recipe(name), tuning.choose


def fitted(name: str, case: Case, rows: Values, *, options: dict[str, Any] | None = None, **more: Any) -> Any:
    recipe, choose = recipe_of(name, **(options or {}))
    return trained(recipe, case.targets, case.inputs, rows, choose=choose, **more)


def fitted_if_covered(name: str, case: Case, rows: Values, **more: Any) -> ConditionalModel | None:
    """The model, or None where the rows lack a combination of categories that the family needs."""
    try:
        model: ConditionalModel = fitted(name, case, rows, **more)
    except DataError as error:
        if "have no row" not in str(error):
            raise
        return None
    return model


def draw(model: ConditionalModel, rows: Values, n: int, seed: int = 0) -> Values:
    return model.sample(rows, n, torch.Generator().manual_seed(seed))


def same(a: Values, b: Values) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def again(model: ConditionalModel) -> ConditionalModel:
    """The model, through JSON and back."""
    config, tensors = model.state()
    record = json.loads(json.dumps({**recipe_record(model.recipe), "config": config}))
    recipe = read_recipe(record)
    return recipe.model.from_state(recipe, record["config"], tensors, model.targets, model.inputs)


def test_every_family_is_found_and_has_its_name() -> None:
    assert {"boosted", "forest"} <= set(FAMILIES)
    assert {"chain", "classifier", "diffusion", "factored", "flow", "from-images", "from-texts"} <= set(FAMILIES)
    assert {"hurdle", "language", "matched", "resample", "table", "vector-diffusion"} <= set(FAMILIES)
    for name in FAMILIES:
        assert family(name).word == name
        assert family(name)() == family(name)(), "a recipe can be made by its name alone, and equals itself"


@every_family
def test_rows_that_a_model_holds_are_told(name: str) -> None:
    rows = rows_of(60)
    for case in cases_of(name):
        model = fitted_if_covered(name, case, rows)
        if model is None:
            continue
        kept = [values.flatten() for values in model.state()[1].values() if values.dtype == torch.float32]
        held = torch.cat([torch.zeros(1), *kept])
        for part in (*case.targets, *case.inputs):
            if part in (R, V, V2):
                there = torch.isin(rows[part.name].flatten(), held).double().mean()
                assert there < 0.9 or part.name in model.rows_held, f"{case}: {part.name}"
        assert all(count <= 60 for count in model.rows_held.values())
        if model.rows_held and not model.recipe.keeps_rows:  # it is made of others, which rows=False leaves out
            recipe, _ = recipe_of(name)
            without = trained(recipe, case.targets, case.inputs, rows, choose=Tuning.read({"rows": False}).choose)
            assert without.rows_held == {}, case


@every_family
@pytest.mark.parametrize("n", [0, 1, 7])
def test_sample_has_the_shapes_and_types_of_its_targets(name: str, n: int) -> None:
    for case in cases_of(name):
        drawn = draw(fitted(name, case, rows_of(80)), rows_of(n), n)
        assert list(drawn) == [part.name for part in case.targets], case
        for part in case.targets:
            values = drawn[part.name]
            assert values.shape == (n, *part.entries), case
            assert values.dtype == getattr(torch, part.dtype)
            if part.size is not None:
                assert bool(((values >= 0) & (values < part.size)).all()), case
            else:
                assert bool(values.double().isfinite().all()), case


@every_family
def test_equal_seeds_give_equal_bits_whatever_the_global_state(name: str) -> None:
    rows = rows_of(80)
    for case in cases_of(name):
        torch.manual_seed(1)
        first = fitted(name, case, rows, seed=5, options={"density": "auto"})
        before = torch.random.get_rng_state()
        second = fitted(name, case, rows, seed=5, options={"density": "auto"})
        assert torch.equal(before, torch.random.get_rng_state()), case
        assert same(first.state()[1], second.state()[1]), case
        assert same(*(draw(model, rows, 80, seed=3) for model in (first, second))), case


@every_family
def test_models_pass_the_trial_of_a_users(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of a user's family after each fit holds of ours: one row, inputs left alone, seeds, the state."""
    monkeypatch.setattr(returned, "is_ours", lambda kind: False)
    rows = rows_of(80)
    for case in cases_of(name):
        model = fitted(name, case, rows)
        returned.accepted(f"{name}: {case}", model, Task(case.targets, case.inputs, rows))


@every_family
def test_a_saved_model_comes_back_exactly(name: str) -> None:
    rows = rows_of(80)
    for case in cases_of(name):
        model = fitted(name, case, rows)
        back = again(model)
        assert back.recipe == model.recipe.bearing(), case
        if model.likelihood:
            assert torch.equal(model.log_prob(rows), back.log_prob(rows)), case
        assert same(*(draw(m, rows, 80) for m in (model, back))), case


@every_family
def test_a_recipe_is_what_its_text_says(name: str) -> None:
    recipe, _ = recipe_of(name)
    assert parse_recipe(write_recipe(recipe)) == recipe
    assert parse_recipe(name) == family(name)()
    with pytest.raises(DataError, match=f"{name} has no option 'stray'"):
        parse_recipe(f"{name}{{stray=1}}")
    record = recipe_record(recipe)
    with pytest.raises(DataError, match="unknown fields: stray"):
        read_recipe({**record, "options": {**record["options"], "stray": 1}})


@every_family
@pytest.mark.parametrize("fault", ["missing", "unknown", "shape", "dtype"])
def test_a_damaged_state_is_refused(name: str, fault: str) -> None:
    for case in cases_of(name):
        model = fitted(name, case, rows_of(60))
        config, tensors = model.state()
        key = next(iter(tensors))
        damaged = dict(tensors)
        match fault:
            case "missing":
                del damaged[key]
            case "unknown":
                damaged["stray"] = torch.zeros(1)
            case "shape":
                damaged[key] = tensors[key].unsqueeze(0)
            case "dtype":
                damaged[key] = tensors[key].to(torch.int32)
        with pytest.raises(DataError):
            type(model).from_state(model.recipe, config, damaged, model.targets, model.inputs)


@every_family
def test_a_damaged_configuration_is_refused(name: str) -> None:
    for case in cases_of(name):
        model = fitted(name, case, rows_of(60))
        config, tensors = model.state()
        for key in config:
            less = {k: v for k, v in config.items() if k != key}
            with pytest.raises(DataError, match=key):
                type(model).from_state(model.recipe, less, tensors, model.targets, model.inputs)


@every_family
def test_a_density_is_finite_on_the_rows_learnt_from_or_refused(name: str) -> None:
    rows = rows_of(80)
    for case in cases_of(name):
        model = fitted(name, case, rows)
        if not model.likelihood:
            with pytest.raises(DataError, match=r"density"):
                model.log_prob(rows)
            continue
        found = model.log_prob(rows)
        assert found.shape == (80,), case
        assert bool(found.isfinite().all()), case


@every_family
def test_the_law_of_discrete_targets_is_that_of_their_density(name: str) -> None:
    rows = rows_of(30)
    for case in cases_of(name):
        model = fitted(name, case, rows)
        if not model.likelihood or not all(part.discrete for part in case.targets):
            continue
        law = model.laws({part.name: rows[part.name] for part in case.inputs}, 30)
        cell = torch.zeros(30, dtype=torch.long)
        for part in case.targets:
            cell = cell * (part.size or 0) + rows[part.name]
        assert torch.allclose(law.sum(1), torch.ones(30, dtype=torch.float64), atol=1e-5), case
        own = law[torch.arange(30), cell]
        assert torch.allclose(own, model.log_prob(rows).double().exp(), atol=1e-5), case


@every_family
def test_weights_say_which_rows_count(name: str) -> None:
    rows = rows_of(400)
    other = {key: (1 - v if key in "ac" else v) for key, v in rows.items()}
    other |= {"b": torch.full_like(rows["b"], 2), "r": rows["r"] + 9, "v": rows["v"] - 9}
    other |= {"m": rows["m"].abs() + 3, "cap": rows["cap"] - 9, "few": torch.full_like(rows["few"], -1.0)}
    other |= {name: torch.where(rows[name] > 0, 123, 0).to(torch.uint8) for name in "tu"}
    mixed = {key: torch.cat([rows[key], other[key]]) for key in rows}
    weights = torch.cat([torch.ones(400), torch.zeros(400)])
    for case in cases_of(name):
        if of_form((*case.targets, *case.inputs), Form.PICTURES) or not family(name).likelihood:
            continue  # tested for each such family with what can be seen of its samples
        model = fitted(name, case, mixed, options={"ensemble": 1, "epochs": 10}, weights=weights)
        if not model.likelihood:
            continue  # rows stand for a link of it
        assert float(model.log_prob(rows).mean()) > float(model.log_prob(other).mean()) + 0.1, case


@every_family
@pytest.mark.parametrize("n", [1, 2, 20])
def test_few_rows_suffice_or_are_refused(name: str, n: int) -> None:
    rows = rows_of(n)
    for case in cases_of(name):
        model = fitted_if_covered(name, case, rows)
        if model is None:
            continue
        assert all(bool(values.double().isfinite().all()) for values in draw(model, rows, n).values()), case


@every_family
def test_constant_data_come_back_constant(name: str) -> None:
    rows = {key: torch.zeros_like(values) for key, values in rows_of(60).items()}
    for case in cases_of(name):
        if of_form((*case.targets, *case.inputs), Form.PICTURES):
            continue  # a few steps do not teach a picture
        model = fitted_if_covered(name, case, rows, options={"ensemble": 1, "epochs": None})
        if model is None:
            continue
        drawn = draw(model, rows, 60)
        for part in case.targets:
            if part.discrete:
                assert float((drawn[part.name] == 0).double().mean()) > 0.9, case
            else:
                assert float(drawn[part.name].abs().max()) < 1e-3, case


@every_family
@pytest.mark.parametrize(
    "bad", [torch.tensor([-1.0] + [1.0] * 49), torch.zeros(50), torch.ones(49)], ids=["negative", "none", "short"]
)
def test_impossible_weights_are_refused(name: str, bad: torch.Tensor) -> None:
    for case in cases_of(name):
        with pytest.raises(DataError):
            fitted(name, case, rows_of(50), weights=bad)


@every_family
def test_an_empty_table_and_a_missing_part_are_refused(name: str) -> None:
    for case in cases_of(name):
        with pytest.raises(DataError, match="no rows"):
            fitted(name, case, rows_of(0))
        rows = rows_of(10)
        del rows[case.targets[0].name]
        with pytest.raises(DataError, match=case.targets[0].name):
            fitted(name, case, rows)
