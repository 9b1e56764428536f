"""A structural model of reports, pneumonia and what a chest picture shows, with a hidden hospital, and its exact laws.

R is a report, N pneumonia, E effusion, A atelectasis, L opacity, X a picture. An attribute is what the report says of
it; where the report is silent, it depends on pneumonia, on the attributes before it, and on whether the report is
urgent. The hospital decides how reports are written and how many have pneumonia, and is not recorded.

Source of the graph: Rahman, Jordan and Kocaoglu (NeurIPS 2024), section 4.3 and appendix F.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.arrays import Array
from idgen_compiler.demo.radiology.films import films
from idgen_compiler.demo.radiology.labeller import ATTRIBUTES, SILENT, said, said_of
from idgen_compiler.demo.radiology.reports import is_terse, is_urgent, written

__all__ = ["GRAPH", "HOME", "PROMPTS", "Domain", "Law", "Patients", "chance", "law_set", "patients"]

GRAPH = "R -> E, A, L; N -> E, A, L; E -> A, L; A -> L; E, A, L -> X; N <-> R"

PROMPTS = (
    "left pleural fluid persists",
    "right lower collapse, no effusion",
    "critical, bilateral hazy lungs",
)
"""What is set; none of them is a report of the grammar."""

REFERRED = 0.4
"""P(hospital = 1)."""
PNEUMONIA = (0.08, 0.78)
"""P(N = 1 | hospital)."""
_TERSE, _URGENT = (0.06, 0.94), (0.15, 0.6)
_SAID = ((0.55, 0.27, 0.18), (0.60, 0.10, 0.30))
"""By the hospital whose manner a report has: P(terse), P(urgent), P(silent, denied, affirmed) of each attribute."""

# Log-odds of an attribute of which the report is silent: a base, and what N, E, A and urgency add.
_ODDS = {"E": (-1.8, 2.2, 0.0, 0.0, 0.8), "A": (-2.0, 1.8, 1.3, 0.0, 0.6), "L": (-2.4, 2.0, 1.0, 1.2, 0.6)}

Codes = NDArray[np.int64]
Law = NDArray[np.float64]


@dataclass(frozen=True)
class Domain:
    """Where patients are from: in a `swapped` one either hospital writes as the other did at home.

    P(N) and every mechanism are the same; P(R, N) is not.
    """

    swapped: bool = False

    def pneumonia_seen(self, text: str) -> float:
        """P(N = 1 | R = a report that says, urges and is written as this one), by Bayes over the hospital."""
        says, weights = said(text), np.array([1 - REFERRED, REFERRED])
        for hospital in (0, 1):
            manner = 1 - hospital if self.swapped else hospital
            weights[hospital] *= _TERSE[manner] if is_terse(text) else 1 - _TERSE[manner]
            weights[hospital] *= _URGENT[manner] if is_urgent(text) else 1 - _URGENT[manner]
            weights[hospital] *= np.prod([_SAID[manner][value + 1] for value in says])
        return float(weights @ PNEUMONIA / weights.sum())

    def law_seen(self, text: str) -> Law:
        """P(E, A, L | R) of such reports: what conditioning gives.  Shape: (2, 2, 2)."""
        return np.asarray(_law(text, self.pneumonia_seen(text)).sum(0))


HOME = Domain()


@dataclass(frozen=True, eq=False)
class Patients:
    """What is recorded.

    Shapes: reports (n,) of strings, pneumonia (n,), attributes (n, 3) of E, A and L, films (n, 1, side, side) bytes.
    """

    reports: NDArray[np.object_]
    pneumonia: Codes
    attributes: Codes
    films: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.reports)

    def first(self, n: int) -> Patients:
        """The first n of them."""
        return Patients(self.reports[:n], self.pneumonia[:n], self.attributes[:n], self.films[:n])

    @property
    def data(self) -> dict[str, Array]:
        """The columns R, N, E, A, L and X."""
        columns = dict(zip(ATTRIBUTES, self.attributes.T, strict=True))
        return {"R": self.reports, "N": self.pneumonia, **columns, "X": self.films}


def patients(n: int, seed: int, domain: Domain = HOME) -> Patients:
    """So many patients of a domain.

    >>> some = patients(2000, 0)
    >>> some.films.shape, bool(abs(some.pneumonia.mean() - 0.36) < 0.04)
    ((2000, 1, 16, 16), True)
    """
    generator = np.random.default_rng(seed)
    hospital = (generator.random(n) < REFERRED).astype(np.int64)
    pneumonia = (generator.random(n) < np.asarray(PNEUMONIA)[hospital]).astype(np.int64)
    manner = 1 - hospital if domain.swapped else hospital
    terse = generator.random(n) < np.asarray(_TERSE)[manner]
    urgent = generator.random(n) < np.asarray(_URGENT)[manner]
    ends = np.cumsum(_SAID, axis=1)[manner]
    says = SILENT + (generator.random((n, 3))[:, :, None] >= ends[:, None, :2]).sum(-1)
    reports = written(says, terse, urgent, generator)
    attributes = np.zeros((n, 3), dtype=np.int64)
    for place, name in enumerate(ATTRIBUTES):
        share = chance(name, reports, pneumonia, attributes)
        attributes[:, place] = generator.random(n) < share
    return Patients(reports, pneumonia, attributes, films(attributes, generator))


def chance(name: str, reports: NDArray[np.object_], pneumonia: Codes, attributes: Codes) -> Law:
    """P(attribute = 1 | R, N, attributes before it), exactly.  Shapes: (n,), (n,), (n, 3) -> (n,)."""
    base, by_n, by_e, by_a, by_urgency = _ODDS[name]
    urgent = np.array([is_urgent(text) for text in reports])
    odds = base + by_n * pneumonia + by_e * attributes[:, 0] + by_a * attributes[:, 1] + by_urgency * urgent
    told = said_of(reports)[:, ATTRIBUTES.index(name)]
    return np.asarray(np.where(told == SILENT, 1 / (1 + np.exp(-odds)), told))


def law_set(text: str) -> Law:
    """P(N, E, A, L | do(R = text)), exactly, and the same in every domain.  Shape: (2, 2, 2, 2)."""
    return _law(text, (1 - REFERRED) * PNEUMONIA[0] + REFERRED * PNEUMONIA[1])


def _law(text: str, share: float) -> Law:
    """P(N = 1) = share, and the mechanisms of E, A and L.  Shape: (2, 2, 2, 2)."""
    codes = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), -1).reshape(-1, 4)
    law = np.where(codes[:, 0] == 1, share, 1 - share)
    reports = np.full(len(codes), text, dtype=object)
    for place, name in enumerate(ATTRIBUTES):
        ones = chance(name, reports, codes[:, 0], codes[:, 1:])
        law = law * np.where(codes[:, place + 1] == 1, ones, 1 - ones)
    return law.reshape(2, 2, 2, 2)
