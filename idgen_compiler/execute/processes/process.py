"""A worker process as the one that gives it work sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

__all__ = ["Worker"]

_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
PATIENCE = 5.0
"""Seconds in which a process that was stopped has to end."""

_MAIN = "from idgen_compiler.execute.processes.worker import main; main()"


class Worker:
    """One process: `heard` is called with each line that it says, `ended` when it is no more, from another thread."""

    def __init__(
        self,
        number: int,
        threads: int,
        warm: str,
        device: str | None,
        heard: Callable[[Worker, Mapping[str, Any]], None],
        ended: Callable[[Worker, int], None],
    ) -> None:
        self.number, self.ready, self.piece = number, False, -1
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        environment |= dict.fromkeys(_THREADS, str(threads))
        if device is not None:
            environment["CUDA_VISIBLE_DEVICES"] = device
        # A new interpreter and no fork: threads, locks and CUDA of this process stay its own.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._heard, self._ended = heard, ended
        self.send({"warm": warm})
        self._listener = threading.Thread(target=self._listen, daemon=True, name=f"idgen-worker-{number}")
        self._listener.start()

    def send(self, order: Mapping[str, Any]) -> None:
        """Give it work; one that has died meanwhile gets none, of which `ended` tells."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError, ValueError):
                self.process.stdin.write(json.dumps(order).encode() + b"\n")
                self.process.stdin.flush()

    def stop(self, at_once: bool = False) -> None:
        """End it: an idle one ends by itself, and one that works is killed if it has to be `at_once`."""
        if at_once:
            self.process.kill()
        self._close()

    def gone(self) -> None:
        """Wait until it is no more, for a while."""
        self._listener.join(PATIENCE)

    def _close(self) -> None:
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()

    def _listen(self) -> None:
        if self.process.stdout is not None:
            with suppress(ValueError, OSError), self.process.stdout as lines:
                for line in lines:
                    self._heard(self, json.loads(line))
        code = self.process.wait()
        self._close()
        self._ended(self, code)

    def __str__(self) -> str:
        return f"worker process {self.process.pid}"
