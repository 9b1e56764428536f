"""Effects in groups, and among those who are treated by themselves."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from idgen_compiler import DataError, Joint, NotIdentifiable
from tests.idgen_compiler.estimates.by_kernels import ByKernels
from tests.idgen_compiler.estimates.standardized import Standardized, drawn_table, truth

SHARES = np.array([0.5, 0.3, 0.2])
TREATED = 0.2 + 0.25 * np.arange(3)


def law_of_z(treated: bool) -> list[float]:
    chance = SHARES * (TREATED if treated else 1 - TREATED)
    return list(chance / chance.sum())


@pytest.fixture(scope="module")
def sampler() -> Standardized:
    return Standardized(drawn_table(40_000, 0))


def test_the_treated_and_the_others_differ_from_everybody(sampler: Standardized) -> None:
    for found, law in (
        (sampler.att("Y", "X"), law_of_z(True)),
        (sampler.atc("Y", "X"), law_of_z(False)),
        (sampler.ate("Y", "X"), list(SHARES)),
    ):
        true = truth(1, law) - truth(0, law)
        assert abs(found.value - true) < 3 * found.se
        assert 0.003 < found.se < 0.01
    assert sampler.att("Y", "X").value - sampler.ate("Y", "X").value > 0.01
    assert sampler.att("Y", "X").what == "E[Y(X=1) - Y(X=0) | X=1]"


def test_the_average_effect_is_the_mean_of_both(sampler: Standardized) -> None:
    share = sampler.table["X"].mean()
    both = share * sampler.att("Y", "X").value + (1 - share) * sampler.atc("Y", "X").value
    assert both == pytest.approx(sampler.ate("Y", "X").value, abs=1e-12)


def hidden_cause() -> tuple[Joint, Any]:
    """U -> X -> M -> Y <- U, and E[Y(x) | X = x'], by summing over U."""
    u, px, pm = np.array([0.5, 0.5]), np.array([0.2, 0.7]), np.array([0.1, 0.8])
    py = np.array([[0.1, 0.5], [0.4, 0.9]])  # by M and U
    table = np.zeros((2, 2, 2))
    for c, x, m, y in itertools.product(range(2), repeat=4):
        pick = [p if v else 1 - p for p, v in ((px[c], x), (pm[x], m), (py[m, c], y))]
        table[x, m, y] += u[c] * np.prod(pick)

    def mean(x: int, natural: int) -> float:
        seen = u * (px if natural else 1 - px)
        seen = seen / seen.sum()
        at = np.array([1 - pm[x], pm[x]])
        return float(at @ py @ seen)

    return Joint(("X", "M", "Y"), table), mean


def test_a_hidden_cause_is_no_obstacle_where_the_policy_is_identified() -> None:
    joint, mean = hidden_cause()
    sampler = ByKernels("P(Y | do(X))", "X -> M -> Y; X <-> Y", joint)
    assert sampler.att("Y", "X").value == pytest.approx(mean(1, 1) - mean(0, 1), abs=1e-9)
    assert sampler.atc("Y", "X").value == pytest.approx(mean(1, 0) - mean(0, 0), abs=1e-9)
    assert sampler.att("Y", "X", 0, 1).value == pytest.approx(mean(0, 0) - mean(1, 0), abs=1e-9)
    assert abs(sampler.att("Y", "X").value - sampler.ate("Y", "X").value) > 0.005


def test_what_is_not_identified_says_what_may_be_asked() -> None:
    joint = Joint(("W1", "W2", "X", "Y"), np.full((2, 2, 2, 2), 1 / 16))
    sampler = ByKernels("P(Y | do(X))", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y", joint)
    with pytest.raises(NotIdentifiable, match=r"ate\(\.\.\.\) asks the average effect"):
        sampler.att("Y", "X")
    with pytest.raises(NotIdentifiable, match=r"P\(Y \| do\(X\)\) is: ate"):
        sampler.cate("Y", "X", by="W1")


@pytest.mark.parametrize(
    "by", ["Z", {"Z": [1, 2]}, {"a": "Z = 0", "b": "Z >= 1 and Z <= 1", "c": "Z != 0 and Z > 1"}, ["Z=0", "Z=1", "Z=2"]]
)
def test_groups_by_what_comes_before(sampler: Standardized, by: Any) -> None:
    found = sampler.cate("Y", "X", by=by)
    table = sampler.table
    for z, each in enumerate(found):
        inside = [table["Y"][(table["Z"] == z) & (table["X"] == x)] for x in (0, 1)]
        assert each.value == pytest.approx(inside[1].mean() - inside[0].mean(), abs=1e-12)
        assert each.se == pytest.approx(np.sqrt(sum(y.var() / len(y) for y in inside)), rel=1e-6)
        assert 0 < each.effective_rows < (table["Z"] == z).sum()
    assert np.abs(found.covariance[~np.eye(3, dtype=bool)]).max() < 1e-12
    assert (found.bands[:, 0] < found.low).all()


def test_a_condition_makes_two_groups_whose_effects_average_to_the_effect(sampler: Standardized) -> None:
    found = sampler.cate("Y", "X", by="Z < 2")
    share = (sampler.table["Z"] < 2).mean()
    assert found.contrast([share, 1 - share]).value == pytest.approx(sampler.ate("Y", "X").value, abs=1e-12)
    assert found.names == ("Z < 2", "not (Z < 2)")


def test_groups_by_a_condition_of_the_query_agree_with_the_query() -> None:
    sampler = Standardized(drawn_table(5_000, 1), "P(Y | do(X), Z)")
    found = sampler.cate("Y", "X", by="Z")
    for z in range(3):
        one = sampler.ate("Y", "X", given={"Z": z})
        assert found[z].value == pytest.approx(one.value, abs=1e-12)
        assert found[z].se == pytest.approx(one.se, rel=1e-9)
    assert sampler.att("Y", "X", given={"Z": 2}).value == pytest.approx(found[2].value)
    assert sampler.cate("Y", "X", by=[1, 2]).values == pytest.approx(found.values)


def test_small_groups_have_a_warning() -> None:
    table = drawn_table(400, 3)
    table["Z"] = np.where(np.arange(400) < 20, 9, table["Z"])
    found = Standardized(table).cate("Y", "X", by="Z")
    assert any("rests on about" in text and "Z=9" in text for text in found[0].warnings)
    with pytest.raises(DataError, match="no units, or hardly any, have Z > 10"):
        Standardized(table).cate("Y", "X", by="Z > 10")


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("W", "the graph has no 'W'"),
        ("Z <", "expected a value"),
        ("Z < a", "no number"),
        ("Z ~ 3", "expected one of"),
        ("Z = 7", "no label '7'"),
        ("Y < 1", "Y is the outcome"),
        ("X = 1", "X is set"),
        ({"Z": [2, 1]}, "numbers that rise"),
        ({"Z": []}, "numbers that rise"),
        ([1, 2], "by is"),
        (None, "by is None"),
    ],
)
def test_what_makes_no_groups(sampler: Standardized, by: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        sampler.cate("Y", "X", by=by)


def test_what_a_treatment_affects_makes_no_groups() -> None:
    joint, _ = hidden_cause()
    sampler = ByKernels("P(Y | do(X))", "X -> M -> Y; X <-> Y", joint)
    with pytest.raises(DataError, match=r"M is affected by a treatment.*compile P\(Y \| do\(X\), M\)"):
        sampler.cate("Y", "X", by="M")


def test_numbers_without_labels_are_refused() -> None:
    table = drawn_table(500, 0)
    table["Z"] = np.random.default_rng(0).normal(size=500)
    table["X"] = np.random.default_rng(1).normal(size=500)
    sampler = Standardized(table)
    sampler.sample = lambda n, **_: Standardized(drawn_table(50, 0)).sample(n, do={"X": 1}, seed=0)  # type: ignore[method-assign]
    with pytest.raises(DataError, match="give edges"):
        sampler.cate("Y", "X", by="Z")
    with pytest.raises(DataError, match=r"types=\{'X': 'categorical'\}"):
        sampler.att("Y", "X")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Y", "Q"), "'Q' is no treatment"),
        (("Y", "X", 2, 0), "no label 2"),
        (("Y", "X", 1, 1), "compared with itself"),
        (("q0.5(Y)", "X"), "no average effect"),
    ],
)
def test_what_has_no_effect_among_the_treated(sampler: Standardized, arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        sampler.att(*arguments)


def test_labels_that_the_sampler_does_not_know_are_read_as_the_column_has_them(sampler: Standardized) -> None:
    other = Standardized({**sampler.table, "Z": sampler.table["Z"] > 1})
    known = other.cate("Y", "X", by="Z")
    other.read_value = lambda name, text: text  # type: ignore[method-assign]
    found = other.cate("Y", "X", by={"no": "Z = false", "yes": "Z = 1"})
    assert found.values == pytest.approx(known.values)


def test_other_treatments_and_late_conditions_are_refused() -> None:
    joint, _ = hidden_cause()
    several = ByKernels("P(Y | do(X, M))", "X -> M -> Y; X <-> Y", joint)
    with pytest.raises(DataError, match="also sets M"):
        several.att("Y", "X")
    late = ByKernels("P(Y | do(X), M)", "X -> M -> Y; X <-> Y", joint)
    with pytest.raises(DataError, match="X affects M"):
        late.att("Y", "X", given={"M": 1})
