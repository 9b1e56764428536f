"""Sampling from exact kernels: the right law, labels, and inputs that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from tests.idgen_exact.programs import BACK_DOOR_GIVEN, FRONT_DOOR

TABLE = np.array([[[3, 1], [0, 2], [1, 1]], [[1, 3], [5, 0], [2, 1]]]) / 20
"""P(X, Y, Z): X in {0, 1}, Y in {0, 1, 2}, Z in {0, 1}; Y = 1 never occurs at X = 0, Z = 0 nor at X = 1, Z = 1."""


def sampler(labels: dict[str, list[Any]] | None = None) -> Any:
    joint = idgen.Joint(("X", "Y", "Z"), TABLE, labels)
    return idgen.Program.parse(BACK_DOOR_GIVEN).fit(joint, backend="exact")


def test_samples_follow_the_kernel_and_never_leave_its_support() -> None:
    fitted, n = sampler(), 40_000
    generator = np.random.default_rng(1)
    x, z = generator.integers(0, 2, n), generator.integers(0, 2, n)
    y = fitted.sample(n, do={"X": x}, given={"Z": z}, seed=0)["Y"]
    for at in np.ndindex(2, 2):
        chosen = y[(x == at[0]) & (z == at[1])]
        law = fitted.kernel().at(X=at[0], Z=at[1])
        shares = np.bincount(chosen, minlength=3) / len(chosen)
        # five standard errors of a share at 10,000 rows
        np.testing.assert_allclose(shares, law.astype(float), atol=0.025)
        assert (shares[law == 0] == 0).all()


def test_a_seed_fixes_the_samples() -> None:
    draws = [sampler().sample(50, do={"X": 1}, given={"Z": 0}, seed=seed)["Y"].tolist() for seed in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


def test_labels_come_back_as_they_went_in() -> None:
    fitted = sampler({"X": ["red", "blue"], "Y": ["low", "mid", "high"]})
    samples = fitted.sample(200, do={"X": "blue"}, given={"Z": 1}, seed=0)
    assert set(samples["Y"]) == {"low", "high"}
    by_row = fitted.sample(3, do={"X": np.array(["red", "blue", "red"])}, given={"Z": [0, 0, 1]}, seed=0)
    assert by_row["Y"].shape == (3,)
    assert list(fitted.sample(0, do={"X": "red"}, given={"Z": 1})["Y"]) == []


def test_labels_of_several_types_keep_them() -> None:
    found = sampler({"Y": [1, "many", 2.5]}).sample(200, do={"X": 0}, given={"Z": 1}, seed=0)["Y"]
    assert {type(value) for value in found} == {int, str, float}


@pytest.mark.parametrize(
    ("do", "given", "message"),
    [
        ({"X": 2}, {"Z": 0}, r"do\(X=...\) is 2, which the data never show; the labels of X are 0, 1"),
        ({"X": float("nan")}, {"Z": 0}, r"do\(X=...\) holds a missing value"),
        ({"X": [0, 1]}, {"Z": 0}, r"do\(X=...\) has 2 values for 5 samples"),
        ({"X": np.zeros((5, 1))}, {"Z": 0}, r"do\(X=...\) has shape \(5, 1\)"),
        ({"X": {}}, {"Z": 0}, r"do\(X=...\) is a mapping"),
        ({"X": 0}, {}, "needs a value of Z"),
        ({"X": 0, "Z": 0}, {}, r"has Z in given, not in do: pass given=\{'Z': ...\}"),
        ({}, {"X": 0, "Z": 0}, r"has X in do, not in given: pass do=\{'X': ...\}"),
        ({"X": 0}, {"X": 0, "Z": 0}, "X has a value in do and in given"),
        ({"X1": 0}, {"Z": 0}, r"do names 'X1', which .* does not; did you mean X\?"),
    ],
)
def test_inputs_that_do_not_fit(do: dict[str, Any], given: dict[str, Any], message: str) -> None:
    with pytest.raises(idgen.DataError, match=message):
        sampler().sample(5, do=do, given=given)


@pytest.mark.parametrize("n", [-1, 2.5, True, "3"])
def test_a_number_of_samples_that_is_none(n: Any) -> None:
    with pytest.raises(idgen.DataError, match=r"n is .*; give a whole number of samples"):
        sampler().sample(n, do={"X": 0}, given={"Z": 0})


def test_joint_outcomes_are_sampled_jointly() -> None:
    text = FRONT_DOOR.replace("-> [Y]", "-> [M, Y]")
    table = np.zeros((2, 2, 2))
    table[0, 0, 0] = table[1, 1, 1] = 0.5  # M = X = Y
    fitted = idgen.Program.parse(text.replace("X' ~ %m1()\n", "").replace("X', M", "X, M")).fit(
        idgen.Joint(("M", "X", "Y"), table), backend="exact"
    )
    samples = fitted.sample(100, do={"X": [0, 1] * 50}, seed=0)
    assert samples["M"].tolist() == samples["Y"].tolist() == [0, 1] * 50


def test_a_joint_has_its_weights_in_it() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    joint = idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.0, 0.5]])
    for option in ({"weights": "w"}, {"weights": "w", "weights_are": "frequency"}):
        with pytest.raises(idgen.DataError, match="takes a Joint, which has the weights of its rows in it; leave out"):
            program.fit(joint, backend="exact", **option)
