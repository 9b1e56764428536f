"""Rendered chest pictures with a disease, a finding and a hidden hospital, and the exact effect of the disease.

C is an infection, X a small gray picture of two lungs in a chest, N whether pneumonia is written down. Lungs are the
hazier the worse the infection shows; N depends on the haze that the picture shows and on the hospital, which nobody
recorded and which also decides who is infected. So C -> X -> N with C <-> N, the graph of the ID-GEN paper's
experiment with COVIDx pictures (Rahman, Jordan and Kocaoglu, NeurIPS 2024, appendix F.6), with a truth to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.arrays import Array, Pictures

__all__ = ["GRAPH", "QUERY", "SIDE", "Patients", "haze", "patients", "pictures", "probability", "truth"]

GRAPH = "C -> X -> N; C <-> N"
QUERY = "P(N | do(C))"
SIDE = 16

INFECTED = (0.15, 0.85)
"""P(C = 1 | hospital)."""
HAZE = ((2.5, 4.0), (4.0, 2.5))
"""How hazy lungs are without and with the infection: parameters of Beta laws."""
BASE, BY_HAZE, BY_HOSPITAL = -2.5, 5.0, (-1.5, 1.5)
"""Log-odds of N: a base, the share of haze, and the hospital."""

CLEAR, OPAQUE, BODY, NOISE = 40.0, 200.0, 190.0, 6.0
"""Gray levels of lungs without haze and full of it, of the body, and the deviation of each pixel's noise."""
CORE = (slice(6, 11), (3, 4, 11, 12))
"""Rows and columns that lie in a lung of every picture of 16 x 16, wherever the patient stood."""

_PIECE = 20_000

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Patients:
    """What is recorded.  Shape: infected, found (rows,) int64; pictures (rows, 1, 16, 16) bytes."""

    infected: Codes
    pictures: Pictures
    found: Codes

    @property
    def data(self) -> dict[str, Array]:
        """The columns C, X and N."""
        return {"C": self.infected, "X": self.pictures, "N": self.found}


def patients(rows: int, seed: int) -> Patients:
    """So many patients; the hospital is not among what is recorded."""
    generator = np.random.default_rng(seed)
    hospital = generator.integers(2, size=rows)
    infected = (generator.random(rows) < np.asarray(INFECTED)[hospital]).astype(np.int64)
    x = pictures(infected, generator)
    chance = _chance(haze(x))[np.arange(rows), hospital]
    return Patients(infected, x, (generator.random(rows) < chance).astype(np.int64))


def pictures(infected: Codes, generator: np.random.Generator) -> Pictures:
    """A picture of each patient: X given C.  Shape: (rows,) -> (rows, 1, 16, 16) bytes."""
    return np.concatenate(
        [_rendered(infected[start : start + _PIECE], generator) for start in range(0, max(len(infected), 1), _PIECE)]
    )


def _rendered(infected: Codes, generator: np.random.Generator) -> Pictures:
    rows = len(infected)
    shown = generator.beta(*np.asarray(HAZE)[infected].T)[:, None, None]
    down, across = generator.uniform(-0.7, 0.7, (2, rows, 1, 1))
    wide, high = generator.uniform(2.5, 3.1, (rows, 1, 1)), generator.uniform(4.6, 5.6, (rows, 1, 1))
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    inside = np.zeros((rows, SIDE, SIDE))
    for middle in (3.7, 11.3):
        distance = np.hypot((x - middle - across) / wide, (y - 8.2 - down) / high)
        inside = np.maximum(inside, np.clip((1.15 - distance) / 0.25, 0, 1))
    chest = np.clip((1.12 - np.hypot((x - 7.5 - across) / 8.2, (y - 8.2 - down) / 8.8)) / 0.2, 0, 1)
    gray = BODY * chest * (1 - inside) + (CLEAR + (OPAQUE - CLEAR) * shown) * inside
    gray += NOISE * generator.standard_normal(gray.shape)
    drawn: Pictures = gray.clip(0, 255).round().astype(np.uint8)[:, None]
    return drawn


def haze(x: Pictures) -> Numbers:
    """How hazy the lungs of pictures are, read off them: 0 for clear and 1 for opaque.  Shape: -> (rows,)."""
    core = x[:, 0, CORE[0]][:, :, list(CORE[1])].astype(np.float64).mean((1, 2))
    level: Numbers = (core - CLEAR) / (OPAQUE - CLEAR)
    return level


def probability(x: Pictures, infected: Codes) -> Numbers:
    """P(N = 1 | x, c), exactly: the hospital is summed out given c.  Shape: (rows, ...), (rows,) -> (rows,)."""
    by_hospital = np.asarray(INFECTED)
    weight = np.where(infected[:, None] == 1, by_hospital, 1 - by_hospital)
    law: Numbers = (_chance(haze(x)) * weight).sum(1) / weight.sum(1)
    return law


def truth(infected: int, draws: int = 40_000, seed: int = 0) -> tuple[float, float]:
    """P(N = 1 | do(C = c)) and P(N = 1 | C = c): averages over pictures, with errors of about .001."""
    c = np.full(draws, infected)
    x = pictures(c, np.random.default_rng([seed, infected]))
    return float(_chance(haze(x)).mean()), float(probability(x, c).mean())


def _chance(level: Numbers) -> Numbers:
    """P(N = 1 | haze, hospital).  Shape: (rows,) -> (rows, 2)."""
    odds = BASE + BY_HAZE * level[:, None] + np.asarray(BY_HOSPITAL)
    chance: Numbers = 1 / (1 + np.exp(-odds))
    return chance
