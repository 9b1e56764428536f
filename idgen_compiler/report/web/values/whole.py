"""Everything that a page says, as one value."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idgen_compiler.compile import compile
from idgen_compiler.errors import NotIdentifiable, QueryError
from idgen_compiler.forms.record import to_plain
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.question import query_of, sampler_of
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query, check_question
from idgen_compiler.report.web.values.answers import Answer, answer_of
from idgen_compiler.report.web.values.fits import Fitted, fitted_of, fitted_operations
from idgen_compiler.report.web.values.outcomes import Outcome, outcome_of
from idgen_compiler.report.web.values.programs import ProgramShown, brought_of, program_shown

__all__ = ["Whole", "of_query", "of_sampler"]


@dataclass(frozen=True, slots=True)
class Whole:
    """A page's values: the answers to each query, and of an identifiable one its program, fit and outcomes."""

    title: str
    version: str
    answers: tuple[Answer, ...]
    program: ProgramShown | None = None
    fitted: Fitted | None = None
    outcomes: tuple[Outcome, ...] = ()

    def to_json(self, indent: int | None = 2) -> str:
        """The values as JSON."""
        return json.dumps(to_plain(self), indent=indent, ensure_ascii=False)


def of_query(query: Query, graph: ADMG, models: int = 5) -> Whole:
    """The page of a query without a fit, also of one that is not identifiable.

    Raises QueryError and GraphError for a query that does not fit the graph.

    >>> of_query(Query.parse("P(Y | do(X))"), ADMG.parse("X -> Y; X <-> Y"), models=0).program is None
    True
    """
    check_question(query, graph)
    answer = answer_of(query, graph, models, {})
    try:
        program = None if answer.refusal else program_shown(compile(query, graph))
    except NotIdentifiable:
        program = None
    return Whole(str(query), _version(), (answer,), program)


def of_sampler(
    sampler: Any,
    do: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    given: Mapping[str, Any] | None = None,
    query: Query | str | None = None,
    n: int = 5_000,
    seed: int = 0,
    models: int = 5,
    estimates: bool | None = None,
) -> Whole:
    """The page of a fitted sampler; of one that answers several queries, of all of them, or of `query` alone.

    `do` and `given` are values to show the answers at, chosen like the data where nobody says.
    Raises QueryError where they are given and there are several queries to be meant, DataError for one that the
    sampler does not answer.
    """
    fitted = fitted_of(sampler)  # first: of a sampler that trains when it is asked, this makes the program final
    program: Program = sampler.program
    meant = program.samplers if query is None else (sampler_of(program, query),)
    if len(meant) > 1 and (do or given):
        told = "; ".join(str(query_of(program, op)) for op in meant)
        raise QueryError(f"do and given are of one query; say by query= one of: {told}")
    graph = program.graph if isinstance(program.graph, ADMG) else ADMG.from_edge_list(program.graph.edge_list())
    brought = brought_of(program)
    answers = tuple(answer_of(query_of(program, op), graph, models, brought) for op in meant)
    shown = program_shown(program, fitted_operations(sampler), fitted.code if fitted else "")
    outcomes = tuple(outcome_of(sampler, op, do, given, n, seed, estimates) for op in meant)
    title = program.name if query is None else str(query_of(program, meant[0]))
    return Whole(title, _version(), answers, shown, fitted, outcomes)


def _version() -> str:
    """That of the package, which stands above this room."""
    return str(sys.modules["idgen_compiler"].__version__)
