"""Kinds with hidden causes of treatment or mediator and outcome, and one that asks about units seen after the cause."""

from __future__ import annotations

import numpy as np

from tests.referee.questions.scm import Model, World, curve, logistic

__all__ = ["front_door", "given", "napkin_narrow", "napkin_plain", "napkin_wide", "two_stages"]

QUERY = "P(Y | do(X))"


def front_door(seed: int) -> Model:
    """A real mediator between a real cause and an outcome that share a hidden cause."""
    rng = np.random.default_rng((17, 20, seed))
    to_m, to_y = curve(rng), curve(rng)
    sd, hidden, joint = rng.uniform(0.5, 0.9), rng.uniform(0.6, 1.1), rng.uniform(-0.3, 0.3)

    def unfold(w: World) -> None:
        u, *noise = w.normal(4)
        x = w.put("X", 0.8 * u + 0.6 * noise[0])
        m = w.put("M", to_m(x) + sd * noise[1])
        w.put("Y", to_y(m) + hidden * u + joint * u * m + 0.5 * noise[2])

    return Model("front door", seed, "X -> M -> Y; X <-> Y", QUERY, 10_000, unfold)


def two_stages(seed: int) -> Model:
    """Two treatments with a measured state between them, which shares a hidden cause with the outcome.

    The second treatment is a number where the seed is odd.
    """
    rng = np.random.default_rng((17, 21, seed))
    to_l, to_x, to_y = curve(rng, 0.8), curve(rng, 0.8), curve(rng)
    a, b, joint = rng.uniform(0.4, 1.2, 2), rng.uniform(0.6, 1.2), rng.uniform(-0.5, 0.5)
    real = seed % 2 == 1

    def unfold(w: World) -> None:
        u, *noise = w.normal(3)
        first = w.coin("X1", np.full(w.n, 0.5))
        state = w.put("L", to_l(u) + 0.5 * u + a[0] * first + 0.6 * noise[0])
        second = w.around("X2", to_x(state), 0.8) if real else w.coin("X2", logistic(1.5 * to_x(state)))
        y = a[1] * first + (to_y(second.astype(float)) if real else b * second) + joint * first * second
        w.put("Y", y + b * u + 0.4 * second * np.sin(1.5 * u) + 0.5 * noise[1])

    graph, query = "X1 -> L -> X2 -> Y; X1 -> Y; L <-> Y", "P(Y | do(X1, X2))"
    return Model("two stages", seed, graph, query, 10_000, unfold, {"X1": 2} if real else {"X1": 2, "X2": 2})


def _napkin(kind: str, number: int, own: float, seed: int) -> Model:
    """Pearl's napkin, all real-valued and bent; the less noise W2 has of its own, the poorer the overlap."""
    rng = np.random.default_rng((17, number, seed))
    to_w2, to_x, to_y = curve(rng), curve(rng, 0.7), curve(rng)
    a, b = rng.uniform(0.5, 0.9, 2), rng.uniform(0.5, 0.9)

    def unfold(w: World) -> None:
        u, v, *noise = w.normal(6)
        w1 = w.put("W1", a[0] * u + a[1] * v + 0.5 * noise[0])
        w2 = w.put("W2", to_w2(w1) + own * noise[1])
        x = w.put("X", 0.5 * w2 + to_x(w2) + 0.6 * u + 0.5 * noise[2])
        w.put("Y", to_y(x) + b * v + 0.3 * v * np.tanh(x) + 0.5 * noise[3])

    return Model(kind, seed, "W1 -> W2 -> X -> Y; X <-> W1 <-> Y", QUERY, 20_000, unfold)


def napkin_wide(seed: int) -> Model:
    return _napkin("napkin, wide overlap", 22, 1.2, seed)


def napkin_plain(seed: int) -> Model:
    return _napkin("napkin, some overlap", 23, 0.7, seed)


def napkin_narrow(seed: int) -> Model:
    return _napkin("napkin, poor overlap", 24, 0.4, seed)


def given(seed: int) -> Model:
    """Y under do(x) among units whose Z, which the cause moves, is seen at z: a conditional query of real numbers."""
    rng = np.random.default_rng((17, 25, seed))
    to_x, to_z, to_y, of_z = curve(rng, 0.7), curve(rng, 0.7), curve(rng), curve(rng, 0.7)
    a, b = rng.uniform(0.4, 0.9, 2), rng.uniform(0.3, 0.9)

    def unfold(w: World) -> None:
        c1, c2 = w.put("C1", w.normal()), w.put("C2", w.normal())
        x = w.around("X", to_x(c1) + 0.5 * c2, 0.8)
        z = w.around("Z", to_z(x) + a[0] * c1 + a[1] * c2, 0.6)
        w.put("Y", to_y(x) + of_z(z) + b * c1 - 0.6 * np.tanh(c1 * c2) + 0.5 * w.normal())

    graph = "C1 -> X -> Z -> Y; C2 -> X -> Y; C1 -> Z; C2 -> Z; C1 -> Y; C2 -> Y"
    return Model("given", seed, graph, "P(Y | do(X), Z)", 10_000, unfold)
