"""Trees as tensors say what scikit-learn's say, and a flow sees by them where rows gain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families import Boosted, Flow, Forest
from idgen_torch.families.numbers.sights.sight import Sight
from idgen_torch.families.numbers.sights.trees import TREES, told_by_trees
from idgen_torch.families.state import check_finite
from idgen_torch.families.trees.bins import Bins, ranks_of
from idgen_torch.families.trees.boosting import Boosting, Growth
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.parts import Values
from tests.idgen_torch.families.trained import trained

X = tuple(Part(f"x{k}") for k in range(4))
C, Y = Part("c", 12), Part("y")


def rows_of(n: int, seed: int = 0) -> Values:
    g = torch.Generator().manual_seed(seed)
    x, c = torch.rand(n, 4, generator=g), torch.randint(12, (n,), generator=g)
    high = (x[:, 0] > 0.4).float() * 2 + (x[:, 1] > 0.7).float() * (x[:, 2] > 0.5).float() * 3 + (c % 3 == 1).float()
    y = (high - 1.5 + 0.2 * torch.randn(n, generator=g)).unsqueeze(1)
    return {part.name: x[:, k : k + 1] for k, part in enumerate(X)} | {"c": c, "y": y}


def features_of(rows: Values) -> tuple[Features, Columns]:
    columns = Columns.of((*X, C))
    return columns.features(rows, len(rows["c"]), torch.device("cpu")), columns


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("outcome", ["number", "yes or no", "three classes"])
def test_trees_as_tensors_say_what_those_of_scikit_learn_say(outcome: str, weighed: bool) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    rows = rows_of(600)
    features, columns = features_of(rows)
    value = rows["y"][:, 0].double().numpy()
    target = {"number": value, "yes or no": (value > 0).astype(int), "three classes": np.digitize(value, [-1, 1])}[
        outcome
    ]
    weights = np.linspace(0.5, 2, 600) if weighed else None
    bins = Bins.of(features.reals.numpy())
    places = bins.places(features.reals.numpy())
    ours = Growth(trees=20).of(features, columns.one_hot_width, target, weights, bins, places)
    told = np.eye(int(target.max()) + 1)[target] if target.dtype.kind == "i" else target[:, None]
    ranks = ranks_of(features, columns.one_hot_width, told, np.ones(600) if weights is None else weights)
    seen = np.column_stack([places, ranks[features.codes.numpy()]])
    kind = HistGradientBoostingRegressor if outcome == "number" else HistGradientBoostingClassifier
    options = {"max_iter": 20, "max_leaf_nodes": None, "max_depth": 3, "early_stopping": False, "random_state": 0}
    theirs = kind(**options).fit(seen, target, sample_weight=weights)
    expected = theirs.predict(seen) if outcome == "number" else theirs.decision_function(seen)
    assert np.allclose(ours(features).numpy(), expected.reshape(600, -1), atol=1e-5)


def seen_by_trees(
    features: Features, columns: Columns, values: torch.Tensor, mass: torch.Tensor | None
) -> tuple[Sight, torch.Tensor]:
    seed = torch.Generator().manual_seed(0)
    return Sight.of([told_by_trees(features, columns.one_hot_width, values, mass, seed)], torch.device("cpu"))


def test_values_between_edges_go_where_training_rows_went() -> None:
    """A float32 that equals an edge goes left in the trees and in the bins alike."""
    values = np.array([[0.1], [0.2], [0.30000001], [0.4]], np.float32)
    bins = Bins.of(values)
    (edges,) = bins.edges
    assert bins.places(edges[:, None]).flatten().tolist() == [0.0, 1.0, 2.0]
    assert (bins.threshold(np.zeros(3, np.int64), np.array([0.5, 1.0, 2.5])) == edges).all()


def test_each_row_is_told_by_trees_that_did_not_see_it() -> None:
    rows = rows_of(600)
    features, columns = features_of(rows)
    noise = torch.randn(600, 1, generator=torch.Generator().manual_seed(3))
    sight, told = seen_by_trees(features, columns, noise, None)
    inside = sight(features)[:, 0]
    apart, own = (float(torch.corrcoef(torch.stack([one, noise[:, 0]]))[0, 1]) for one in (told[:, 0], inside))
    assert own > 0.5, "trees that saw the rows remember their noise"
    assert abs(apart) < 0.15


@pytest.mark.parametrize("order", ["sorted", "in turns"])
def test_trees_of_some_rows_know_a_table_of_any_order(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last rows of a sorted table, and every second one of a table in turns, teach like all others."""
    monkeypatch.setattr("idgen_torch.families.numbers.sights.trees.MOST_ROWS", 400)
    monkeypatch.setattr("idgen_torch.families.trees.bins.ROWS", 400)
    x = torch.linspace(0, 1, 800).unsqueeze(1) if order == "sorted" else (torch.arange(800) % 2).float().unsqueeze(1)
    truth = 3 * (x > 0.8).double()
    columns = Columns.of((Part("x"),))
    features = columns.features({"x": x}, 800, torch.device("cpu"))
    seen, told = seen_by_trees(features, columns, truth, None)
    for said in (told, seen(features)):
        assert float(torch.corrcoef(torch.stack([said[:, 0].double(), truth[:, 0]]))[0, 1]) > 0.95


def test_rows_of_no_weight_teach_trees_nothing() -> None:
    rows = rows_of(600)
    features, columns = features_of(rows)
    mass = (torch.arange(600) % 2).float() * 2
    there = rows["y"] * mass[:, None]
    first, _ = seen_by_trees(features, columns, there, mass)
    wild = torch.where(mass[:, None] > 0, there, 5.0)
    second, _ = seen_by_trees(features, columns, wild, mass)
    assert torch.equal(first.words[0](features), second.words[0](features))


def test_how_many_trees_is_said_by_rows_as_heavy_as_they_are() -> None:
    """Waves among rows that hardly weigh ask for no more trees."""
    random = np.random.default_rng(0)
    x = np.concatenate([random.uniform(0, 1, 1_000), random.uniform(2, 3, 3_000)])
    y = np.where(x > 1.5, np.sin(60 * x), random.normal(size=4_000))
    light = torch.from_numpy(np.where(x > 1.5, 1e-3, 1.0)).float()
    columns = Columns.of((Part("x"),))
    features = columns.features({"x": torch.from_numpy(x).float().unsqueeze(1)}, 4_000, torch.device("cpu"))
    target = torch.from_numpy(y).unsqueeze(1)

    def trees(mass: torch.Tensor) -> int:
        seen, _ = seen_by_trees(features, columns, target, mass)
        (first, *_) = seen.words
        assert isinstance(first, Boosting)
        return len(first.value)

    assert trees(light) == TREES[0] < trees(torch.ones(4_000))


def test_steps_are_seen_by_trees_and_what_is_saved_sees_them_too() -> None:
    rows, fresh = rows_of(800), rows_of(800, seed=1)
    quick = Flow(density="mixture", hidden=(16,), ensemble=1, epochs=100)
    found = trained(quick, (Y,), (*X, C), rows)
    blind = trained(Flow(**{**quick.set_options(), "trees": "no"}), (Y,), (*X, C), rows)
    assert found.state()[0]["trees"] == 2
    assert blind.state()[0]["trees"] == 0
    assert float(found.log_prob(fresh).mean()) > float(blind.log_prob(fresh).mean()) + 0.3
    assert found.sample(rows_of(0), 0, torch.Generator())["y"].shape == (0, 1)
    config, tensors = found.state()
    back = type(found).from_state(found.recipe, config, tensors, found.targets, found.inputs)
    assert torch.equal(back.log_prob(fresh), found.log_prob(fresh))
    for name, value in (("sight.0.feature", 99), ("sight.1.threshold", None), ("sight.center", None)):
        damaged = dict(tensors)
        if value is None:
            del damaged[name]
        else:
            damaged[name] = torch.full_like(tensors[name], value)
        with pytest.raises(DataError, match="saved"):
            type(found).from_state(found.recipe, config, damaged, found.targets, found.inputs)


def test_saved_trees_of_another_shape_are_refused() -> None:
    features, columns = features_of(rows_of(60))
    sight, _ = seen_by_trees(features, columns, rows_of(60)["y"], None)
    state = sight.state()
    check_finite(state)  # trees that end early among them
    assert torch.equal(Sight.from_state(state, 2, 0, columns)(features), sight(features))
    with pytest.raises(DataError, match="do not fit each other"):
        Sight.from_state(state | {"sight.0.value": state["sight.0.value"][:, :-1]}, 2, 0, columns)
    with pytest.raises(DataError, match="unknown"):
        Sight.from_state(state | {"sight.7.value": torch.zeros(1)}, 2, 0, columns)
    with pytest.raises(DataError, match="lack"):
        Boosting.from_state(state, "sight.2", 4, 1, 12)


def test_where_nothing_gains_on_a_normal_there_are_no_networks() -> None:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(2_000, 1, generator=g)
    model = trained(Flow(), (Y,), (Part("x"),), {"x": x, "y": 0.6 * x + 0.8 * torch.randn(2_000, 1, generator=g)})
    assert model.state()[0]["density"] == "normal"
    assert not [name for name in model.state()[1] if name.startswith("network")]
    drawn = model.sample({"x": torch.full((20_000, 1), 2.0)}, 20_000, g)["y"]
    assert float(drawn.mean()) == pytest.approx(1.2, abs=0.06)
    assert float(drawn.std()) == pytest.approx(0.8, abs=0.04)
    assert float(model.log_prob({"x": torch.zeros(1, 1), "y": torch.zeros(1, 1)})) == pytest.approx(-0.696, abs=0.05)
    bent = trained(Flow(effort="quick"), (Y,), (Part("x"),), {"x": x, "y": torch.sin(2 * x)})
    assert bent.state()[0]["hidden"] == [32, 32]


def test_a_number_that_follows_from_another_is_left_to_the_regression_alone() -> None:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(3_000, 2, generator=g)
    x[:, 1] = x[:, 0] + 0.05 * x[:, 1]  # all but the first one
    one, two = Part("one"), Part("two")
    rows = {"one": x[:, :1], "two": x[:, 1:], "y": torch.sin(2 * x[:, :1]) + 0.3 * torch.randn(3_000, 1, generator=g)}
    quick = Flow(density="mixture", hidden=(32,), ensemble=2, epochs=60, trees="no")
    model = trained(quick, (Y,), (one, two), rows)
    (unseen,) = model.state()[0]["blind"]
    config, tensors = model.state()
    back = type(model).from_state(model.recipe, config, tensors, model.targets, model.inputs)
    assert torch.equal(back.log_prob(rows), model.log_prob(rows))
    name = ("one", "two")[unseen]
    apart = {**rows, name: rows[name] + 3.0}
    shift = float(model._residual.slope[unseen, 0]) * 3.0
    drawn, moved = (model.sample(given, 3_000, torch.Generator().manual_seed(1))["y"] for given in (rows, apart))
    assert torch.allclose(moved - drawn, torch.full_like(drawn, shift), atol=1e-3), "its part is a straight line"
    both = trained(quick, (Y,), (one, two), rows | {"y": torch.sin(40 * (x[:, :1] - x[:, 1:]))})
    assert both.state()[0]["blind"] == [], "what only both together tell is seen"
    for wrong in ([5], [-1], ["one"]):
        with pytest.raises(DataError, match="does not see the numbers"):
            type(model).from_state(model.recipe, config | {"blind": wrong}, tensors, model.targets, model.inputs)


@pytest.mark.parametrize("options", [{"effort": "fast"}, {"trees": True}])
def test_an_effort_that_is_none_is_named(options: dict[str, object]) -> None:
    with pytest.raises(DataError, match="it is one of"):
        Flow(**options)  # type: ignore[arg-type]


def test_a_forest_draws_training_outcomes_by_the_weights_of_leaves() -> None:
    rows = rows_of(500)
    forest = trained(Forest(number=30, leaf=10), (Y, C), X, rows)
    asked = {part.name: rows[part.name][:1].expand(20_000, 1) for part in X}
    drawn = forest.sample(asked, 20_000, torch.Generator().manual_seed(0))
    pairs = {(float(y), int(c)) for y, c in zip(rows["y"], rows["c"], strict=True)}
    found = [(float(y), int(c)) for y, c in zip(drawn["y"], drawn["c"], strict=True)]
    assert set(found) <= pairs, "both targets are of one row"
    state = forest.state()[1]
    nodes, order, ends = (state[name] for name in ("nodes.roots", "order", "ends"))
    weight = torch.zeros(500, dtype=torch.float64)
    place = torch.arange(len(nodes))
    leaves = forest._nodes.leaf(forest._columns.features(asked, 20_000, torch.device("cpu"))[: len(nodes)], place)
    for leaf in leaves:
        inside = order[ends[leaf] : ends[leaf + 1]]
        weight[inside] += 1 / (len(inside) * len(nodes))
    kept = state["rows.y"][:, 0].double()
    assert float(weight.sum()) == pytest.approx(1)
    assert float(drawn["y"].double().mean()) == pytest.approx(float((weight * kept).sum()), abs=0.03)


def test_boosted_trees_know_their_classes_and_give_the_others_a_little() -> None:
    rows = rows_of(2_000)
    rows["k"] = (rows["y"][:, 0] > 0).long() * 2
    k = Part("k", 4)
    model = trained(Boosted(number=60), (k,), X, rows)
    law = model.laws({part.name: rows[part.name] for part in X}, 2_000)
    assert torch.allclose(law.sum(1), torch.ones(2_000, dtype=torch.float64))
    assert float(law[:, [1, 3]].max()) < 2e-3
    assert float(law[:, [1, 3]].min()) > 0
    fresh = rows_of(2_000, seed=1)
    fresh["k"] = (fresh["y"][:, 0] > 0).long() * 2
    assert float((model.laws(fresh, 2_000).argmax(1) == fresh["k"]).double().mean()) > 0.85
