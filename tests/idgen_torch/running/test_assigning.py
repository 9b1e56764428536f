"""Treatments that policies draw, in the user's units and labels: laws, functions, shifts, and what does not fit."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import Fixed, Law, Shift, Uniform

GRAPH = idgen.ADMG.parse("W -> X -> Y; W -> Y")
N = 4000


def rows() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    w = rng.choice(["f", "m"], N)
    x = rng.binomial(1, np.where(w == "f", 0.7, 0.3))
    return {"W": w, "X": np.array(["low", "high"])[x], "Y": rng.binomial(1, 0.1 + 0.3 * x + 0.4 * (w == "f"))}


def numbers() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    w = rng.normal(size=N)
    x = 0.5 * w + rng.normal(size=N)
    return {"W": w, "X": x, "Y": 2 * x + w + rng.normal(size=N)}


def fitted(text: str, data: dict[str, Any], **options: Any) -> Any:
    return idgen.compile(idgen.Query.parse(text), GRAPH).fit(data, seed=0, progress=False, **options)


RULE = Law({"f": {"low": 1.0}, "m": {"high": 0.75, "low": 0.25}}, given="W")


def test_rules_draw_in_labels() -> None:
    data = rows()
    sampler = fitted("P(W, Y | do(X ~ pi(X | W)))", data)
    for policy in (
        RULE,
        Law(
            lambda inputs, n, generator: np.where((inputs["W"] == "m") & (generator.random(n) < 0.75), "high", "low"),
            given="W",
        ),
    ):
        drawn = sampler.sample(40_000, do={"X": policy}, seed=1)
        for w, wanted in (("f", 0.5), ("m", 0.1 + 0.3 * 0.75)):
            assert abs(drawn["Y"][drawn["W"] == w].mean() - wanted) < 0.05
    again = sampler.sample(500, do={"X": RULE}, seed=3)["Y"]
    assert (again == sampler.sample(500, do={"X": RULE}, seed=3)["Y"]).all()
    assert (again == np.concatenate([p["Y"] for p in sampler.stream(500, do={"X": RULE}, seed=3)])).all()
    fixed = [sampler.sample(2000, do={"X": policy}, seed=1)["Y"] for policy in ("high", Fixed("high"))]
    assert (fixed[0] == fixed[1]).all()


def test_a_treatment_that_is_set_may_be_drawn() -> None:
    sampler = fitted("P(Y | do(X))", rows())
    ends = [sampler.sample(40_000, do={"X": x}, seed=1)["Y"].mean() for x in ("low", "high")]
    for policy, share in ((Uniform(), 0.5), (Law({"low": 0.2, "high": 0.8}), 0.8)):
        found = sampler.sample(40_000, do={"X": policy}, seed=2)["Y"].mean()
        assert abs(found - (1 - share) * ends[0] - share * ends[1]) < 0.02
    with pytest.raises(idgen.DataError, match=r"compile P\(Y \| do\(X = X \+ 1\)\)"):
        sampler.sample(5, do={"X": Shift(1)})


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Law(lambda inputs, n, generator: np.zeros(n)), "0.0, which the data never show"),
        (Law(lambda inputs, n, generator: np.full(n, np.nan)), "missing value"),
        (Law(lambda inputs, n, generator: ["low"] * (n - 1)), "gives 9 for 10 samples"),
        (Law(lambda inputs, n, generator: "low"), "gives one value for 10 samples"),
        (Law(lambda inputs, n, generator: inputs["Q"], given="W"), "draws X raises KeyError: 'Q'; it is called with {"),
        (Law(lambda inputs: inputs["W"], given="W"), "raises TypeError"),
        (Law(lambda inputs, n, generator: np.full((n, 2), "low")), "has shape"),
        (Law({"low": 0.5, "middle": 0.5}), "names X = 'middle', which the data never show"),
        (Law({"f": {"low": 1}}, given="W"), "no cell for W = 'm'"),
        (Fixed("middle"), "which the data never show"),
    ],
)
def test_what_does_not_fit_is_refused(policy: Any, said: str) -> None:
    sampler = fitted("P(Y | do(X ~ pi(X | W)))", rows())
    with pytest.raises(idgen.DataError, match=said):
        sampler.sample(10, do={"X": policy}, seed=0)


def test_shifts_move_each_natural_value() -> None:
    data = numbers()
    sampler = fitted("P(W, Y | do(X = X + 0.5))", data)
    drawn = sampler.sample(20_000, seed=1)
    assert abs(drawn["Y"].mean() - data["Y"].mean() - 1.0) < 0.1
    # The natural dose follows W: Y given W keeps its slope, which a shifted marginal of X would flatten to 1.
    assert abs(np.polyfit(drawn["W"], drawn["Y"], 1)[0] - 2.0) < 0.1
    assert abs(sampler.sample(20_000, do={"X": Shift(-1)}, seed=1)["Y"].mean() - data["Y"].mean() + 2.0) < 0.15
    capped = Law(lambda inputs, n, generator: np.minimum(inputs["X"], 0.0), given="X")
    wanted = data["Y"].mean() - 2 * np.maximum(data["X"], 0).mean()
    assert abs(sampler.sample(20_000, do={"X": capped}, seed=1)["Y"].mean() - wanted) < 0.15


def test_values_beyond_the_data_are_told() -> None:
    sampler = fitted("P(Y | do(X = X + 0.5))", numbers())
    with pytest.warns(idgen.OverlapWarning, match="A|X"):
        sampler.sample(1000, do={"X": Shift(6)}, seed=1)
    with pytest.warns(idgen.OverlapWarning):
        sampler.sample(1000, do={"X": Law(lambda inputs, n, generator: inputs["X"] + 8, given="X")}, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", idgen.OverlapWarning)
        sampler.sample(1000, do={"X": Shift(0.1)}, seed=1)
    with pytest.raises(idgen.DataError, match="moved"):
        fitted("P(Y | do(X = X + 1))", rows())


def test_a_law_that_a_condition_rests_on_is_kept(tmp_path: Path) -> None:
    data = rows()
    with pytest.raises(idgen.DataError, match=r"pass policies=\{'pi': ...\} to fit"):
        fitted("P(W | do(X ~ pi(X | W)), Y)", data)
    sampler = fitted("P(W | do(X ~ pi(X | W)), Y)", data, policies={"pi": RULE}, store=tmp_path / "kept")
    with pytest.raises(idgen.DataError, match="a store cannot tell one function from another"):
        fitted("P(W | do(X ~ pi(X | W)), Y)", data, policies={"pi": Law(lambda i, n, g: ["low"] * n)}, store=tmp_path)
    sampler.save(tmp_path / "sampler")
    drawn, again = (s.sample(20_000, given={"Y": 1}, seed=1)["W"] for s in (sampler, idgen.load(tmp_path / "sampler")))
    assert (drawn == again).all()
    assert abs((drawn == "f").mean() - 0.5 / (0.5 + 0.325)) < 0.06


def test_a_saved_sampler_keeps_the_laws_of_its_fit(tmp_path: Path) -> None:
    sampler = fitted("P(Y | do(X ~ pi(X | W)))", rows(), policies={"pi": RULE})
    sampler.save(tmp_path / "sampler")
    drawn, again = (s.sample(500, seed=1)["Y"] for s in (sampler, idgen.load(tmp_path / "sampler")))
    assert (drawn == again).all()
