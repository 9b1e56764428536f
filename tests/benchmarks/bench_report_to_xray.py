"""The demo report-to-xray: P(E, A, L, X | do(R)) on rendered chest pictures, against the known truth.

Graph of the ID-GEN paper's section 4.3: a report R causes effusion E, atelectasis A and opacity L, pneumonia N does,
too, a hidden hospital joins R and N, and X shows E, A and L. 40,000 reports, 12,000 pictures of 16 x 16. M_N to M_X are
the paper's Figure 20: the mean total variation (TV) of a kernel to its exact conditional on 150 fresh rows, by 4,000
draws each (in brackets, on rows whose report says nothing of the attribute, where the trained fallback answers); for X
the share of drawn pictures that show anything else than they were told. The rest is the largest TV, over three prompts
that no row has, of the law of E, A, L to P(E, A, L | do(R)): ours by 20,000 samples each; off pictures, as read off
3,000 drawn X; P(X given R), read off the pictures of one diffusion model from reports to pictures; and the exact
P(E, A, L given R). "Elsewhere" either hospital writes as the other does at home: P(N) is the same there, P(R, N) is
not. Seconds are of training, on a machine that is shared; cpu are those that the process had of it.
"""

from __future__ import annotations

import time

from idgen_compiler.demo.radiology.patients import PROMPTS
from idgen_torch.demo.report_answers import FULL, QUICK, answers, kernels, trained
from tests.benchmarks.report import Row

__all__ = ["run"]

SEEDS = (0, 1, 2)
LAWS = {
    "ours": "ours",
    "ours, elsewhere": "ours_elsewhere",
    "ours, off pictures": "films",
    "P(X given R)": "plain",
    "P(X given R), elsewhere": "plain_elsewhere",
    "exact P(. given R)": "seen",
    "exact, elsewhere": "seen_elsewhere",
}


def run(quick: bool) -> list[Row]:
    """One row a seed."""
    return [_row(seed, quick) for seed in SEEDS[: 1 if quick else None]]


def _row(seed: int, quick: bool) -> Row:
    size = QUICK if quick else FULL
    start, cpu = time.perf_counter(), time.process_time()
    models = trained(size, seed, "cpu")
    took, used = time.perf_counter() - start, time.process_time() - cpu
    found = kernels(models.ours, size, seed)
    given = answers(PROMPTS, models, size, seed)
    return {
        "seed": seed,
        **{
            f"M_{one.name}": f"{one.distance:.4f}" + (f" ({one.silent:.4f})" if one.silent is not None else "")
            for one in found
        },
        **{name: round(max(one.off(law) for one in given), 3) for name, law in LAWS.items()},
        "s": took,
        "s cpu": used,
    }
