"""The options that say where work is done."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Address", "BatchSize", "PerModel", "RunsAt", "SampledAt", "Workers"]

RunsAt = Annotated[
    str | None,
    typer.Option("--place", metavar="here|processes|ray", help="Where models are trained.", show_default="here"),
]
Workers = Annotated[
    int | None, typer.Option("--workers", help="Processes that train at once.", show_default="one a core or GPU")
]
Address = Annotated[
    str | None, typer.Option("--address", metavar="auto|HOST:PORT", help="The Ray cluster.", show_default="a new one")
]
PerModel = Annotated[
    int | None,
    typer.Option(
        "--workers-per-model", help="Workers of Ray that train a model of pictures together.", show_default="1"
    ),
]
SampledAt = Annotated[
    str | None,
    typer.Option(
        "--place",
        metavar="here|ray",
        help="Where samples are drawn; by Ray in pieces, into a folder of Parquet files as --out.",
        show_default="here",
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        help="Samples of a piece, each with a seed of its own: equal sizes give equal samples at every place.",
        show_default="all samples are one piece; 65536 by Ray",
    ),
]
