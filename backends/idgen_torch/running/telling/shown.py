"""From what a caller asks to be told of a fit to what is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live

from idgen_compiler.errors import DataError
from idgen_torch.running.telling.coming import kept
from idgen_torch.running.telling.lines import LineProgress, LogProgress, OnStep, StepProgress
from idgen_torch.running.telling.turns import Channels
from idgen_torch.running.telling.view import Overview
from idgen_torch.training.progress import NoProgress, Progress

__all__ = ["Told", "shown"]

REFRESH = 4
"""So many times a second the view is drawn."""

Told = bool | str | Path | OnStep | Progress
"""True for a view, or lines off a terminal; a file of JSON lines; a function `on_step`; an object; False for none."""


class _Several:
    """Tells all of them."""

    def __init__(self, listeners: Sequence[Progress]) -> None:
        self._listeners = tuple(listeners)
        self._channels = [Channels(listener) for listener in self._listeners]

    def beside(self) -> _Several:
        """All of them, for an operation beside what these are told of."""
        return _Several([channels.open() for channels in self._channels])

    def expect(self, names: Sequence[str]) -> None:
        """Tell those who show what is to come."""
        for listener in self._listeners:
            if isinstance(listener, Overview):
                listener.expect(names)

    def kept(self, name: str) -> None:
        """Tell those who show what is to come that this need not be made."""
        for listener in self._listeners:
            kept(listener, name)

    def start(self, name: str, total: int) -> None:
        for listener in self._listeners:
            listener.start(name, total)

    def advance(self, loss: float) -> None:
        for listener in self._listeners:
            listener.advance(loss)

    def done(self) -> None:
        for listener in self._listeners:
            listener.done()


@contextmanager
def shown(progress: Told | Sequence[Told]) -> Iterator[Progress]:
    """What is told of a fit.

    True shows a live view where stderr is a terminal, and elsewhere a line a minute. Raises DataError for what can be
    told nothing.
    """
    asked = list(progress) if isinstance(progress, list | tuple) else [progress]
    with ExitStack() as stack:
        listeners = [found for each in asked if (found := _listener(each, stack)) is not None]
        yield listeners[0] if len(listeners) == 1 else _Several(listeners) if listeners else NoProgress()


def _listener(asked: object, stack: ExitStack) -> Progress | None:
    if isinstance(asked, bool) or asked is None:
        return _watched(stack) if asked else None
    if isinstance(asked, str | Path):
        log = LogProgress(asked)
        stack.callback(log.close)
        return log
    if all(callable(getattr(asked, name, None)) for name in ("start", "advance", "done")):
        return asked  # type: ignore[return-value]
    if callable(asked):
        return StepProgress(asked)
    raise DataError(
        f"progress is {asked!r:.80}; give True, False, the file of a log, a function on_step(operation, step, total, "
        "metrics), an object with start, advance and done, or a list of these"
    )


def _watched(stack: ExitStack) -> Progress:
    if not sys.stderr.isatty():
        return LineProgress(sys.stderr)
    view = Overview()
    stack.enter_context(Live(view, console=Console(stderr=True), refresh_per_second=REFRESH))
    return view
