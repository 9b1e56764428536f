"""Numbers in closed form: what tables of categories say, against the adjoint of the program and against simulation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, OverlapWarning

BACK_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
NAPKIN = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")


def asked(program: idgen.Program, data: Mapping[str, Any], **options: Any) -> Any:
    return program.fit(data, train="asked", progress=False, check_graph=False, **options)


def confounded(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.integers(3, size=n)
    x = (rng.random(n) < 0.2 + 0.3 * z).astype(int)
    return {"Z": z, "X": x, "Y": (rng.random(n) < 0.1 + 0.2 * x + 0.2 * z).astype(int)}


def napkin(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(2, size=(2, n))
    w1 = np.where(rng.random(n) < 0.3, a, b)
    w2 = w1 ^ rng.binomial(1, 0.3, n)
    x = np.where(rng.random(n) < 0.3, a, w2)
    return {"W1": w1, "W2": w2, "X": x, "Y": rng.binomial(1, 0.3 + 0.5 * b - 0.2 * x)}


def test_a_back_door_is_standardized_by_hand() -> None:
    data = confounded(800, 0)
    found = asked(BACK_DOOR, data).ate("Y", "X", 1, 0)
    z, x, y = data["Z"], data["X"], data["Y"]
    means = {(v, k): y[(x == v) & (z == k)].mean() for v in (0, 1) for k in range(3)}
    assert found.method == "closed form"
    assert found.value == pytest.approx(np.mean([means[1, k] - means[0, k] for k in z]))
    # the influence function of standardization, written down (Hahn 1998)
    chance = {k: (x[z == k]).mean() for k in range(3)}
    phi = np.array(
        [
            (v == 1) / chance[k] * (w - means[1, k]) - (v == 0) / (1 - chance[k]) * (w - means[0, k])
            + means[1, k] - means[0, k] - found.value
            for k, v, w in zip(z, x, y, strict=True)
        ]
    )  # fmt: skip
    assert found.se == pytest.approx(np.sqrt((phi**2).mean() / len(phi)), rel=0.02)  # few rows widen it a little


@pytest.mark.parametrize("realize", ["regenerate", "reweight"])
def test_a_napkin_covers_its_truth(realize: str) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, realize=realize)
    found = [asked(program, napkin(2_000, seed)).ate("Y", "X", 1, 0) for seed in range(60)]
    assert abs(np.mean([one.value + 0.2 for one in found])) < 3 * np.std([one.value for one in found]) / 60**0.5
    assert np.mean([one.low <= -0.2 <= one.high for one in found]) >= 0.88
    assert np.mean([one.se for one in found]) == pytest.approx(np.std([one.value for one in found]), rel=0.3)


def _log_odds(low: float, high: float) -> float:
    return math.log(high / (1 - high)) - math.log(low / (1 - low))


def test_few_rows_have_fewer_degrees_of_freedom() -> None:
    few, many = (asked(BACK_DOOR, confounded(n, 1)).estimate("Y", do={"X": 1}) for n in (60, 6_000))
    reach = [_log_odds(one.low, one.high) / 2 * one.value * (1 - one.value) / one.se for one in (few, many)]
    assert reach[1] == pytest.approx(1.96, abs=0.1)
    assert asked(BACK_DOOR, confounded(60, 1)).contrast("Y", {"X": 1}, {"X": 0}).high > few.value - 1
    assert reach[0] > 2.0


def test_nothing_is_silent_without_overlap() -> None:
    z = np.random.default_rng(0).integers(2, size=600)
    data = {"Z": z, "X": z, "Y": np.random.default_rng(1).binomial(1, 0.2 + 0.4 * z)}
    with pytest.warns(
        OverlapWarning, match=r"% of the answer rests on P\(Y \| Z, X\) at X = 1 where Z = 0, which no row"
    ):
        found = asked(BACK_DOOR, data).estimate("Y", do={"X": 1})
    share = (z == 0).mean()
    assert found.low < (1 - share) * 0.6 + 0.05
    assert found.high > share + (1 - share) * 0.6 - 0.05  # whatever happens where Z = 0
    assert found.warnings


def test_weights_count_like_repeated_rows() -> None:
    data, rng = confounded(300, 3), np.random.default_rng(4)
    often = rng.integers(1, 4, size=300)
    repeated = {name: np.repeat(column, often) for name, column in data.items()}
    one = asked(BACK_DOOR, {**data, "w": often}, weights="w", weights_are="frequency").ate("Y", "X", 1, 0)
    other = asked(BACK_DOOR, repeated).ate("Y", "X", 1, 0)
    assert (one.value, one.se) == pytest.approx((other.value, other.se))
    survey = asked(BACK_DOOR, {**data, "w": often}, weights="w").ate("Y", "X", 1, 0)
    assert survey.value == pytest.approx(other.value)
    assert survey.se > other.se * 1.2  # 300 rows, not 600


def test_clusters_widen_what_repeats_itself() -> None:
    data = confounded(200, 5)
    twice = {name: np.tile(column, 5) for name, column in data.items()}
    sampler = asked(BACK_DOOR, twice)
    rows, clusters = (sampler.ate("Y", "X", 1, 0, clusters=c) for c in (None, np.tile(np.arange(200), 5)))
    assert clusters.se == pytest.approx(5**0.5 * rows.se, rel=0.05)


def test_clusters_are_read_as_the_table_is(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(confounded(200, 5))
    table["week"] = pd.Timestamp("2026-01-05") + pd.to_timedelta(7 * (np.arange(200) // 10), unit="D")
    sampler, file = asked(BACK_DOOR, table.drop(columns="week")), tmp_path / "rows.csv"
    table.to_csv(file, index=False)
    given, named, filed = (
        sampler.ate("Y", "X", 1, 0, clusters=clusters, data=data)
        for clusters, data in ((table["week"], None), ("week", table), ("week", str(file)))
    )
    assert given.se == named.se == filed.se != sampler.ate("Y", "X", 1, 0).se
    with pytest.raises(DataError, match=r"no column 'weak'; did you mean week\?"):
        sampler.ate("Y", "X", 1, 0, clusters="weak", data=table)
    with pytest.raises(DataError, match=r"1 missing value\(s\), the first in row 3"):
        sampler.ate("Y", "X", 1, 0, clusters=table["week"].mask(table.index == 3))


def test_sensitivity_is_that_of_the_regression() -> None:
    data = confounded(5_000, 6)
    found = asked(BACK_DOOR, data).ate("Y", "X", 1, 0)
    z, x, y = data["Z"], data["X"], data["Y"]
    mean = np.array([[y[(x == v) & (z == k)].mean() for k in range(3)] for v in (0, 1)])[x, z]
    chance = np.array([x[z == k].mean() for k in range(3)])[z]
    spread = np.sqrt(((y - mean) ** 2).mean() * (x / chance**2 + (1 - x) / (1 - chance) ** 2).mean())
    answers = found.among.answers
    assert answers.residual[0] * answers.riesz[0] == pytest.approx(spread, rel=1e-6)


def test_what_has_no_closed_form_says_so() -> None:
    data = confounded(200, 0)
    data["Z"] = data["Z"] + np.random.default_rng(0).normal(size=200)
    with pytest.raises(DataError, match="no closed form on these data"):
        asked(BACK_DOOR, data).estimate("Y", do={"X": 1}, method="closed form")


def test_no_event_in_many_rows_is_no_certainty() -> None:
    rng = np.random.default_rng(9)
    z, x = rng.integers(2, size=(2, 900))
    y = np.where(x == 1, rng.random(900) < 0.2, False)
    found = asked(BACK_DOOR, {"Z": z, "X": x, "Y": y}).estimate("Y", do={"X": 0})
    assert found.value == pytest.approx(0, abs=1e-9)
    assert 0.004 < found.high < 0.02  # about 3.7 over the rows


def test_a_group_without_rows_widens_no_other_group() -> None:
    rng = np.random.default_rng(0)
    z = rng.integers(3, size=3_000)
    x = np.where(z == 2, 1, rng.random(3_000) < 0.4).astype(int)
    table = {"Z": z, "X": x, "Y": (rng.random(3_000) < 0.2 + 0.3 * x + 0.1 * z).astype(int)}
    with pytest.warns(OverlapWarning):
        found = BACK_DOOR.fit(table, progress=False, check_graph=False).cate("Y", "X", by="Z")
    wide = found.high - found.low
    assert wide[:2].max() < 0.15
    assert wide[2] > 1  # nothing is known of Y there without treatment
