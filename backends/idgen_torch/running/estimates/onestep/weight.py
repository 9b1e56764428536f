"""How much rows count for what is asked for, and what they do not say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_torch.running.estimates.onestep.frames import Frame

__all__ = ["BARE", "Weight", "bare_share", "least_chance", "telling"]

LEAST, LEAST_ROWS = 0.005, 2
"""What is set with a smaller chance, or on fewer rows of all, is as good as never."""

BARE = 0.02
"""A larger share of the answer that rests on hardly any rows is told of, and widens the interval."""

BEYOND = 1.25
"""A variance that is so many times what the rows show widens the interval."""


@dataclass(frozen=True, eq=False)
class Weight:
    """w, at its own rows (rows,) and as a function of rows; and how the rows weigh."""

    own: Array
    at: Callable[[Frame], Array]
    chosen: str
    effective_rows: float
    largest_share: float
    bare: float = 0.0  #: the share of what is asked for that lies where hardly any row has what is set
    where: Array | None = None  #: the rows that lie there, where it is of rows: (rows,) bool
    beyond: float = 1.0
    """The mean of w over what is asked for, without what is bare, over the mean of w^2 over the rows, which is the same
    in the law: more than one where the rows in which w is large are too rare to be among these."""

    @property
    def widening(self) -> float:
        """By how much the spread of w (f - E[f]) is larger than the rows show."""
        return float(np.sqrt(self.beyond)) if self.beyond > BEYOND else 1.0

    @classmethod
    def of(
        cls,
        own: Array,
        at: Callable[[Frame], Array],
        mass: Array,
        chosen: Sequence[str],
        bare: float = 0.0,
        where: Array | None = None,
        asked: float | None = None,
    ) -> Weight:
        """A weight of rows that count differently; `asked` is its mean over what is asked for, where that is known."""
        whole = own * mass
        total = whole.sum()
        rows, share = (float(total**2 / (whole**2).sum()), float(whole.max() / total)) if total > 0 else (0.0, 1.0)
        if total <= 0:
            bare, where = 1.0, None
        square = float(np.average(own**2, weights=mass))
        beyond = asked / square if asked is not None and square > 0 else 1.0
        return cls(own, at, "; ".join(filter(None, chosen)), rows, share, bare, where, beyond)


def least_chance(rows: int) -> float:
    """A chance below this is that of hardly any row."""
    return max(LEAST, LEAST_ROWS / rows)


def bare_share(chances: Array, mass: Array) -> float:
    """The share of rows at which what is set hardly ever happens."""
    return float(np.average(chances < least_chance(len(chances)), weights=mass))


def telling(bare: Array, share: float) -> Array:
    """The rows that say how far weights vary: all but those that are bare, where these widen the interval already."""
    return ~bare if share > BARE else np.ones_like(bare)
