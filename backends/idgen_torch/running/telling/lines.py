"""Progress where nobody watches a terminal: a line now and then, events in a file, calls of a function."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TextIO

from idgen_compiler.errors import DataError

__all__ = ["LineProgress", "LogProgress", "OnStep", "StepProgress"]

OnStep = Callable[[str, int, int, Mapping[str, float]], object]
"""on_step(operation, step, total, metrics): how far an operation has come, and its loss where there is one."""

EVERY = 60.0
"""Seconds between two lines."""

OFTEN = 1.0
"""In a file the steps of an operation are at least so many seconds apart; its last one is always there."""


class _Counting:
    """How far the operation at hand has come."""

    def __init__(self) -> None:
        self.name, self.step, self.total, self.loss = "", 0, 0, math.nan
        self.began = time.monotonic()

    def beside(self) -> Self:
        """Another one that tells the same of an operation beside this one."""
        other = copy.copy(self)
        other.name = ""
        return other

    def start(self, name: str, total: int) -> None:
        """An operation begins; a second start before `done` lengthens it."""
        if not self.name:
            self.name, self.step, self.total, self.loss, self.began = name, 0, 0, math.nan, time.monotonic()
        self.total += total

    def advance(self, loss: float) -> None:
        """One step."""
        self.step += 1
        self.loss = self.loss if math.isnan(loss) else loss

    def done(self) -> None:
        """The operation is over."""
        self.name = ""

    @property
    def seconds(self) -> float:
        """How long the operation at hand has taken."""
        return time.monotonic() - self.began


class LineProgress(_Counting):
    """A line a minute, of a fit that takes longer than that; what is over sooner is not told of."""

    def __init__(self, stream: TextIO, every: float = EVERY) -> None:
        super().__init__()
        self._stream, self._every, self._spoke = stream, every, False
        self._last = [time.monotonic()]  # of whatever goes on beside, too

    def advance(self, loss: float) -> None:
        """One step."""
        super().advance(loss)
        if time.monotonic() - self._last[0] >= self._every:
            self._say()

    def done(self) -> None:
        """The operation is over, which is said of one that was told of."""
        if self._spoke:
            self._say("done")
        self._spoke = False
        super().done()

    def _say(self, end: str = "") -> None:
        self._last[0], self._spoke = time.monotonic(), True
        loss = "" if math.isnan(self.loss) else f", loss {self.loss:.4f}"
        left = self.seconds * (self.total - self.step) / max(self.step, 1)
        how = end or f"{self.step} of {self.total}{loss}, about {left / 60:.0f} min left at most"
        print(f"idgen: {self.name}: {how} after {self.seconds / 60:.0f} min", file=self._stream, flush=True)


class LogProgress(_Counting):
    """Events as JSON lines, added to a file: start, step and done, each with the time and the operation.

    Raises DataError for a file that cannot be written.
    """

    def __init__(self, path: str | Path, often: float = OFTEN) -> None:
        super().__init__()
        self._often, self._told = often, 0.0
        try:
            self._file = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - as long as there is something to tell
        except OSError as error:
            raise DataError(f"the log {path} cannot be written ({error.strerror}); choose another file") from None

    def start(self, name: str, total: int) -> None:
        """An operation begins, or goes on for longer."""
        super().start(name, total)
        self._tell("start")

    def advance(self, loss: float) -> None:
        """One step."""
        super().advance(loss)
        if self.step >= self.total or time.monotonic() - self._told >= self._often:
            self._tell("step")

    def done(self) -> None:
        """The operation is over."""
        self._tell("done")
        super().done()

    def close(self) -> None:
        """Nothing more is told."""
        self._file.close()

    def _tell(self, event: str) -> None:
        self._told = time.monotonic()
        found: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "operation": self.name,
            "step": self.step,
            "total": self.total,
            "seconds": round(self.seconds, 3),
        }
        if not math.isnan(self.loss):
            found["loss"] = self.loss
        self._file.write(json.dumps(found) + "\n")
        self._file.flush()


class StepProgress(_Counting):
    """Calls a function after every step."""

    def __init__(self, on_step: OnStep) -> None:
        super().__init__()
        self._on_step = on_step

    def advance(self, loss: float) -> None:
        """One step."""
        super().advance(loss)
        self._on_step(self.name, self.step, self.total, {} if math.isnan(loss) else {"loss": loss})
