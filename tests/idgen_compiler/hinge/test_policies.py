"""The contract of policies: each that the IR has is drawn by every backend that samples, with the exact law."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import ir
from idgen_compiler.hinge.backend import find_backend, installed_backends
from idgen_compiler.ir.operands import records

POLICIES: dict[type[ir.Policy], str] = {
    ir.Column: "%obs",
    ir.Uniform: "uniform",
    ir.Fixed: "30",
    ir.Shifted: "%low + 10",
    ir.ByModel: "%often()",
}
"""Every policy as the text writes it."""

BACKENDS = [name for name in installed_backends() if name != "null"]  # which says nothing by its values

WAYS = ("regenerate", "reweight", "weigh")

TEXT = """
program "a policy" {
  graph "X -> Y"
  %obs = observe [X, Y]
  %m0 = train %obs : Y | X
  %p0 = train %obs : X
  %low = realize P(Y ; do(X)) -> [X, Y] {
    regenerate do(X ~ 10) {
      Y ~ %m0(X)
    }
  }
  %even = realize P(Y ; do(X)) -> [X, Y] {
    regenerate do(X ~ uniform) {
      Y ~ %m0(X)
    }
  }
  %often = train %even : X
  %law0 = realize P(Y ; do(X)) -> [X, Y] {
    regenerate do(X ~ POLICY) {
      Y ~ %m0(X)
    }
    or reweight %obs do(X ~ POLICY) by %p0
  }
  %m1 = train %law0 : Y
  sample () {
    Y ~ %m1()
  } -> [Y]
}
"""
"""X in 10, 20, 30, drawn by a policy; of %low all rows have 10, and in %even all three are as frequent."""

X, SIZES = np.array([10, 20, 30]), (3, 2)
COUNTS = np.array([[1800, 200], [840, 360], [80, 720]])
"""Rows by X and Y: what Y is depends much on X."""


def program(policy: str, way: str) -> idgen.Program:
    return idgen.Program.parse(TEXT.replace("POLICY", policy)).realized({"%law0": way})


def data_for(backend: str) -> Any:
    """The same law for all: as a table of cells, or as rows."""
    if backend == "exact":
        return idgen.Joint(("X", "Y"), COUNTS / COUNTS.sum(), {"X": X.tolist()})
    x, y = np.repeat(np.indices(SIZES).reshape(2, -1), COUNTS.reshape(-1), axis=1)
    return {"X": X[x], "Y": y}


@pytest.fixture(scope="module")
def laws() -> dict[tuple[str, str], float]:
    """Policy and way -> the exact P(Y = 1)."""
    exact: Any = find_backend("exact")
    return {
        (policy, way): float(exact.fit(program(policy, way), data_for("exact")).kernel().table[1])
        for policy in POLICIES.values()
        for way in WAYS
    }


def test_no_policy_escapes() -> None:
    assert set(POLICIES) == set(get_args(ir.Policy))
    for kind, policy in POLICIES.items():
        for way in WAYS:
            (law,) = [op for op in program(policy, way).laws if op.result == "%law0"]
            assert [type(draw.policy) for draw in records(law, ir.Draw)] == [kind]


def test_policies_have_laws_of_their_own(laws: dict[tuple[str, str], float]) -> None:
    """0.1, 0.3 and 0.9 are P(Y = 1 | X); both ways have one law."""
    expected = {"%obs": 0.32, "uniform": 1.3 / 3, "30": 0.9, "%low + 10": 0.3, "%often()": 1.3 / 3}
    for (policy, _), found in laws.items():
        assert found == pytest.approx(expected[policy])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("policy", POLICIES.values())
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.filterwarnings("ignore::idgen_compiler.OverlapWarning")  # 30 is rare
def test_policies_are_drawn(backend: str, policy: str, way: str, laws: dict[tuple[str, str], float]) -> None:
    fitted = find_backend(backend).fit(program(policy, way), data_for(backend))
    assert fitted.sample(40_000, seed=1)["Y"].mean() == pytest.approx(laws[policy, way], abs=0.02)
