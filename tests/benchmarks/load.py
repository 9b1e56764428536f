"""Load on a server: so many requests in flight all the time, on connections that are kept, and how long each took."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

__all__ = ["Load", "loaded", "page", "running"]

_HEAD = "POST /sample HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "

Body = Callable[[Random], Mapping[str, Any]]


@dataclass
class Load:
    """What came of some requests: seconds of each, and those that were no good."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def row(self, **more: object) -> dict[str, object]:
        """The row of a table."""
        median, last = np.percentile(self.seconds, [50, 99]) if self.seconds else (np.nan, np.nan)
        return {
            "requests": len(self.seconds),
            "errors": len(self.errors),
            "median ms": 1e3 * float(median),
            "p99 ms": 1e3 * float(last),
            "p99 / median": float(last / median),
            **more,
        }


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[str, int]]:
    """A server in a process of its own: its host and port."""
    command = [sys.executable, "-m", "idgen_compiler", "serve", str(folder), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        found = re.search(r"http://(\S+?):(\d+)", line)
        if found is None:
            raise RuntimeError(f"no server: {line}")
        for _ in range(400):
            try:
                page((found[1], int(found[2])), "/health")
                break
            except OSError:
                time.sleep(0.05)
        yield found[1], int(found[2])
    finally:
        process.terminate()
        if process.wait(60) != 0:
            raise RuntimeError(f"the server ended with {process.returncode}")


def page(address: tuple[str, int], path: str) -> str:
    """What a server says at a path."""
    from urllib.request import urlopen

    with urlopen(f"http://{address[0]}:{address[1]}{path}", timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def loaded(address: tuple[str, int], bodies: Sequence[Body], flying: int, seconds: float) -> Load:
    """So many requests in flight for so long, each client's next one as soon as its last one is answered."""
    found = Load()

    async def run() -> None:
        end = time.perf_counter() + seconds
        await asyncio.gather(*(_client(address, bodies[k % len(bodies)], Random(k), end, found) for k in range(flying)))

    asyncio.run(run())
    return found


async def _client(address: tuple[str, int], body: Body, random: Random, end: float, found: Load) -> None:
    reader, writer = await asyncio.open_connection(*address)
    try:
        while time.perf_counter() < end:
            text = json.dumps(body(random)).encode()
            head = f"{_HEAD}{len(text)}"
            start = time.perf_counter()
            writer.write(f"{head}\r\n\r\n".encode() + text)
            status, content = await _answer(reader)
            found.seconds.append(time.perf_counter() - start)
            if status != 200 or not content:
                found.errors.append(f"{status}: {content[:200]!r}")
    except (OSError, asyncio.IncompleteReadError) as error:
        found.errors.append(repr(error))
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    length = re.search(r"content-length: (\d+)", head)
    if length is not None:
        return status, await reader.readexactly(int(length[1]))
    content = b""
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        content += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return status, content
