"""Operations that go on side by side, for listeners who can be told of several at once and for those who cannot."""

from __future__ import annotations

from collections import deque
from typing import Protocol, runtime_checkable

from idgen_torch.training.progress import Progress

__all__ = ["Channels", "SideBySide"]


@runtime_checkable
class SideBySide(Progress, Protocol):
    """Progress that can be told of several operations at once, each through a listener of its own."""

    def beside(self) -> Progress:
        """Another listener, for an operation that goes on beside what this one is told of."""
        ...


class Channels:
    """A listener for each of several operations that go on at once.

    One that is no `SideBySide` hears of them one after the other, each from its start to its end: what another one
    tells meanwhile is held back until its turn.

    >>> class Heard:
    ...     def start(self, name, total): print("start", name)
    ...     def advance(self, loss): print("step")
    ...     def done(self): print("done")
    >>> channels = Channels(Heard())
    >>> a, b = channels.open(), channels.open()
    >>> a.start("a", 1); b.start("b", 1); b.done(); a.advance(0.5); a.done()
    start a
    step
    done
    start b
    done
    """

    def __init__(self, listener: Progress) -> None:
        self._listener = listener
        self._turns = deque[_Turn]()

    def open(self) -> Progress:
        """A listener for one operation, or for several that follow each other."""
        if isinstance(self._listener, SideBySide):
            return self._listener.beside()
        return _Turn(self._listener, self._turns)


class _Turn:
    """Hands on what it is told while it is its turn, which ends with `done`, and keeps it until then."""

    def __init__(self, listener: Progress, turns: deque[_Turn]) -> None:
        self._listener, self._turns = listener, turns
        self._kept = deque[tuple[str, tuple[object, ...]]]()

    def start(self, name: str, total: int) -> None:
        if self not in self._turns:
            self._turns.append(self)
        self._tell("start", name, total)

    def advance(self, loss: float) -> None:
        self._tell("advance", loss)

    def done(self) -> None:
        self._tell("done")

    def _tell(self, event: str, *arguments: object) -> None:
        self._kept.append((event, arguments))
        while self._turns and self._turns[0]._kept:
            first = self._turns[0]
            name, given = first._kept.popleft()
            getattr(first._listener, name)(*given)
            if name == "done":
                self._turns.popleft()
                if first._kept:  # it began again meanwhile
                    self._turns.append(first)
