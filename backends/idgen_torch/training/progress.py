"""Who is told how a fit goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

__all__ = ["NoProgress", "PassProgress", "Progress", "Shifted"]


class Progress(Protocol):
    """Told how far a fit has come; a progress bar, a log, or nothing."""

    def start(self, name: str, total: int) -> None:
        """A fit called `name` begins; `advance` will be called at most `total` times."""

    def advance(self, loss: float) -> None:
        """One epoch is over, with the mean held-out negative log-likelihood `loss` in nats per row."""

    def done(self) -> None:
        """The fit is over, perhaps early."""


@runtime_checkable
class PassProgress(Protocol):
    """Told of each pass over the rows, beside what `Progress` is told, if it wants to be."""

    def passed(self, learned: float, held_out: float) -> None:
        """A pass is over: its mean loss on the rows learned from, as they came, and then on rows kept back, in nats."""


class NoProgress:
    """Progress that nobody watches."""

    def beside(self) -> NoProgress:
        """Nothing is shown of what goes on beside, either."""
        return self

    def start(self, name: str, total: int) -> None:
        """Nothing is shown."""

    def advance(self, loss: float) -> None:
        """Nothing is shown."""

    def done(self) -> None:
        """Nothing is shown."""


@dataclass(frozen=True)
class Shifted:
    """Progress that is told losses of another unit than those of a training: so many nats more."""

    progress: Progress
    by: float

    def start(self, name: str, total: int) -> None:
        """The same fit."""
        self.progress.start(name, total)

    def advance(self, loss: float) -> None:
        """The loss in the other unit."""
        self.progress.advance(loss + self.by)

    def passed(self, learned: float, held_out: float) -> None:
        """Both losses in the other unit, where somebody wants to know."""
        if isinstance(self.progress, PassProgress):
            self.progress.passed(learned + self.by, held_out + self.by)

    def done(self) -> None:
        """The same fit."""
        self.progress.done()
