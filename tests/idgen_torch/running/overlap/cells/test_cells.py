"""Where all is categories: how much of an answer rests on cells without rows, exactly, and what to ask instead."""

from __future__ import annotations

import json
import re
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import OverlapWarning
from tests.benchmarks.overlap_queries import empty, full

BACK_DOOR = "Z -> X -> Y; Z -> Y"
NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
Rng = np.random.Generator


def fit(query: str, graph: str, data: Any, realize: Any = "auto", **options: Any) -> tuple[Any, list[str]]:
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), realize=realize)
    return told(lambda: program.fit(data, seed=0, progress=False, device="cpu", **options))


def told(call: Any) -> tuple[Any, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", ".* does not use .*", idgen.DataWarning)  # noise, as in `strata`
        found = call()
    assert {warning.category for warning in caught} <= {OverlapWarning}
    return found, [str(warning.message) for warning in caught]


def coin(rng: Rng, chance: Any, n: int = 2000) -> Any:
    return (rng.random(n) < chance).astype(int)


def strata(levels: int, treated: int) -> dict[str, Any]:
    """One stratum is always treated."""
    rng = np.random.default_rng(0)
    z = rng.integers(levels, size=2000)
    x = np.where(z == treated, 1, coin(rng, 0.5))
    return {"Z": z, "X": x, "Y": coin(rng, 0.2 + 0.3 * x + 0.3 * z / levels)}


def test_a_stratum_that_is_always_treated_is_told_with_a_policy_that_can_be_asked() -> None:
    data = strata(5, treated=4)
    sampler, (text,) = fit("P(Y | do(X))", BACK_DOOR, data)
    share = np.mean(data["Z"] == 4)
    assert text.startswith(f"do(X = 0): {share:.0%} of the answer rests on P(Y | Z, X) at X = 0 where Z = 4, which no ")
    asked = re.search(r"ask for (P\(.*\)) instead, with a pi that sets X = 0 only where Z = 0, 1, 2 or 3$", text)
    assert asked is not None
    assert told(lambda: sampler.sample(100, do={"X": 1}, seed=0))[1] == []
    assert told(lambda: sampler.sample(100, do={"X": 0}, seed=0))[1] == [text.removeprefix("do(X = 0): ")]
    # The query that is proposed compiles, and asked as proposed it is quiet.
    instead, _ = fit(asked[1], BACK_DOOR, data)
    law = idgen.Law({z: {0: 1.0} if z < 4 else {1: 1.0} for z in range(5)}, given="Z")
    found, quiet = told(lambda: instead.sample(40_000, do={"X": law}, seed=0))
    assert quiet == []
    z, x = data["Z"], data["X"]
    plug_in = sum(np.mean(z == k) * data["Y"][(z == k) & (x == (k == 4))].mean() for k in range(5))
    assert found["Y"].mean() == pytest.approx(plug_in, abs=0.015)


def test_shares_below_a_fiftieth_go_unsaid() -> None:
    _, (text,) = fit("P(Y | do(X))", BACK_DOOR, strata(20, treated=3))
    assert "do(X = 0): 4." in text or "do(X = 0): 5." in text
    assert "except where Z = 3" in text
    many = strata(90, treated=3)
    many["Z"] = np.array([f"site {z}" for z in np.where(many["Z"] < 60, 0, many["Z"])])
    many["X"] = np.where(many["Z"] == "site 89", 1, coin(np.random.default_rng(1), 0.5))
    sampler, said = fit("P(Y | do(X))", BACK_DOOR, many)
    assert said == []
    assert sampler.report().overlap.color in ("green", "yellow")
    assert 0 < sampler.report().overlap.empty < 0.02


def test_a_mediator_that_equals_the_treatment() -> None:
    rng = np.random.default_rng(0)
    x = coin(rng, 0.5)
    sampler, (text,) = fit("P(Y | do(X))", "X -> M -> Y; X <-> Y", {"X": x, "M": x, "Y": coin(rng, 0.2 + 0.5 * x)})
    assert "% of the answer rests on P(Y | X, M) at X = 0, M = 1, which no row shows" in text
    assert "instead" not in text
    assert "M is a function of X in these rows" in text
    assert sampler.report().overlap.color == "red"
    for ask in (
        sampler.sample,
        lambda n, **at: sampler.probability("Y", **at),
        lambda n, **at: sampler.estimate("Y", **at),
    ):
        _, said = told(lambda ask=ask: ask(100, do={"X": 1}, seed=0))
        assert len(said) == 1
        assert "at X = 0, M = 1, which no row shows" in said[0]


@pytest.mark.parametrize("realize", ["regenerate", "reweight"])
def test_a_napkin_whose_sampler_sees_no_lack_by_itself(realize: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    w1 = coin(rng, 0.5)
    x = coin(rng, 0.2 + 0.5 * w1)
    data = {"W1": w1, "W2": w1, "X": x, "Y": coin(rng, 0.2 + 0.3 * x + 0.3 * w1)}
    sampler, (text,) = fit("P(Y | do(X))", NAPKIN, data, realize, rows_factor=1.0)
    assert "W1 = 0" in text
    _, said = told(lambda: sampler.sample(100, do={"X": 1}, seed=0))
    assert len(said) == 1
    sampler.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    assert told(lambda: loaded.sample(100, do={"X": 1}, seed=0))[1] == said
    assert loaded.report() == sampler.report()  # type: ignore[attr-defined]


def test_many_values_at_once_are_told_of_together() -> None:
    sampler, _ = fit("P(Y | do(X))", BACK_DOOR, strata(2, treated=1))
    _, (one,) = told(lambda: sampler.sample(4, do={"X": [0, 0, 0, 0]}, seed=0))
    _, (half,) = told(lambda: sampler.sample(4, do={"X": [0, 1, 0, 1]}, seed=0))
    shares = [int(text.partition("%")[0]) for text in (one, half)]
    assert shares[1] == pytest.approx(shares[0] / 2, abs=1)
    assert told(lambda: sampler.sample(0, do={"X": []}, seed=0))[1] == []
    _, uniform = told(lambda: sampler.sample(50, do={"X": idgen.Uniform()}, seed=0))
    assert uniform[0].partition("%")[0] == half.partition("%")[0]


def test_rows_that_weigh_nothing_are_none() -> None:
    rng = np.random.default_rng(0)
    z, x = coin(rng, 0.5), coin(rng, 0.5)
    data = {"Z": z, "X": x, "Y": coin(rng, 0.2 + 0.3 * x), "w": np.where((z == 1) & (x == 0), 0.0, 1.0)}
    _, (text,) = fit("P(Y | do(X))", BACK_DOOR, data, weights="w")
    assert "do(X = 0): 3" in text
    assert "at X = 0 where Z = 1" in text


def test_few_rows_are_yellow_and_the_sampler_says_so() -> None:
    rng = np.random.default_rng(0)
    z = coin(rng, 0.3)
    x = np.where(z == 1, 1, coin(rng, 0.5))
    x[np.flatnonzero(z)[:3]] = 0
    sampler, said = fit("P(Y | do(X))", BACK_DOOR, {"Z": z, "X": x, "Y": coin(rng, 0.2 + 0.3 * x)})
    assert said == []
    assert sampler.report().overlap.color == "yellow"
    assert "overlap is yellow: of an answer up to 0% rests on values that no row shows and up to" in str(
        sampler.report()
    )
    _, (text,) = told(lambda: sampler.sample(100, do={"X": 0}, seed=0))
    assert text.endswith("at X = 0 where Z = 1, of which there are fewer than 5 rows; the answer is rough")


def test_full_cells_are_green() -> None:
    rng = np.random.default_rng(0)
    z, x = coin(rng, 0.5), coin(rng, 0.5)
    sampler, said = fit("P(Y | do(X), Z)", BACK_DOOR, {"Z": z, "X": x, "Y": coin(rng, 0.2 + 0.3 * x)})
    assert said == []
    light = sampler.report().overlap
    assert (light.color, light.empty, light.thin, light.asked) == ("green", 0.0, 0.0, 4)


def test_a_policy_that_is_a_function_is_looked_at_in_samples() -> None:
    data = strata(2, treated=1)
    sampler, _ = fit("P(Y | do(X ~ pi(X | Z)))", BACK_DOOR, data)
    law = idgen.Law(lambda inputs, n, generator: np.zeros(n, dtype=int), given="Z")
    _, said = told(lambda: sampler.sample(2000, do={"X": law}, seed=0))
    assert "of the samples rest on P(Y | Z, X) at Z = 1, X = 0, which no row shows" in said[0]


@pytest.mark.parametrize(
    "wrong", [{"rows": "many"}, {"rows": -1.0}, {"margins": []}, {"margins": [{"of": ["Q"], "model": {}}]}]
)
def test_counts_that_were_tampered_with_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    sampler, _ = fit("P(Y | do(X))", BACK_DOOR, strata(2, treated=1))
    sampler.save(tmp_path / "s")
    header = tmp_path / "s" / "sampler.json"
    content = json.loads(header.read_text())
    content["cells"] |= wrong
    header.write_text(json.dumps(content))
    with pytest.raises(idgen.DataError, match="save the sampler again"):
        idgen.load(tmp_path / "s")


@pytest.mark.slow
def test_random_queries_with_empty_cells_are_told_and_full_ones_are_quiet() -> None:
    for posed in islice(empty(5), 8):
        _check(posed, quiet=False)
    for posed in islice(full(5), 8):
        _check(posed, quiet=True)


def _check(posed: Any, quiet: bool) -> None:
    program = idgen.compile(posed.case.query, posed.case.graph)
    sampler, at_fit = told(lambda: program.fit(posed.data, seed=0, progress=False, device="cpu", rows_factor=1.0))
    _, at_sample = told(lambda: sampler.sample(100, do=posed.do, given=posed.given, seed=0))
    assert (not at_sample) == quiet, str(posed.case)
    assert (not at_fit) == quiet, str(posed.case)
