"""What tools answer: plain values, whose fields are the schema that an agent sees."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

__all__ = ["Compiled", "Estimated", "Explained", "Identified", "Verified"]


class Identified(BaseModel):
    """Whether a query is a function of what can be observed, and which one."""

    query: str
    identifiable: bool
    estimand: str  #: the formula; empty where there is none
    latex: str
    trace: str  #: the lines of the algorithm, step by step
    proof: str  #: where it is not identifiable: the hedge, and two models with equal P(V) and different answers


class Explained(BaseModel):
    """How a query is answered, in words."""

    query: str
    summary: str
    stages: str  #: what each rewrite and pass left


class Verified(BaseModel):
    """Our answer beside the truth of random models with hidden causes, in exact fractions."""

    query: str
    ok: bool
    verdict: str
    models: int
    other: str  #: what y0 answers, where it is installed; it does not count


class Compiled(BaseModel):
    """The program that answers queries, and whether it proved right."""

    program: str
    models: list[str]  #: the conditionals that are trained
    regenerations: int
    verified: list[Verified]


class Estimated(BaseModel):
    """Numbers with their intervals."""

    estimates: list[dict[str, Any]]
    notes: list[str]
    warnings: list[str]
    verified: list[Verified]  #: of the query that was compiled for it; empty for a saved sampler
