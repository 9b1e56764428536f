"""What a server counts, for Prometheus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idgen_compiler.serving.drawing.lane import Seen

__all__ = ["Counted", "Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_REQUESTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter("idgen_requests", "Requests by path and status", ["path", "status"], registry=registry)
        self.seconds = Histogram(
            "idgen_request_seconds", "From the request to the last byte", ["path"], buckets=_SECONDS, registry=registry
        )
        self.rows = Counter("idgen_rows", "Rows that were sent", registry=registry)
        self.warned = Counter("idgen_warnings", "Warnings that were sent with answers", registry=registry)
        self.hung_up = Counter("idgen_hang_ups", "Clients that hung up before the end", registry=registry)
        self.together = Histogram(
            "idgen_draw_requests", "Requests that one draw answered", buckets=_REQUESTS, registry=registry
        )
        self.drawing = Counter("idgen_draw_seconds", "Seconds of drawing and writing", registry=registry)
        self.looks = Counter("idgen_looks", "Times that the folder had changed and was read", registry=registry)
        self.reloads = Counter("idgen_reloads", "Samplers that took the place of others", registry=registry)
        self.failed = Gauge("idgen_reload_failing", "Whether the folder cannot be read", registry=registry)
        self.waiting = Gauge("idgen_waiting", "Requests waiting or being answered", registry=registry)

    def drawn(self, seen: Seen) -> None:
        """Count one turn of the lane."""
        self.together.observe(seen.requests)
        self.drawing.inc(seen.seconds)

    def page(self) -> bytes:
        """All of it as text."""
        return generate_latest(self.registry)


class Counted:
    """Middleware that counts requests; paths that there are not are counted as one."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Callable[[], set[str]]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500
        path = scope["path"] if scope["path"] in self._paths() else "other"

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except asyncio.CancelledError:
            status = 499
            raise
        finally:
            self._metrics.requests.labels(path, str(status)).inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - start)
