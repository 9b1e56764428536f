"""Conditional laws with known truth: one model each by default, beside other learners of such laws.

Inputs from -1 to 1, or four levels each; in "waves" a number in two clusters and one that hangs together with it, in
"three classes" six numbers that hang together and two categories. Each
table is fitted as P(Y | do(all inputs)), which is one model, and drawn 1,000 times at each of 200 inputs that are not
in it. W1: the Wasserstein distance to the truth, in standard deviations of Y given the inputs; CRPS: by how much the
continuous ranked probability score exceeds that of the truth, in the same units (in square: half the energy distance).
Of categories, the total variation and the excess of Brier's score. "draws of the truth" is what as many draws
of the truth itself measure. The last law is that of twenty covariates around one factor, 20,000 rows, Y | do(X = 1)
over joint rows (see `unlinked`): the distance of 50,000 samples. Mean over the seeds; the seeds of development are
others. One thread; processor seconds for a fit, and for a million samples (of categories, a million laws).

Peers: a quantile forest of scikit-learn (100 trees, five rows a leaf, half of the inputs a split), its gradient
boosting on histograms with residuals as they are, least squares with a normal (logistic regression), its Gaussian
process with a width for each input (up to 1,000 rows), and NGBoost in an environment of its own, which is made in the
folder that IDGEN_PEERS names and left out without one; of numbers and up to 10,000 rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from tests.benchmarks.bench_unlinked import COVARIATES, factor_outcome, factor_table, programs
from tests.benchmarks.densities.laws import LAWS, Array, Law
from tests.benchmarks.densities.learners import PEERS, Answer, answers_of_ngboost, ours
from tests.benchmarks.report import Row

__all__ = ["DEVELOPMENT", "PUBLISHED", "joint_rows", "measure", "run", "scores"]

INPUTS, DRAWS = 200, 1_000
DEVELOPMENT, PUBLISHED = (1, 2, 3), (101, 102)
MANY = 100_000
"""Of so many rows only the default and the quick peers learn."""


def run(quick: bool = False) -> list[Row]:
    """One row a law and a learner."""
    seeds = DEVELOPMENT[:1] if quick else PUBLISHED
    laws = [law for law in LAWS if not quick or law.rows <= 5_000]
    rows = [row for law in laws for row in measure(law, seeds)]
    return rows if quick else [*rows, joint_rows(seeds)]


def measure(law: Law, seeds: tuple[int, ...]) -> list[Row]:
    """All learners on one law: mean over the tables of these seeds."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in seeds:
        rng = np.random.default_rng((seed, law.rows))
        table, at = law.table(rng, law.rows), law.inputs(rng, INPUTS)
        for name, learner in _learners(law).items():
            answer = learner(law, table, at, DRAWS, seed)
            if answer is not None:
                found.setdefault(name, []).append((*scores(law, at, answer), *answer[1:]))
        if law.quantile is not None:
            drawn = law.quantile(at, rng.random((INPUTS, DRAWS)))
            found.setdefault("draws of the truth", []).append(scores(law, at, (drawn, 0.0, 0.0)))
    return [_row(law, name, np.mean(each, 0)) for name, each in found.items()]


def _learners(law: Law) -> dict[str, Callable[..., Answer | None]]:
    if law.rows >= MANY:
        return {"idgen": ours, **{name: peer for name, peer in PEERS.items() if name != "quantile forest"}}
    slow = {"NGBoost": answers_of_ngboost} if law.quantile is not None and law.rows <= 10_000 else {}
    return {"idgen": ours, **PEERS, **slow}


def _row(law: Law, learner: str, mean: Array) -> Row:
    row: dict[str, object] = {"law": law.name, "rows": f"{law.rows:,}", "learner": learner}
    row |= {"W1": f"{mean[0]:.3f}", "CRPS": f"{mean[1]:.4f}"}
    return row | ({"fit, CPU s": f"{mean[2]:.2f}", "1e6 samples, CPU s": f"{mean[3]:.1f}"} if len(mean) > 2 else {})


def scores(law: Law, at: Mapping[str, Array], answer: Answer) -> tuple[float, float]:
    """W1 and the excess of CRPS, in standard deviations of Y given the inputs; of categories as `run` says."""
    said = answer[0]
    if law.quantile is None:
        assert law.chances is not None
        apart = said - law.chances(at)
        return float(np.abs(apart).sum(1).mean() / 2), float((apart**2).sum(1).mean())
    levels = (np.arange(said.shape[1]) + 0.5) / said.shape[1]
    truth, drawn = law.quantile(at, levels[None, :]), np.sort(said, 1)
    scale = truth.std(1)
    scale = np.where(scale > 0, scale, truth.std())
    return float((np.abs(drawn - truth).mean(1) / scale).mean()), float((_excess(drawn, truth) / scale).mean())


def _excess(drawn: Array, truth: Array) -> Array:
    """The integral of (F - G)^2 for two samples of a size, each row sorted.  Shape: (rows, draws) -> (rows,)."""
    both = np.concatenate([drawn, truth], 1)
    order = both.argsort(1, kind="stable")
    step = np.where(order < drawn.shape[1], 1.0, -1.0) / drawn.shape[1]
    places = np.take_along_axis(both, order, 1)
    return np.asarray(((step.cumsum(1)[:, :-1] ** 2) * np.diff(places, axis=1)).sum(1))


def joint_rows(seeds: tuple[int, ...]) -> Row:
    """Y | do(X = 1) with twenty covariates that hang together and are drawn from one row."""
    program, found = programs(COVARIATES)[0], []
    for seed in seeds:
        rng = np.random.default_rng((seed, 20))
        table, truth = factor_table(20_000, rng), factor_outcome(50_000, rng)
        start = time.process_time()
        sampler = program.fit(table, device="cpu", progress=False, check_graph=False, seed=seed)
        fitted = time.process_time() - start
        start = time.process_time()
        drawn = np.asarray(sampler.sample(50_000, do={"X": True}, seed=seed)["Y"], dtype=float)
        seconds = 1e6 * (time.process_time() - start) / len(drawn)
        found.append((float(np.abs(np.sort(drawn) - np.sort(truth)).mean() / truth.std()), 0.0, fitted, seconds))
    mean = np.mean(found, 0)
    return {
        "law": "20 covariates, joint rows",
        "rows": "20,000",
        "learner": "idgen",
        "W1": f"{mean[0]:.4f}",
        "fit, CPU s": f"{mean[2]:.2f}",
        "1e6 samples, CPU s": f"{mean[3]:.1f}",
    }
