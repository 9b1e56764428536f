"""A piece of work that waits, runs, or is over; and which of those that wait comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from idgen_compiler.execute.place import Needs

__all__ = ["Piece", "State", "due"]


class State(Enum):
    """How far a piece of work is."""

    WAITING, RUNNING, OVER, WITHDRAWN = range(4)


@dataclass(eq=False)
class Piece:
    """Work by its function's name, with arguments of JSON, or pieces whose results they are to be.

    deaths: how many workers died of it.  memory: expected bytes, raised where it was killed for want of them.
    """

    number: int
    work: str
    arguments: Sequence[Any]
    needs: Needs
    memory: int
    state: State = State.WAITING
    result: Any = None
    error: BaseException | None = None
    deaths: int = 0

    @property
    def rests_on(self) -> list[Piece]:
        """The pieces among its arguments."""
        return [each for each in self.arguments if isinstance(each, Piece)]

    @property
    def values(self) -> list[Any]:
        """The arguments with the results of pieces in their place."""
        return [each.result if isinstance(each, Piece) else each for each in self.arguments]

    def end(self, result: Any = None, error: BaseException | None = None) -> None:
        """It is over."""
        self.state, self.result, self.error = State.OVER, result, error


def due(pieces: Iterable[Piece], room: int | None) -> Piece | None:
    """The first piece, in the order in which they came, that waits for nothing and finds room beside those that run.

    room: bytes for all of them together; one that needs more runs alone. None is as much as is wanted.
    """
    found = list(pieces)
    running = [piece for piece in found if piece.state is State.RUNNING]
    left = None if room is None else room - sum(piece.memory for piece in running)
    for piece in found:
        if piece.state is not State.WAITING or any(each.state is not State.OVER for each in piece.rests_on):
            continue
        if left is None or piece.memory <= left or not running:
            return piece
    return None
