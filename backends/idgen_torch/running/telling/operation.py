"""The progress of one operation, under its own name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from idgen_compiler.hinge.diagnostics import Curve
from idgen_torch.training.progress import Progress

__all__ = ["OperationProgress"]

MOST_CURVES, MOST_POINTS = 6, 60
"""So many curves are kept for an operation, the last ones, and so many points of each."""


class OperationProgress:
    """Passes on what a family tells, under the operation's own name, and keeps the losses of each of its fits."""

    def __init__(self, inner: Progress, label: str) -> None:
        self._inner = inner
        self._label = label
        self._losses: dict[str, float] = {}
        self._fit = ""
        self._begun = False
        self._curves: list[_Losses] = []
        self._told = False

    def start(self, name: str, total: int) -> None:
        """A fit begins; a family may run several for one operation."""
        self._fit = name
        self._begun = True
        self._curves.append(_Losses(name, total))
        self._inner.start(self._label, total)

    def passed(self, learned: float, held_out: float) -> None:
        """A pass is over, and `advance` will say so."""
        self._told = True
        if self._curves and math.isfinite(learned) and math.isfinite(held_out):
            self._curves[-1].learned.append(learned)
            self._curves[-1].held_out.append(held_out)

    def advance(self, loss: float) -> None:
        """One epoch is over."""
        if math.isfinite(loss):
            self._losses[self._fit] = min(loss, self._losses.get(self._fit, math.inf))
            if self._curves and not self._told:
                self._curves[-1].held_out.append(loss)
        self._told = False
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

    @property
    def curves(self) -> tuple[Curve, ...]:
        """How the held-out loss of each fit went, and the loss on the rows learned from where a family tells it."""
        return tuple(one.curve() for one in self._curves[-MOST_CURVES:] if one.held_out)


@dataclass
class _Losses:
    """The losses of one fit, as they are told."""

    fit: str
    planned: int
    held_out: list[float] = field(default_factory=list)
    learned: list[float] = field(default_factory=list)

    def curve(self) -> Curve:
        every = max(1, math.ceil(len(self.held_out) / MOST_POINTS))
        held_out, learned = (
            tuple(float(f"{x:.5g}") for x in own[::-every][::-1]) for own in (self.held_out, self.learned)
        )
        return Curve(self.fit, held_out, learned, self.planned, every)
