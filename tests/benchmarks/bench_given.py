"""Conditional queries with pictures: how near P(N | do(C), X) comes for a picture X, and what conditions save.

"a picture is given": C -> X -> N, C <-> N, 8,000 rows. X is a gray square of 16 x 16 pixels with noise, in which one
of three shapes and one of two levels of light can be seen; N depends on both and on the hidden cause. For 60 pictures
that no model saw, the law of N under do(C) given the picture, known from its shape and light, against
`sample(given={"X": picture})`: the largest over C of the mean total variation.

"Z is given": Z -> X -> Y, Z -> Y with P(Z = z) = .02. `P(Y | do(X), Z)` beside a rejection sampler of the very same
models, `P(Y, Z | do(X))` of which only the samples with Z = z are kept. Y is a number (a flow) or a picture (a
diffusion model, trained for a moment, since only the time counts). Processor seconds of one thread, best of three, in
turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_torch import TorchBackend
from tests.benchmarks.report import Row

__all__ = ["run"]

SIDE, SHAPES = 16, 3
OF_C = np.array([0.5, 0.5])  #: the hidden cause U of C and N, half and half
C_OF_U = np.array([0.2, 0.8])  #: P(C = 1 | U)
SHAPE_OF_C = np.array([[0.6, 0.3, 0.1], [0.1, 0.3, 0.6]])
LIGHT_OF_C = np.array([0.3, 0.7])


def n_given(shape: np.ndarray, light: np.ndarray, u: np.ndarray) -> np.ndarray:
    """P(N = 1 | shape, light, U)."""
    return 0.1 + 0.2 * shape + 0.15 * light + 0.25 * u


def run(quick: bool) -> list[Row]:
    seeds = (0,) if quick else (0, 1, 2)
    rows = [_a_picture_is_given(seed, 600 if quick else 8_000, {"epochs": 2} if quick else {}) for seed in seeds]
    return [*rows, *(_z_is_given(kind, quick) for kind in ("number", "picture"))]


def _a_picture_is_given(seed: int, rows: int, options: dict[str, Any]) -> Row:
    random = np.random.default_rng([seed, 1])
    data, _, _ = _drawn(random, rows)
    graph = idgen.ADMG.parse("C -> X -> N; C <-> N")
    program = idgen.compile(idgen.Query.parse("P(N | do(C), X)"), graph)
    start = time.process_time()
    sampler = TorchBackend().fit(program, data, device="cpu", progress=False, seed=seed, **options)
    fitted = time.process_time() - start
    others, shape, light = _drawn(random, 60)
    # P(u | do(c), x) = P(u): N depends on X's attributes and on U as it is.
    truth = n_given(shape[:, None], light[:, None], np.arange(2)[None]) @ OF_C
    apart = []
    for c in range(2):
        drawn = [
            sampler.sample(2_000, do={"C": c}, given={"X": picture}, seed=k)["N"].mean()
            for k, picture in enumerate(others["X"])
        ]
        apart.append(float(np.abs(np.array(drawn) - truth).mean()))
    return {"what": f"a picture is given, seed {seed}", "total variation": max(apart), "fit, s": fitted}


def _drawn(random: np.random.Generator, rows: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Rows of C, X and N, and the shape and the light of each picture."""
    u = (random.random(rows) < OF_C[1]).astype(int)
    c = (random.random(rows) < C_OF_U[u]).astype(int)
    shape = (random.random(rows)[:, None] > np.cumsum(SHAPE_OF_C[c], 1)).sum(1)
    light = (random.random(rows) < LIGHT_OF_C[c]).astype(int)
    n = (random.random(rows) < n_given(shape, light, u)).astype(int)
    return {"C": c, "X": _pictures(shape, light, random), "N": n}, shape, light


def _pictures(shape: np.ndarray, light: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A bar, a cross or a block, at a random place, on a noisy ground.  Shape: (rows, 1, SIDE, SIDE) uint8."""
    masks = np.zeros((SHAPES, SIDE, SIDE), dtype=bool)
    masks[0, 6:9, 3:13] = True
    masks[1, 3:13, 6:9] = masks[1, 6:9, 3:13] = True
    masks[2, 4:12, 4:12] = True
    ground = random.integers(0, 60, (len(shape), SIDE, SIDE))
    moved = np.stack([np.roll(masks[s], tuple(random.integers(-2, 3, 2)), (0, 1)) for s in shape])
    lit = np.where(light == 1, 190, 110)[:, None, None]
    return np.where(moved, lit + random.integers(-20, 21, ground.shape), ground).astype(np.uint8)[:, None]


def _z_is_given(kind: str, quick: bool) -> Row:
    random = np.random.default_rng(7)
    rows = 4_000
    z = (random.random(rows) < 0.02).astype(int)
    x = (random.random(rows) < 0.4 + 0.3 * z).astype(int)
    if kind == "number":
        y: np.ndarray = x + 2 * z + random.normal(size=rows)
        options: dict[str, Any] = {"epochs": 2, "family": {"Y": "flow"}}
        kept = 2_000 if quick else 200_000
    else:
        y = _pictures(x + z, z, random)
        options = {"images": {"steps": 20, "channels": (16, 32)}, "family": {"Y": "diffusion"}}
        kept = 20 if quick else 100
    graph, data = idgen.ADMG.parse("Z -> X -> Y; Z -> Y"), {"Z": z, "X": x, "Y": y}
    queries = [idgen.Query.parse(text) for text in ("P(Y | do(X), Z)", "P(Y, Z | do(X))")]
    sampler = TorchBackend().fit(idgen.compile(queries, graph), data, device="cpu", progress=False, **options)
    drawn = int(kept / 0.02)

    def conditional() -> int:
        return len(sampler.sample(kept, do={"X": 1}, given={"Z": 1}, seed=0, query=queries[0])["Y"])

    def rejection() -> int:
        found = sampler.sample(drawn, do={"X": 1}, seed=0, query=queries[1])
        return len(found["Y"][found["Z"] == 1])

    (ours, first), (theirs, second) = _in_turns(conditional, rejection, 1 if quick else 3)
    return {
        "what": f"Z is given, Y a {kind}",
        "samples/s": first / ours,
        "by rejection": second / theirs,
        "ratio": (first / ours) / (second / theirs),
    }


def _in_turns(one: Callable[[], int], other: Callable[[], int], times: int) -> list[tuple[float, int]]:
    """Processor seconds and samples of each, best of several."""
    best = [(float("inf"), 0)] * 2
    for _ in range(times):
        for k, call in enumerate((one, other)):
            start = time.process_time()
            count = call()
            best[k] = min(best[k], (time.process_time() - start, count))
    return best
