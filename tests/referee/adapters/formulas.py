"""Formulas of observational probabilities, evaluated on the shares of a table: for tools that stop at a formula.

A factor is an array with one axis for each variable, in the order of the table, of length one where the factor does
not depend on it; so that products and quotients broadcast.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

__all__ = ["Shares"]

Factor = Any
EVEN = 1e-12
"""So little in every cell leaves all shares as they are, and makes those whose condition never occurs even."""


class Shares:
    """The empirical law of a table of categories, and what formulas are made of."""

    def __init__(self, case: dict[str, Any], columns: dict[str, Any]) -> None:
        self.names: list[str] = list(case["graph"]["nodes"])
        self.sizes = [case["levels"][name] for name in self.names]
        cells = np.ravel_multi_index([columns[name] for name in self.names], self.sizes)
        counted = np.bincount(cells, minlength=int(np.prod(self.sizes))).reshape(self.sizes) + EVEN
        self.joint = counted / counted.sum()

    def axes(self, names: Collection[str]) -> tuple[int, ...]:
        """Raises ValueError for a name that the table does not have."""
        return tuple(self.names.index(name) for name in names)

    def probability(self, targets: Collection[str], given: Collection[str] = ()) -> Factor:
        """P(targets | given)."""
        kept = {*self.axes(targets), *self.axes(given)}
        law = self.joint.sum(tuple(set(range(len(self.names))) - kept), keepdims=True)
        return law / law.sum(tuple(set(self.axes(targets)) - set(self.axes(given))), keepdims=True)

    def summed(self, factor: Factor, over: Collection[str]) -> Factor:
        """The sum over variables; one that the factor does not depend on counts once for each of its levels."""
        axes = self.axes(over)
        times = np.prod([self.sizes[k] for k in axes if factor.shape[k] == 1])
        return factor.sum(axes, keepdims=True) * times

    def one(self) -> Factor:
        return np.ones([1] * len(self.names))

    def law(self, factor: Factor, outcomes: Sequence[str], place: dict[str, float]) -> Any:
        """The factor at a place, over the outcomes; where it hangs on anything else, the mean over that."""
        at = np.broadcast_to(factor, self.sizes)
        rest = [k for k, name in enumerate(self.names) if name not in place and name not in outcomes]
        index = tuple(int(place[name]) if name in place else slice(None) for name in self.names)
        left = [k for k, name in enumerate(self.names) if name not in place]
        values = at[index].mean(tuple(left.index(k) for k in rest))
        kept = [self.names[k] for k in left if k not in rest]
        return values.transpose([kept.index(name) for name in outcomes])
