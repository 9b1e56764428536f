"""What tools answer: plain values, whose fields are the schema that an agent sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Compiled", "Estimated", "Explained", "Identified", "Verified"]


@dataclass(frozen=True, slots=True)
class Identified:
    """Whether a query is a function of what can be observed, and which one."""

    query: str
    identifiable: bool
    estimand: str  #: the formula; empty where there is none
    latex: str
    trace: str  #: the lines of the algorithm, step by step
    proof: str  #: where it is not identifiable: the hedge, and two models with equal P(V) and different answers


@dataclass(frozen=True, slots=True)
class Explained:
    """How a query is answered, in words."""

    query: str
    summary: str
    stages: str  #: what each rewrite and pass left


@dataclass(frozen=True, slots=True)
class Verified:
    """Our answer beside the truth of random models with hidden causes, in exact fractions."""

    query: str
    ok: bool
    verdict: str
    models: int
    other: str  #: what y0 answers, where it is installed; it does not count


@dataclass(frozen=True, slots=True)
class Compiled:
    """The program that answers queries, and whether it proved right."""

    program: str
    models: list[str]  #: the conditionals that are trained
    regenerations: int
    verified: list[Verified]


@dataclass(frozen=True, slots=True)
class Estimated:
    """Numbers with their intervals."""

    estimates: list[dict[str, Any]]
    notes: list[str]
    warnings: list[str]
    verified: list[Verified]  #: of the query that was compiled for it; empty for a saved sampler
