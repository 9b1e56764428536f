"""`idgen sample`: draw from a saved sampler."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.questions import Do, Given, QueryName, typed_values
from idgen_compiler.hinge.question import sampler_of
from idgen_compiler.hinge.saved import load
from idgen_compiler.report.page import Page
from idgen_compiler.report.tables import check_writable, write_samples

__all__ = ["sample_command"]


def sample_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="What `idgen fit --out DIR` saved.", show_default=False)
    ],
    n: Annotated[int, typer.Option("-n", help="How many samples.")] = 10_000,
    do: Do = None,
    given: Given = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=".parquet or .csv; CSV on standard output when left out."),
    ] = None,
    query: QueryName = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Equal seeds give equal samples.", show_default="a fresh one")
    ] = None,
) -> None:
    """Sample the outcomes from a saved sampler, with treatments set and conditions given."""
    if out is not None:
        check_writable(out)
    sampler = load(folder)
    # A backend that draws piece by piece keeps memory bounded, whatever n is.
    stream = getattr(sampler, "stream", None)
    drawn: dict[str, Any] = {**typed_values(sampler, do, given, query), "seed": seed}
    pieces = stream(n, **drawn) if stream is not None else [sampler.sample(n, **drawn)]
    rows = write_samples(pieces, out)
    if out is not None:
        outputs = sampler_of(sampler.program, query).network.outputs
        Page.on().text(f"{rows:,} samples of {', '.join(outputs)} in {out}")
