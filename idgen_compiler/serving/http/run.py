"""Running the application: where it listens, and how it stops."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from idgen_compiler.errors import IdgenError
from idgen_compiler.serving.http.guard import is_loopback
from idgen_compiler.serving.limits import Limits

__all__ = ["check_host", "run"]

_BACKLOG = 2048


def check_host(host: str, token: str | None, open_to_all: bool) -> None:
    """Raise IdgenError for a server that others can reach without a token, unless that is wanted.

    >>> check_host("0.0.0.0", None, False)
    Traceback (most recent call last):
    idgen_compiler.errors.IdgenError: --host 0.0.0.0 can be reached by others, who could all draw from the sampler; \
give --token, or --without-token where that is meant
    """
    if not (token or open_to_all or is_loopback(host)):
        raise IdgenError(
            f"--host {host} can be reached by others, who could all draw from the sampler; give --token, or "
            "--without-token where that is meant"
        )


def run(app: FastAPI, host: str, port: int, limits: Limits, access_log: bool, told: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, and then answer what was begun; `told` is called with the address.

    Raises IdgenError for an address that cannot be had.
    """
    listening = _listening(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=int(limits.drain) or 1,
        lifespan="on",
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    shown = f"[{host}]" if ":" in host else host
    told(f"http://{shown}:{listening.getsockname()[1]}")
    with listening, _stopped_well():
        uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host.strip("[]"), port))
        found.listen(_BACKLOG)  # who comes before the server has begun waits
    except (OSError, OverflowError) as error:
        found.close()
        raise IdgenError(f"{host}:{port} cannot be listened at ({error}); give another --host or --port") from None
    return found


@contextmanager
def _stopped_well() -> Iterator[None]:
    """The signals that stop a server, which uvicorn raises again once it has stopped, end nothing more."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, lambda *_: None) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
