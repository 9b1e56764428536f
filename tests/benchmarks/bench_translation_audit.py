"""What two translators of faces add, P(A | do(Male = 0)) and given Young = 1, against the truth.

The demo `translation-audit` at its default size, three seeds of data and networks: 20,000 rows, 20,000 samples of each
answer, the truth from 100,000 fresh faces through the same networks. For each attribute (* does not follow from sex)
the shares of seed 0, and the largest difference of all seeds and both queries; "seen" is P(A | Male = 0), "seen,
Young=1" is P(A | Male = 0, Young = 1), and "men" sets Male where it is 1. Bars: .02 for every attribute, 15 minutes on
two cores; "seconds" are those of one seed, networks and truth included.
"""

from __future__ import annotations

import time

import numpy as np

from idgen_compiler.demo.faces import ATTRIBUTES, CAUSAL, drawn, labels, render
from idgen_torch.demo.audit import Audit
from idgen_torch.demo.translation_audit import FULL, QUICK, Answers, Size, answers
from idgen_torch.demo.translators import Detector, Translator
from tests.benchmarks.report import Row

__all__ = ["measure", "run"]


def run(quick: bool) -> list[Row]:
    found: dict[bool, list[Answers]] = {False: [], True: []}
    seconds = []
    for seed in range(1 if quick else 3):
        start = time.perf_counter()
        for spurious, answer in measure(QUICK if quick else FULL, seed).items():
            found[spurious].append(answer)
        seconds.append(time.perf_counter() - start)
    table: list[Row] = []
    for spurious, several in found.items():
        name, first = "spurious" if spurious else "causal", several[0]
        errors = np.max(
            [[np.abs(a.do - a.true_do), np.abs(a.given_young - a.true_given_young)] for a in several], (0, 1)
        )
        for k, attribute in enumerate(ATTRIBUTES):
            row: Row = {
                "translator": name,
                "added attribute": attribute + ("" if attribute in CAUSAL else " *"),
                "do(Male=0)": f"{first.do[k]:.3f}",
                "truth": f"{first.true_do[k]:.3f}",
                "Young=1, do(Male=0)": f"{first.given_young[k]:.3f}",
                "its truth": f"{first.true_given_young[k]:.3f}",
                "off by": f"{errors[k]:.3f}",
                "seen": f"{first.seen[k]:.3f}",
                "seen, Young=1": f"{first.seen_young[k]:.3f}",
                "men": f"{first.men[k]:.3f}",
                "seconds": f"{np.mean(seconds):.0f}",
            }
            table.append(row)
    return table


def measure(size: Size, seed: int) -> dict[bool, Answers]:
    """Spurious or not -> the answers about a translator."""
    generator = np.random.default_rng(seed)
    faces = drawn(size.rows, generator)
    said = labels(faces, generator)
    detector = Detector.train(size.training, seed)
    audit = Audit(ATTRIBUTES, detector, render(faces), said["Male"], said["Young"])
    return {
        spurious: answers(audit, Translator.train(spurious, size.training, seed), detector, size, seed, "cpu")
        for spurious in (False, True)
    }
