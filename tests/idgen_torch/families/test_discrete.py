"""What the discrete families learn."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families import Classifier, Factored, Family, Resample, Table
from idgen_torch.families.numbers.temperature import fitted_temperature
from idgen_torch.families.tables import selection
from idgen_torch.families.tables.selection import association, select
from idgen_torch.families.tables.smoothing import mutual_information, smoothed
from idgen_torch.parts import Values
from idgen_torch.training.ensemble import split
from tests.idgen_torch.families.trained import trained

X, Y, Z = Part("x", 2), Part("y", 3), Part("z", 2)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def law_of(codes: Tensor, size: int) -> Tensor:
    return torch.bincount(codes, minlength=size).double() / len(codes)


def total_variation(p: Tensor, q: Tensor) -> float:
    return float((p.double() - q.double()).abs().sum()) / 2


def noisy_copy(n: int, seed: int = 0) -> Values:
    """Y is X but for one row in five, which is 2; Z is a coin."""
    g = generator(seed)
    x, z = torch.randint(2, (n,), generator=g), torch.randint(2, (n,), generator=g)
    y = torch.where(torch.rand(n, generator=g) < 0.2, torch.full_like(x, 2), x)
    return {"x": x, "y": y, "z": z}


def test_parents_are_found_in_sorted_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_MOST_ROWS", 2_000)
    rows = noisy_copy(6_000)
    order = rows["x"].argsort(stable=True)
    shown = {name: codes[order] for name, codes in rows.items()}
    assert select(Y, [X, Z], shown, None, 1e6).parts == (X,)
    assert select(Y, [X, Z], shown, torch.ones(6_000), 1e6).parts == (X,)


def test_candidates_that_are_too_many_to_count_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_MOST_CELLS", 5)
    assert not select(Y, [X, Z], noisy_copy(600), None, 1e6).complete


def test_rows_without_weight_teach_nothing_and_judge_nothing() -> None:
    rows, weights = noisy_copy(2_000), torch.ones(2_000)
    weights[split(2_000, 0.1, generator()).held_out] = 0.0  # all that would be held out if weights did not count
    rows["y"][weights == 0] = 2
    model = trained(Classifier(ensemble=2), (Y,), (X,), rows, weights=weights)
    chance = torch.stack([model.log_prob({"x": torch.tensor([k]), "y": torch.tensor([k])}).exp()[0] for k in (0, 1)])
    assert chance.tolist() == pytest.approx([0.8, 0.8], abs=0.12)


def test_resampling_keeps_rows_whole_and_follows_weights() -> None:
    real = Part("r", None, 2)
    rows = {"x": torch.tensor([0, 1, 1]), "r": torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])}
    model = trained(Resample(), (X, real), (), rows, weights=torch.tensor([1.0, 0.0, 3.0]))
    drawn = model.sample({}, 40_000, generator())
    kept = drawn["r"][:, 0] == 0
    assert set(drawn["r"][:, 0].tolist()) == {0.0, 4.0}
    assert bool((drawn["x"] == (~kept).long()).all())
    assert float(kept.double().mean()) == pytest.approx(0.25, abs=0.01)
    assert model.log_prob(rows).exp().tolist() == pytest.approx([0.25, 0.0, 0.75])


def test_resampling_takes_no_inputs() -> None:
    with pytest.raises(DataError, match="no inputs"):
        trained(Resample(), (X,), (Z,), noisy_copy(5))


def test_a_table_with_many_rows_is_the_observed_frequencies() -> None:
    rows = noisy_copy(30_000)
    model = trained(Table(), (Y,), (X,), rows)
    for x in (0, 1):
        seen = law_of(rows["y"][rows["x"] == x], 3)
        assert total_variation(model.probabilities[x], seen) < 1e-4


def test_a_table_samples_its_law() -> None:
    rows = noisy_copy(5_000)
    model = trained(Table(), (Y, Z), (X,), rows)
    drawn = model.sample({"x": torch.ones(200_000, dtype=torch.long)}, 200_000, generator())
    assert total_variation(law_of(drawn["y"] * 2 + drawn["z"], 6), model.probabilities[1]) < 0.005


def test_an_unseen_cell_falls_back_on_the_stronger_input() -> None:
    # z = 1 never occurs with x = 1; y follows x, so that cell should follow x too.
    rows = noisy_copy(4_000)
    rows = {name: values[(rows["x"] == 0) | (rows["z"] == 0)] for name, values in rows.items()}
    model = trained(Table(), (Y,), (Z, X), rows)
    assert total_variation(model.probabilities[3], model.probabilities[1]) < 0.01


def test_smoothing_is_in_prior_rows() -> None:
    law = smoothed(torch.tensor([[3.0, 1.0], [0.0, 0.0]]).double(), 1.0)
    marginal = torch.tensor([3.5, 1.5]).double() / 5
    assert law[1].tolist() == pytest.approx(marginal.tolist())
    assert law[0].tolist() == pytest.approx(((torch.tensor([3.0, 1.0]) + marginal) / 5).tolist())


def test_a_table_that_is_too_large_names_its_parts() -> None:
    with pytest.raises(DataError, match=r"y given x has 6 cells.*max_cells"):
        trained(Table(max_cells=5), (Y,), (X,), noisy_copy(10))


def test_mutual_information_of_copies_and_of_strangers() -> None:
    assert mutual_information(torch.eye(2).double()) == pytest.approx(0.693147, abs=1e-5)
    assert mutual_information(torch.ones(2, 3).double()) == pytest.approx(0.0, abs=1e-12)


def test_association_is_near_zero_under_independence_and_large_otherwise() -> None:
    g = generator()
    chance = [association(torch.poisson(torch.full((4, 3, 3), 20.0), generator=g).double()) for _ in range(200)]
    assert abs(sum(chance) / 200) < 0.7, "of the larger of two"
    assert 0.7 < float(torch.tensor(chance).std()) < 1.3
    assert association(100 * torch.eye(2).double().unsqueeze(0)) > 50


def test_a_weak_dependence_that_is_the_same_in_many_strata_is_seen() -> None:
    """90 sites that matter much, and a treatment that adds .05 in each: its effect must not become nought."""
    g, n = generator(5), 20_000
    site = torch.randint(90, (n,), generator=g)
    level = torch.rand(90, generator=g) * 0.6 + 0.1
    x = (torch.rand(n, generator=g) < level[site]).long()
    y = (torch.rand(n, generator=g) < level[site] + 0.05 * x).long()
    rows = {"site": site, "x": x, "y": y, "idle": torch.randint(2, (n,), generator=g)}
    parts = (Part("site", 90), Part("x", 2), Part("idle", 2))
    found = select(Part("y", 2), parts, rows, None, n)
    assert [part.name for part in found.parts] == ["site", "x"]


def test_selection_finds_the_cause_behind_its_shadow_and_a_joint_one() -> None:
    g = generator(1)
    n = 20_000
    a, b, c, idle = (torch.randint(2, (n,), generator=g) for _ in range(4))
    shadow = torch.where(torch.rand(n, generator=g) < 0.1, 1 - a, a)
    noise = torch.rand(n, generator=g) < 0.1
    rows = {"a": a, "b": b, "c": c, "idle": idle, "shadow": shadow, "y": torch.where(noise, 1 - a, a), "xor": b ^ c}
    parts = [Part(name, 2) for name in ("shadow", "idle", "c", "b", "a")]
    assert [p.name for p in select(Part("y", 2), parts, rows, None, 1000).parts] == ["a"]
    found = select(Part("xor", 2), parts, rows, None, 1000)
    assert {p.name for p in found.parts} == {"b", "c"}
    assert found.complete
    assert not select(Part("xor", 2), parts, rows, None, 6).complete


def test_factored_tables_share_strength_where_one_table_cannot() -> None:
    g = generator(2)
    n = 4_000
    parts = [Part(f"i{k}", 6) for k in range(4)]
    rows = {part.name: torch.randint(6, (n,), generator=g) for part in parts}
    keep = torch.rand(n, generator=g) < 0.7
    rows["y"] = torch.where(keep, rows["i2"] // 2, torch.randint(3, (n,), generator=g))
    model = trained(Factored(), (Y,), parts, rows)
    assert model.state()[0] == {"given": [["i2"]]}
    truth = torch.tensor([0.8, 0.1, 0.1])
    assert total_variation(model._links[0].probabilities[0], truth) < 0.05


def test_a_classifier_learns_a_joint_law_with_a_real_input() -> None:
    g = generator(3)
    n = 6_000
    r = torch.randn(n, 1, generator=g)
    x = (torch.rand(n, generator=g) < torch.sigmoid(2 * r[:, 0])).long()
    z = torch.where(torch.rand(n, generator=g) < 0.1, 1 - x, x)  # Z follows X, not R
    model = trained(Classifier(ensemble=2), (X, Z), (Part("r", None, 1),), {"r": r, "x": x, "z": z}, seed=1)
    for at in (-1.0, 0.0, 1.5):
        drawn = model.sample({"r": torch.full((50_000, 1), at)}, 50_000, generator())
        p = float(torch.sigmoid(torch.tensor(2 * at)))
        truth = torch.tensor([(1 - p) * 0.9, (1 - p) * 0.1, p * 0.1, p * 0.9])
        assert total_variation(law_of(drawn["x"] * 2 + drawn["z"], 4), truth) < 0.04
        cells = torch.arange(4)
        density = model.log_prob({"r": torch.full((4, 1), at), "x": cells // 2, "z": cells % 2}).exp()
        assert float(density.sum()) == pytest.approx(1.0, abs=1e-5)
        assert total_variation(law_of(drawn["x"] * 2 + drawn["z"], 4), density) < 0.01


def test_a_wide_classifier_embeds_and_agrees_with_itself() -> None:
    # 200 categories take the path of summed embeddings; sampling and likelihood must still be one law.
    wide = Part("w", 200)
    w = torch.arange(200).repeat(20)
    rows = {"w": w, "x": (w >= 100).long()}
    model = trained(Classifier(ensemble=1), (X,), (wide,), rows, seed=0)
    assert float(model.log_prob(rows).exp().mean()) > 0.95
    drawn = model.sample({"w": w}, len(w), generator())
    assert float((drawn["x"] == rows["x"]).double().mean()) > 0.95


def test_temperature_undoes_overconfidence() -> None:
    g = generator(4)
    logits = torch.randn(20_000, 4, generator=g)
    labels = torch.multinomial(logits.softmax(-1), 1, generator=g).squeeze(1)
    assert float(fitted_temperature(2.5 * logits, labels, None)) == pytest.approx(2.5, rel=0.05)


def test_a_few_held_out_rows_leave_the_temperature_near_one() -> None:
    """Five rows that the likelier label happens to fit would make a chance of .8 one of .996."""
    logits, labels = torch.tensor([[0.0, 1.386]]).expand(5, 2), torch.ones(5, dtype=torch.long)
    alone, weighed = fitted_temperature(logits, labels, None), fitted_temperature(logits, labels, torch.ones(5))
    assert float(alone) == pytest.approx(float(weighed), abs=1e-3)
    assert 0.6 < float(alone) < 1
    three = fitted_temperature(logits.repeat(3, 1), labels.repeat(3), None, members=3)
    assert float(three) == pytest.approx(float(alone), abs=1e-3)


@pytest.mark.parametrize("recipe", [Table(), Factored(), Classifier()])
def test_real_targets_are_refused_by_name(recipe: Family) -> None:
    with pytest.raises(DataError, match="r is real"):
        trained(recipe, (Part("r", None, 1),), (), {"r": torch.zeros(4, 1)})


def test_resampled_rows_have_the_masses_of_equal_rows_however_they_are_found() -> None:
    g = torch.Generator().manual_seed(0)
    codes = {f"x{k}": torch.randint(9, (400,), generator=g) for k in range(12)}  # 9^12 cells: no table of these
    codes |= {"x0": torch.zeros(400, dtype=torch.long), "real": torch.randint(2, (400, 1), generator=g).float()}
    codes["real"][:3] = -0.0
    weights = torch.rand(400, generator=g)
    rows = {name: torch.cat([values, values[:50]]) for name, values in codes.items()}
    weights = torch.cat([weights, weights[:50]])
    asked = {name: values[40:60].clone() for name, values in codes.items()}
    asked["x1"][0] = 8 - asked["x1"][0]
    for names in (["x1"], ["x1", "x2"], ["real"], ["x1", "real"], [f"x{k}" for k in range(12)], list(codes)):
        parts = [Part(name, size=None if name == "real" else 9) for name in names]
        model = trained(Resample(), parts, (), rows, weights=weights)
        same = torch.stack([(rows[n].view(450, -1) == asked[n].view(20, 1, -1)).all(2) for n in names]).all(0)
        mass = (same * weights.double()).sum(1) / weights.double().sum()
        assert torch.allclose(model.log_prob(asked).exp().double(), mass, atol=1e-9)


def test_wide_outcomes_borrow_more_where_rows_say_so() -> None:
    g = torch.Generator().manual_seed(0)

    def drawn(n: int) -> Values:
        z = torch.randint(100, (n,), generator=g)
        y = torch.where(torch.rand(n, generator=g) < 0.5, (3 * z) % 100, torch.randint(100, (n,), generator=g))
        return {"z": z, "y": y}

    rows, test = drawn(20_000), drawn(20_000)
    parts = Part("y", size=100), Part("z", size=100)
    counts = torch.bincount(rows["z"] * 100 + rows["y"], minlength=10_000).double().view(100, 100)
    fixed, learned = smoothed(counts, 0.5), smoothed(counts, 0.5, learned=True)
    model = trained(Table(), parts[:1], parts[1:], rows)
    assert torch.equal(model.log_prob(test), learned[test["z"], test["y"]].log())
    gain = (learned / fixed)[test["z"], test["y"]].log().mean()
    assert gain > 0.05
    assert torch.allclose(learned.sum(1), torch.ones(100, dtype=torch.float64))


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_what_has_plenty_of_rows_borrows_the_least(smoothing: float) -> None:
    counts = torch.tensor([[4000.0, 1000.0], [1000.0, 4000.0]], dtype=torch.float64)
    assert torch.equal(smoothed(counts, smoothing, learned=True), smoothed(counts, smoothing))


def test_what_the_weakest_input_does_stays_where_cells_borrow_from_coarser_ones() -> None:
    """A treatment within 150 levels, twenty rows a cell: the contrast of means over the levels is the true one."""
    g = torch.Generator().manual_seed(0)
    levels, n = 150, 6_000
    high, level = torch.randn(levels, generator=g), torch.randint(levels, (n,), generator=g)
    treated = (torch.rand(n, generator=g) < torch.sigmoid(1.2 * high[level])).long()
    risks = torch.sigmoid(torch.stack([1.5 * high - 0.5, 1.5 * high + 0.3], 1))
    outcome = (torch.rand(n, generator=g) < risks[level, treated]).long()
    counts = torch.bincount(4 * level + 2 * treated + outcome, minlength=4 * levels).view(levels, 2, 2).double()
    law = smoothed(counts, 0.5, learned=True).view(levels, 2, 2)[:, :, 1].mean(0)
    truth = float((risks[:, 1] - risks[:, 0]).mean())
    assert float(law[1] - law[0]) == pytest.approx(truth, abs=0.02)
    moved = smoothed(counts.permute(1, 0, 2).contiguous(), 0.5, learned=True).view(2, levels, 2)[:, :, 1].mean(1)
    assert torch.allclose(moved, law), "whatever order the inputs stand in"


def test_a_classifier_has_as_many_members_as_its_effort_says() -> None:
    rows = {"y": torch.arange(400) % 2, "x": torch.randn(400, 1, generator=torch.Generator().manual_seed(0))}
    for effort, members in (("quick", 1), ("default", 3), ("best", 5)):
        model = trained(Classifier(effort=effort, epochs=1), (Part("y", 2),), (Part("x"),), rows)
        assert model.layout.members == members
    assert (
        trained(Classifier(effort="best", ensemble=2, epochs=1), (Part("y", 2),), (Part("x"),), rows).layout.members
        == 2
    )
