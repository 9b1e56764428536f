"""`idgen compile`: from a query to the form of the answer that was asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from idgen_compiler.cli.arguments import GraphText, Latent, Level, QueryTexts, Realize, groups, read_questions
from idgen_compiler.cli.brought import Bound, Fallback, Function, Unobserved, brought
from idgen_compiler.cli.output.form import OutputForm
from idgen_compiler.compile import compile, explain
from idgen_compiler.compile.bindings import bindings, with_functions
from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.identify import Identification, identify
from idgen_compiler.identify.hedge import hedge_dot
from idgen_compiler.report.bindings import Bindings
from idgen_compiler.report.page import Page
from idgen_compiler.report.stages import describe_stages
from idgen_compiler.report.summary import Summary

__all__ = ["compile_command"]


class Emit(StrEnum):
    """The forms of an answer."""

    SUMMARY = "summary"
    TRACE = "trace"
    ESTIMAND = "estimand"
    LATEX = "latex"
    PASSES = "passes"
    BINDINGS = "bindings"
    IR = "ir"
    INFLUENCE = "influence"
    JSON = "json"
    DOT = "dot"
    MERMAID = "mermaid"


def compile_command(
    graph: GraphText,
    query: QueryTexts = None,
    latent: Latent = None,
    emit: Annotated[Emit, typer.Option("--emit", "-e", help="What to print.")] = Emit.SUMMARY,
    level: Level = 2,
    realize: Realize = "auto",
    joint: Annotated[
        list[str] | None,
        typer.Option("--joint", metavar="X,Y", help="Variables to sample by one model where they stand side by side."),
    ] = None,
    bound: Bound = None,
    function: Function = None,
    unobserved: Unobserved = None,
    fallback: Fallback = None,
) -> None:
    """Identify queries and show what answers them: the formula, or the program that trains and samples them."""
    queries, admg = read_questions(query or [], graph, latent)
    together, kernels = groups(joint or []), brought(bound, function, unobserved, fallback)
    admg = with_functions(admg, kernels["functions"])
    page = Page.on()
    try:
        identifications = [identify(asked, admg) for asked in queries]
    except NotIdentifiable as error:
        if emit is Emit.DOT:
            page.code(hedge_dot(admg, error.hedge))
        raise
    if emit in (Emit.TRACE, Emit.ESTIMAND, Emit.LATEX):
        page.code("\n\n".join(_titled(found, _answer(emit, found), len(queries)) for found in identifications))
        return
    if emit is Emit.BINDINGS:
        Bindings.of(identifications, bindings(admg, **kernels)).write(page)
        return
    if emit in (Emit.SUMMARY, Emit.PASSES):
        explained = [
            explain(asked, admg, optimize=level, realize=realize, joint=together, **kernels) for asked in queries
        ]
    if emit is Emit.PASSES:
        page.code("\n\n".join(_titled(c.identification, describe_stages(c), len(queries)) for c in explained))
        return
    asked = queries[0] if len(queries) == 1 else queries
    program = compile(asked, admg, optimize=level, realize=realize, joint=together, **kernels)
    if emit is Emit.SUMMARY:
        Summary.of(explained, program).write(page)
    elif emit is Emit.INFLUENCE:
        page.code(str(program.adjoint()))
    else:
        page.code(OutputForm(emit.value).written(program))


def _titled(identification: Identification, text: str, queries: int) -> str:
    return text if queries == 1 else f"# {identification.query}\n{text}"


def _answer(emit: Emit, identification: Identification) -> str:
    match emit:
        case Emit.TRACE:
            return str(identification.trace)
        case Emit.LATEX:
            return identification.estimand.latex()
    return str(identification.estimand)
