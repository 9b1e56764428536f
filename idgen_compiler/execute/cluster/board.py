"""Where the workers of a cluster write what they tell, and whoever gave the work reads it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

__all__ = ["Board"]


class Board:
    """What was told of each piece of work, in order, until it is taken; what begins a second time is told as well.

    >>> board = Board()
    >>> for _ in range(2):
    ...     board.begin(7)
    >>> board.tell(7, '{"event": {"step": 1}}')
    >>> board.take()
    '[[7, {"event": {"again": 1}}], [7, {"event": {"step": 1}}]]'
    """

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()
        self._told: list[tuple[int, Any]] = []
        self._answers: dict[int, str] = {}

    def begin(self, number: int) -> None:
        """A piece of work begins, perhaps again; -1 for none."""
        self._begun[number] += 1
        if number >= 0 and self._begun[number] > 1:
            self._told.append((number, {"event": {"again": self._begun[number] - 1}}))

    def tell(self, number: int, said: str) -> None:
        """A piece of work tells of something."""
        self._told.append((number, json.loads(said)))

    def keep(self, number: int, answer: str) -> None:
        """What a piece of work came to that several workers share, as JSON."""
        self._answers[number] = answer

    def kept(self, number: int, taken: bool = False) -> str | None:
        """What such a piece came to, if it is known; it is forgotten once it is taken."""
        return self._answers.pop(number, None) if taken else self._answers.get(number)

    def take(self) -> str:
        """What was told since, as JSON: pairs of a number and what was said."""
        told, self._told = self._told, []
        return json.dumps(told)
