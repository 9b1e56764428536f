"""What can go wrong, as values: each error names the offender and the remedy, and holds its data."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

__all__ = [
    "DataError",
    "DataWarning",
    "GraphError",
    "GraphWarning",
    "IdgenError",
    "ModelWarning",
    "NotIdentifiable",
    "OverlapWarning",
    "PlaceError",
    "ProgramError",
    "QueryError",
    "StoreWarning",
    "near_misses",
]


class IdgenError(Exception):
    """The root of every error that this package raises on purpose."""


class GraphError(IdgenError):
    """A graph that is no ADMG, or a name that it does not have."""


class QueryError(IdgenError):
    """A query that cannot be read, or that does not fit its graph."""


class NotIdentifiable(IdgenError):
    """The query is not a function of P(V) in this graph.

    `hedge` is the pair (F, F') of vertex sets of the two C-forests that prove it
    (Shpitser and Pearl 2006, theorem 4): F' lies inside F, and both are rooted in the same outcomes' ancestors.
    """

    def __init__(self, query: str, hedge: tuple[frozenset[str], frozenset[str]], step: str = "") -> None:
        outer, inner = hedge
        where = f"\n  found at: {step}" if step else ""
        super().__init__(
            f"{query} is not identifiable: the hedge F = {{{', '.join(sorted(outer))}}}, "
            f"F' = {{{', '.join(sorted(inner))}}} gives two models with equal P(V) and different answers{where}\n"
            "  measure a common cause, cut one of the hedge's bidirected edges, or ask for an effect that avoids it"
        )
        self.query = query
        self.hedge = hedge
        self.step = step

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.query, self.hedge, self.step)


class DataError(IdgenError):
    """Data that does not fit the program: a missing column, a wrong type, NaN, an unseen category, an empty table."""


class ProgramError(IdgenError):
    """A program that does not verify or cannot be read; `operation` is the result name of the offender."""

    def __init__(self, message: str, operation: str | None = None) -> None:
        super().__init__(message)
        self.operation = operation


class PlaceError(IdgenError):
    """Work that cannot be done where it was to run: a worker that dies again and again, a cluster that is not there."""


class DataWarning(UserWarning):
    """Data that were read in a way, or hold something, that their owner should know of."""


class GraphWarning(UserWarning):
    """Rows contradict an independence of the graph that the answer rests on."""


class StoreWarning(UserWarning):
    """What a store has is of other data or settings than what is asked for, or it cannot keep what is made."""


class OverlapWarning(UserWarning):
    """A value lies where the data hardly reach, so that the answer there rests on extrapolation."""


class ModelWarning(OverlapWarning):
    """What a model draws where it is asked is not as the rows that it was trained on there."""


def near_misses(name: str, known: Iterable[str]) -> str:
    """A hint such as "; did you mean X1?", or the known names when none is near."""
    names = [str(k) for k in known]
    folded = {k.casefold(): k for k in reversed(names)}
    close = [folded[match] for match in get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
    if close:
        return f"; did you mean {' or '.join(close)}?"
    if not names:
        return ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"; known names: {shown}"
