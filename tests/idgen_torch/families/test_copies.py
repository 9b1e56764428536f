"""Rows that recur: no copy of a row teaches what another one is told, or is held against."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_torch.copies import copies_of
from idgen_torch.families import Family, Task
from idgen_torch.families.choice import offers
from idgen_torch.families.numbers.flows.search import _trial_of
from idgen_torch.families.numbers.sights.kernel import kernels_of
from idgen_torch.families.numbers.sights.trees import told_by_trees
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


def test_copies_of_encoded_rows() -> None:
    """Whole numbers are spread over their cells, each copy by itself, and still are copies."""
    rng = np.random.default_rng(0)
    columns = {f"Z{k}": rng.integers(0, 100, 300) for k in range(4)}
    sources = read_sources({name: np.tile(v, 2) for name, v in columns.items()}, columns)
    schema = infer_schema(sources, quiet=True)
    rows = encode_sources(sources, schema, 0)
    parts = schema.parts(*columns)
    assert not torch.equal(rows["Z0"][:300], rows["Z0"][300:])
    found = copies_of(parts, rows)
    assert found is not None
    assert torch.equal(found[:300], found[300:])
    assert len(found.unique()) == 300
    assert copies_of(parts[:1], rows) is None  # one of them is equal by chance as well
    assert copies_of(parts, {name: values[:300] for name, values in rows.items()}) is None


def test_pictures_and_long_texts_are_copies_and_short_texts_are_not() -> None:
    g = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 255, (20, 1, 4, 4), generator=g, dtype=torch.uint8)
    both = torch.cat([pictures, pictures])
    found = copies_of([Part("p", dim=16, shape=(1, 4, 4)), C], {"p": both, "c": torch.arange(20).repeat(2) % 2})
    assert found is not None
    assert len(found.unique()) == 20
    for length, copied in ((60, True), (8, False)):
        texts = torch.randint(1, 50, (20, length), generator=g, dtype=torch.uint8).repeat(2, 1)
        own = {"t": texts, "c": torch.arange(20).repeat(2) % 2}
        assert (copies_of([Part("t", dim=length, length=length), C], own) is not None) == copied


@pytest.mark.parametrize("weighed", [False, True])
def test_copies_are_on_one_side_of_a_split(weighed: bool) -> None:
    g = torch.Generator().manual_seed(0)
    copies = torch.randint(0, 300, (1000,), generator=g)
    weights = (torch.rand(1000, generator=g) < 0.7).float() if weighed else None
    parts = split(1000, 0.1, g, weights, copies=copies)
    for each in (parts, _trial_of(parts, copies)):
        assert not set(copies[each.train].tolist()) & set(copies[each.held_out].tolist())
    there = int(1000 if weights is None else weights.sum())
    assert len(parts.train) + len(parts.held_out) == there
    assert 0.08 * there < len(parts.held_out) <= 0.1 * there


def test_a_row_that_is_most_of_the_table_is_learned_from() -> None:
    copies = torch.cat([torch.zeros(900, dtype=torch.int64), torch.arange(1, 101)])
    parts = split(1000, 0.05, torch.Generator().manual_seed(0), copies=copies)
    assert 0 not in copies[parts.held_out]
    assert len(parts.held_out) == 50
    alone = split(40, 0.1, torch.Generator().manual_seed(0), copies=torch.zeros(40, dtype=torch.int64))
    assert len(alone.held_out) == 4  # one row is all there is


@pytest.mark.parametrize("who", ["trees", "kernel"])
def test_no_copy_tells_another(who: str) -> None:
    rows = twice(noise(300))
    columns = Columns.of((X, Z, C))

    def known(rows: Values, copies: torch.Tensor | None) -> float:
        """How well each row's noise is known."""
        features, seed = columns.features(rows, len(rows["y"]), torch.device("cpu")), torch.Generator().manual_seed(0)
        given = (features, columns.one_hot_width, rows["y"], None, seed, copies)
        return correlation(told_by_trees(*given).rows[:, 0] if who == "trees" else kernels_of(*given)[1], rows["y"])

    once = known(noise(300), None)
    assert abs(known(rows, torch.arange(300).repeat(2)) - once) < 0.1
    assert known(rows, None) > once + 0.15


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
