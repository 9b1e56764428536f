"""A number that somebody mistyped turns no line, and says nothing of which network is nearer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_torch.families import Flow, Task
from idgen_torch.families.numbers.line import Line, near_others, trusted
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.parts import Values

X, M, Y = Part("x"), Part("m"), Part("y")
WHICH = 17


def front_door(n: int = 1_000, seed: int = 0) -> Values:
    """M follows X nearly, and Y both: a row that has another M is drawn to by the line through M."""
    g = torch.Generator().manual_seed(seed)
    hidden, own, mine, noise = (torch.randn(n, 1, generator=g) for _ in range(4))
    x = (hidden + own) / 2**0.5
    m = 0.9 * x + 0.43 * mine
    return {"x": x, "m": m, "y": 0.7 * m + 0.5 * hidden + 0.2 * noise}


def seen(rows: Values) -> Features:
    return Columns.of((X, M)).features(rows, len(rows["x"]), torch.device("cpu"))


def line(rows: Values) -> Residual:
    return Residual.fit(seen(rows), 0, rows["y"], None)


@pytest.mark.parametrize("which", ["x", "m"])
@pytest.mark.parametrize("typed", [-8.0, 7.0, 12.0])
@pytest.mark.parametrize("seed", range(2))
def test_a_mistyped_number_turns_no_line(which: str, typed: float, seed: int) -> None:
    rows = front_door(seed=seed)
    right = line(rows)
    rows[which][WHICH] = typed
    found = line(rows)
    assert torch.allclose(found.slope, right.slope, atol=0.04)  # about the line's own error
    assert torch.allclose(found.intercept, right.intercept, atol=0.01)
    assert torch.allclose(found.factor, right.factor, rtol=0.02)


def test_several_mistyped_rows_do_not_hide_each_other() -> None:
    rows = front_door()
    right = line(rows)
    rows["m"][10:14] = 9.0
    assert torch.allclose(line(rows).slope, right.slope, atol=0.02)


def test_rows_of_no_weight_and_rows_that_count_more_are_no_different() -> None:
    rows, mass = front_door(), torch.ones(1_000)
    mass[::3], mass[5] = 0, 5
    right = Residual.fit(seen(rows), 0, rows["y"], mass)
    rows["m"][5] = 9.0
    assert torch.allclose(Residual.fit(seen(rows), 0, rows["y"], mass).slope, right.slope, atol=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_rows_that_are_as_others_are_all_trusted(seed: int) -> None:
    rows = front_door(seed=seed)
    features = seen(rows)
    assert trusted(Line.of(features, 0, rows["y"], None, None), features, 0, rows["y"], None, None) is None


def test_a_row_that_has_the_line_to_itself_is_trusted_where_it_follows() -> None:
    """Far out along the line it says the same as all others."""
    rows = front_door()
    rows["m"][WHICH], rows["y"][WHICH] = 8.0, rows["y"][WHICH] + 0.66 * (8.0 - rows["m"][WHICH])
    features = seen(rows)
    assert trusted(Line.of(features, 0, rows["y"], None, None), features, 0, rows["y"], None, None) is None


@pytest.mark.parametrize(("count", "dropped"), [(1, True), (4, True), (5, False), (200, False)])
def test_many_rows_apart_are_a_part_of_the_law(count: int, dropped: bool) -> None:
    left = torch.randn(10_000, 1, generator=torch.Generator().manual_seed(0))
    left[:count] += 40
    trust = near_others(left, numbers(len(left)), None)
    assert (trust is not None) == dropped
    if trust is not None:
        assert trust.sum() == len(left) - count


def test_what_follows_exactly_but_for_one_row_still_does_and_for_many_does_not() -> None:
    rows = front_door()
    rows["y"] = 0.5 * rows["m"] - 0.25 * rows["x"]
    rows["m"][3] += 9
    assert line(rows).free == []
    rows["y"][:8] += 2
    assert line(rows).free == [0]


@pytest.mark.parametrize(
    ("rows", "apart", "dropped"), [(30, 1, False), (60, 1, False), (150, 1, True), (150, 2, False)]
)
def test_of_few_rows_fewer_are_dropped(rows: int, apart: int, dropped: bool) -> None:
    left = torch.randn(rows, 1, generator=torch.Generator().manual_seed(0))
    left[:apart] = 100
    assert (near_others(left, numbers(rows), None) is not None) == dropped


@pytest.mark.parametrize("harmed", [3, 4])
def test_a_rare_harm_is_no_mistake(harmed: int) -> None:
    """Outcomes far out, of inputs as others have: the line and its spread are those of all rows."""
    rows = front_door()
    rows["y"][:harmed] += 8
    features = seen(rows)
    assert trusted(Line.of(features, 0, rows["y"], None, None), features, 0, rows["y"], None, None) is None
    assert float(line(rows).factor) > 1.3 * float(line(front_door()).factor)


def test_few_rows_that_stand_for_many_are_a_part_of_the_law() -> None:
    """Four rows of weight 100 among 1,000 are a quarter of all there is; they were dropped for four rows."""
    left, mass = torch.randn(1_000, 1, generator=torch.Generator().manual_seed(0)), torch.ones(1_000)
    left[:4] += 30
    assert near_others(left, numbers(1_000), mass) is not None
    mass[:4] = 100
    assert near_others(left, numbers(1_000), mass) is None
    mass[:4] = 2
    assert near_others(left, numbers(1_000), mass) is not None


@pytest.mark.parametrize("exposed", [2, 4, 15, 100])
@pytest.mark.parametrize("how", ["label", "number"])
def test_each_row_of_a_rare_exposure_is_needed(exposed: int, how: str) -> None:
    """However much their outcomes differ, nobody else says what the exposure does."""
    g = torch.Generator().manual_seed(0)
    z, noise = torch.randn(1_000, 1, generator=g), torch.randn(1_000, 1, generator=g)
    dose = torch.zeros(1_000, 1)
    dose[100 : 100 + exposed] = 1
    outcome = (z + noise) / 60
    outcome[100 : 100 + exposed] += torch.linspace(0.2, 1.0, exposed)[:, None]
    rows = {"z": z, "y": outcome, "x": dose, "c": dose[:, 0].long()}
    part = Part("c", 2) if how == "label" else X
    columns = Columns.of((part, Part("z")))
    features = columns.features(rows, 1_000, torch.device("cpu"))
    found = Residual.fit(features, columns.one_hot_width, outcome, None)
    effect = found.slope[1] - found.slope[0] if how == "label" else found.slope[0]
    assert float(effect) == pytest.approx(0.6, abs=0.05)


def numbers(count: int) -> Features:
    g = torch.Generator().manual_seed(5)
    return Features(torch.empty(count, 0, dtype=torch.long), torch.randn(count, 2, generator=g))


def test_a_model_says_how_many_rows_its_line_is_learned_without() -> None:
    rows = front_door()
    rows["m"][WHICH] = 9.0
    model = Flow(density="normal", kernel="no", trees="no").fit(Task((Y,), (X, M), rows))
    assert model.made_of == "line without 1 row that lies apart, normal"


@pytest.mark.parametrize("which", ["x", "m"])
def test_draws_are_those_without_it(which: str) -> None:
    rows, answers = front_door(), []
    for typed in (None, 9.0):
        if typed is not None:
            rows[which][WHICH] = typed
        model = Flow().fit(Task((Y,), (X, M), rows))
        given = {"x": torch.zeros(4_000, 1), "m": torch.ones(4_000, 1)}
        given["m"][2_000:] = -1
        drawn = model.sample(given, 4_000, torch.Generator().manual_seed(1))["y"]
        answers.append((float(drawn[:2_000].mean() - drawn[2_000:].mean()), float(drawn[:2_000].std())))
    assert np.allclose(answers[0], answers[1], atol=0.03)
