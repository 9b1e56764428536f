"""`idgen verify`: our answers to a query against the truth of random models."""

from __future__ import annotations

from typing import Annotated

import typer

from idgen_compiler.cli.arguments import GraphText, Latent, QueryText, read_question
from idgen_compiler.cli.brought import Bound, Fallback, Function, Unobserved, brought
from idgen_compiler.cli.output.outcome import ExitCode
from idgen_compiler.errors import IdgenError, NotIdentifiable
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify.hedge import sketch_hedge
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page
from idgen_compiler.verify import verify, witness

__all__ = ["verify_command"]


def verify_command(
    graph: GraphText,
    query: QueryText = None,
    latent: Latent = None,
    models: Annotated[int, typer.Option("--models", help="How many random models.")] = 25,
    seed: Annotated[int, typer.Option("--seed", help="Of the random models.")] = 0,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the report as Markdown.")] = False,
    bound: Bound = None,
    function: Function = None,
    unobserved: Unobserved = None,
    fallback: Fallback = None,
) -> int:
    """Compare estimand and program with the truth of random models with hidden causes, in exact arithmetic.

    Fractions are equal where they are modulo four random 49-bit primes (wrong with a chance below 10^-26); what differs
    there is worked out as a fraction.

    Of a query that is not identifiable, draw the hedge and print two models that prove it.
    """
    asked, admg = read_question(query, graph, latent)
    try:
        report = verify(asked, admg, models=models, seed=seed, **brought(bound, function, unobserved, fallback))
    except NotIdentifiable as error:
        _print_proof(asked, admg, error)
        raise
    Page.on().text(report.to_markdown() if markdown else str(report))
    return ExitCode.DONE if report.ok else ExitCode.DIFFERENCE


def _print_proof(query: Query, graph: ADMG, refusal: NotIdentifiable) -> None:
    page = Page.on()
    page.code(sketch_hedge(graph, refusal.hedge))
    page.text()
    try:
        page.code(str(witness(query, graph)))
    except IdgenError as error:  # a graph too large for exact arithmetic; the hedge is a proof all the same
        page.text(f"no models are shown: {error}")
