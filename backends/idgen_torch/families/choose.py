"""Which family a model gets when nobody says."""

from __future__ import annotations

from collections.abc import Sequence

from ..parts import Part, Rows
from .cells import cell_count
from .factored import Factored

__all__ = ["choose"]

ROWS_PER_CELL = 200


def choose(targets: Sequence[Part], inputs: Sequence[Part], rows: Rows) -> str:
    """The name of the family for these parts and rows.

    No inputs: resample. All discrete: a table while its free cells are few against the rows, a classifier otherwise.
    Real targets: flow. Mixed targets: chain.
    """
    if not inputs:
        return "resample"
    if not all(part.discrete for part in targets):
        return "chain" if any(part.discrete for part in targets) else "flow"
    if not all(part.discrete for part in inputs):
        return "classifier"
    count = len(rows[targets[0].name])
    few = cell_count(inputs) * cell_count(targets) * ROWS_PER_CELL <= count
    if few:
        return "table"
    return "factored" if all(found.affordable for found in Factored.selections(targets, inputs, rows)) else "classifier"
