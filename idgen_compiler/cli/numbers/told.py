"""The options of how a number is had, and how it is printed."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from idgen_compiler.errors import IdgenError
from idgen_compiler.estimates import Estimate, Estimates, Estimating
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.report.page import Page

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


def tell(found: Estimate | Estimates, as_json: bool) -> None:
    """Print estimates: for people, with what was done, or as JSON."""
    page = Page.on()
    if as_json:
        page.text(found.to_json())
        return
    page.text(repr(found))
    for note in found.notes:
        page.text(f"  {note}")
