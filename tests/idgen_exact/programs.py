"""Programs written by hand, as the tests of the exact backend read them."""

from __future__ import annotations

NAPKIN = """
program "P(Y | do(X))" {
  %obs = observe [W1, W2, X, Y]
  %m0 = train %obs : W1
  %m1 = train %obs : X | W1, W2
  %m2 = train %obs : Y | W1, W2, X
  %reg0 = regenerate do(W2 ~ %obs) {
    W1 ~ %m0()
    X ~ %m1(W1, W2)
    Y ~ %m2(W1, W2, X)
  } -> [W2, X, Y]
  %m3 = train %reg0 : Y | X
  sample (X) {
    Y ~ %m3(X)
  } -> [Y]
}
"""

NAPKIN_REWEIGHTED = """
program "P(Y | do(X))" {
  %obs = observe [W1, W2, X, Y]
  %p0 = train %obs : W2 | W1
  %rw0 = reweight %obs do(W2 ~ uniform) by %p0 -> [W2, X, Y]
  %m3 = train %rw0 : Y | X
  sample (X) {
    Y ~ %m3(X)
  } -> [Y]
}
"""

FRONT_DOOR = """
program "P(Y | do(X))" {
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
  %obs = observe [X, Y, Z]
  %m0 = train %obs : Y | X, Z
  sample (X, Z) {
    Y ~ %m0(X, Z)
  } -> [Y]
}
"""

IRRELEVANT = """
program "P(Y | do(X))" {
  %obs = observe [X, Y]
  %m0 = train %obs : Y
  sample (X) {
    Y ~ %m0()
  } -> [Y]
}
"""
