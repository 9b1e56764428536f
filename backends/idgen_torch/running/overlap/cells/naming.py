"""What is said of cells without rows: which values of which variables, how much of the answer, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from idgen_compiler.adjoint.support import FEW, Support
from idgen_compiler.data.arrays import Array
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import spelled

__all__ = ["EMPTY", "THIN", "Rest", "either", "function_of", "percent"]

EMPTY, THIN = 0.02, 0.1
"""A share of the answer above the first that rests on no rows is told of, and above the second one on few rows."""

SHOWN = 2
"""So many groups of cells are named."""

LISTED = 4
"""So many values of a variable are named."""


@dataclass(frozen=True, eq=False)
class Rest:
    """What of an answer rests on one model where its rows are few or none.

    labels: input -> its categories.  first: the inputs that the caller sets.  intervened: whether the rows are those
    of a law after an intervention.
    """

    support: Support
    labels: Mapping[str, Sequence[Any]]
    first: tuple[str, ...]
    intervened: bool = False

    @property
    def lacking(self) -> bool:
        """Whether more of the answer than goes unsaid rests on no rows."""
        return self.support.empty > EMPTY

    @property
    def telling(self) -> bool:
        """Whether anything is to be said."""
        return self.lacking or self.support.thin > THIN

    @property
    def share(self) -> float:
        """The share that is told of."""
        return self.support.empty if self.lacking else self.support.thin

    @property
    def model(self) -> str:
        """What it rests on, as `P(Y | X, Z)`."""
        if not self.support.targets:
            return "rows"
        return f"{self.support.name}{' of the intervened law' if self.intervened else ''}"

    @property
    def missing(self) -> str:
        """That there are no rows, or few."""
        if not self.lacking:
            return f"of which there are fewer than {FEW} rows"
        return (
            "which no row shows" if self.support.targets else "of which there are none, and no weights stand for them"
        )

    @property
    def where(self) -> str:
        """The cells, as `X = 1 where Z = 0`."""
        found = self.support.bare if self.lacking else self.support.sparse
        share = np.where(found, self.support.asked, 0)
        inputs = self.support.inputs
        own = [k for k, name in enumerate(inputs) if name in self.first]
        others = [k for k in range(len(inputs)) if k not in own]
        places = np.argwhere(share > 0)
        groups: dict[tuple[int, ...], list[Array]] = {}
        for place in places[np.argsort(-share[tuple(places.T)], kind="stable")]:
            groups.setdefault(tuple(int(place[k]) for k in own), []).append(place)
        texts: list[str] = []
        for place_of, cells in groups.items():
            head = ", ".join(self._is(inputs[k], [code]) for k, code in zip(own, place_of, strict=True))
            for tail in self._boxes(np.array(cells), others):
                texts.append(f"{head} where {tail}" if head and tail else head or tail)
        more = len(texts) - SHOWN
        return " or ".join(texts[:SHOWN]) + (f" and at {more} more" if more > 0 else "")

    def _boxes(self, cells: Array, others: Sequence[int]) -> list[str]:
        """Some cells, one text for all where they are all pairs of some values of each variable, else one for each."""
        values = [list(dict.fromkeys(cells[:, k].tolist())) for k in others]
        inputs = self.support.inputs
        whole = [len(own) for own in values]
        if prod(whole) == len(cells) and all(n <= LISTED for n in whole):
            return [", ".join(self._is(inputs[k], sorted(own)) for k, own in zip(others, values, strict=True))]
        return [", ".join(self._is(inputs[k], [int(cell[k])]) for k in others) for cell in cells]

    def _is(self, name: str, codes: Sequence[int]) -> str:
        shown = [cut(self.labels[name][code]) for code in codes]
        return f"{spelled(name)} = {either(shown)}"


def function_of(support: Support) -> str:
    """Which of two inputs is a function of the other in the rows, as `X is a function of Z`; empty for none."""
    there = support.frequencies > 0
    if there.ndim != 2:
        return ""
    for own in (1, 0):
        levels = there.any(1 - own).sum()
        if levels > 1 and bool((there.sum(own) <= 1).all()):
            return f"{spelled(support.inputs[own])} is a function of {spelled(support.inputs[1 - own])} in these rows"
    return ""


def either(shown: Sequence[str]) -> str:
    """`0, 1 or 2`."""
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def percent(share: float) -> str:
    """A share in whole percents, small ones in tenths."""
    return f"{share:.0%}" if share >= 0.095 or not share else f"{share:.1%}"
