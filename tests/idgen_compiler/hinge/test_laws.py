"""Laws as users give them, and what every backend says of those that do not fit."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import Fixed, Law, Shift, Uniform

GRAPH = idgen.ADMG.parse("W -> X -> Y; W -> Y")

JOINT = idgen.Joint(
    ("W", "X", "Y"), np.full((2, 2, 2), 1 / 8), labels={"W": ("f", "m"), "X": (0, 1), "Y": ("no", "yes")}
)
TABLE = {"W": ["f", "m"] * 20, "X": [0, 1, 1, 0] * 10, "Y": ["no", "yes", "yes", "no", "no"] * 8}

RULE = Law({"f": {0: 1.0}, "m": {0: 0.25, 1: 0.75}}, given="W")


def sampler(text: str, backend: str, **options: Any) -> Any:
    program = idgen.compile(idgen.Query.parse(text), GRAPH)
    return program.fit(JOINT if backend == "exact" else TABLE, backend=backend, **options)


@pytest.mark.parametrize(
    ("law", "given", "said"),
    [
        ({0: 0.5, 1: 0.6}, None, "sum to 1.1, not 1"),
        ({0: Fraction(1, 3), 1: Fraction(1, 3)}, None, "sum to 2/3, not 1"),
        ({0: -0.5, 1: 1.5}, None, "probability -0.5"),
        ({0: float("nan"), 1: 1}, None, "probability nan|probabilities sum"),
        ({0: True}, None, "no number"),
        ({}, None, "sum to 0, not 1"),
        ({"f": 0.5}, "W", "has a mapping from labels"),
        ({("f", 1): {0: 1}}, "W", "give a value for each"),
        (3, None, "a table or a function"),
        ({"W": ["f"], "X": [0]}, None, "maps|probability|no number"),
        ({"W": ["f", "f"], "X": [0, 0], "probability": [0.5, 0.5]}, None, "two rows for W = 'f', X = 0"),
        ({"W": ["f"], "X": [0, 1], "probability": [1]}, None, "differ in length"),
        ({"W": [None], "X": [0], "probability": [1]}, None, "missing value"),
    ],
)
def test_laws_that_are_none(law: Any, given: str | None, said: str) -> None:
    with pytest.raises(idgen.DataError, match=said):
        Law(law, given)


@pytest.mark.parametrize("backend", ["exact", "null"])
@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Law({"f": {0: 1.0}, "z": {0: 1.0}}, given="W"), "names W = 'z', which the data never show"),
        (Law({"f": {0: 1.0}}, given="W"), "no cell for W = 'm'"),
        (Law({2: 1.0}), "names X = 2, which the data never show"),
        (Law({"D": [0, 1], "probability": [0.5, 0.5]}), "a law of D, not of X"),
        (Law({0: {0: 1.0}}, given="Y"), r"needs Y, .* compile P\(Y \| do\(X ~ pi\(X \| Y\)\)\)"),
        (Shift(1), r"needs its natural value, .* compile P\(Y \| do\(X = X \+ 1\)\)"),
        ([0, 1], "one value, or a policy"),
        (7, "which the data never show"),
    ],
)
def test_policies_that_do_not_fit(backend: str, policy: Any, said: str) -> None:
    with pytest.raises(idgen.DataError, match=said):
        sampler("P(Y | do(X ~ pi(X | W)))", backend).sample(5, do={"X": policy}, seed=0)


@pytest.mark.parametrize("backend", ["exact", "null"])
def test_a_treatment_that_was_compiled_to_be_set_takes_policies_of_nothing(backend: str) -> None:
    found = sampler("P(Y | do(X))", backend)
    for policy in (Uniform(), Fixed(1), Law({0: 0.5, 1: 0.5})):
        assert found.sample(5, do={"X": policy}, seed=0).size == 5
    with pytest.raises(idgen.DataError, match=r"compile P\(Y \| do\(X = X \+ 1\)\)"):
        found.sample(5, do={"X": Shift(1)})
    with pytest.raises(idgen.DataError, match=r"compile P\(Y \| do\(X ~ pi\(X \| W\)\)\)"):
        found.sample(5, do={"X": RULE})
    with pytest.raises(idgen.DataError, match="a condition has values, a treatment may have a policy"):
        sampler("P(Y | do(X), W)", backend).sample(5, do={"X": 1}, given={"W": Uniform()})


@pytest.mark.parametrize("backend", ["exact", "null"])
def test_a_law_is_given_where_it_is_needed(backend: str) -> None:
    late = sampler("P(Y | do(X ~ pi(X | W)))", backend)
    with pytest.raises(idgen.DataError, match=r"pass do=\{'X': ...\} with a law of X given W"):
        late.sample(5)
    known = sampler("P(Y | do(X ~ pi(X | W)))", backend, policies={"pi": RULE})
    assert known.sample(5).size == late.sample(5, do={"X": RULE}).size == 5
    with pytest.raises(idgen.DataError, match="no policy of the program; did you mean pi"):
        sampler("P(Y | do(X ~ pi(X | W)))", backend, policies={"pie": RULE})
    with pytest.raises(idgen.DataError, match=r"pass policies=\{'pi': ...\} to fit"):
        sampler("P(W | do(X ~ pi(X | W)), Y)", backend)
    fitted = sampler("P(W | do(X ~ pi(X | W)), Y)", backend, policies={"pi": RULE})
    with pytest.raises(idgen.DataError, match="comes too late"):
        fitted.sample(5, do={"X": 1}, given={"Y": "yes"})


@pytest.mark.parametrize("backend", ["exact", "null"])
def test_saved_samplers_keep_their_laws(backend: str) -> None:
    found = sampler("P(Y | do(X ~ pi(X | W)))", backend, policies={"pi": RULE})
    with tempfile.TemporaryDirectory() as folder:
        found.save(folder)
        again = idgen.load(folder)
    assert (again.sample(50, seed=0)["Y"] == found.sample(50, seed=0)["Y"]).all()
    rule = Law(lambda inputs, n, generator: np.zeros(n), given="W")
    if backend == "null":
        with tempfile.TemporaryDirectory() as folder, pytest.warns(idgen.DataWarning, match="no file holds"):
            sampler("P(Y | do(X ~ pi(X | W)))", backend, policies={"pi": rule}).save(folder)
    else:
        with pytest.raises(idgen.DataError, match="is a function"):
            found.sample(5, do={"X": rule})


def test_a_law_draws_as_it_says() -> None:
    inputs = {"W": np.array(["f", "m"] * 20_000)}
    drawn = np.array(RULE.draw("X", inputs, 40_000, np.random.default_rng(0)))
    assert (drawn[::2] == 0).all()
    assert abs(drawn[1::2].mean() - 0.75) < 0.01
