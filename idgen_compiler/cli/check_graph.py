"""`idgen check-graph`: what a graph implies, tested on a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from idgen_compiler.check import check_graph
from idgen_compiler.cli.arguments import (
    GraphText,
    Latent,
    Missing,
    Read,
    Weights,
    WeightsAre,
    read_admg,
    read_types,
    reading_options,
)
from idgen_compiler.cli.output.outcome import ExitCode
from idgen_compiler.report.page import Page

__all__ = ["check_graph_command"]


def check_graph_command(
    graph: GraphText,
    data: Annotated[
        Path, typer.Option("--data", "-d", metavar="FILE", help="The table: CSV or Parquet.", show_default=False)
    ],
    latent: Latent = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--types", metavar="X=TYPE", help="categorical, integer, continuous, date, duration, text; repeatable."
        ),
    ] = None,
    missing: Missing = "refuse",
    read: Read = None,
    weights: Weights = None,
    weights_are: WeightsAre = "survey",
    alpha: Annotated[
        float, typer.Option("--alpha", help="The level that corrected p-values are compared with.")
    ] = 0.05,
    correction: Annotated[
        Literal["holm", "bh"],
        typer.Option("--correction", help="Bound the chance of any false rejection, or the share of false ones."),
    ] = "holm",
    seed: Annotated[int, typer.Option("--seed", help="Of permutations and of groups of rows.")] = 0,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the report as Markdown.")] = False,
) -> int:
    """Test on data what a graph implies: independences, and functional (Verma) constraints."""
    wanted = read_types(types)
    how = reading_options(missing, read, None, weights, weights_are)
    hidden = read_admg(graph, latent or ())
    check = check_graph(hidden, data, wanted, alpha=alpha, correction=correction, seed=seed, **how)
    Page.on().text(check.to_markdown() if markdown else str(check))
    return ExitCode.DONE if check.ok else ExitCode.DIFFERENCE
