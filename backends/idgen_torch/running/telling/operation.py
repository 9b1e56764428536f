"""The progress of one operation, under its own name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from idgen_torch.training.progress import Progress

__all__ = ["OperationProgress"]


class OperationProgress:
    """Passes on what a family tells, under the operation's own name, and keeps the best loss of each of its fits."""

    def __init__(self, inner: Progress, label: str) -> None:
        self._inner = inner
        self._label = label
        self._losses: dict[str, float] = {}
        self._fit = ""
        self._begun = False

    def start(self, name: str, total: int) -> None:
        """A fit begins; a family may run several for one operation."""
        self._fit = name
        self._begun = True
        self._inner.start(self._label, total)

    def advance(self, loss: float) -> None:
        """One epoch is over."""
        if math.isfinite(loss):
            self._losses[self._fit] = min(loss, self._losses.get(self._fit, math.inf))
        self._inner.advance(loss)

    def done(self) -> None:
        """One fit is over; the operation may start another, so the line is closed at the end of `open`."""

    @contextmanager
    def open(self) -> Iterator[None]:
        """While the operation is made; what is told to be over was begun, and no error of who is told hides another."""
        try:
            yield
        except BaseException as error:
            try:
                self._close()
            except Exception as other:  # noqa: BLE001 - whatever a logger raises, the training's error is the one to tell
                error.add_note(f"and whoever was told of the progress failed: {type(other).__name__}: {other}")
            raise
        self._close()

    def _close(self) -> None:
        if not self._begun:
            self._inner.start(self._label, 1)
        self._inner.done()

    @property
    def losses(self) -> dict[str, float]:
        """The best held-out negative log-likelihood of each fit, in nats per row; empty where none was told."""
        return dict(self._losses)
