"""What is compared with values of a table's kinds: labels, dates, numbers on a grid, and columns that no fit read."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, DataWarning
from idgen_compiler.estimates.measures import Functional
from idgen_compiler.estimates.questions.asked import Point, read

N = 1_500
GRAPH = idgen.ADMG.parse("X -> V; C -> R; X -> R; X -> S; X -> D; X -> T; X -> K; X -> B; X -> Y; C -> Y")


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x, c = rng.integers(2, size=N), rng.choice(["-1", "0"], N)
    days = np.datetime64("2021-01-01") + rng.integers(0, 365, N)
    real = np.where(rng.random(N) < 0.2, 0.0, rng.exponential(size=N) + 0.1)
    return {
        "X": x,
        "C": c,
        "V": rng.choice(["01", "1"], N, p=[0.8, 0.2]),
        "R": rng.normal(size=N) + x * (c == "-1"),
        "S": np.round(rng.normal(size=N), 1),
        "D": days.astype("M8[D]"),
        "T": rng.integers(0, 1_000, N).astype("m8[m]"),
        "K": rng.choice(["2021-01-01", "2021-02-01", "2021-03-01"], N),
        "B": real,
        "Y": rng.random(N) < 0.2 + 0.6 * x * (c == "-1"),
    }


def fitted(query: str, table: dict[str, Any]) -> Any:
    program = idgen.compile(idgen.Query.parse(query), GRAPH)
    return program.fit(table, seed=0, progress=False, train="asked", check_graph=False)


@pytest.fixture(scope="module")
def sampler(table: dict[str, Any]) -> Any:
    with pytest.warns(DataWarning, match="column V holds labels that differ only in spelling"):
        return fitted("P(V, R, S, D, T, K, B | do(X))", table)


def test_shares_are_those_of_the_rows(sampler: Any, table: dict[str, Any]) -> None:
    june = np.datetime64("2021-06-01")
    expected = {
        "P(V = 01)": table["V"] == "01",
        "P(V != 01)": table["V"] != "01",
        "P(S = 0.3)": table["S"] == 0.3,
        "P(S > 0.3)": table["S"] > 0.3,
        "P(S <= 0.3 and R > −0.5)": (table["S"] <= 0.3) & (table["R"] > -0.5),
        "P(D > '2021-06-01')": table["D"] > june,
        "P(D = 2021-06-01)": table["D"] == june,
        "P(D != '2021-06-01' and D >= 2021-06-01)": table["D"] > june,
        "P(T < '90 min')": table["T"] < np.timedelta64(90, "m"),
        "P(K > '2021-01-15')": table["K"] > "2021-01-15",
        "P(B = 0)": table["B"] == 0,
    }
    rows = idgen.Samples(table)
    for f, inside in (*expected.items(), (("D", datetime.date(2021, 6, 1)), table["D"] == june)):
        asked = read(f, sampler, Point({"X": 1}))
        assert isinstance(asked, Functional)
        assert 0 < inside.mean() < 1
        assert asked.of(rows).tolist() == inside.astype(float).tolist(), f
        again = read(asked.name, sampler, Point({"X": 1}))  # what is printed can be asked
        assert isinstance(again, Functional)
        assert again.of(rows).tolist() == inside.astype(float).tolist(), asked.name


def test_numbers_on_a_grid_may_be_off_by_rounding(sampler: Any) -> None:
    asked = {sign: read(f"P(S {sign} 0.3)", sampler, Point({"X": 1})) for sign in ("=", "!=", "<", "<=", ">", ">=")}
    rows = idgen.Samples({"S": np.array([0.1 + 0.2, 0.3, 0.2, 0.4])})
    found = {sign: each.of(rows).tolist() for sign, each in asked.items() if isinstance(each, Functional)}
    assert found == {
        "=": [1, 1, 0, 0],
        "!=": [0, 0, 1, 1],
        "<": [0, 0, 1, 0],
        "<=": [1, 1, 1, 0],
        ">": [0, 0, 0, 1],
        ">=": [1, 1, 0, 1],
    }


@pytest.mark.parametrize(
    ("f", "said"),
    [
        ("P(R = 2)", r"probability 0 of any one value, such as 2; ask 'P\(R <= 2\)'"),
        ("P(R != 2)", "probability 0 of any one value"),
        ("P(V = 1 and R = 2)", "probability 0 of any one value"),
        ("P(R = nan)", "compared with nan"),
        ("P(B = 1)", "probability 0 of any one value.*continuous"),
        ("P(S = 0.33)", "numbers 0.1 apart, and is never 0.33"),
        ("P(V = 1.0)", "'1.0' is no label of V; it has 01, 1"),
        ("P(V > 01)", "ask for its labels by ="),
        ("P(D > yesterday)", "no date of D; write it as 2020-01-31"),
        ("P(T > 90)", "write it with a unit, as in '90 min'"),
        ("q0.5(D)", "dates or durations, which have no quantiles here; ask for a share"),
        ("q0.5(T)", "dates or durations, which have no quantiles here; ask for a share"),
    ],
)
def test_what_a_variable_never_is_is_told(sampler: Any, f: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        sampler.estimate(f, do={"X": 1})


@pytest.mark.filterwarnings("error")  # of pandas as well
def test_days_are_a_unit(sampler: Any) -> None:
    both = [
        sampler.estimate(f, do={"X": 1}, method="plug-in", n=500).value for f in ("P(T > '0.1 d')", "P(T > '144 min')")
    ]
    assert both[0] == both[1]


@pytest.mark.parametrize(("name", "unit"), [("D", "2000-01-01"), ("T", "")])
def test_the_remedy_for_a_mean_of_times_is_one(sampler: Any, name: str, unit: str) -> None:
    """In days, since a date where they are dates, whether texts or numpy's times are drawn."""
    with pytest.raises(DataError, match="which have no mean here") as refused:
        sampler.estimate(name, do={"X": 1})
    said = str(refused.value).partition(", as ")[2]
    own = eval(said, {"np": np})  # noqa: S307 - what the error says is code
    found = sampler.estimate(own, do={"X": 1}, method="plug-in", n=500)
    drawn = sampler.sample(500, do={"X": 1}, seed=0)[name]
    times = drawn.astype("M8[s]") - np.datetime64(unit, "s") if unit else drawn.astype("m8[s]")
    days = times / np.timedelta64(1, "D")
    assert found.value == pytest.approx(days.mean(), abs=5 * days.std() / 500**0.5)


@pytest.mark.parametrize("by", ["C", "C = '-1'", {"one": "C = -1"}])
@pytest.mark.parametrize("again", [False, True])
def test_groups_by_what_the_program_leaves_out_name_the_query_that_has_it(
    table: dict[str, Any], by: Any, again: bool
) -> None:
    alone = fitted("P(Y | do(X))", table)
    with pytest.raises(DataError, match=r"P\(Y \| do\(X\)\) does not need C.*compile P\(Y, C \| do\(X\)\)"):
        alone.cate("Y", "X", 1, 0, by=by, data=table if again else None)


def test_the_remedy_is_one(table: dict[str, Any]) -> None:
    found = fitted("P(Y, C | do(X))", table).cate("Y", "X", 1, 0, by="C = '-1'")
    inside = [table["Y"][(table["C"] == "-1") & (table["X"] == x)].mean() for x in (0, 1)]
    assert found[0].value == pytest.approx(inside[1] - inside[0], abs=1e-9)
    assert found[0].value > 0.5 > 0.1 > abs(found[1].value)
