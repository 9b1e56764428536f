"""`idgen verify`: our answers to a query against the truth of random models."""

from __future__ import annotations

from typing import Annotated

import typer

from idgen_compiler.cli.arguments import GraphText, QueryText, read_question
from idgen_compiler.cli.outcome import Outcome
from idgen_compiler.page import Page
from idgen_compiler.verify import verify

__all__ = ["verify_command"]


def verify_command(
    graph: GraphText,
    query: QueryText = None,
    models: Annotated[int, typer.Option("--models", help="How many random models.")] = 25,
    seed: Annotated[int, typer.Option("--seed", help="Of the random models.")] = 0,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the report as Markdown.")] = False,
) -> int:
    """Compare estimand and program with the truth of random models with hidden causes, in exact fractions."""
    asked, admg = read_question(query, graph)
    report = verify(asked, admg, models=models, seed=seed)
    Page.on().text(report.to_markdown() if markdown else str(report))
    return Outcome.DONE if report.ok else Outcome.DIFFERENCE
