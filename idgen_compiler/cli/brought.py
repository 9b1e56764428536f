"""The options that say what a user brings to a program: bound kernels, functions, and what no table holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from idgen_compiler.cli.arguments import assignments, listed_names

__all__ = ["Bound", "Fallback", "Function", "Unobserved", "brought"]

Bound = Annotated[
    list[str] | None,
    typer.Option(
        "--bound",
        metavar="'Y | X,Z'",
        help="A conditional that is brought and stays an operation of its own; repeatable. --emit bindings lists them.",
    ),
]
Function = Annotated[
    list[str] | None,
    typer.Option("--function", metavar="A=X,Y", help="A variable that is a function of others; repeatable."),
]
Unobserved = Annotated[
    list[str] | None,
    typer.Option(
        "--unobserved", metavar="A", help="A vertex that no table holds and that is brought; repeatable, or A,B."
    ),
]
Fallback = Annotated[
    list[str] | None,
    typer.Option("--fallback", metavar="Y", help="A bound variable whose conditional is trained as well; repeatable."),
]


def brought(
    bound: Sequence[str] | None,
    function: Sequence[str] | None,
    unobserved: Sequence[str] | None,
    fallback: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The options as `compile` takes them.  Raises IdgenError for a text that is no assignment, or an empty name."""
    functions = assignments("--function", function or ())
    return {
        "bound": list(bound or ()),
        "functions": {name: listed_names(f"--function {name}", [text]) for name, text in functions.items()},
        "unobserved": listed_names("--unobserved", unobserved or ()),
        "fallbacks": listed_names("--fallback", fallback or ()),
    }
