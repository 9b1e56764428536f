"""`idgen catalog`: the graphs that come with the compiler."""

from __future__ import annotations

from typing import Annotated

import typer

from idgen_compiler.catalog import ENTRIES, find
from idgen_compiler.page import Page

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
    """Show one graph: its edges, query, source, and what there is to learn from it."""
    entry = find(name)
    page = Page.on()
    page.title(entry.title, below=entry.name)
    page.facts(
        [
            ("graph", "; ".join(str(entry.parsed_graph()).split("\n"))),
            ("query", f"{entry.query}, {'identifiable' if entry.identifiable else 'not identifiable'}"),
            ("source", entry.source),
            ("lesson", entry.lesson),
            ("try", f"idgen compile --graph catalog:{entry.name}"),
        ]
    )
