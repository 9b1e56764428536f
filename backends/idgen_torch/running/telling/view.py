"""One live view of a fit on a terminal: what runs, what is done and what waits, with losses and the time left."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

__all__ = ["Overview"]

MOST = 12
"""So many operations are shown at most, those that run first, then those that were done last and that come next."""

WAITS, RUNS, DONE, KEPT = "waits", "runs", "done", "kept"


@dataclass(eq=False)
class _Line:
    """One operation: how far it is, and for how long it runs."""

    name: str
    state: str = WAITS
    step: int = 0
    total: int = 0
    loss: float = math.nan
    began: float = 0.0
    took: float = 0.0

    @property
    def left(self) -> float | None:
        """Seconds that it may still run; None before its first step."""
        if self.state is not RUNS or not self.step:
            return None
        return (time.monotonic() - self.began) * max(0, self.total - self.step) / self.step


class Overview:
    """Progress as a table that is drawn anew: `expect` says what is to come, `kept` what need not be made."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._own = _Channel(self._lines)

    def expect(self, names: Sequence[str]) -> None:
        """These operations are to come, in this order."""
        for name in names:
            self._lines.setdefault(name, _Line(name))

    def kept(self, name: str) -> None:
        """An operation that is in the store; one that was made in this fit stays what it is."""
        line = self._lines.setdefault(name, _Line(name))
        if line.state is WAITS:
            line.state = KEPT

    def beside(self) -> _Channel:
        """Who is told of an operation beside others."""
        return _Channel(self._lines)

    def start(self, name: str, total: int) -> None:
        """See `Progress`."""
        self._own.start(name, total)

    def advance(self, loss: float) -> None:
        """See `Progress`."""
        self._own.advance(loss)

    def done(self) -> None:
        """See `Progress`."""
        self._own.done()

    # -- what is seen ---------------------------------------------------------------------------------------------

    def __rich__(self) -> RenderableType:
        lines = list(self._lines.values())
        grid = Table.grid(padding=(0, 1))
        for line in shown(lines):
            grid.add_row(*_cells(line))
        return Group(grid, Text(summary(lines), style="dim"))


class _Channel:
    """Tells the lines of what goes on in one place, one operation after the other."""

    def __init__(self, lines: dict[str, _Line]) -> None:
        self._lines = lines
        self._line: _Line | None = None

    def start(self, name: str, total: int) -> None:
        """It runs; a second start before `done` lengthens it, and one after it begins anew."""
        if self._line is None:
            self._line = self._lines.setdefault(name, _Line(name))
            self._line.state, self._line.began = RUNS, time.monotonic()
            self._line.step = self._line.total = 0
        self._line.total += total

    def advance(self, loss: float) -> None:
        """One step; a loss that is no number is not shown."""
        if self._line is not None:
            self._line.step += 1
            self._line.loss = self._line.loss if math.isnan(loss) else loss

    def done(self) -> None:
        """It is over, perhaps early."""
        if self._line is not None:
            self._line.state, self._line.step = DONE, self._line.total
            self._line.took += time.monotonic() - self._line.began
        self._line = None


def shown(lines: Sequence[_Line]) -> list[_Line]:
    """The lines that there is room for, in their order: all that run, before those that ended last and come next."""
    runs = [line for line in lines if line.state is RUNS]
    over = sorted((line for line in lines if line.state is DONE), key=lambda line: line.began + line.took)
    waits = [line for line in lines if line.state is WAITS]
    room = max(0, MOST - len(runs))
    past = over[max(0, len(over) - max(room // 2, room - len(waits))) :]
    chosen = {*runs, *past, *waits[: room - len(past)]}
    return [line for line in lines if line in chosen]


def summary(lines: Sequence[_Line]) -> str:
    """How many operations are done, run, wait and were kept, and the time left where anything is known of it."""
    count = {state: sum(line.state is state for line in lines) for state in (DONE, RUNS, WAITS, KEPT)}
    told = [f"{count[DONE]} done", f"{count[RUNS]} run", f"{count[WAITS]} wait"]
    told += [f"{count[KEPT]} from the store"] if count[KEPT] else []
    left = seconds_left(lines)
    return ", ".join(told) + (f"; about {_time(left)} left" if left is not None and count[RUNS] + count[WAITS] else "")


def seconds_left(lines: Sequence[_Line]) -> float | None:
    """The time that is left, if what waits takes as long as others did and as many run at once; None without others."""
    runs = [line for line in lines if line.state is RUNS]
    rest = [line.left for line in runs]
    known = [line.took for line in lines if line.state is DONE]
    known += [time.monotonic() - line.began + left for line, left in zip(runs, rest, strict=True) if left is not None]
    if not known:
        return None
    usual = sum(known) / len(known)
    waits = sum(line.state is WAITS for line in lines)
    work = sum(usual if left is None else left for left in rest) + usual * waits
    return max(work / max(1, len(runs)), *(left or 0.0 for left in rest), 0.0)


def _cells(line: _Line) -> tuple[RenderableType, ...]:
    mark, style = {WAITS: ("·", "dim"), RUNS: ("▸", "bold"), DONE: ("✓", "green"), KEPT: ("✓", "dim")}[line.state]
    loss = "" if math.isnan(line.loss) else f"loss {line.loss:.4f}"
    steps = f"{line.step}/{line.total}" if line.total else ""
    left = line.left
    when = f"{_time(left)} left" if left is not None else _time(line.took) if line.state is DONE else ""
    bar: RenderableType = ProgressBar(line.total or 1, line.step, width=20) if line.state is RUNS else ""
    return (Text(f"{mark} {line.name}", style), bar, Text(steps), Text(loss), Text(when, "dim"))


def _time(seconds: float) -> str:
    whole = round(seconds)
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )
