"""`idgen passes`: passes over the file of a program."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path
from typing import Annotated

import typer

from idgen_compiler.cli.arguments import groups, read_program
from idgen_compiler.cli.output.form import OutputForm
from idgen_compiler.compile.options import checked_groups
from idgen_compiler.errors import ProgramError
from idgen_compiler.passes import PASSES, Fuse, Pass
from idgen_compiler.passes.pipeline import run
from idgen_compiler.passes.registry import named
from idgen_compiler.program import Program
from idgen_compiler.report.page import Page

__all__ = ["passes_command"]


def passes_command(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A program, as text or JSON.")] = None,
    words: Annotated[str, typer.Option("--run", metavar="PASS,PASS", help="Passes to run, in this order.")] = "",
    joint: Annotated[
        list[str] | None,
        typer.Option("--joint", metavar="X,Y", help="Variables that `fuse` may put together."),
    ] = None,
    emit: Annotated[
        OutputForm, typer.Option("--emit", "-e", help="The form in which to print the program.")
    ] = OutputForm.IR,
) -> None:
    """Run passes over the file of a program and print what they leave; without a file, list them.

    The program is verified before the first pass and after each.
    """
    page = Page.on()
    if file is None:
        page.table(("pass", "what it does"), list(_listed()))
        return
    program = read_program(file)
    program = run(program, list(_chosen(words, joint or [], program)))
    page.code(emit.written(program))


def _chosen(words: str, joint: list[str], program: Program) -> Iterator[Pass]:
    steps = named(words)
    together = checked_groups(groups(joint), program.graph)
    if together and not any(isinstance(step, Fuse) for step in steps):
        raise ProgramError("--joint says what the pass `fuse` puts together; name it among those to --run")
    return (Fuse(together) if isinstance(step, Fuse) else step for step in steps)


def _listed() -> Iterator[tuple[str, str]]:
    for word, step in PASSES.items():
        yield word, (getdoc(step) or "").partition("\n\n")[0].replace("\n", " ")
