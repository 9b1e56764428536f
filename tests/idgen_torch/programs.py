"""Programs and data that the tests of the torch backend share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from idgen_compiler.program import Program

__all__ = ["BACK_DOOR", "FRONT_DOOR", "NAPKIN", "QUICKLY", "REWEIGHTED", "back_door_data", "napkin_data"]

QUICKLY: Mapping[str, Any] = {"epochs": 2, "ensemble": 1, "hidden": (16,), "rows_factor": 2.0}
"""Options by which models miss what rows say; warnings of values that never meet do not depend on it."""

BACK_DOOR = Program.parse("""
program "P(Y | do(X))" {
  graph "Z -> X -> Y; Z -> Y"
  %obs = observe [X, Y, Z]
  %m0 = train %obs : Z
  %m1 = train %obs : Y | X, Z
  sample (X) {
    Z ~ %m0()
    Y ~ %m1(X, Z)
  } -> [Y]
}
""")

FRONT_DOOR = Program.parse("""
program "P(Y | do(X))" {
  graph "X -> M -> Y; X <-> Y"
  %obs = observe [M, X, Y]
  %m0 = train %obs : M | X
  %m1 = train %obs : X
  %m2 = train %obs : Y | X, M
  sample (X) {
    M ~ %m0(X)
    X' ~ %m1()
    Y ~ %m2(X', M)
  } -> [Y]
}
""")

NAPKIN = Program.parse("""
program "P(Y | do(X))" {
  graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
  %obs = observe [W1, W2, X, Y]
  %m0 = train %obs : W1
  %m1 = train %obs : X | W1, W2
  %m2 = train %obs : Y | W1, W2, X
  %law0 = realize P(W1, X, Y ; do(W2)) -> [W2, X, Y] {
    regenerate do(W2 ~ %obs) {
      W1 ~ %m0()
      X ~ %m1(W1, W2)
      Y ~ %m2(W1, W2, X)
    }
  }
  %m3 = train %law0 : Y | X, W2
  sample (X) {
    W2 ~ uniform
    Y ~ %m3(X, W2)
  } -> [Y]
}
""")

REWEIGHTED = Program.parse("""
program "P(Y | do(X))" {
  graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
  %obs = observe [W1, W2, X, Y]
  %p0 = train %obs : W2 | W1
  %law0 = realize P(X, Y ; do(W2)) -> [W2, X, Y] {
    reweight %obs do(W2 ~ %obs) by %p0
  }
  %m3 = train %law0 : Y | X
  sample (X) {
    Y ~ %m3(X)
  } -> [Y]
}
""")


def back_door_data(rows: int = 2000, seed: int = 0) -> dict[str, np.ndarray]:
    """Z -> X, Z -> Y, X -> Y, all binary codes."""
    random = np.random.default_rng(seed)
    z = (random.random(rows) < 0.4).astype(int)
    x = (random.random(rows) < 0.2 + 0.5 * z).astype(int)
    y = (random.random(rows) < 0.1 + 0.3 * x + 0.4 * z).astype(int)
    return {"X": x, "Y": y, "Z": z}


def napkin_data(rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """W1 -> W2 -> X -> Y with W1 <-> X and W1 <-> Y; W1 has three categories, the others two."""
    random = np.random.default_rng(seed)
    a, b = random.random((2, rows)) < 0.5
    w1 = (random.random(rows) < 0.2 + 0.3 * a + 0.3 * b).astype(int) + (random.random(rows) < 0.3)
    w2 = (random.random(rows) < 0.2 + 0.3 * w1).astype(int)
    x = (random.random(rows) < 0.1 + 0.4 * w2 + 0.4 * a).astype(int)
    y = (random.random(rows) < 0.1 + 0.4 * x + 0.4 * b).astype(int)
    return {"W1": w1, "W2": w2, "X": x, "Y": y}
