"""Estimates in a process of their own, beside the one that answers.

They may take minutes, where draws take milliseconds, and keep what they have found, which has to be of the right
sampler and of nobody else's warnings. A process can also be ended in the middle of its work: when a client hangs up,
and when it takes too long.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import signal
import threading
from collections.abc import Callable, Mapping
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

__all__ = ["Beside", "answered", "check_estimating"]

_WAITING = 16
"""So many estimates wait for the one that is being made."""

_POLL = 0.05


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


def _work(channel: Any, folder: Path, load: Callable[[], Sampler], data: Path | None) -> None:
    """The other process: an answer for each body, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    held: Held | None = None
    while True:
        try:
            body = json.loads(channel.recv_bytes())
        except EOFError:
            return
        try:
            held = held or Held(folder, load)
            held.look()
            found = answered(held.current.sampler, body, data) | {"version": held.current.version}
        except IdgenError as error:
            found = {"error": str(error), "kind": type(error).__name__}
        except Exception as error:  # noqa: BLE001 - it goes back to who asked
            found = {"fault": f"{type(error).__name__}: {error}"}
        channel.send_bytes(json.dumps(found).encode())


@dataclass(eq=False)
class Beside:
    """The other process, which is started when it is first asked, and again after it was ended.

    `load` has to be a function that another process can import.
    """

    folder: Path
    load: Callable[[], Sampler]
    limits: Limits
    data: Path | None = None
    waiting: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _process: Any = None
    _channel: Any = None

    async def estimate(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What `answered` gives, with the `version` of the sampler.

        Raises IdgenError as it does, Busy where too many wait and Late after the limit. Cancelled, it ends the process.
        """
        if self.waiting > _WAITING:
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
        stop, answer = threading.Event(), asyncio.get_running_loop().run_in_executor
        task = answer(None, self._ask, body, stop)
        try:
            found: dict[str, Any] = await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([task])
            raise
        return found

    def _ask(self, body: bytes, stop: threading.Event) -> dict[str, Any]:
        for last in (False, True):
            try:
                self._begin()
                self._channel.send_bytes(body)
                while not self._channel.poll(_POLL):
                    if stop.is_set():
                        self.close()
                        return {}
                found: dict[str, Any] = json.loads(self._channel.recv_bytes())
                return found
            except (EOFError, OSError) as error:  # it has died, perhaps before it was asked
                self.close()
                if last:
                    return {"fault": f"the process that estimates died ({error})"}
        return {}

    def _begin(self) -> None:
        if self._process is not None and self._process.is_alive():
            return
        context = multiprocessing.get_context("spawn")
        self._channel, theirs = context.Pipe()
        arguments = (theirs, self.folder, self.load, self.data)
        self._process = context.Process(target=_work, args=arguments, daemon=True, name="idgen-estimates")
        self._process.start()
        theirs.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            self._channel.close()
