"""Programs written by hand, as the tests of the exact backend read them."""

from __future__ import annotations

NAPKIN = """
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
  %m3 = train %law0 : Y | X
  sample (X) {
    Y ~ %m3(X)
  } -> [Y]
}
"""

NAPKIN_REWEIGHTED = """
program "P(Y | do(X))" {
  graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
  %obs = observe [W1, W2, X, Y]
  %p0 = train %obs : W2 | W1
  %law0 = realize P(X, Y ; do(W2)) -> [W2, X, Y] {
    reweight %obs do(W2 ~ uniform) by %p0
  }
  %m3 = train %law0 : Y | X
  sample (X) {
    Y ~ %m3(X)
  } -> [Y]
}
"""

FRONT_DOOR = """
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
"""

BACK_DOOR_GIVEN = """
program "P(Y | do(X), Z)" {
  graph "Z -> X -> Y; Z -> Y"
  %obs = observe [X, Y, Z]
  %m0 = train %obs : Y | X, Z
  sample (X, Z) {
    Y ~ %m0(X, Z)
  } -> [Y]
}
"""

IRRELEVANT = """
program "P(Y | do(X))" {
  graph "X -> Y"
  %obs = observe [X, Y]
  %m0 = train %obs : Y
  sample (X) {
    Y ~ %m0()
  } -> [Y]
}
"""
