"""`idgen sample`: draw from a saved sampler."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.brought import BindTo, OwnFamily, OwnNetwork, Saved, loaded
from idgen_compiler.cli.questions import Do, Given, QueryName, typed_values
from idgen_compiler.hinge.question import sampler_of
from idgen_compiler.report.page import Page
from idgen_compiler.report.tables import check_replaced, check_writable, write_samples
from idgen_compiler.warning import quietly

__all__ = ["sample_command"]


def sample_command(
    folder: Saved,
    n: Annotated[int, typer.Option("-n", help="How many samples.")] = 10_000,
    do: Do = None,
    given: Given = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=".parquet or .csv; CSV on standard output when left out."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a FILE that holds anything but samples of the same columns.")
    ] = False,
    query: QueryName = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Equal seeds give equal samples.", show_default="a fresh one")
    ] = None,
    family: OwnFamily = None,
    network: OwnNetwork = None,
    bind: BindTo = None,
) -> None:
    """Sample the outcomes from a saved sampler, with treatments set and conditions given."""
    if out is not None:
        check_writable(out)
    sampler = loaded(folder, family, network, bind)
    # A backend that draws piece by piece keeps memory bounded, whatever n is.
    stream = getattr(sampler, "stream", None)
    drawn: dict[str, Any] = {**typed_values(sampler, do, given, query), "seed": seed}
    if out is not None and not force:
        with quietly():  # the samples themselves tell
            check_replaced(out, sampler.sample(0, **drawn))
    pieces = stream(n, **drawn) if stream is not None else [sampler.sample(n, **drawn)]
    rows = write_samples(pieces, out)
    if out is not None:
        outputs = sampler_of(sampler.program, query).network.outputs
        Page.on().text(f"{rows:,} samples of {', '.join(outputs)} in {out}")
