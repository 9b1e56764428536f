"""What the families for real targets learn."""

from __future__ import annotations

from math import log, pi

import numpy as np
import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families import Chain, Flow, Tuning
from idgen_torch.families.numbers.density import Density, Mixture, Spline, density
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.nets.heads import Columns
from idgen_torch.parts import Values
from tests.idgen_torch.families.trained import trained

X, Y, V, C = Part("x", None, 1), Part("y", None, 1), Part("v", None, 2), Part("c", 2)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("law", [Spline(8), Mixture(6)])
def test_a_density_starts_near_the_standard_normal(law: Density) -> None:
    value = torch.linspace(-2, 2, 9)
    found = law.log_prob(law.start().expand(9, -1), value)
    assert torch.allclose(found, -0.5 * value.square() - 0.5 * log(2 * pi), atol=0.2)


@pytest.mark.parametrize("law", [Spline(8), Mixture(6)])
def test_a_density_integrates_to_one_and_samples_itself(law: Density) -> None:
    raw = torch.randn(1, law.outputs, generator=generator(1))
    grid = torch.linspace(-12, 12, 48_001)
    mass = law.log_prob(raw.expand(len(grid), -1), grid).double().exp() * (grid[1] - grid[0])
    assert float(mass.sum()) == pytest.approx(1.0, abs=2e-3)
    drawn = law.sample(raw.expand(200_000, -1), generator(2)).double()
    mean = float((grid * mass).sum())
    assert float(drawn.mean()) == pytest.approx(mean, abs=0.03)
    assert float(drawn.var()) == pytest.approx(float(((grid - mean).square() * mass).sum()), rel=0.03)


def test_an_unknown_density_is_refused() -> None:
    with pytest.raises(DataError, match="choose spline or mixture"):
        density("kernel", 3)


def test_many_numbers_that_do_not_matter_are_not_believed() -> None:
    g = torch.Generator().manual_seed(0)
    x, y = Part("x", None, 100), Part("y", None, 1)

    def drawn(n: int) -> Values:
        return {"x": torch.randn(n, 100, generator=g), "y": torch.randn(n, 1, generator=g)}

    model = trained(Flow(epochs=2, density="mixture", ensemble=1), (y,), (x,), drawn(200))
    fresh = drawn(3_000)
    assert float(model.log_prob(fresh).mean()) > -1.6  # -1.42 is the truth's; it was below -2.8 by plain least squares
    assert float(model.sample(fresh, 3_000, g)["y"].std()) == pytest.approx(1, abs=0.15)


def test_the_residual_is_white_and_rebuilds_the_values() -> None:
    g = generator(3)
    n = 5_000
    columns = Columns.of([C, X])
    rows = {"c": torch.randint(2, (n,), generator=g), "x": torch.randn(n, 1, generator=g)}
    noise = torch.randn(n, 2, generator=g)
    first = 0.5 * rows["x"] + 0.25 * rows["c"][:, None] + 0.25 * noise[:, :1]
    # The second is determined by the first and the inputs.
    values = torch.cat([first, first - rows["x"], 0.5 * first + noise[:, 1:]], 1)
    features = columns.features(rows, n, torch.device("cpu"))
    residual = Residual.fit(features, columns.one_hot_width, values, None)
    white = residual.whitened(features, columns.one_hot_width, values)
    assert residual.free == [0, 2]
    assert torch.allclose(white[:, [0, 2]].T.cov(), torch.eye(2), atol=0.01)
    rebuilt = residual.mean(features, columns.one_hot_width) + white @ residual.factor.T
    assert torch.allclose(rebuilt, values, atol=1e-2)


@pytest.mark.parametrize("kind", ["spline", "mixture"])
def test_a_linear_law_holds_far_from_the_center(kind: str) -> None:
    g = generator(4)
    n = 8_000
    x = torch.randn(n, 1, generator=g)
    y = 0.8 * x + 0.6 * torch.randn(n, 1, generator=g)
    model = trained(Flow(density=kind, ensemble=2, epochs=8), (Y,), (X,), {"x": x, "y": y})
    for at, slack in ((0.0, 0.05), (2.0, 0.1), (6.0, 0.6)):
        drawn = model.sample({"x": torch.full((20_000, 1), at)}, 20_000, generator())["y"]
        assert float(drawn.mean()) == pytest.approx(0.8 * at, abs=slack * 0.6)
        assert float(drawn.std()) == pytest.approx(0.6, rel=max(0.06, slack))


def test_two_modes_and_the_dependence_between_coordinates_are_learned() -> None:
    g = generator(5)
    n = 8_000
    c = torch.randint(2, (n,), generator=g)
    side = (2.0 * torch.randint(2, (n,), generator=g) - 1).unsqueeze(1)
    first = side + 0.2 * torch.randn(n, 1, generator=g)
    second = torch.where(c[:, None] == 1, first.square(), -first.abs()) + 0.2 * torch.randn(n, 1, generator=g)
    rows = {"c": c, "v": torch.cat([first, second], 1)}
    model = trained(Flow(density="mixture", ensemble=1), (V,), (C,), rows)
    drawn = model.sample({"c": torch.ones(20_000, dtype=torch.long)}, 20_000, generator())["v"]
    assert float((drawn[:, 0].abs() < 0.4).double().mean()) < 0.05
    assert float((drawn[:, 0] > 0).double().mean()) == pytest.approx(0.5, abs=0.05)
    assert float((drawn[:, 1] - drawn[:, 0].square()).std()) == pytest.approx(0.2, abs=0.08)


def test_the_density_is_chosen_and_kept() -> None:
    x = torch.rand(500, 1, generator=generator(6))
    model = trained(Flow(ensemble=1, epochs=2), (X,), (), {"x": x})
    config, tensors = model.state()
    assert config["density"] in ("spline", "mixture")
    with pytest.raises(DataError, match="choose spline or mixture"):
        model.from_state(model.recipe, config | {"density": "other"}, tensors, (X,), ())


def test_a_chain_draws_the_real_part_given_the_discrete_one() -> None:
    g = generator(7)
    n = 5_000
    c = (torch.rand(n, generator=g) < 0.3).long()
    y = 2.0 * c[:, None] + 0.3 * torch.randn(n, 1, generator=g)
    x = torch.randn(n, 1, generator=g)
    choose = Tuning.read({"ensemble": 1, "epochs": 6}).choose
    model = trained(Chain(), (Y, C), (X,), {"c": c, "x": x, "y": y}, choose=choose)
    drawn = model.sample({"x": torch.zeros(20_000, 1)}, 20_000, generator())
    one = drawn["c"] == 1
    assert float(one.double().mean()) == pytest.approx(0.3, abs=0.05)
    assert float(drawn["y"][one].mean()) == pytest.approx(2.0, abs=0.1)
    assert float(drawn["y"][~one].mean()) == pytest.approx(0.0, abs=0.1)


def test_targets_of_the_wrong_kind_are_refused() -> None:
    rows = {"c": torch.zeros(4, dtype=torch.long), "x": torch.zeros(4, 1)}
    with pytest.raises(DataError, match="c is discrete"):
        trained(Flow(), (C,), (), rows)
    with pytest.raises(DataError, match="discrete and real"):
        trained(Chain(), (X,), (), rows)


def test_values_far_out_begin_with_a_component_of_their_own() -> None:
    """One that comes from the middle is wide on its way, and as much lies on the other side, where no value is."""
    values = torch.cat([torch.randn(990, generator=generator()), 9 + torch.randn(10, generator=generator(1)) / 4])
    raw = Mixture(6).start(values)
    assert float(Mixture(6).below(raw, torch.tensor(6.0))) == pytest.approx(0.99, abs=0.002)
    assert float(Mixture(6).below(raw, torch.tensor(-5.0))) < 1e-5
    assert torch.equal(Mixture(6).start(values[:994]), Mixture(6).start()), "four are not several"
    both = Mixture(6).start(torch.cat([values, -values]))
    assert float(Mixture(6).below(both, torch.tensor(-6.0))) == pytest.approx(0.006, abs=0.002)
    assert torch.equal(Mixture(2).start(values), Mixture(2).start())
    heavy = torch.from_numpy(np.random.default_rng(3).standard_t(3, 5_000)).float() / 3**0.5
    assert int((heavy.abs() > 5).sum()) > 10
    assert torch.equal(Mixture(6).start(heavy), Mixture(6).start()), "a tail that thins out is no place of its own"


@pytest.mark.parametrize(("share", "seed"), [(0.01, 1106), (0.02, 7)])
def test_a_few_rows_far_out_are_drawn_as_often_and_on_their_own_side(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=4_000)
    far = rng.random(4_000) < share
    y = 0.5 * x + 0.5 * rng.normal(size=4_000) + far * (8 + rng.normal(size=4_000))
    rows = {"x": torch.from_numpy(x[:, None]).float(), "y": torch.from_numpy(y[:, None]).float()}
    model = trained(Flow(epochs=15, ensemble=1), [Y], [X], rows)
    drawn = model.sample({"x": rows["x"].repeat(10, 1)}, 40_000, generator())["y"]
    assert float((drawn > 4).float().mean()) == pytest.approx(far.mean(), rel=0.25)
    assert float((drawn < -4).float().mean()) < 0.0005
