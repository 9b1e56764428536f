"""`idgen demo`: a query from the graph to checked samples, on data that come with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from idgen_compiler.cli.output.outcome import ExitCode
from idgen_compiler.demo import DEMOS, DemoSettings, find
from idgen_compiler.report.page import Page

__all__ = ["demo_command"]


def demo_command(
    name: Annotated[str, typer.Argument(help="Which demo; --list names them.")] = "napkin",
    listed: Annotated[bool, typer.Option("--list", help="List the demos.")] = False,
    rows: Annotated[
        int | None, typer.Option("--rows", help="Rows of observational data.", show_default="by demo")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds give equal demos on a CPU.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the plot goes.")] = Path("out"),
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="The folder of MNIST (napkin-images), CelebA (translation-audit), MIMIC-CXR (report-to-xray) or "
            "COVIDx (covid-backdoor).",
            show_default="none",
        ),
    ] = None,
    translator: Annotated[
        list[str] | None,
        typer.Option(
            "--translator",
            metavar="MODULE:FUNCTION",
            help="translation-audit with --data: what translates; repeatable.",
        ),
    ] = None,
    classifier: Annotated[
        str | None,
        typer.Option(
            "--classifier",
            metavar="MODULE:FUNCTION",
            help="translation-audit with --data: what reads attributes.",
            show_default="none",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where the demos with pictures train.")
    ] = "auto",
    quick: Annotated[bool, typer.Option("--quick", help="Seconds instead of a minute, and coarser numbers.")] = False,
) -> int:
    """Run a demo: compile, verify, fit, sample, and compare with the exact truth."""
    page = Page.on()
    if listed:
        page.table(("name", "what it shows"), [(demo.name, demo.title) for demo in DEMOS])
        return ExitCode.DONE
    # The demos' networks are small: on a busy machine a second thread waits for the first more than it helps.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings = DemoSettings(rows, seed, out, quick, data, device, tuple(translator or ()), classifier)
    agreed = find(name).run(page, settings)
    return ExitCode.DONE if agreed else ExitCode.DIFFERENCE
