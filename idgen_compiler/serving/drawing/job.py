"""One answer on its way: what was asked, whose turn it is, and the bytes that are ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from json import dumps
from typing import Any

from idgen_compiler.hinge.samples import Samples
from idgen_compiler.serving.asked import SampleAsked
from idgen_compiler.serving.drawing.heard import heard
from idgen_compiler.serving.drawing.pieces import pieces
from idgen_compiler.serving.drawing.together import Drawn
from idgen_compiler.serving.writing.writer import Writer

__all__ = ["Chunk", "Job", "header_of"]

HEADER = 3_000
"""Warnings in a header take at most so many bytes; proxies refuse more."""


@dataclass(frozen=True)
class Chunk:
    """Bytes of an answer, with what was warned of since the last ones; the last chunk is the end."""

    data: bytes
    rows: int
    warnings: Sequence[str]
    last: bool


@dataclass(eq=False)
class Job:
    """A question in the lane of a sampler, made in an event loop, which takes its chunks; see `Lane`."""

    asked: SampleAsked
    sampler: Any
    together: Any  #: what draws questions of one sampler together
    writer: Writer
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    asked_at: float = field(default_factory=time.monotonic)
    gone: bool = False  #: whether nobody takes it any more
    begun: bool = False
    worked: float = 0.0  #: seconds
    idle_since: float | None = None  #: since when a chunk waits to be taken
    task: asyncio.Task[Any] | None = field(default_factory=asyncio.current_task)  #: that of the request
    wanted: Callable[[Job], None] = lambda job: None  #: called when the next chunk is wanted
    _ready: asyncio.Queue[Chunk | Exception] = field(default_factory=asyncio.Queue)
    _pieces: Iterator[Samples] | None = None
    _rows: int = 0
    _said: set[str] = field(default_factory=set)

    # -- in the lane's thread ---------------------------------------------------------------------------------------

    def advance(self) -> Chunk:
        """Draw and write the next piece.  Raises whatever the sampler raises."""
        with heard() as said:
            if self._pieces is None:
                self._pieces = pieces(self.sampler, self.asked)
            piece = next(self._pieces)
        return self.written(piece, said)

    def written(self, samples: Samples, said: Sequence[str]) -> Chunk:
        """A piece as it is sent."""
        self._rows += samples.size
        last = self._rows >= self.asked.n
        new = [text for text in said if text not in self._said]
        self._said.update(new)
        cut = not self.begun and header_of(new)[1]
        self.begun = True
        data = self.writer.piece(samples, new, cut)
        return Chunk(data + self.writer.end() if last else data, samples.size, new, last)

    def finished(self, drawn: Drawn) -> Chunk:
        """The answer that was drawn together with others.  Raises its error."""
        if drawn.samples is None:
            raise drawn.error or RuntimeError("nothing was drawn")
        return self.written(drawn.samples, drawn.warnings)

    def deliver(self, found: Chunk | Exception) -> None:
        """Hand a chunk or an error over to the event loop."""
        self.idle_since = None if isinstance(found, Exception) or found.last else time.monotonic()
        if not self.gone and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._ready.put_nowait, found)

    def drop(self) -> None:
        """Let go of what was begun."""
        close = getattr(self._pieces, "close", None)
        self._pieces = None
        if close is not None:
            with suppress(ValueError):  # another thread is closing it
                close()

    # -- in the event loop ------------------------------------------------------------------------------------------

    async def chunk(self) -> Chunk:
        """The next chunk; the one after it is begun.  Raises what the sampler raised."""
        found = await self._ready.get()
        if isinstance(found, Exception):
            raise found
        if not found.last:
            self.wanted(self)
        return found

    async def rest(self) -> AsyncIterator[Chunk]:
        """All chunks that are left."""
        while True:
            chunk = await self.chunk()
            yield chunk
            if chunk.last:
                return


def header_of(warnings: Sequence[str]) -> tuple[str, bool]:
    """Warnings as the value of a header, JSON in ASCII, and whether some did not fit and are only counted there.

    >>> header_of(["X = 9 lies beyond the data"])
    ('["X = 9 lies beyond the data"]', False)
    """
    kept: list[str] = []
    for text in warnings:
        if len(dumps([*kept, text])) > HEADER:
            return dumps([*kept, f"{len(warnings) - len(kept)} more in the body"]), True
        kept.append(text)
    return dumps(kept), False
