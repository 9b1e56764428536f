"""The values that a question to a saved sampler was typed with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from idgen_compiler.cli.arguments import assignments, read_settings
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.question import query_of, sampler_of, stated_values

__all__ = ["Do", "Given", "QueryName", "SetTo", "typed_values"]

Do = Annotated[
    list[str] | None,
    typer.Option(
        "--do",
        metavar="X=VALUE",
        help="Set a treatment; repeatable. A composite: X=3,red. Or draw it: 'X ~ uniform', 'X ~ table.csv' (what "
        "the law reads, X, probability), 'X = X + 1'.",
    ),
]
SetTo = Annotated[
    list[str] | None,
    typer.Option("--do", metavar="X=VALUE", help="Set a treatment; repeatable. A composite: X=3,red."),
]
"""The same where the law of a policy is not summed."""

Given = Annotated[list[str] | None, typer.Option("--given", metavar="Z=VALUE", help="A condition; repeatable.")]
QueryName = Annotated[
    str | None,
    typer.Option("--query", metavar="QUERY", help="Which one, where the sampler answers several."),
]


def typed_values(
    sampler: Sampler, do: Iterable[str] | None, given: Iterable[str] | None, query: str | None
) -> dict[str, Any]:
    """The arguments `do`, `given` and, where one was named, `query` of a question; a query states values too.

    Raises DataError for a text that is no value of its variable.
    """
    values = [
        read_settings(list(do or ()), sampler),
        {name: sampler.read_value(name, text) for name, text in assignments("--given", given or ()).items()},
    ]
    asked = query_of(sampler.program, sampler_of(sampler.program, query))
    for name, value in stated_values(sampler.program, query).items():
        role = 0 if name in asked.treatments else 1
        if name not in (*values[0], *values[1], *asked.outcomes):
            values[role][name] = sampler.read_value(name, str(value).lower() if isinstance(value, bool) else str(value))
    found: dict[str, Any] = {"do": values[0], "given": values[1]}
    return found if query is None else {**found, "query": query}
