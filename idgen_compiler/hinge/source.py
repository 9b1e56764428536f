"""Which data a program is fitted to, where its `observe` names a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from idgen_compiler.data.reading.options import Reading
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.spelling import composed
from idgen_compiler.ir.program import Program

__all__ = ["check_weighed", "data_of"]


def data_of(program: Program, data: Any) -> Any:
    """The data of the source that a program observes: those of that name in a mapping by source, or what is given.

    A mapping that holds columns of the program's variables is a table itself. Every backend reads its `data` through
    this. Raises DataError, naming what is there, for a mapping that lacks the source.

    >>> import idgen_compiler as idgen
    >>> text = str(idgen.compile(idgen.Query.parse("P(Y)"), idgen.ADMG.parse("Y")))
    >>> program = idgen.Program.parse(text.replace("observe [Y]", 'observe "survey" [Y]'))
    >>> data_of(program, {"survey": {"Y": [0, 1]}, "trial": {"Y": [1, 1]}})
    {'Y': [0, 1]}
    >>> data_of(program, {"Y": [0, 1]})
    {'Y': [0, 1]}
    """
    source = program.observe.source
    if not source or not isinstance(data, Mapping) or _holds_columns(data, program.observe.variables):
        return data
    if source not in data:
        raise DataError(
            f"the data lack {source!r}, the source that the program observes; give {{{source!r}: its data}}, or its "
            f"data alone{near_misses(source, data)}"
        )
    return data[source]


def check_weighed(program: Program, how: Reading) -> None:
    """Raise DataError where the column of weights is a variable of the program's graph.

    Every backend that reads rows calls this: what is weighed by a variable is no law of it any more.
    """
    known = {*program.graph.order, *program.observe.variables}
    if isinstance(how.weights, str) and (name := composed(how.weights).strip()) in known:
        raise DataError(
            f"weights names {name}, which is a variable of the graph, and a column of weights is none; leave {name} "
            "out of the graph if it only says how much rows count, or give a copy of it under another name"
        )


def _holds_columns(data: Mapping[Any, Any], variables: Iterable[str]) -> bool:
    """Whether a mapping names a variable, or a field of one, and so is a table."""
    owners = {str(name).partition(".")[0] for name in data}
    return any(name in data or name in owners for name in variables)
