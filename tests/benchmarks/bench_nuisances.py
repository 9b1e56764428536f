"""Cross-fitted nuisances in a doubly robust effect, where the truth is known, and ratios of densities in a front-door.

Back-door: ten covariates behind transforms like Kang and Schafer's, an outcome like Friedman's, propensities between
.08 and .92 (`tests/benchmarks/backdoor.py`). The effect is the mean of
mu1 - mu0 + D (Y - mu1) / e - (1 - D) (Y - mu0) / (1 - e), its standard error that of this mean; `bias`, with its own
standard error beside it, is in mean standard errors, `width` that of 95 % intervals. `wrong outcome` and
`wrong propensity` have a constant in that place; `truth` has the true nuisances, on which no method can improve.
`seconds` are those of all three nuisances, on one thread.
Front-door: P(z | X = a) / P(z | x) at the real rows. `ratio` compares the real rows with rows of x and z drawn apart,
`propensity` turns P(x | z) by Bayes' rule; `error` is the root mean square, relative to that of the truth.
"""

from __future__ import annotations

import time

import numpy as np

from idgen_torch.estimating import Design, Folds, propensity, ratio, regression
from tests.benchmarks.backdoor import EFFECT, Array, BackDoor, back_door, front_door
from tests.benchmarks.report import Row

__all__ = ["effects", "run"]

SETS = {2_000: 150, 10_000: 40}
RATIOS = 20
COPIES = 3


def run(quick: bool) -> list[Row]:
    """A row for each size and choice of nuisances, and for each way to a ratio."""
    sizes = {300: 2} if quick else SETS
    found = [row for n, sets in sizes.items() for row in _effects(n, sets)]
    return [*found, *_ratios(300 if quick else 2_000, 2 if quick else RATIOS)]


def effects(data: BackDoor, seed: int) -> dict[str, tuple[float, float]]:
    """The effect and its standard error by choice of nuisances."""
    n, design = len(data.y), Design.of({"x": data.x})
    folds = Folds(n, seed=seed, strata=data.d)
    means = np.stack([regression(design, data.y, folds, weights=data.d == arm).own for arm in (0, 1)])
    score = propensity(design, data.d, folds).own[:, 1]
    flat = np.stack([np.full(n, data.y[data.d == arm].mean()) for arm in (0, 1)])
    chosen = {
        "ours": (means, score),
        "wrong outcome": (flat, score),
        "wrong propensity": (means, np.full(n, data.d.mean())),
        "truth": (data.means, data.score),
    }
    return {name: _robust(data, *nuisances) for name, nuisances in chosen.items()}


def _robust(data: BackDoor, means: Array, score: Array) -> tuple[float, float]:
    treated = data.d * (data.y - means[1]) / score
    influence = means[1] - means[0] + treated - (1 - data.d) * (data.y - means[0]) / (1 - score)
    return float(influence.mean()), float(influence.std(ddof=1) / len(influence) ** 0.5)


def _effects(n: int, sets: int) -> list[Row]:
    start = time.perf_counter()
    found = [effects(back_door(n, seed), seed) for seed in range(sets)]
    seconds = (time.perf_counter() - start) / sets
    return [_effect(n, name, np.array([f[name] for f in found]), seconds) for name in found[0]]


def _effect(n: int, name: str, found: Array, seconds: float) -> Row:
    off, se = found[:, 0] - EFFECT, found[:, 1]
    return {
        "task": "effect",
        "rows": n,
        "nuisances": name,
        "sets": len(found),
        "bias": float(off.mean() / se.mean()),
        "+-": float(off.std() / se.mean() / len(off) ** 0.5),
        "coverage": float(np.mean(np.abs(off) < 1.96 * se)),
        "width": float(3.92 * se.mean()),
        "seconds": seconds if name == "ours" else None,
    }


def _ratios(n: int, sets: int) -> list[Row]:
    found: dict[str, list[tuple[float, float, float]]] = {}
    for seed in range(sets):
        data, rng = front_door(n, seed), np.random.default_rng([seed, 1])
        folds = Folds(n, seed=seed, strata=data.x)
        p, share = propensity(Design.of({"z": data.z}), data.x, folds).own, np.bincount(data.x) / n
        real = Design.of({"z": data.z, "x": data.x}, sizes={"x": 2})
        for a in (0, 1):
            origin = rng.choice(np.flatnonzero(data.x == a), COPIES * n)
            apart = {"z": data.z[origin], "x": data.x[rng.integers(0, n, COPIES * n)]}
            turned = p[:, a] / share[a] * share[data.x] / p[np.arange(n), data.x]
            ways = {
                "ratio": ratio(real, Design.of(apart, sizes={"x": 2}), folds, origin=origin).own,
                "propensity": turned / turned.mean(),
                "truth": data.ratio[a],
            }
            for name, w in ways.items():
                error = float(np.sqrt(np.mean((w - data.ratio[a]) ** 2) / np.mean(data.ratio[a] ** 2)))
                found.setdefault(name, []).append((error, float(w.sum() ** 2 / (w**2).sum()), float(w.max() / w.sum())))
    names = ("error", "effective rows", "largest share")
    return [
        {"task": "ratio", "rows": n, "nuisances": name, "sets": sets}
        | dict(zip(names, np.mean(values, axis=0).tolist(), strict=True))
        for name, values in found.items()
    ]
