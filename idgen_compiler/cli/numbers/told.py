"""The options of how a number is had, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import typer

from idgen_compiler.cli.output.wording import with_options
from idgen_compiler.errors import IdgenError
from idgen_compiler.estimates import Estimate, Estimates, Estimating
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.report.page import Page
from idgen_compiler.warning import overheard, quietly, warn_user

__all__ = ["AsJson", "Clusters", "ContrastKind", "EstimateMethod", "Folds", "IntervalLevel", "estimating", "tell"]

ContrastKind = Annotated[
    Literal["difference", "ratio", "odds ratio", "log ratio"],
    typer.Option("--kind", help="How two values are compared."),
]
StoreFor = Annotated[
    str | None,
    typer.Option("--store", metavar="DIR|URL", help="Keep what is learned for the number, and take it from there."),
]
IntervalLevel = Annotated[float, typer.Option("--level", help="The level of the intervals.")]
EstimateMethod = Annotated[
    Literal["auto", "closed form", "one-step", "bootstrap", "plug-in"],
    typer.Option("--method", help="How the number and its interval are had."),
]
Clusters = Annotated[
    str | None, typer.Option("--clusters", metavar="COLUMN", help="Rows that go together, by a column of the table.")
]
Folds = Annotated[int, typer.Option("--folds", help="Folds of cross-fitting.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")]


def estimating(sampler: Sampler, of: str) -> Estimating:
    """The sampler, as one that gives estimates.  Raises IdgenError where its backend does not."""
    if not isinstance(sampler, Estimating):
        raise IdgenError(f"the backend of {of} gives no estimates with intervals; draw with `idgen sample` and average")
    return sampler


def tell(ask: Callable[[], Estimate | Estimates], as_json: bool) -> None:
    """Print the estimates that `ask` finds: for people, with what was done, or as JSON.

    What the text warns of beside its numbers is not told on stderr as well.
    """
    beside: tuple[str, ...] = ()
    said: list[tuple[type[Warning], str]] = []
    try:
        with quietly(), overheard() as said:
            found = ask()
        beside = () if as_json else found.warnings
    finally:  # before an error as well
        for category, text in said:
            if text not in beside:
                warn_user(text, category)
    page = Page.on()
    if as_json:
        page.text(found.to_json())
        return
    page.text(with_options(repr(found)))
    for note in found.notes:
        page.text(f"  {note}")
