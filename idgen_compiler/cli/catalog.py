"""`idgen catalog`: the graphs that come with the compiler."""

from __future__ import annotations

from typing import Annotated

import typer

from idgen_compiler.catalog import ENTRIES, find
from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page

__all__ = ["catalog_app"]

catalog_app = typer.Typer(help="List known graphs, or show one.", invoke_without_command=True)


@catalog_app.callback()
def list_entries(context: typer.Context) -> None:
    """List known graphs with a query each; --graph catalog:NAME takes one."""
    if context.invoked_subcommand is None:
        Page.on().table(
            ("name", "query", "identifiable", "what it is"),
            [(entry.name, entry.query, "yes" if entry.identifiable else "no", entry.title) for entry in ENTRIES],
        )


@catalog_app.command("show")
def show(name: Annotated[str, typer.Argument(help="As `idgen catalog` lists it.", show_default=False)]) -> None:
    """Show one graph: its drawing, query and source, what answers the query, and what there is to learn from it."""
    entry = find(name)
    query, graph = entry.parsed_query(), entry.parsed_graph()
    page = Page.on()
    page.title(entry.title, below=entry.name)
    page.code(graph.sketch())
    page.text()
    page.facts(
        [
            ("graph", "; ".join(str(graph).split("\n"))),
            ("query", f"{query}, {'identifiable' if entry.identifiable else 'not identifiable'}"),
            ("source", entry.source),
            *([("its formula", entry.formula)] if entry.formula else []),
            *_found(query, graph),
            ("lesson", entry.lesson),
            *([("tags", ", ".join(entry.tags))] if entry.tags else []),
            ("try", f"idgen {'compile' if entry.identifiable else 'verify'} --graph catalog:{entry.name}"),
        ]
    )


def _found(query: Query, graph: ADMG) -> list[tuple[str, str]]:
    """What identification finds: the estimand with the lines that it took, or the hedge."""
    try:
        found = identify(query, graph)
    except NotIdentifiable as error:
        outer, inner = ("{" + ", ".join(graph.sorted(side)) + "}" for side in error.hedge)
        return [("hedge", f"F = {outer}, F' = {inner}")]
    return [("estimand", str(found.estimand)), ("identified by", f"lines {' > '.join(map(str, found.trace.lines))}")]
