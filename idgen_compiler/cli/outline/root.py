"""The command `idgen` before any of its commands is loaded: its own options, and a line about each command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import idgen_compiler
from idgen_compiler.cli.output.outcome import ExitCode

__all__ = ["COMMANDS", "outline", "root"]

COMMANDS = {
    "compile": "Identify queries and show what answers them: the formula, or the program that trains and samples them.",
    "verify": "Compare estimand and program with the truth of random models with hidden causes, in exact arithmetic.",
    "fit": "Train the models of a query's program on a table of observations, and save the sampler.",
    "sample": "Sample the outcomes from a saved sampler, with treatments set and conditions given.",
    "probability": "The probability of each label of an outcome, without counting samples where it can be had, "
    "with its error.",
    "estimate": "A mean, a share, a quantile or an effect, with its interval.",
    "effect": "Compile a query, train its models on a table, and compare two values of its treatment.",
    "report": "One page of HTML that works offline: the question, why it can be answered, the models, and what comes "
    "out.",
    "diagnose": "Say how far a fit can be relied on: a light with sentences, and what was measured.",
    "demo": "Run a demo: compile, verify, fit, sample, and compare with the exact truth.",
    "passes": "Run passes over the file of a program and print what they leave; without a file, list them.",
    "check-graph": "Test on data what a graph implies: independences, and functional (Verma) constraints.",
    "studio": "Draw graphs on a page and see what answers a query; fit and sample there, too.",
    "serve": "Serve a saved sampler over HTTP: samples, estimates, the program, health and metrics.",
    "mcp": "Answer agents by the Model Context Protocol: identify, explain, compile, verify and estimate.",
    "catalog": "List known graphs, or show one.",
    "store": "List, check, copy and delete what fits have kept.",
}
"""Command -> the first line of its help, in the order in which they are listed."""


def root() -> typer.Typer:
    """The command without commands."""
    app = typer.Typer(
        name="idgen",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode="rich" if sys.stdout is not None and sys.stdout.isatty() else None,
    )
    app.callback(invoke_without_command=True)(idgen)
    return app


def outline() -> typer.Typer:
    """The command with the names of its commands and what they are, none of which can be run."""
    app = root()
    for name, summary in COMMANDS.items():
        app.command(name, help=summary)(_unloaded)
    return app


def _unloaded() -> None:
    """A command that is only shown."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"idgen {idgen_compiler.__version__}")
        raise typer.Exit(ExitCode.DONE)


def idgen(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From causal queries to executable samplers: compile, verify, fit, sample.

    Exit codes: 0 done, 2 bad input, 3 not identifiable (the hedge is printed), 4 a verification found a difference,
    70 a fault of idgen itself (IDGEN_TRACEBACK=1 shows where).
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
