"""Progress bars on a terminal: one line for each operation, with its loss and the time left."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from idgen_torch.training.progress import NoProgress, Progress

__all__ = ["BarProgress", "OperationProgress", "shown"]


class BarProgress:
    """Progress as rich bars; each `start` that follows a `done` opens a new line."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._total = 0

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


class OperationProgress:
    """Passes on what a family tells, under the operation's own name, and keeps the best loss of each of its fits."""

    def __init__(self, inner: Progress, label: str) -> None:
        self._inner = inner
        self._label = label
        self._losses: dict[str, float] = {}
        self._fit = ""

    def start(self, name: str, total: int) -> None:
        """A fit begins; a family may run several for one operation."""
        self._fit = name
        self._inner.start(self._label, total)

    def advance(self, loss: float) -> None:
        """One epoch is over."""
        if math.isfinite(loss):
            self._losses[self._fit] = min(loss, self._losses.get(self._fit, math.inf))
        self._inner.advance(loss)

    def done(self) -> None:
        """One fit is over; the operation may start another, so the line is closed by `close`."""

    def close(self) -> None:
        """The operation is over."""
        self._inner.done()

    @property
    def losses(self) -> dict[str, float]:
        """The best held-out negative log-likelihood of each fit, in nats per row; empty where none was told."""
        return dict(self._losses)


@contextmanager
def shown(progress: bool | Progress) -> Iterator[Progress]:
    """The progress to report to: bars when asked for and stderr is a terminal, the caller's own, or nothing."""
    if not isinstance(progress, bool):
        yield progress
        return
    if not progress or not sys.stderr.isatty():
        yield NoProgress()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield BarProgress(bars)
