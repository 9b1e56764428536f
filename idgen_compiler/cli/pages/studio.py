"""`idgen studio`: the page to draw graphs on, served from this machine, or built to run in a browser alone."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from idgen_compiler.report.page import Page
from idgen_compiler.studio.server import StudioServer
from idgen_compiler.studio.site import build

__all__ = ["studio_command"]


def studio_command(
    port: Annotated[int, typer.Option("--port", help="The port of this machine; 0 takes a free one.")] = 8765,
    browse: Annotated[bool, typer.Option("--browse/--no-browse", help="Open the page in a browser.")] = True,
    to: Annotated[
        Path | None,
        typer.Option("--build", metavar="DIR", help="Write the page that needs no server of ours instead, and end."),
    ] = None,
) -> None:
    """Draw graphs on a page and see what answers a query; fit and sample there, too."""
    page = Page.on()
    if to is not None:
        page.text(f"the studio is in {build(to)}; any web server serves it")
        return
    with StudioServer(port) as server:
        page.text(f"the studio is at {server.url} (Ctrl-C ends it)")
        if browse:
            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            page.text("the studio is closed")
