"""`idgen compile`: from a query to the form of the answer that was asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from idgen_compiler.cli.arguments import GraphText, Level, QueryText, Realize, read_question
from idgen_compiler.cli.summary import summarise
from idgen_compiler.compile import compile
from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.identify import Identification, identify
from idgen_compiler.identify.hedge import hedge_dot
from idgen_compiler.ir.program import Program
from idgen_compiler.page import Page

__all__ = ["compile_command"]


class Emit(StrEnum):
    """The forms of an answer."""

    SUMMARY = "summary"
    TRACE = "trace"
    ESTIMAND = "estimand"
    LATEX = "latex"
    IR = "ir"
    JSON = "json"
    DOT = "dot"
    MERMAID = "mermaid"


def compile_command(
    graph: GraphText,
    query: QueryText = None,
    emit: Annotated[Emit, typer.Option("--emit", "-e", help="What to print.")] = Emit.SUMMARY,
    level: Level = 2,
    realize: Realize = "auto",
) -> None:
    """Identify a query and show what answers it: the formula, or the program that trains and samples it."""
    asked, admg = read_question(query, graph)
    page = Page.on()
    try:
        identification = identify(asked, admg)
    except NotIdentifiable as error:
        if emit is Emit.DOT:
            page.code(hedge_dot(admg, error.hedge))
        raise
    if emit is Emit.SUMMARY:
        summarise(page, identification, compile(asked, admg, optimize=level, realize=realize))
    elif emit in (Emit.TRACE, Emit.ESTIMAND, Emit.LATEX):
        page.code(_answer(emit, identification))
    else:
        page.code(_program(emit, compile(asked, admg, optimize=level, realize=realize)))


def _answer(emit: Emit, identification: Identification) -> str:
    match emit:
        case Emit.TRACE:
            return str(identification.trace)
        case Emit.LATEX:
            return identification.estimand.latex()
    return str(identification.estimand)


def _program(emit: Emit, program: Program) -> str:
    match emit:
        case Emit.JSON:
            return program.to_json()
        case Emit.DOT:
            from idgen_compiler.ir.dot import print_dot

            return print_dot(program.name, program.operations)
        case Emit.MERMAID:
            from idgen_compiler.ir.mermaid import print_mermaid

            return print_mermaid(program.operations)
    return str(program)
