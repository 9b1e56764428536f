"""Progress bars on a terminal: one line for each operation, with its loss and the time left."""

from __future__ import annotations

import math

from rich.progress import Progress as Bars
from rich.progress import TaskID

__all__ = ["BarProgress"]


class BarProgress:
    """Progress as rich bars; each `start` that follows a `done` opens a new line."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._total = 0

    def beside(self) -> BarProgress:
        """Lines of the same display, for what goes on beside this."""
        return BarProgress(self._bars)

    def start(self, name: str, total: int) -> None:
        """A line for `name`; a second start before `done` lengthens it."""
        if self._task is None:
            self._total = 0
            self._task = self._bars.add_task(name, total=total, loss="")
        self._total += total
        self._bars.update(self._task, total=self._total)

    def advance(self, loss: float) -> None:
        """One step; a loss that is no number is not shown."""
        if self._task is not None:
            self._bars.update(self._task, advance=1, loss="" if math.isnan(loss) else f"loss {loss:.4f}")

    def done(self) -> None:
        """Fill the line, also after an early stop."""
        if self._task is not None:
            self._bars.update(self._task, completed=self._total)
        self._task = None
