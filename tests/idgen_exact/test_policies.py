"""The policies of programs, as laws: worked out by hand on a small joint."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import idgen_compiler as idgen

F = Fraction

JOINT = idgen.Joint(("X", "Y"), [[F(1, 2), F(1, 4)], [F(1, 8), F(1, 8)]])
"""P(X) = (3/4, 1/4), P(Y | X=0) = (2/3, 1/3), P(Y | X=1) = (1/2, 1/2)."""

DRAWN = """
program "a policy" {
  graph "X -> Y"
  %obs = observe [X, Y]
  %m0 = train %obs : Y | X
  sample () {
    X' ~ POLICY
    Y ~ %m0(X')
  } -> [Y]
}
"""

SET = """
program "a policy" {
  graph "X -> Y"
  %obs = observe [X, Y]
  %m0 = train %obs : Y | X
  %p0 = train %obs : X
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


def law(text: str, policy: str, joint: idgen.Joint = JOINT, way: str = "") -> list[Any]:
    program = idgen.Program.parse(text.replace("POLICY", policy))
    sampler: Any = program.realized(way).fit(joint, backend="exact")
    return list(sampler.kernel().table)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("%obs", [F(5, 8), F(3, 8)]),
        ("uniform", [F(7, 12), F(5, 12)]),
        ("0", [F(2, 3), F(1, 3)]),
        ("1", [F(1, 2), F(1, 2)]),
    ],
)
def test_a_policy_is_a_law(policy: str, expected: list[F]) -> None:
    assert law(DRAWN, policy) == expected
    for way in ("regenerate", "reweight"):
        assert law(SET, policy, way=way) == expected


def test_a_shift_moves_a_law_of_numbers() -> None:
    """X in 10, 20, 30, of which the last never occurs: 10 becomes 20, and 20 becomes 30."""
    table = [[F(1, 2), F(1, 4)], [F(1, 8), F(1, 8)], [F(0), F(0)]]
    joint = idgen.Joint(("X", "Y"), table, labels={"X": (10, 20, 30)})
    moved = DRAWN.replace("X'", "X").replace("-> [Y]", "-> [X]")
    assert law(moved, "%obs + 10", joint) == [F(0), F(3, 4), F(1, 4)]
    # X = 30 has no rows, so that P(Y | X=30) is not defined, nor what rests on it.
    assert all(value != value for value in law(DRAWN, "%obs + 10", joint))
    assert all(value != value for value in law(SET, "%obs + 10", joint, "regenerate"))
    only = idgen.Joint(("X", "Y"), [[F(0), F(0)], [F(1, 2), F(1, 2)]], labels={"X": (10, 20)})
    assert law(moved, "%obs - 10", only) == [F(1), F(0)]
    with pytest.raises(idgen.DataError, match=r"X = 20 moved by 10.0 is no value of X: 10, 20"):
        law(DRAWN, "%obs + 10", only)
    named = idgen.Joint(("X", "Y"), JOINT.table, labels={"X": ("low", "high")})
    with pytest.raises(idgen.DataError, match="X has the label 'low', which is no number"):
        law(DRAWN, "%obs + 1", named)
    with pytest.raises(idgen.DataError, match="X' ~ 'middle': X has 'low', 'high'"):
        law(DRAWN, '"middle"', named)
    assert law(DRAWN, '"high"', named) == [F(1, 2), F(1, 2)]


STOCHASTIC = """
program "a policy that looks" {
  graph "Z -> X -> Y; Z -> Y"
  %obs = observe [X, Y, Z]
  %z = train %obs : Z
  %y = train %obs : Y | X, Z
  %x = train %obs : X | Z
  %pi = train %obs : Y | Z
  %law0 = realize P(Z, Y ; do(X)) -> [Z, Y] {
    WAY
  }
  %m0 = train %law0 : Y
  sample () {
    Y ~ %m0()
  } -> [Y]
}
"""
WAYS = {
    "regenerate": "regenerate do(Z ~ %obs, X ~ %x(Z)) { Y ~ %y(X, Z) }",
    "reweight": "reweight %obs do(X ~ %x(Z)) by %x",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_model_may_decide(way: str) -> None:
    """Drawn as it was drawn before, X leaves P(Y) as it was."""
    text = STOCHASTIC.replace("WAY", WAYS[way])
    text = text.replace("P(Z, Y ; do(X))", "P(Y ; do(Z, X))") if way == "regenerate" else text
    joint = idgen.Joint(
        ("X", "Y", "Z"), [[[F(1, 8), F(1, 16)], [F(1, 8), F(3, 16)]], [[F(1, 16), F(1, 8)], [F(3, 16), F(1, 8)]]]
    )
    sampler: Any = idgen.Program.parse(text).fit(joint, backend="exact")
    assert sampler.kernel().table.tolist() == joint.marginal(["Y"]).values.tolist()
