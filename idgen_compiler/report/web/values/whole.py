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
from idgen_compiler.hinge.question import query_of
from idgen_compiler.ir.operations import Sample
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
    """The page of a fitted sampler.

    `do` and `given` are values to show the answers at, chosen like the data where nobody says; of a program of several
    queries they are those of `query`.
    """
    fitted = fitted_of(sampler)  # first: of a sampler that trains when it is asked, this makes the program final
    program: Program = sampler.program
    meant = _meant(program, query, chosen=bool(do or given))
    graph = program.graph if isinstance(program.graph, ADMG) else ADMG.from_edge_list(program.graph.edge_list())
    brought = brought_of(program)
    answers = tuple(answer_of(query_of(program, op), graph, models, brought) for op in program.samplers)
    shown = program_shown(program, fitted_operations(sampler), fitted.code if fitted else "")
    outcomes = []
    for op in program.samplers:
        own = op in meant
        outcomes.append(outcome_of(sampler, op, do if own else None, given if own else None, n, seed, estimates))
    return Whole(program.name, _version(), answers, shown, fitted, tuple(outcomes))


def _meant(program: Program, query: Query | str | None, chosen: bool) -> list[Sample]:
    """The samplers that settings are of.  Raises QueryError where that is not said, and for a query of no sampler."""
    names = {op: str(query_of(program, op)) for op in program.samplers}
    if query is None:
        if chosen and len(names) > 1:
            raise QueryError(f"the sampler answers {len(names)} queries; say by query= which one do and given are of")
        return list(names)
    found = [op for op, name in names.items() if str(query) in (op.query, name)]
    if not found:
        raise QueryError(f"the sampler does not answer {query}; it answers {'; '.join(names.values())}")
    return found


def _version() -> str:
    """That of the package, which stands above this room."""
    return str(sys.modules["idgen_compiler"].__version__)
