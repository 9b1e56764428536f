"""Rows of one thing: none teaches what another one is told, or is held against."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_torch.families import Family, Flow, Task
from idgen_torch.families.choice import offers
from idgen_torch.families.numbers.flows.search import _trial_of
from idgen_torch.families.numbers.sights.kernel import kernels_of
from idgen_torch.families.numbers.sights.trees import told_by_trees
from idgen_torch.groups import groups_of
from idgen_torch.nets.heads import Columns
from idgen_torch.parts import Values
from idgen_torch.tensors import encode_sources
from idgen_torch.training.ensemble import split

X, Z, Y, C = Part("x"), Part("z"), Part("y"), Part("c", 2)


def noise(n: int, seed: int = 0) -> Values:
    """Numbers and a category that say nothing of each other."""
    g = torch.Generator().manual_seed(seed)
    return {name: torch.randn(n, 1, generator=g) for name in "xzy"} | {"c": torch.randint(2, (n,), generator=g)}


def twice(rows: Values) -> Values:
    return {name: torch.cat([values, values]) for name, values in rows.items()}


def correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


def test_numbers_with_all_their_digits_tell_rows_of_one_thing() -> None:
    rows = noise(400)
    visits = {"x": rows["x"][:80].repeat(5, 1), "z": rows["z"], "y": rows["y"], "c": rows["c"]}
    for inputs in ((X, Z, C), (X, C)):  # z is of the visit
        found = groups_of(inputs, (Y,), visits)
        assert found is not None
        assert torch.equal(found[:80], found[80:160])
        assert len(found.unique()) == 80
    assert groups_of((Z, C), (X,), visits) is not None
    assert groups_of((Z,), (Y,), visits) is None
    assert groups_of((X, Z, C), (Y,), rows) is None


def test_levels_grids_masses_and_categories_say_nothing() -> None:
    g = torch.Generator().manual_seed(0)
    level = torch.randn(100, 1, generator=g)[torch.randint(100, (5000,), generator=g)]
    assert groups_of((X, C), (C,), {"x": level, "c": torch.zeros(5000, dtype=torch.int64)}) is None
    zeros = torch.zeros(60, 1).index_fill_(0, torch.arange(45), 1.0) * torch.randn(60, 1, generator=g)
    assert groups_of((Part("x", masses=(0.0,)),), (), {"x": zeros}) is None
    ages = {"age": np.random.default_rng(0).integers(20, 80, 600)}
    sources = read_sources(ages, ages)
    schema = infer_schema(sources, quiet=True)
    assert groups_of(schema.parts("age"), (), encode_sources(sources, schema, 0)) is None


def test_pictures_and_long_texts_are_of_one_thing_and_short_texts_are_not() -> None:
    g = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 255, (60, 1, 4, 4), generator=g, dtype=torch.uint8)
    found = groups_of([Part("p", dim=16, shape=(1, 4, 4))], (C,), {"p": pictures.repeat(2, 1, 1, 1)})
    assert found is not None
    assert len(found.unique()) == 60
    for length, said in ((60, True), (8, False)):
        texts = torch.randint(1, 50, (60, length), generator=g, dtype=torch.uint8).repeat(2, 1)
        assert (groups_of([Part("t", dim=length, length=length)], (C,), {"t": texts}) is not None) == said


@pytest.mark.parametrize("weighed", [False, True])
def test_groups_are_on_one_side_of_a_split(weighed: bool) -> None:
    g = torch.Generator().manual_seed(0)
    groups = torch.randint(0, 300, (1000,), generator=g)
    weights = (torch.rand(1000, generator=g) < 0.7).float() if weighed else None
    parts = split(1000, 0.1, g, weights, groups=groups)
    for each in (parts, _trial_of(parts, groups)):
        assert not set(groups[each.train].tolist()) & set(groups[each.held_out].tolist())
    there = int(1000 if weights is None else weights.sum())
    assert len(parts.train) + len(parts.held_out) == there
    assert 0.08 * there < len(parts.held_out) <= 0.1 * there


@pytest.mark.parametrize("sizes", [[1], [40], [20, 20], [1, 39], [39, 1], [2] * 20])
def test_few_groups_are_split_too(sizes: list[int]) -> None:
    groups = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    parts = split(len(groups), 0.1, torch.Generator().manual_seed(0), groups=groups)
    assert len(parts.train)
    assert len(parts.held_out)
    if len(sizes) > 1:
        assert not set(groups[parts.train].tolist()) & set(groups[parts.held_out].tolist())


@pytest.mark.parametrize("who", ["trees", "kernel"])
def test_no_copy_tells_another(who: str) -> None:
    rows = twice(noise(300))
    columns = Columns.of((X, Z, C))

    def known(rows: Values, groups: torch.Tensor | None) -> float:
        """How well each row's noise is known."""
        features, seed = columns.features(rows, len(rows["y"]), torch.device("cpu")), torch.Generator().manual_seed(0)
        given = (features, columns.one_hot_width, rows["y"], None, seed, groups)
        return correlation(told_by_trees(*given).rows[:, 0] if who == "trees" else kernels_of(*given)[1], rows["y"])

    once = known(noise(300), None)
    assert abs(known(rows, torch.arange(300).repeat(2)) - once) < 0.15
    assert known(rows, None) > once + (0.15 if who == "trees" else 0.05)


def test_visits_do_not_make_a_flow_know_the_person() -> None:
    """What a person has of its own is noise to whoever has not seen it."""
    rng = np.random.default_rng(1)
    w = rng.normal(size=200)
    x = 0.7 * w + 0.8 * rng.normal(size=200)
    person = 3 * np.sin(1.5 * x) + w + 0.8 * rng.normal(size=200)
    of = np.repeat(np.arange(200), 5)
    columns = {"x": x[of], "z": w[of], "y": person[of] + 0.5 * rng.normal(size=1000)}
    rows = {name: torch.tensor(values, dtype=torch.float32).unsqueeze(1) / 2 for name, values in columns.items()}
    model = Flow(effort="quick").fit(Task((Y,), (X, Z), rows))
    fresh = {"x": rng.normal(size=(500, 1)), "z": rng.normal(size=(500, 1))}
    fresh["y"] = 3 * np.sin(1.5 * fresh["x"]) + fresh["z"] + rng.normal(size=(500, 1)) * np.sqrt(0.8**2 + 0.5**2)
    told = model.log_prob({name: torch.tensor(v, dtype=torch.float32) / 2 for name, v in fresh.items()})
    assert float(told.mean()) > -1.6


Case = tuple[tuple[Part, ...], tuple[Part, ...]]


def able(case: Case) -> list[Family]:
    """The recipes that know the density of such a law, from the registry."""
    return [recipe for recipe, _ in offers(Task(*case, noise(400))) if recipe.likelihood]


NUMBERS, CATEGORIES = ((Y,), (X, Z, C)), ((C,), (X, Z, Y))
CASES = [pytest.param(recipe, case, id=recipe.word) for case in (NUMBERS, CATEGORIES) for recipe in able(case)]


@pytest.mark.parametrize(("recipe", "case"), CASES)
def test_a_table_written_twice_is_hardly_another(recipe: Family, case: Case) -> None:
    """By rows that nobody has seen; what learns noise by heart says of them that they are very unlikely."""
    fresh, rows = noise(4000, seed=9), noise(400)
    once, again = (float(recipe.fit(Task(*case, each)).log_prob(fresh).mean()) for each in (rows, twice(rows)))
    assert again > once - 0.12
