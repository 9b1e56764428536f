"""Which of a program's samplers is asked, and what its query is: for every backend the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idgen_compiler.errors import DataError, QueryError, near_misses
from idgen_compiler.ir.operations import Sample
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = ["checked_seed", "query_of", "sampler_of", "settings"]


def sampler_of(program: Program, query: Query | str | None) -> Sample:
    """The sampler of a query, which may be left out where there is one; a text may be spaced and ordered as one likes.

    Raises DataError, listing the queries, for one that the program does not answer.
    """
    known = {op.query or program.name: op for op in program.samplers}
    if query is None:
        if len(known) == 1:
            return program.samplers[0]
        raise DataError(f"the program answers {len(known)} queries; choose with query= one of: {'; '.join(known)}")
    if not isinstance(query, Query | str):
        raise DataError(f"the query is {query!r:.80}; give a Query or its text")
    if str(query) in known:
        return known[str(query)]
    asked = _parsed(query) if isinstance(query, str) else query
    for name, op in known.items():
        if asked is not None and _parsed(name) == asked:
            return op
    raise DataError(f"the program answers no query {str(query)!r}{near_misses(str(query), known)}")


def query_of(program: Program, op: Sample) -> Query:
    """The query that a sampler's name states; where it states none, the inputs are taken for treatments."""
    found, inputs = _parsed(op.query or program.name), set(op.network.inputs)
    if found is not None and inputs <= {*found.treatments, *found.conditions}:
        return found
    return Query(op.network.outputs, op.network.inputs)


def settings(role: str, values: object) -> dict[str, Any]:
    """A caller's `do` or `given` as a dict.  Raises DataError for anything but a mapping from names."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise DataError(f"{role} is {values!r:.80}; give a mapping from variables to values, such as {{'X': 1}}")
    return {str(name): value for name, value in values.items()}


def checked_seed(seed: object) -> int:
    """The seed itself.  Raises DataError for anything but a whole number."""
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise DataError(f"the seed is {seed!r}; give a whole number")
    return int(seed.__index__())


def _parsed(name: str) -> Query | None:
    try:
        return Query.parse(name)
    except QueryError:
        return None
