"""What comes from a client beside the question: the bytes of the body, and whether it is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from idgen_compiler.serving.limits import Limits

__all__ = ["Gone", "Refused", "body_of", "while_there"]

T = TypeVar("T")


class Refused(Exception):
    """A request that is not taken, with the status that says why."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}


class Gone(Exception):
    """The client has hung up."""


async def body_of(request: Request, limits: Limits) -> bytes:
    """The body of a request of JSON.

    Raises Refused for another type (415), for too many bytes (413), before they are all read, and where they do not
    come (408).
    """
    most = limits.body
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise Refused(
            415, f"the body is {media or 'of no type'}; send JSON with Content-Type: application/json (curl --json)"
        )
    large = Refused(413, f"the body has more than {most:,} bytes; send less, or start the server with a larger --body")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise large
    found = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for piece in request.stream():
                found += piece
                if len(found) > most:
                    raise large
    except TimeoutError:
        raise Refused(408, f"the body did not come within {limits.seconds:g} s; send it at once") from None
    except ClientDisconnect:
        raise Gone from None
    return bytes(found)


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """What some work gives, which is cancelled when the client hangs up.  Raises Gone then."""
    task = asyncio.ensure_future(work)
    hung_up = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({task, hung_up}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Gone
        return task.result()
    finally:
        for each in (task, hung_up):
            each.cancel()
        await asyncio.gather(task, hung_up, return_exceptions=True)


async def _hung_up(request: Request) -> None:
    """Wait until the client has hung up; all of the body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
