"""Kinds that one adjustment answers, each hard in its own way: bends, steps, zeros, tails, mixtures, covariates."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from tests.referee.questions.scm import Model, World, curve, logistic

__all__ = ["covariates", "heavy_tails", "mixed", "smooth", "steps", "zeros"]

QUERY = "P(Y | do(X))"


def _back_door(names: list[str]) -> str:
    return "; ".join(f"{name} -> X; {name} -> Y" for name in names) + "; X -> Y"


def smooth(seed: int) -> Model:
    """Four covariates, a real cause, a bent outcome whose spread and skewness move with the inputs."""
    rng = np.random.default_rng((17, 10, seed))
    to_x, to_y = [curve(rng, 0.6) for _ in range(4)], [curve(rng, 0.7) for _ in range(4)]
    effect, joint = curve(rng, 1.2), rng.uniform(-0.5, 0.5)
    skew, spread = rng.uniform(0, 1.5), rng.uniform(0.2, 0.6)

    def unfold(w: World) -> None:
        u, *own = w.normal(5)
        c = [w.put("C1", 0.7 * u + 0.7 * own[0]), w.put("C2", 0.7 * u + 0.7 * own[1])]
        c += [w.put("C3", own[2]), w.put("C4", own[3])]
        x = w.around("X", sum((f(v) for f, v in zip(to_x, c, strict=True)), np.zeros(w.n)), 0.8)
        noise = w.normal()
        sd = 0.3 + spread * logistic(1.5 * c[2] + x)
        bent = sum((f(v) for f, v in zip(to_y, c, strict=True)), effect(x) + joint * x * c[0])
        w.put("Y", bent + sd * (noise + skew * (noise**2 - 1) / 2))

    graph = _back_door(["C1", "C2", "C3", "C4"]) + "; C1 <-> C2"
    return Model("smooth", seed, graph, QUERY, 10_000, unfold)


def steps(seed: int) -> Model:
    """Six covariates, a cause of two levels, an outcome of axis-aligned steps with little noise."""
    rng = np.random.default_rng((17, 11, seed))
    names = [f"C{k}" for k in range(1, 7)]
    cuts, heights = rng.uniform(-0.6, 0.6, 8), rng.normal(0, 1.2, 8)
    at, score = rng.integers(0, 6, (8, 2)), rng.normal(0, 0.8, 6)
    of_x, sd = rng.uniform(-1.5, 1.5, 3), rng.uniform(0.1, 0.3)

    def unfold(w: World) -> None:
        c = w.rng.uniform(-1, 1, (6, w.n))
        for name, values in zip(names, c, strict=True):
            w.put(name, values)
        x = w.coin("X", logistic(sum(s * np.sign(v - 0.1) for s, v in zip(score, c, strict=True))))
        y = of_x[0] * x
        for k, (first, second) in enumerate(at):
            above = (c[first] > cuts[k]) * (c[second] > cuts[-1 - k] if k % 2 else 1.0)
            y = y + heights[k] * above + (of_x[1 + k % 2] * x * above if k < 2 else 0.0)
        w.put("Y", y + sd * w.normal())

    return Model("steps", seed, _back_door(names), QUERY, 10_000, unfold, {"X": 2})


def zeros(seed: int) -> Model:
    """A third to two thirds of zeros, whose chance the cause moves, and skewed amounts; numbers and a category."""
    rng = np.random.default_rng((17, 12, seed))
    none, amount, to_x = (rng.normal(0, 0.7, 5) for _ in range(3))
    group = rng.normal(0, 0.6, (3, 3))
    sd, base = rng.uniform(0.3, 0.8), rng.uniform(-0.5, 0.5)

    def unfold(w: World) -> None:
        k = w.levels("K", np.zeros((3, w.n)) + np.array([[0.5], [0.0], [-0.3]]))
        c1, c2 = w.put("C1", w.normal()), w.put("C2", w.rng.exponential(size=w.n))
        x = w.coin("X", logistic(to_x[0] * c1 + to_x[1] * (c2 - 1) + group[0][k]))
        missing = logistic(base + none[0] * c1 + none[1] * (c2 - 1) + group[1][k] + none[2] * x + none[3] * x * c1)
        size = np.exp(amount[0] * np.tanh(c1) + 0.5 * amount[2] * x + group[2][k] + sd * w.normal())
        w.put("Y", np.where(w.rng.random(w.n) < missing, 0.0, size))

    return Model("zeros", seed, _back_door(["K", "C1", "C2"]), QUERY, 10_000, unfold, {"K": 3, "X": 2})


def heavy_tails(seed: int) -> Model:
    """Student's t noise with three degrees of freedom, in a covariate too; odd seeds have log-normal amounts."""
    rng = np.random.default_rng((17, 13, seed))
    to_x, to_y = [curve(rng, 0.6) for _ in range(3)], [curve(rng, 0.6) for _ in range(3)]
    effect, spread = curve(rng), rng.uniform(0.2, 0.5)

    def unfold(w: World) -> None:
        c = [w.put("C1", w.rng.standard_t(4, w.n)), w.put("C2", w.normal()), w.put("C3", w.normal())]
        seen = [np.clip(v, -5, 5) for v in c]
        x = w.around("X", sum((f(v) for f, v in zip(to_x, seen, strict=True)), np.zeros(w.n)), 0.9)
        mean = sum((f(v) for f, v in zip(to_y, seen, strict=True)), effect(x))
        tail = (0.3 + spread * logistic(seen[1] - x)) * w.rng.standard_t(3, w.n)
        w.put("Y", np.exp(0.5 * mean + 0.7 * spread * w.normal()) if seed % 2 else mean + tail)

    return Model("heavy tails", seed, _back_door(["C1", "C2", "C3"]), QUERY, 10_000, unfold)


def covariates(seed: int) -> Model:
    """Twenty covariates that hang together by two hidden factors; six move the cause, eight the outcome."""
    rng = np.random.default_rng((17, 14, seed))
    names = [f"C{k}" for k in range(1, 21)]
    loads = rng.uniform(-0.8, 0.8, (20, 2))
    to_x = rng.normal(0, 0.4, 6)
    to_y, shapes = rng.choice(20, 8, replace=False), [curve(rng, 0.5) for _ in range(8)]
    effect, joint = rng.uniform(0.3, 1.2), rng.uniform(-0.6, 0.6)

    def unfold(w: World) -> None:
        factors = w.normal(2)
        c = [w.put(name, load @ factors + 0.7 * w.normal()) for name, load in zip(names, loads, strict=True)]
        x = w.coin("X", logistic(sum(a * v for a, v in zip(to_x, c, strict=False))))
        mean = sum((f(c[k]) for f, k in zip(shapes, to_y, strict=True)), effect * x + joint * x * c[0])
        w.put("Y", mean + (0.5 + 0.2 * x) * w.normal())

    together = "; ".join(f"{a} <-> {b}" for a, b in combinations(names, 2))
    return Model("covariates", seed, f"{_back_door(names)}; {together}", QUERY, 10_000, unfold, {"X": 2})


def mixed(seed: int) -> Model:
    """A category of five levels, a count and a number; a cause of three levels; an outcome with two modes."""
    rng = np.random.default_rng((17, 15, seed))
    of_k, of_x = rng.normal(0, 0.8, (4, 5)), rng.normal(0, 0.8, (3, 3))
    slope, apart = rng.normal(0, 0.5, 4), rng.uniform(1.5, 3.0)

    def unfold(w: World) -> None:
        k = w.levels("K", np.zeros((5, w.n)) + np.linspace(0.5, -0.5, 5)[:, None])
        c = w.put("C", 0.5 * of_k[0][k] + w.normal())
        count = w.put("N", w.rng.poisson(np.exp(np.clip(0.4 * c + 0.5, -2, 2))).astype(float))
        scores = [of_x[0][j] * c + of_x[1][j] * np.minimum(count, 8) / 3 + of_k[j][k] for j in range(3)]
        x = w.levels("X", np.stack(scores))
        upper = w.rng.random(w.n) < logistic(of_k[3][k] + of_x[2][x] + slope[0] * c)
        center = slope[1] * c + slope[2] * np.log1p(count) + 0.5 * of_x[1][x]
        w.put("Y", center + apart * upper + (0.3 + 0.2 * (x == 2)) * w.normal())

    graph = f"{_back_door(['K', 'C', 'N'])}; K -> C -> N"
    return Model("mixed", seed, graph, QUERY, 10_000, unfold, {"K": 5, "X": 3})
