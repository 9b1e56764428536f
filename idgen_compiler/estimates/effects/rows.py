"""What effects in parts of the population need: enough rows there, and a program of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from idgen_compiler.errors import DataError
from idgen_compiler.estimates.answers import Answering, Answers
from idgen_compiler.hinge.backend import schema_of
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = ["check_read", "counted", "own_program"]

FEW = 30.0
"""A group of fewer effective rows has a warning."""


def counted(answers: Answers, places: Sequence[int], names: Sequence[str]) -> tuple[str, ...]:
    """Warnings of groups that hold few rows.  Raises DataError for one that holds none.

    `places` are those of the groups' shares among the answers.
    """
    found: dict[str, float] = {}
    for place, name in zip(places, names, strict=True):
        rows = float(answers.effective_rows[place] * answers.values[place])
        if not answers.values[place] > 0 or rows < 2:
            raise DataError(f"no units, or hardly any, have {name} where that is asked; ask for a wider group")
        found[name] = min(rows, found.get(name, np.inf))
    return tuple(
        f"{name} rests on about {rows:.0f} effective rows, so few that its interval may be too narrow"
        for name, rows in found.items()
        if rows < FEW
    )


def own_program(program: Program, what: str) -> None:
    """Raise DataError where another query cannot be compiled from what a program says of itself."""
    if program.bindings or program.observe.unobserved:
        raise DataError(
            f"{what} needs another program, and this one has kernels that were brought; compile that query with "
            "bound=... and fit it"
        )


def check_read(sampler: Answering, query: Query, needed: Iterable[str], what: str) -> None:
    """Raise DataError, with the remedy, where `what` needs columns that a program, and so its fit, does not."""
    schema = schema_of(sampler)
    lost = [name for name in needed if name not in schema.types] if schema is not None else []
    if not lost:
        return
    more = [name for name in lost if name not in (*query.outcomes, *query.treatments)]
    kept = [name for name in query.conditions if name not in lost]
    joint = Query((*query.outcomes, *more), query.treatments, kept, policies=dict(query.policies))
    raise DataError(
        f"the program of {query} does not need {', '.join(lost)}, which its fit did not read from the table; for "
        f"{what} compile {joint}, fit that to the same table, and ask it the same"
    )
