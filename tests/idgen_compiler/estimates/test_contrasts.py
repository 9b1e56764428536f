"""Differences, ratios, shares and sensitivity: numbers by other ways, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from idgen_compiler import DataError, Law
from idgen_compiler.estimates.contrasts import Kind
from idgen_compiler.estimates.scales import Factor, Plain, Share
from idgen_compiler.estimates.sensitivity import e_value, robustness_value
from tests.idgen_compiler.estimates.standardized import Standardized, drawn_table, truth


@pytest.fixture(scope="module")
def sampler() -> Standardized:
    return Standardized(drawn_table(3_000, 0))


def trial(n: int, seed: int, chances: tuple[float, float]) -> Standardized:
    """A trial, in which the two by two table says everything."""
    generator = np.random.default_rng(seed)
    x = generator.integers(2, size=n)
    return Standardized({"X": x, "Z": np.zeros(n, int), "Y": generator.binomial(1, np.array(chances)[x])})


def test_ratios_as_statsmodels_has_them() -> None:
    table = pytest.importorskip("statsmodels.stats.contingency_tables")
    found = trial(800, 0, (0.2, 0.4))
    x, y = found.table["X"], found.table["Y"]
    cells = np.array([[((x == a) & (y == b)).sum() for b in (1, 0)] for a in (1, 0)])
    ours, theirs = found.odds_ratio(("Y", 1), "X"), table.Table2x2(cells)
    assert ours.value == pytest.approx(theirs.oddsratio)
    assert [ours.low, ours.high] == pytest.approx(theirs.oddsratio_confint())
    ratio = found.risk_ratio("P(Y=1)", "X")
    assert ratio.value == pytest.approx(theirs.riskratio)
    assert [ratio.low, ratio.high] == pytest.approx(theirs.riskratio_confint())
    assert ratio.p_value() == pytest.approx(theirs.riskratio_pvalue())


def test_a_log_ratio_is_the_logarithm_of_the_ratio(sampler: Standardized) -> None:
    ratio = sampler.contrast("Y", {"X": 1}, {"X": 0}, "ratio")
    log = sampler.contrast("Y", {"X": 1}, {"X": 0}, "log ratio")
    assert np.exp([log.value, log.low, log.high]) == pytest.approx([ratio.value, ratio.low, ratio.high])
    assert log.p_value() == pytest.approx(ratio.p_value())
    assert ratio.what == "E[Y | do(X=1)] / E[Y | do(X=0)]"


@pytest.mark.parametrize(("kind", "true"), [("difference", 0.22), ("ratio", truth(1) / truth(0)), ("odds ratio", None)])
def test_intervals_cover(kind: Kind, true: float | None) -> None:
    """300 tables of 400 rows."""
    a, b = truth(1), truth(0)
    wanted = a / (1 - a) / (b / (1 - b)) if true is None else true
    inside = 0
    for seed in range(300):
        found = Standardized(drawn_table(400, seed)).contrast("Y", {"X": 1}, {"X": 0}, kind)
        inside += found.low < wanted < found.high
    assert 0.91 < inside / 300 < 0.985


@pytest.mark.parametrize("p", [0.02, 0.3, 0.97])
def test_intervals_of_shares_cover_and_stay_inside(p: float) -> None:
    """400 tables of 300 rows, of which half have X = 1."""
    inside = 0
    for seed in range(400):
        found = trial(300, seed, (0.5, p)).estimate(lambda samples: samples["Y"] == 1, do={"X": 1})
        assert 0 <= found.low <= found.value <= found.high <= 1
        inside += found.low <= p <= found.high
    assert inside / 400 > 0.925


def test_a_share_of_no_row_has_the_exact_interval() -> None:
    table = {"X": np.ones(100, int), "Z": np.zeros(100, int), "Y": np.zeros(100, bool)}
    found = Standardized(table).estimate("Y", do={"X": 1})
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 100), rel=1e-6)
    assert Share().interval(1.0, 0.0, 1.96, 100) == pytest.approx((0.9638, 1.0), abs=1e-4)
    assert Share().interval(-0.01, 0.02, 1.96, 100) == pytest.approx((0.0, 0.0392), abs=1e-4)


@pytest.mark.parametrize("chances", [(0.02, 0.02), (0.01, 0.05), (0.5, 0.99)])
@pytest.mark.parametrize("kind", ["difference", "ratio"])
def test_intervals_of_rare_events_cover(kind: Kind, chances: tuple[float, float]) -> None:
    """400 tables of 300 rows, many of which hold no event in one of the arms."""
    (other, one), hits = chances, []
    wanted = one - other if kind == "difference" else one / other
    for seed in range(400):
        sampler = trial(300, seed, chances)
        if kind == "ratio" and not sampler.table["Y"][sampler.table["X"] == 0].any():
            continue  # refused: nothing is divided by zero
        found = sampler.contrast("Y", {"X": 1}, {"X": 0}, kind)
        hits.append(found.low <= wanted <= found.high)
    assert len(hits) > 250
    assert np.mean(hits) > 0.93


def test_without_an_event_an_effect_still_has_an_interval() -> None:
    table = {"X": np.repeat([1, 0], 100), "Z": np.zeros(200, int), "Y": np.repeat([0, 1, 0], [100, 10, 90])}
    sampler = Standardized(table)
    least = sampler.ate("Y", "X", 1, 0)
    assert least.value == pytest.approx(-0.1)
    assert (least.low, least.high) == pytest.approx((-0.1756, -0.0421), abs=1e-3)
    none = sampler.risk_ratio("Y", "X")
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.405, abs=2e-2)  # of 100 rows no event: at most .036 of them, over .1


def test_the_mean_of_two_labels_is_a_share_of_the_way_between_them() -> None:
    rows = trial(200, 0, (0.01, 0.01)).table
    one = Standardized(rows).estimate("Y", do={"X": 1})
    other = Standardized({**rows, "Y": rows["Y"] + 1}).estimate("Y", do={"X": 1})
    share = Standardized(rows).estimate("P(Y=1)", do={"X": 1})
    assert (one.low, one.high) == (share.low, share.high)
    assert (other.low - 1, other.high - 1) == pytest.approx((share.low, share.high))


def test_scales_measure_distances() -> None:
    assert Plain().distance(2.0, 0.5, 1.0) == 2.0
    assert Plain().distance(2.0, 0.0, 1.0) == np.inf
    assert Plain().distance(1.0, 0.0, 1.0) == 0.0
    assert Factor().distance(2.0, 0.5, 1.0) == pytest.approx(np.log(2) / 0.25)


def test_several_contrasts_vary_together(sampler: Standardized) -> None:
    found = sampler.contrast({"mean": "Y", "twice": lambda s: 2 * s["Y"]}, {"X": 1}, {"X": 0})
    assert found.names == ("mean", "twice")
    assert found["twice"].value == pytest.approx(2 * found["mean"].value)
    assert found.covariance == pytest.approx(found.covariance[0, 0] * np.array([[1, 2], [2, 4]]))
    assert (found["twice"] - found["mean"]).se == pytest.approx(found["mean"].se)


def test_conditions_may_differ() -> None:
    sampler = Standardized(drawn_table(2_000, 0), "P(Y | do(X), Z)")
    found = sampler.contrast("Y", {"X": 1}, {"X": 1}, given={"Z": 2}, versus_given={"Z": 0})
    y = [sampler.table["Y"][(sampler.table["X"] == 1) & (sampler.table["Z"] == z)] for z in (2, 0)]
    assert found.value == pytest.approx(y[0].mean() - y[1].mean())
    assert found.what == "E[Y | do(X=1), Z=2] - E[Y | do(X=1), Z=0]"


def test_what_may_be_zero_divides_nothing() -> None:
    table = drawn_table(300, 0, binary=False)
    table["Y"] = np.random.default_rng(0).normal(size=300)
    sampler = Standardized(table)
    with pytest.raises(DataError, match="may be zero, by which nothing is divided; ask for kind='difference'"):
        sampler.risk_ratio("Y", "X")
    with pytest.raises(DataError, match="has no logarithm"):
        sampler.contrast("Y", {"X": 1}, {"X": 0}, "log ratio")
    with pytest.raises(DataError, match="has no odds"):
        Standardized({**table, "Y": table["Y"] + 5}).odds_ratio("Y", "X")
    ratio = Standardized({**table, "Y": table["Y"] + 5 * (table["X"] == 0)}).risk_ratio("Y", "X")
    assert ratio.low < 0 < ratio.high
    assert any("delta method" in note for note in ratio.notes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"versus": {"Z": 1}}, "do and versus have to name the same variables"),
        ({"kind": "rate"}, "no contrast is a 'rate'"),
        ({"kind": "ratios"}, "did you mean ratio"),
        ({"do": 3}, "do is 3; give a mapping"),
        ({"given": {"Z": 1}}, "needs other values"),
        ({"versus_given": {"Z": 1}}, "given and versus_given"),
        ({"level": 95}, "level is 95"),
        ({"levels": 0.9}, "did you mean level"),
        ({"level": True}, "level is True"),
        ({"level": 0.0}, "level is 0.0"),
        ({"method": "magic"}, "the method 'magic'"),
        ({"folds": 1}, "folds is 1"),
        ({"n": 2.5}, "n is 2.5"),
        ({"seed": "a"}, "the seed is 'a'"),
        ({"repeats": 3}, "repeats is 3"),
        ({"clusters": np.arange(3_000) % 5}, "5 clusters are too few"),
    ],
)
def test_calls_that_make_no_sense(sampler: Standardized, change: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        sampler.contrast(**{"f": "Y", "do": {"X": 1}, "versus": {"X": 0}, **change})


def test_a_hidden_cause_that_would_undo_it() -> None:
    sampler = Standardized(drawn_table(2_000, 0, binary=False), outcome=(1.0, 1.5))
    found = sampler.ate("Y", "X")
    strong = found.sensitivity()
    assert strong.spread == pytest.approx(1.5 * np.sqrt(2))  # disjoint rows: representers add in squares
    assert strong.robustness is not None
    assert strong.bias(strong.robustness, strong.robustness) == pytest.approx(found.value)
    assert strong.robustness_interval is not None
    assert strong.bias(*[strong.robustness_interval] * 2) == pytest.approx(found.low)
    assert found.sensitivity(found.value).robustness == 0.0
    assert found.sensitivity(found.low).robustness_interval == 0.0
    assert "moved to 0" in repr(strong)
    axes = strong.plot().axes
    assert axes[0].get_xlabel()
    with pytest.raises(DataError, match="from 0 to below 1"):
        strong.bias(1.0, 0.5)


def test_the_bound_is_reached_by_the_cause_that_it_is_about() -> None:
    """A linear model without the cause U: the bias equals the bound at U's own shares (one X, residual on it)."""
    generator = np.random.default_rng(0)
    u = generator.normal(size=400_000)
    d = 0.6 * u + generator.normal(size=400_000)
    y = d + 0.8 * u + generator.normal(size=400_000)
    short = (d @ y) / (d @ d)
    residual, riesz = np.std(y - short * d), 1 / np.std(d)
    left = d - (d @ u) / (u @ u) * u  # what U leaves of the treatment; its representer is left / E[left^2]
    r_d = 1 - np.var(left) / np.var(d)
    u_left = u - (u @ d) / (d @ d) * d
    r_y = np.corrcoef(y - short * d, u_left)[0, 1] ** 2
    bias = residual * riesz * np.sqrt(r_y * r_d / (1 - r_d))
    assert bias == pytest.approx(short - 1.0, rel=0.01)


def test_ratios_have_an_e_value(sampler: Standardized) -> None:
    found = sampler.risk_ratio(("Y", 1), "X")
    strong = found.sensitivity()
    assert strong.e_value == pytest.approx(found.value + np.sqrt(found.value * (found.value - 1)))
    assert strong.e_value_interval == pytest.approx(e_value(found.low))
    assert sampler.odds_ratio(("Y", 1), "X").sensitivity().e_value == pytest.approx(
        e_value(np.sqrt(sampler.odds_ratio(("Y", 1), "X").value))
    )
    less = sampler.risk_ratio(("Y", 1), "X", 0, 1).sensitivity()
    assert less.e_value == pytest.approx(strong.e_value)
    assert found.sensitivity(found.value * 1.01).e_value_interval == 1.0
    with pytest.raises(DataError, match="E-value alone"):
        strong.plot()
    with pytest.raises(DataError, match="positive number"):
        found.sensitivity(0.0)


def test_policies_are_not_apart() -> None:
    """Representers of two policies overlap, so that their squares do not add."""
    sampler = Standardized(drawn_table(2_000, 0), outcome=(1.0, 1.0))
    law = Law({0: {0: 0.5, 1: 0.5}, 1: {1: 1.0}}, given="X")
    sampler.sample = lambda n, **_: Standardized(sampler.table).sample(n, do={"X": 1}, seed=0)  # type: ignore[method-assign]
    found = sampler.contrast("Y", {"X": law}, {"X": 0})
    with pytest.raises(DataError, match="not the mean of one outcome regression"):
        found.sensitivity()


def test_other_estimates_have_no_sensitivity(sampler: Standardized) -> None:
    with pytest.raises(DataError, match="not the mean of one outcome regression"):
        sampler.ate("Y", "X").sensitivity()
    known = Standardized(drawn_table(2_000, 0), outcome=(1.0, 1.0))
    with pytest.raises(DataError, match="not the mean of one outcome regression"):
        known.att("Y", "X").sensitivity()


def test_robustness_at_its_ends() -> None:
    assert robustness_value(0.0, 1.0) == 0.0
    assert robustness_value(1.0, 0.0) == 1.0
    assert robustness_value(1e9, 1.0) == pytest.approx(1.0)
