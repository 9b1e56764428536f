"""What the routes share: the sampler that is held, the lane that draws, and what is counted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request

from idgen_compiler.serving.beside import Beside
from idgen_compiler.serving.drawing.lane import Lane
from idgen_compiler.serving.held import Held
from idgen_compiler.serving.http.metrics import Metrics
from idgen_compiler.serving.http.problems import log
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.loader import Loader

__all__ = ["Server", "server_of"]


@dataclass(eq=False)
class Server:
    """A sampler that is served; `poll` is how often its folder is looked at, in seconds."""

    folder: Path
    loader: Loader
    limits: Limits
    data: Path | None = None
    poll: float = 1.0
    metrics: Metrics = field(default_factory=Metrics)
    held: Held = field(init=False)
    lane: Lane = field(init=False)
    beside: Beside = field(init=False)

    def __post_init__(self) -> None:
        self.held = Held(self.folder, self.loader)
        self.lane = Lane(self.limits, self.metrics.drawn)
        self.beside = Beside(self.folder, self.loader, self.limits, self.data)

    async def follow(self) -> None:
        """Look at the folder for ever."""
        while True:
            await asyncio.sleep(self.poll)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Serve what is in the folder now."""
        before, reads = self.held.error, self.held.reads
        if self.held.look():
            self.metrics.reloads.inc()
            log.info("%s was saved anew; version %s is served", self.folder, self.held.current.version)
        self.metrics.looks.inc(self.held.reads - reads)
        if self.held.error and self.held.error != before:
            log.warning("%s cannot be read, and what was read before is served: %s", self.folder, self.held.error)
        self.metrics.failed.set(bool(self.held.error))

    def close(self) -> None:
        """Stop drawing."""
        self.lane.close()
        self.beside.close()


def server_of(request: Request) -> Server:
    """The server whose route is asked."""
    found: Server = request.app.state.server
    return found
