"""The queries that every notation is shown on."""

from __future__ import annotations

from idgen_compiler.graph import ADMG
from idgen_compiler.query import Query
from tests.strategies import NAPKIN, Case, napkin_ladder

__all__ = ["EXAMPLES"]


def _case(graph: str, query: str) -> Case:
    return Case(ADMG.parse(graph), Query.parse(query))


EXAMPLES: dict[str, Case] = {
    "backdoor": _case("Z -> X -> Y; Z -> Y", "P(Y | do(X))"),
    "frontdoor": _case("X -> M -> Y; X <-> Y", "P(Y | do(X))"),
    "napkin": Case(NAPKIN, Query("Y", "X")),
    # A condition that no rule of the do-calculus removes: the estimand is a ratio.
    "conditional": _case("Z -> X -> Y -> C; Z -> Y; X <-> C", "P(Y | do(X), C)"),
    # ID-GEN, figure 8: the factors of line 4 depend on each other in a circle.
    "cyclic": _case("X -> W1 -> W2 -> Y; X -> Y; W1 <-> Y; X <-> W2", "P(Y | do(X))"),
    "ladder_of_two": Case(*napkin_ladder(2)),
    "long_names": _case("blood_pressure -> drug_2 -> Age; blood_pressure -> Age", "P(Age | do(drug_2))"),
}
