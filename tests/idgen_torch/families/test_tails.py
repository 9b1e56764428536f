"""Tails that models see drawn in: a flow learns them straight where that tells more of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from idgen_compiler.data.kinds.numbers.scale import Scale
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families import Flow, Run, Task
from idgen_torch.families.numbers.flows.lesson import Gain
from idgen_torch.families.numbers.flows.search import Search
from idgen_torch.families.numbers.support import Support

SCALE = Scale(0.0, 1.0)
X, Y = Part("x"), Part("y")
OPEN = (None, None)


@pytest.mark.parametrize("ends", [OPEN, (-1.5, None), (-1.0, 4.0)])
def test_straight_tails_are_those_of_the_scale_and_have_a_way_back(ends: tuple[float | None, float | None]) -> None:
    low, high = ends
    own = np.linspace(-29.0 if low is None else low + 0.01, 29.0 if high is None else high - 0.01, 801)
    if ends == OPEN:
        own = np.concatenate([own, np.sign(own) * np.logspace(np.log10(30.01), 8, 801)])
    seen = torch.from_numpy(SCALE.seen(own)).unsqueeze(1).requires_grad_()
    support = Support((ends,), straight=(0,))
    free = support.freed(seen)
    if ends == OPEN:
        wide = np.abs(own)
        assert np.allclose(
            np.abs(free.detach()[:, 0].numpy()), np.where(wide < 30, wide, 30 + np.log1p(np.maximum(wide - 30, 0)))
        )
    assert torch.allclose(support.bound(free), seen, atol=1e-6)
    (slope,) = torch.autograd.grad(free.sum(), seen)
    assert torch.allclose(slope[:, 0].log(), support.log_slope(seen), atol=1e-5)
    far = support.bound(torch.tensor([[-1e6], [1e6]], dtype=torch.float64))[:, 0].detach()
    assert bool(far.isfinite().all())
    assert low is None or float(far.min()) >= low
    assert high is None or float(far.max()) <= high


def test_other_columns_stay_where_they_are() -> None:
    values = torch.tensor([[8.0, 8.0]])
    support = Support((OPEN, OPEN), straight=(1,))
    assert support.freed(values)[0].tolist() == pytest.approx([8.0, float(SCALE.own(np.array(8.0)))])
    assert support.bound(support.freed(values)).tolist() == [[8.0, pytest.approx(8.0)]]


@pytest.mark.parametrize(("most", "end", "far"), [(5.9, None, []), (6.1, None, [0]), (16.0, None, [0]), (7.0, 7.5, [])])
def test_a_tail_may_be_straight_where_no_end_lies_within_it(most: float, end: float | None, far: list[int]) -> None:
    values = torch.tensor([[-1.0], [0.0], [most]])
    assert Support(((None, end),)).far(values) == far
    assert Support(((None if end is None else -end, None),)).far(-values) == far


def fitted(y: Any, x: Any, run: Run = Run()) -> Any:
    """A small flow of a number, as models see it."""
    rows = {"x": torch.from_numpy(x[:, None]).float(), "y": torch.from_numpy(SCALE.seen(y)[:, None]).float()}
    return Flow(epochs=20, ensemble=1, trees="no").fit(Task((Y,), (X,), rows), run)


def parabola(n: int = 6_000) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    return x, x**2 + 0.3 * rng.normal(size=n)


def test_a_tail_that_an_input_explains_is_straight() -> None:
    x, y = parabola()
    model = fitted(y, x)
    assert model.support.straight == (0,)
    given = {"x": torch.full((4_000, 1), 2.8)}
    drawn = SCALE.own(model.sample(given, 4_000, torch.Generator().manual_seed(0))["y"][:, 0].numpy())
    assert drawn.mean() == pytest.approx(2.8**2, abs=0.5)
    assert drawn.std() < 0.8
    config, tensors = model.state()
    again = type(model).from_state(model.recipe, config, tensors, model.targets, model.inputs)
    assert again.state()[0] == config
    assert again.to("cpu").support == model.support
    rows = {"x": torch.from_numpy(x[:, None]).float(), "y": torch.from_numpy(SCALE.seen(y)[:, None]).float()}
    assert torch.equal(again.log_prob(rows), model.log_prob(rows))


def test_a_density_is_one_whatever_the_scale() -> None:
    x, y = parabola()
    model = fitted(y, x)
    grid = torch.linspace(-3, 10, 4_001)
    for place in (0.0, 2.8):
        rows = {"x": torch.full((4_001, 1), place), "y": grid[:, None]}
        assert float(torch.trapezoid(model.log_prob(rows).exp(), grid)) == pytest.approx(1, abs=0.02)


def test_what_is_trained_on_keeps_its_scale() -> None:
    x, y = parabola(2_000)
    start = fitted(y, x)
    assert start.support.straight == (0,)
    assert fitted(y[y < 5], x[y < 5], Run(start=start)).support.straight == (0,)


@pytest.mark.parametrize(("mean", "straight"), [(0.01, True), (-0.05, True), (-0.07, False), (-5.0, False)])
def test_tails_are_drawn_in_where_small_networks_tell_more_so(
    monkeypatch: pytest.MonkeyPatch, mean: float, straight: bool
) -> None:
    """By more than .03 nats a row beyond the standard error, here .03 as well."""
    monkeypatch.setattr(Search, "gain_over", lambda *_: Gain(mean, 0.03))
    x, y = parabola(1_000)
    assert fitted(y, x).support.straight == ((0,) if straight else ())


@pytest.mark.parametrize(("mean", "straight"), [(0.04, True), (0.02, False), (-0.01, False)])
def test_tails_that_are_noise_are_straight_where_rows_say_so(
    monkeypatch: pytest.MonkeyPatch, mean: float, straight: bool
) -> None:
    monkeypatch.setattr(Search, "gain_over", lambda *_: Gain(mean, 0.03))
    rng = np.random.default_rng(1)
    x = rng.normal(size=1_000)
    y = x + 0.4 * rng.standard_t(1.5, 1_000)
    assert fitted(y, x).support.straight == ((0,) if straight else ())


def test_each_of_several_targets_has_its_own_scale() -> None:
    x, y = parabola(2_000)
    noise = np.random.default_rng(2).standard_t(1.5, 2_000)
    both = {"x": x, "y": SCALE.seen(y), "z": SCALE.seen(noise)}
    rows = {name: torch.from_numpy(values[:, None]).float() for name, values in both.items()}
    model = Flow(epochs=5, ensemble=1, trees="no").fit(Task((Part("z"), Y), (X,), rows))
    assert model.support.straight in ((1,), ())
    search = Search(Flow(trees="no"), Task((Part("z"), Y), (X,), rows), Run())
    assert (search.far, search.explained()) == ([0, 1], [1])


def test_rows_without_weight_have_no_tail() -> None:
    x, y = parabola(2_000)
    rows = {"x": torch.from_numpy(x[:, None]).float(), "y": torch.from_numpy(SCALE.seen(y)[:, None]).float()}
    weights = (rows["y"][:, 0] < 5).float()
    assert Search(Flow(), Task((Y,), (X,), rows), Run()).far == [0]
    assert Search(Flow(), Task((Y,), (X,), rows, weights), Run()).far == []


def test_a_value_that_is_absurdly_far_out_turns_nothing() -> None:
    x, y = parabola()
    y[:3] = (1e5, -1e9, 1e30)
    model = fitted(y, x)
    for place in (0.0, 1.5, 2.8):
        drawn = model.sample({"x": torch.full((4_000, 1), place)}, 4_000, torch.Generator().manual_seed(0))["y"]
        own = SCALE.own(drawn[:, 0].numpy())
        assert np.median(own) == pytest.approx(place**2, abs=0.5)
        assert np.subtract(*np.quantile(own, [0.75, 0.25])) < 0.8


def test_a_saved_flow_draws_out_the_numbers_that_it_has() -> None:
    x, y = parabola(500)
    model = fitted(y, x)
    config, tensors = model.state()
    before = {name: value for name, value in config.items() if name != "straight"}
    again = type(model).from_state(model.recipe, before, tensors, model.targets, model.inputs)
    assert again.support.straight == ()  # one that was saved before there was a choice
    for wrong in ([1], [-1], ["0"], [True]):
        with pytest.raises(DataError, match="draws out the numbers"):
            type(model).from_state(model.recipe, {**config, "straight": wrong}, tensors, model.targets, model.inputs)
