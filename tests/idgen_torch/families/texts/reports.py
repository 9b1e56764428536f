"""Simulated reports: a grammar with synonyms and fillers over three attributes, which alone matter."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

__all__ = ["ATTRIBUTES", "report", "reports", "risk", "truth"]

SAID = (
    (("no fever", "afebrile", "temperature normal"), ("febrile", "high temperature", "fever present")),
    (("no cough", "lungs quiet", "breathing easy"), ("coughing a lot", "persistent cough", "dry cough noted")),
    (("denies pain", "comfortable", "without discomfort"), ("severe pain", "hurting badly", "in agony")),
)
FILLERS = ("", "seen today")
ATTRIBUTES = tuple(product((0, 1), repeat=3))


def report(attributes: tuple[int, ...], rng: np.random.Generator) -> str:
    said = [words[value][rng.integers(3)] for words, value in zip(SAID, attributes, strict=True)]
    order = rng.permutation(3) if rng.random() < 0.3 else np.arange(3)
    start = ("Patient", "The patient", "Pt")[rng.integers(3)]
    return f"{start} {', '.join(said[k] for k in order)} {FILLERS[rng.integers(2)]}".strip() + "."


def risk(attributes: Any, z: Any) -> Any:
    fever, cough, pain = (np.asarray(value) for value in attributes)
    return 1 / (1 + np.exp(-(-1.5 + 1.6 * fever + 0.9 * cough + 0.6 * cough * pain - 0.5 * pain + 1.0 * z)))


def truth(attributes: tuple[int, ...]) -> float:
    """P(Y = 1 | do(R = a report of these attributes))."""
    return float(0.6 * risk(attributes, 0) + 0.4 * risk(attributes, 1))


def reports(n: int, seed: int) -> dict[str, Any]:
    """Rows of Z -> R -> Y; Z -> Y."""
    rng = np.random.default_rng(seed)
    z = (rng.random(n) < 0.4).astype(int)
    shares = (0.2 + 0.5 * z, 0.3 + 0.4 * z, np.full(n, 0.5))
    attributes = [(rng.random(n) < share).astype(int) for share in shares]
    texts = np.empty(n, dtype=object)
    texts[:] = [report(own, rng) for own in zip(*attributes, strict=True)]
    return {"Z": z, "R": texts, "Y": (rng.random(n) < risk(attributes, z)).astype(int), "attributes": attributes}
