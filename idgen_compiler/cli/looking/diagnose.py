"""`idgen diagnose`: how far a saved sampler can be relied on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from idgen_compiler.cli.brought import BindTo, OwnFamily, OwnNetwork, Saved, loaded
from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.diagnostics import Diagnosed, Diagnostics
from idgen_compiler.report.page import Page

__all__ = ["diagnose_command"]


def diagnose_command(
    folder: Saved,
    data: Annotated[
        Path | None,
        typer.Option("--data", "-d", metavar="FILE", help="Rows that the fit never saw: CSV or Parquet."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all that was measured, as JSON.")] = False,
    family: OwnFamily = None,
    network: OwnNetwork = None,
    bind: BindTo = None,
) -> None:
    """Say how far a fit can be relied on: a light with sentences, and what was measured."""
    sampler = loaded(folder, family, network, bind)
    found = diagnosed(sampler, str(folder)).diagnostics(data)
    if as_json:
        print(json.dumps(found.to_json(), indent=2))
    else:
        tell(found)


def diagnosed(sampler: Sampler, of: str) -> Diagnosed:
    """The sampler, as one that has diagnostics.  Raises IdgenError where its backend gives none."""
    if not isinstance(sampler, Diagnosed):
        raise IdgenError(f"the backend of {of} gives no diagnostics; compare draws of `idgen sample` with rows by hand")
    return sampler


def tell(found: Diagnostics) -> None:
    """Print diagnostics for people."""
    Page.on().text(str(found))
