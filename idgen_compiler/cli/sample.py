"""`idgen sample`: draw from a saved sampler."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.brought import BindTo, OwnFamily, OwnNetwork, Saved, loaded
from idgen_compiler.cli.kept.places import Address, BatchSize, SampledAt
from idgen_compiler.cli.questions import Do, Given, QueryName, typed_values
from idgen_compiler.errors import DataError, PlaceError
from idgen_compiler.execute import Workers, place_of
from idgen_compiler.execute.cluster import Ray
from idgen_compiler.hinge.question import sampler_of
from idgen_compiler.report.page import Page
from idgen_compiler.report.shards import written_by_ray
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
    place: SampledAt = None,
    address: Address = None,
    batch_size: BatchSize = None,
) -> None:
    """Sample the outcomes from a saved sampler, with treatments set and conditions given."""
    at = place_of(place or "here", address=address)
    if isinstance(at, Workers):
        if not isinstance(at, Ray):
            raise PlaceError(
                f"samples are not drawn by {place}; --place ray without --address takes all of this machine"
            )
        brought = {"--family": family, "--network": network, "--bind": bind}
        _by_ray(
            at, folder, n, out, [name for name, each in brought.items() if each], do, given, query, seed, batch_size
        )
        return
    if out is not None:
        check_writable(out)
    sampler = loaded(folder, family, network, bind)
    # A backend that draws piece by piece keeps memory bounded, whatever n is.
    stream = getattr(sampler, "stream", None)
    drawn: dict[str, Any] = {**typed_values(sampler, do, given, query), "seed": seed}
    if out is not None and not force:
        with quietly():  # the samples themselves tell
            check_replaced(out, sampler.sample(0, **drawn))
    if batch_size is not None:
        if stream is None:
            raise DataError("--batch-size: this sampler does not draw in pieces; leave it out")
        drawn["batch_size"] = batch_size
    pieces = stream(n, **drawn) if stream is not None else [sampler.sample(n, **drawn)]
    rows = write_samples(pieces, out)
    if out is not None:
        outputs = sampler_of(sampler.program, query).network.outputs
        Page.on().text(f"{rows:,} samples of {', '.join(outputs)} in {out}")


def _by_ray(
    place: Ray,
    folder: Path,
    n: int,
    out: Path | None,
    brought: Sequence[str],
    do: list[str] | None,
    given: list[str] | None,
    query: str | None,
    seed: int | None,
    batch_size: int | None,
) -> None:
    """Let a cluster draw the samples, and write them into a folder."""
    if brought:
        raise PlaceError(f"{brought[0]} brings something that no worker of Ray is sent; sample with --place here")
    if out is None:
        raise DataError("--place ray writes a folder of Parquet files; add --out FOLDER")
    sampler = loaded(folder, None, None, None)
    asked: dict[str, Any] = typed_values(sampler, do, given, query)
    asked["seed"] = secrets.randbits(62) if seed is None else seed
    if batch_size is not None:
        asked["batch_size"] = batch_size
    with place:
        written_by_ray(folder, n, out, **asked)
    outputs = sampler_of(sampler.program, query).network.outputs
    Page.on().text(f"{n:,} samples of {', '.join(outputs)} in {out}")
