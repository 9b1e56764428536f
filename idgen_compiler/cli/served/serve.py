"""`idgen serve`: a saved sampler over HTTP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from idgen_compiler.cli.brought import BindTo, OwnFamily, OwnNetwork, Saved
from idgen_compiler.cli.served.needs import needed_by
from idgen_compiler.report.page import Page
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.loader import Loader

__all__ = ["serve_command"]

_DEFAULT = Limits()


def serve_command(
    folder: Saved,
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; others reach any but this machine's own.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65535, help="0 for a free one.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="FILE|env:NAME",
            help="Where the token is that clients have to send.",
            show_default="env:IDGEN_TOKEN, if it is set",
        ),
    ] = None,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Let whoever reaches the host ask, without a token.")
    ] = False,
    rows: Annotated[int, typer.Option("--rows", help="The most rows of a request.")] = _DEFAULT.rows,
    numbers: Annotated[int, typer.Option("--numbers", help="The most numbers or pixels.")] = _DEFAULT.numbers,
    body: Annotated[int, typer.Option("--body", help="The most bytes of a request.")] = _DEFAULT.body,
    seconds: Annotated[float, typer.Option("--seconds", help="Of work for a request.")] = _DEFAULT.seconds,
    queue: Annotated[int, typer.Option("--queue", help="So many requests at once; more get 429.")] = _DEFAULT.queue,
    drain: Annotated[float, typer.Option("--drain", help="Seconds for what is begun, when stopped.")] = _DEFAULT.drain,
    poll: Annotated[float, typer.Option("--poll", help="Look at DIR every so many seconds.")] = 1.0,
    data: Annotated[
        Path | None, typer.Option("--data", "-d", metavar="FILE", help="The table of the fit, for estimates.")
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Write a line for each request.")] = False,
    family: OwnFamily = None,
    network: OwnNetwork = None,
    bind: BindTo = None,
) -> None:
    """Serve a saved sampler over HTTP: samples, estimates, the program, health and metrics.

    What is saved in DIR anew is served from then on. SIGTERM answers what is begun, and ends.
    """
    limits = Limits(rows, numbers, body, seconds, queue, drain)
    guard = needed_by("serve", "idgen_compiler.serving.http.guard")
    running = needed_by("serve", "idgen_compiler.serving.http.run")
    secret = guard.read_token(token)
    running.check_host(host, secret, without_token)
    app = needed_by("serve", "idgen_compiler.serving.http.app").application(
        folder,
        Loader("idgen_compiler.cli.brought:loaded", (family, network, bind)),
        limits,
        secret,
        guard.is_loopback(host),
        data,
        poll,
    )

    def told(address: str) -> None:
        Page.on().text(f"serving {folder} at {address}, described at {address}/docs")
        sys.stdout.flush()  # perhaps into a pipe, by which somebody waits for it

    running.run(app, host, port, limits, log, told)
