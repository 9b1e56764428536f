"""The application: a saved sampler behind FastAPI, to be run by uvicorn or any other server of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

import idgen_compiler
from idgen_compiler.hinge.saved import folder_of
from idgen_compiler.serving.http import estimate, sample, told
from idgen_compiler.serving.http.described import description
from idgen_compiler.serving.http.guard import Guard
from idgen_compiler.serving.http.metrics import Counted
from idgen_compiler.serving.http.problems import install
from idgen_compiler.serving.http.server import Server
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.loader import Loader

__all__ = ["application"]


def application(
    folder: str | Path,
    loader: Loader = Loader(),
    limits: Limits = Limits(),
    token: str | None = None,
    local: bool = False,
    data: Path | None = None,
    poll: float = 1.0,
) -> FastAPI:
    """The sampler that was saved in a folder, as an application.

    loader: reads the folder, where that takes options.
    token: who asks has to send it. local: who asks has to name this machine, where there is no token.
    data: the table of the fit, for estimates, where it lies elsewhere than it did.
    poll: every so many seconds the folder is looked at.

    Raises IdgenError for a folder that holds no sampler that can be read.
    """
    server = Server(folder_of(folder), loader, limits, data, poll)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(server.follow())
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await asyncio.to_thread(server.close)

    app = FastAPI(title="idgen", version=idgen_compiler.__version__, lifespan=lifespan)
    app.state.server = server
    for each in (sample, estimate, told):
        app.include_router(each.router)
    install(app)
    app.add_middleware(Guard, token=token, local=local)
    app.add_middleware(Counted, metrics=server.metrics, paths=lambda: _PATHS)
    app.openapi = partial(_described, server, token is not None)  # type: ignore[method-assign]
    return app


_PATHS = {"/sample", "/estimate", "/program", "/health", "/metrics", "/docs", "/openapi.json"}


def _described(server: Server, token: bool) -> dict[str, Any]:
    return description(server.held.current, server.limits, token)
