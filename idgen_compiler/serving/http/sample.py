"""POST /sample: rows in the format that the client accepts, streamed where they are many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from idgen_compiler.serving.asked import SampleAsked, parsed
from idgen_compiler.serving.drawing.job import Chunk, Job, header_of
from idgen_compiler.serving.drawing.lane import Late
from idgen_compiler.serving.http.asking import Gone, body_of, while_there
from idgen_compiler.serving.http.problems import log, problem_of
from idgen_compiler.serving.http.server import Server, server_of
from idgen_compiler.serving.values.kinds import kinds_of
from idgen_compiler.serving.writing.choice import writer_for

__all__ = ["VERSION", "WARNINGS", "router"]

VERSION, WARNINGS = "Idgen-Sampler", "Idgen-Warnings"
"""Headers: the version of the sampler, and what was warned of, a list of texts as JSON."""

router = APIRouter()


@router.post("/sample")
async def sample(request: Request) -> Response:
    """Draw n samples of the outcomes, with treatments set and conditions given."""
    server = server_of(request)
    body = parsed(await body_of(request, server.limits))
    loaded = server.held.current
    asked = SampleAsked.read(body, loaded.sampler, server.limits)
    kinds, outputs = kinds_of(loaded.sampler), asked.question.sampler.network.outputs
    writer = writer_for(request.headers.get("accept", ""), request.query_params.get("format"), kinds)
    writer.check(asked.n, {name: kinds.get(name) for name in outputs})
    job = Job(asked, loaded.sampler, loaded.together, writer)
    server.lane.submit(job)
    try:
        first = await while_there(request, _first(job, 2 * server.limits.seconds))
    except BaseException as error:
        server.lane.leave(job)
        server.metrics.hung_up.inc(isinstance(error, Gone))
        raise
    headers = {VERSION: loaded.version}
    if first.warnings:
        headers[WARNINGS] = header_of(first.warnings)[0]
    _count(server, first)
    if first.last:
        return Response(first.data, headers=headers, media_type=writer.media_type)
    return _Streamed(server, job, first, headers)


async def _first(job: Job, seconds: float) -> Chunk:
    try:
        async with asyncio.timeout(seconds):
            return await job.chunk()
    except TimeoutError:
        raise Late("its first rows were not drawn in time; ask for fewer, or without a seed, in pieces") from None


class _Streamed(StreamingResponse):
    """The chunks of an answer; whoever ends it, the lane is left."""

    def __init__(self, server: Server, job: Job, first: Chunk, headers: Mapping[str, str]) -> None:
        super().__init__(self._chunks(first), headers=headers, media_type=job.writer.media_type)
        self._server, self._job, self._told = server, job, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._server.lane.leave(self._job)
            self._server.metrics.hung_up.inc(not self._told)

    async def _chunks(self, first: Chunk) -> AsyncIterator[bytes]:
        """What ends it before its end is told, as far as the format can, and the connection is cut."""
        try:
            yield first.data
            async for chunk in self._job.rest():
                _count(self._server, chunk)
                yield chunk.data
        except Exception as error:
            found, _ = problem_of(error)
            self._told = True
            log.warning("an answer was cut off: %s", found["detail"])
            yield self._job.writer.broken(found)
            raise CutOff(found["detail"]) from error
        self._told = True


class CutOff(Exception):
    """An answer that was begun cannot be ended well."""


def _count(server: Server, chunk: Chunk) -> None:
    server.metrics.rows.inc(chunk.rows)
    server.metrics.warned.inc(len(chunk.warnings))
