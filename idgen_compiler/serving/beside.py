"""Estimates in a process of their own, beside the one that answers.

They may take minutes, where draws take milliseconds, and keep what they have found, which has to be of the right
sampler and of nobody else's warnings. A process can also be ended in the middle of its work: when a client hangs up,
and when it takes too long.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.estimates import Estimates, Estimating
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.serving.asked import EstimateAsked
from idgen_compiler.serving.drawing.heard import heard
from idgen_compiler.serving.drawing.lane import Busy, Late
from idgen_compiler.serving.held import Held
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.loader import Loader

__all__ = ["Beside", "answered", "check_estimating"]

_WAITING = 16
"""So many estimates may wait or be made."""


def check_estimating(sampler: Sampler) -> None:
    """Raise DataError for a sampler that gives no estimates."""
    if not isinstance(sampler, Estimating):
        raise DataError("the backend of this sampler gives no estimates with intervals; draw from /sample and average")


def answered(sampler: Sampler, body: Mapping[str, Any], data: Path | None = None) -> dict[str, Any]:
    """What a body asks of a sampler: `estimates`, as `Estimates.to_json` has them, their `notes`, and `warnings`.

    Raises DataError as `estimate` and `contrast` do.
    """
    check_estimating(sampler)
    asked = EstimateAsked.read(body, sampler)
    with heard() as said:
        found = asked.of(sampler, data)
    many = found if isinstance(found, Estimates) else found.among
    told = dict.fromkeys((*said, *many.answers.warnings))
    return {"estimates": json.loads(many.to_json()), "notes": list(many.notes), "warnings": list(told)}


def _work() -> None:
    """The other process: an answer, in a line, for each body, in a line; before them, how to load the sampler."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints goes elsewhere
    told = json.loads(sys.stdin.buffer.readline())
    sys.path[:] = told["path"]
    folder, loader = Path(told["folder"]), Loader(told["function"], tuple(told["arguments"]))
    data = None if told["data"] is None else Path(told["data"])
    held: Held | None = None
    for line in sys.stdin.buffer:
        try:
            held = held or Held(folder, loader)
            held.look()
            found = answered(held.current.sampler, json.loads(line), data) | {"version": held.current.version}
        except IdgenError as error:
            hint = "" if "data=" not in str(error) else " (the server takes it by --data FILE)"
            found = {"error": f"{error}{hint}"}
        except Exception as error:  # noqa: BLE001 - it goes back to who asked
            found = {"fault": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(found).encode() + b"\n")
        answers.flush()


@dataclass(eq=False)
class Beside:
    """The other process, which is started when it is first asked, and again after it was ended."""

    folder: Path
    loader: Loader
    limits: Limits
    data: Path | None = None
    waiting: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _process: subprocess.Popen[bytes] | None = None

    async def estimate(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What `answered` gives, with the `version` of the sampler.

        Raises IdgenError as it does, Busy where too many wait and Late after the limit. Cancelled, it ends the process.
        """
        if self.waiting >= _WAITING:
            raise Busy(self.waiting, 10)
        self.waiting += 1
        try:
            async with asyncio.timeout(self.limits.seconds):
                async with self._turn:
                    found = await self._asked(json.dumps(body).encode())
        except TimeoutError:
            raise Late(
                f"the estimate took longer than {self.limits.seconds:g} s; ask for fewer numbers, method 'plug-in' or "
                "fewer repeats, or start the server with a larger --seconds"
            ) from None
        finally:
            self.waiting -= 1
        if "error" in found:
            raise DataError(found["error"])
        if "fault" in found:
            raise RuntimeError(found["fault"])
        return found

    async def _asked(self, body: bytes) -> dict[str, Any]:
        """The answer of the process, which is ended where nobody waits for it any more."""
        stop = threading.Event()
        task = asyncio.get_running_loop().run_in_executor(None, self._ask, body, stop)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            self.close()
            await asyncio.wait([task])
            raise

    def _ask(self, body: bytes, stop: threading.Event) -> dict[str, Any]:
        for _ in range(2):  # it may have died before it was asked
            if stop.is_set():
                break
            process = self._running()
            try:
                line = self._sent(process, body)
            except (OSError, ValueError):  # a pipe that is broken, or was closed
                line = b""
            if line:
                found: dict[str, Any] = json.loads(line)
                return found
            self.close()
        return {"fault": "the process that estimates died, perhaps for want of memory"}

    @staticmethod
    def _sent(process: subprocess.Popen[bytes], body: bytes) -> bytes:
        """The line that answers a line; empty where the process has died."""
        if process.stdin is None or process.stdout is None:
            return b""
        process.stdin.write(body + b"\n")
        process.stdin.flush()
        return process.stdout.readline()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        code = f"from {__name__} import _work; _work()"
        made = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process = made
        told: dict[str, Any] = {"function": self.loader.function, "arguments": self.loader.arguments, "path": sys.path}
        told |= {"folder": str(self.folder), "data": None if self.data is None else str(self.data)}
        if made.stdin is not None:
            made.stdin.write(json.dumps(told).encode() + b"\n")
        return made

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
