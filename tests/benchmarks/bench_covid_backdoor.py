"""The demo covid-backdoor: P(N | do(C)) through a rendered chest picture, against the known truth.

Graph C -> X -> N with C <-> N (the ID-GEN paper's appendix F.6, Table 4). `diffusion` averages the classifier of
N | C, X over pictures from a diffusion model of X | C and C from the rows; `no diffusion` over fresh pictures of that
C; `no latent` is P(N | C). Off is the larger absolute error of P(N = 1) at C = 0 and C = 1. ECE and MCE have 15 bins:
before and after the temperature on rows kept back from the fit, and on fresh rows beside the true conditional on the
same rows. Fréchet distances are of 6 x 6 thumbnails, generated to fresh ones of the same and of the other C.
Seconds are of the fit, on a machine that is shared; cpu are those that the process had of it.
"""

from __future__ import annotations

import time

from idgen_compiler.demo import chest
from idgen_compiler.demo.covid_backdoor import FULL, QUICK, findings, fitted
from tests.benchmarks.report import Row

__all__ = ["run"]

SEEDS = (0, 1, 2)


def run(quick: bool) -> list[Row]:
    """One row a seed."""
    return [_row(seed, quick) for seed in SEEDS[: 1 if quick else None]]


def _row(seed: int, quick: bool) -> Row:
    size = QUICK if quick else FULL
    data, fresh = chest.patients(size.rows, seed), chest.patients(size.fresh, seed + 1_000_003)
    start, cpu = time.perf_counter(), time.process_time()
    sampler = fitted(data, size, seed, device="cpu", progress=False)
    took, used = time.perf_counter() - start, time.process_time() - cpu
    found = findings(sampler, data, fresh, size, seed, rendered=True)
    truth = found.answers["truth"]
    off = {
        way: max(abs(a - b) for a, b in zip(found.answers[way], truth, strict=True))
        for way in ("diffusion", "no diffusion", "no latent")
    }
    before, after, ideal = found.calibration.before, found.calibration.after, found.ideal
    near = [found.frechet[c][c] for c in (0, 1)]
    far = [found.frechet[c][1 - c] for c in (0, 1)]
    return {
        "seed": seed,
        **{f"P(N=1), C=0 / 1: {way}": "{:.3f} / {:.3f}".format(*found.answers[way]) for way in ("truth", *off)},
        **{f"off: {way}": off[way] for way in off},
        "temperature": found.calibration.temperature,
        "kept back: ECE before": before.ece,
        "kept back: ECE after": after.ece,
        "kept back: MCE before": before.mce,
        "kept back: MCE after": after.mce,
        "fresh: ECE": found.fresh.ece,
        "fresh: ECE of the truth": None if ideal is None else ideal.ece,
        "fresh: MCE": found.fresh.mce,
        "fresh: MCE of the truth": None if ideal is None else ideal.mce,
        "Fréchet, same C": "{:.2f} / {:.2f}".format(*near),
        "Fréchet, other C": "{:.2f} / {:.2f}".format(*far),
        "s": took,
        "s cpu": used,
    }
