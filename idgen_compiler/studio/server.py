"""The page behind a server on this machine: Python answers by HTTP, and can fit as well.

It listens on the loopback address alone. A request that names another host, or comes from a page of another origin, is
refused, so that no page of the web can ask it anything.
"""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from idgen_compiler.errors import IdgenError
from idgen_compiler.studio.answers import ASKS, answer, failed
from idgen_compiler.studio.fits.fitting import Fits
from idgen_compiler.studio.site import page_files

__all__ = ["LOOPBACK", "StudioServer"]

LOOPBACK = "127.0.0.1"

_MOST_BYTES = 512 * 2**20
"""The longest table that is taken."""

_KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
}


class StudioServer(ThreadingHTTPServer):
    """Serves the page on a port of the loopback address; port 0 takes a free one.

    >>> with StudioServer(port=0) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    daemon_threads = True

    def __init__(self, port: int = 0, drawing: Mapping[str, Any] | None = None) -> None:
        self.kept = tempfile.TemporaryDirectory(prefix="idgen-studio-")
        self.fits = Fits(Path(self.kept.name))
        self.asks = {**ASKS, **self.fits.asks}
        self.files = dict(page_files())
        begun = {"state": drawing} if drawing else {}
        self.files["engine.json"] = json.dumps({"engine": "server", "can": ["fit"]} | begun).encode()
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            self.kept.cleanup()
            raise IdgenError(
                f"port {port} of this machine cannot be listened on ({error.strerror}); give another --port"
            ) from None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that left in the middle of an answer is no fault; anything else is told as it always is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def server_close(self) -> None:
        """Stop listening, and drop the tables that were handed over."""
        super().server_close()
        self.kept.cleanup()


class _Handler(BaseHTTPRequestHandler):
    server: StudioServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A file of the page."""
        name = urlsplit(self.path).path.lstrip("/") or "index.html"
        if not self._is_local() or name not in self.server.files:
            self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")
            return
        self._send(HTTPStatus.OK, self.server.files[name], _KINDS.get(Path(name).suffix, "application/octet-stream"))

    def do_POST(self) -> None:
        """A question, or a table."""
        said = self.headers.get("Content-Length") or "0"
        length = int(said) if said.isdigit() and len(said) < 12 else -1
        if not self._is_local() or not 0 <= length <= _MOST_BYTES:
            self.close_connection = True
            self._send(HTTPStatus.FORBIDDEN, b"refused", "text/plain")
            return
        body, url = self.rfile.read(length), urlsplit(self.path)
        if url.path == "/api":
            self._send_json(self._answered(body))
        elif url.path == "/data":
            self._send_json(self._taken(parse_qs(url.query).get("name", ["table.csv"])[0], body))
        else:
            self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")

    def _answered(self, body: bytes) -> Mapping[str, Any]:
        try:
            request = json.loads(body)
        except ValueError:
            return failed(IdgenError("the request is no JSON"))
        try:
            return answer(request, self.server.asks)
        except Exception as error:  # noqa: BLE001 - the page says so, and what is drawn is not lost
            traceback.print_exc()
            return failed(IdgenError(f"a fault of idgen, not of your input: {type(error).__name__}: {error}"))

    def _taken(self, name: str, body: bytes) -> Mapping[str, Any]:
        try:
            return self.server.fits.table(name, body)
        except IdgenError as error:
            return failed(error)

    def _is_local(self) -> bool:
        """Whether it was this very server that was meant: a name that leads here from elsewhere is another's."""
        own = {f"{host}:{self.server.server_port}" for host in (LOOPBACK, "localhost")}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in own and (origin is None or origin.removeprefix("http://") in own)

    def _send_json(self, value: Mapping[str, Any]) -> None:
        self._send(HTTPStatus.OK, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the page says what goes wrong."""
