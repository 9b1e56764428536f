"""`idgen probability`: the law of a discrete outcome of a saved sampler."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from idgen_compiler.cli.arguments import listed_names
from idgen_compiler.cli.brought import BindTo, OwnFamily, OwnNetwork, Saved, loaded
from idgen_compiler.cli.questions import Given, QueryName, SetTo, typed_values
from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.report.page import Page
from idgen_compiler.report.tables import check_writable, write_samples

__all__ = ["probability_command"]


def probability_command(
    folder: Saved,
    outcomes: Annotated[
        list[str], typer.Argument(metavar="Y...", help="The outcomes, whose joint law is shown.", show_default=False)
    ],
    do: SetTo = None,
    given: Given = None,
    n: Annotated[int, typer.Option("-n", help="How many draws, where the law cannot be summed exactly.")] = 10_000,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=".parquet or .csv; a table on standard output when left out."),
    ] = None,
    query: QueryName = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Equal seeds give equal laws.", show_default="a fresh one")
    ] = None,
    family: OwnFamily = None,
    network: OwnNetwork = None,
    bind: BindTo = None,
) -> None:
    """The probability of each label of an outcome, without counting samples where it can be had, with its error."""
    if out is not None:
        check_writable(out)
    sampler = loaded(folder, family, network, bind)
    ask = getattr(sampler, "probability", None)
    if ask is None:
        raise IdgenError(f"the backend of {folder} gives no probabilities; draw with `idgen sample` and count")
    law = ask(listed_names("Y", outcomes), n=n, seed=seed, **typed_values(sampler, do, given, query))
    columns = {name: np.asarray(list(map(_plain, values))) for name, values in law.columns().items()}
    if out is not None:
        write_samples([Samples(columns)], out)
        Page.on().text(f"the law of {', '.join(law.variables)} in {out}")
        return
    lines = [
        [*map(str, cells), f"{float(p):.6f}", f"{float(se):.6f}"]
        for *cells, p, se in zip(*columns.values(), strict=True)
    ]
    page = Page.on()
    page.table(tuple(columns), lines, numbers=(len(columns) - 2, len(columns) - 1))
    page.text("exact, given the models" if law.method == "exact" else f"{law.method} over {law.draws:,} draws")


def _plain(value: object) -> object:
    """The labels of a composite as they are typed; fractions as numbers."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return float(value) if isinstance(value, Fraction) else value
