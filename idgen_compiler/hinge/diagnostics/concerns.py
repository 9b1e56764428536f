"""What is wrong with a fit, in plain sentences: where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["LIGHTS", "Color", "Concern", "Topic", "by_importance", "color_of", "worst"]

Color = Literal["green", "yellow", "red"]
"""Red: the answer is likely wrong, or rests on no rows. Yellow: look before you rely on it. Green: nothing found."""

LIGHTS: Mapping[Color, str] = {
    "green": "nothing wrong was found",
    "yellow": "look at this before you rely on it",
    "red": "do not rely on it",
}
"""What each light says, wherever it is shown."""

Topic = Literal[
    "overlap",
    "graph",
    "arrow",
    "type",
    "value",
    "training",
    "law",
    "prediction",
    "drift",
    "balance",
    "correction",
    "rows",
]
"""What a concern is about: too few rows where the program asks (overlap), an independence that rows contradict
(graph), a column that depends on none of those that the graph joins it to (arrow), a column modelled as what it is
not (type), values that hardly belong to their column (value), training that ended early or learned its rows by
heart (training), draws that are not like rows (law), a model that plain regressions beat (prediction), a data set
that is not like its source (drift), groups that weights leave apart (balance), an estimate that its correction
moved far (correction), and a table that is too small (rows)."""

_ORDER: dict[str, int] = {"red": 0, "yellow": 1, "green": 2}
_TOPICS: tuple[str, ...] = (
    "overlap", "type", "value", "graph", "arrow", "training", "prediction", "law", "drift", "balance", "correction",
    "rows",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that is wrong.

    where: an operation ("%m2"), columns ("W, X") or "" for the fit as a whole.  said: what is wrong, a sentence.
    remedy: what to do, a sentence.  size: how large it is, beside others of its topic; the largest come first.

    >>> print(Concern("yellow", "training", "%m2", "Y | X was still learning when its training ended", "Train longer"))
    yellow, %m2: Y | X was still learning when its training ended. Train longer.
    """

    color: Literal["yellow", "red"]
    topic: Topic
    where: str
    said: str
    remedy: str
    size: float = 0.0

    def __str__(self) -> str:
        where = f", {self.where}" if self.where else ""
        return f"{self.color}{where}: {self.said}. {self.remedy}."


def by_importance(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """Red ones first; among equals what spoils an answer wherever it is asked, then the largest."""
    return tuple(sorted(concerns, key=lambda one: (_ORDER[one.color], _TOPICS.index(one.topic), -one.size, one.where)))


def color_of(concerns: Iterable[Concern]) -> Color:
    """That of the worst one; green where there are none."""
    return worst(one.color for one in concerns)


def worst(colors: Iterable[str]) -> Color:
    """The worst of the colors of concerns; green where there are none."""
    found = set(colors)
    return "red" if "red" in found else "yellow" if found else "green"
