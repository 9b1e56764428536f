"""When a fit weighs runs of a law's network, and when it trains on rows of the law."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.running.record import FitRecord
from idgen_torch.running.ways import of_models
from tests.idgen_torch import counting, programs
from tests.strategies import NAPKIN

__all__ = ["counting"]

QUERY = idgen.Query.parse("P(Y | do(X))")
AUTO = idgen.compile(QUERY, NAPKIN)
QUICK: dict[str, Any] = {"epochs": 2, "ensemble": 1, "density": "mixture", "rows_factor": 1.0}


def numbers(rows: int = 300) -> dict[str, Any]:
    """A linear napkin."""
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=(2, rows))
    w1 = u + v + 0.5 * rng.normal(size=rows)
    w2 = 0.7 * w1 + rng.normal(size=rows)
    x = w2 + u + 0.7 * rng.normal(size=rows)
    return {"W1": w1, "W2": w2, "X": x, "Y": x + v + 0.5 * rng.normal(size=rows)}


def fit(data: Any, program: Any = AUTO, **options: Any) -> TorchSampler:
    return TorchBackend().fit(program, data, device="cpu", progress=False, seed=0, **{**QUICK, **options})


def test_runs_are_weighed_for_numbers() -> None:
    sampler = fit(numbers())
    assert sampler.program == AUTO.realized("weigh")
    (choice,) = sampler.report().choices
    assert (choice.operation, choice.chosen) == ("%m3", "weigh")
    assert choice.runs is not None
    assert 0 < choice.runs.least <= choice.runs.typical <= 1
    places = choice.runs.places
    assert str(choice) == (
        f"%m3 weighs runs of its law's network: {choice.runs.typical:.1%} of the runs count at the median of {places} "
        f"rows, {choice.runs.least:.1%} at the lowest tenth (runs are weighed from 0.2% on)"
    )
    assert [model.operation for model in sampler.report().models] == ["%m0", "%m1"]
    assert sampler.report().data == ()
    assert FitRecord.from_json(sampler.report().to_json()) == sampler.report()


def test_nothing_is_said_of_models_of_categories() -> None:
    sampler = fit(programs.napkin_data(1000))
    assert [choice.operation for choice in sampler.report().choices] == ["%law0"]


def test_where_hardly_any_run_counts_rows_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_models, "SHARE", 0.99)
    sampler = fit(numbers())
    choice = sampler.report().choices[-1]
    assert (choice.operation, choice.chosen) == ("%m3", "train")
    assert choice.runs is not None
    assert str(choice).startswith(f"%m3 trained on rows of its law: {choice.runs.typical:.1%} of the runs count")
    assert sampler.program.laws


def wide(rows: int = 120) -> dict[str, Any]:
    data = numbers(rows)
    data["X"] = data["X"][:, None] + np.random.default_rng(1).normal(size=(rows, 9))
    return data


@pytest.mark.parametrize(
    ("data", "options", "reason"),
    [
        (numbers(), {"family": {"%m3": "flow"}}, "its density or its family is asked for"),
        (numbers(), {"likelihood": True}, "its density or its family is asked for"),
        (wide(), {}, "X has 9 real numbers, too many for a density to weigh by"),
        (
            numbers(),
            {"bind": {"X | W1, W2": lambda inputs, n, generator: inputs["W2"] + 1.0}},
            "what is brought for %m0 has no density to weigh runs by",
        ),
    ],
    ids=["family", "likelihood", "vector", "brought"],
)
def test_what_trains_on_rows_whatever_the_data_say(data: Any, options: Any, reason: str) -> None:
    sampler = fit(data, **options)
    choice = sampler.report().choices[-1]
    assert (choice.operation, choice.chosen, choice.reason, choice.runs) == ("%m3", "train", reason, None)
    assert sampler.program.laws


def test_pictures_weigh_nothing() -> None:
    data: dict[str, Any] = numbers(60)
    data["W1"] = np.random.default_rng(2).integers(0, 255, size=(60, 1, 4, 4), dtype=np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few steps draw what no row shows
        choice = fit(data, images={"steps": 2}).report().choices[-1]
    assert (choice.chosen, choice.reason) == ("train", "weights would rest on pictures")


def test_what_every_draw_asks_elsewhere_is_trained() -> None:
    """The condition Z is drawn by the sampler itself, so that every draw would need runs of its own."""
    program = idgen.Program.parse("""
program "P(Y | do(X))" {
  graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
  %obs = observe [W1, W2, X, Y]
  %m0 = train %obs : X | W1, W2
  %m1 = train %obs : Y | W1, W2, X
  %law0 = realize P(W1, X, Y ; do(W2)) -> [X, Y] {
    regenerate do(W2 ~ %obs) { W1 ~ rows %obs  X ~ %m0(W1, W2)  Y ~ %m1(W1, W2, X) }
  }
  %m3 = train %law0 : Y | X
    or condition { W2 ~ %obs  W1 ~ rows %obs  weigh X by %m0(W1, W2)  Y ~ %m1(W1, W2, X) }
  sample () { X ~ %obs  Y ~ %m3(X) } -> [Y]
}
""")
    choice = fit(numbers(), program).report().choices[-1]
    assert (choice.chosen, choice.reason) == ("train", "it is asked at another place for every draw")


def test_conditional_queries_are_weighed() -> None:
    """P(y | do(x), z) of a front door with an effect of both: a regression on rows that nobody has to make."""
    graph = idgen.ADMG.parse("X -> M -> Y; X <-> Y; M -> Z; Y -> Z")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X), Z)"), graph)
    rng = np.random.default_rng(3)
    u, m, e, z = rng.normal(size=(4, 3000))
    x = u + rng.normal(size=3000)
    m = x / 2 + m
    y = m + u + e
    sampler = fit({"X": x, "M": m, "Y": y, "Z": m + y + z}, program, epochs=30)
    assert [choice.chosen for choice in sampler.report().choices] == ["weigh"]
    # M ~ N(x/2, 1), Y = M + U + E, Z = M + Y + N(0, 1): cov(Y, Z) = 4, var(Z) = 7, mean of Y = x/2 at z = x.
    drawn = sampler.sample(4000, do={"X": 1.0}, given={"Z": 3.0}, seed=0)["Y"]
    assert drawn.mean() == pytest.approx(0.5 + 4 / 7 * 2, abs=0.15)


def test_ways_are_chosen_by_hand() -> None:
    assert fit(numbers(), AUTO.realized({"%m3": "weigh"})).program == AUTO.realized("weigh")
    assert fit(numbers(), AUTO.realized("train").realized("regenerate")).program.conditions == ()
    with pytest.raises(idgen.ProgramError, match="no law is realized by 'weight'; the ways are"):
        AUTO.realized("weight")
    with pytest.raises(idgen.ProgramError, match="realizes no %m0; did you mean %m3"):
        AUTO.realized({"%m0": "weigh"})
