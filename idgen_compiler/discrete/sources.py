"""Where a discrete law comes from: a joint that is known, or rows that were counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any, Protocol

import numpy as np

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimand.tables import Array, Joint, Table

__all__ = ["CountedRows", "Frequencies", "KnownJoint", "Source"]

MOST_CELLS = 2**24
"""No table of counts has more cells."""

MOST_COUNTED = 2**20
"""Codes are sorted only where they may have more values than this, and than there are rows."""


class Source(Protocol):
    """P(V), of which margins are asked."""

    @property
    def exact(self) -> bool:
        """Whether probabilities are Fractions."""
        ...

    @property
    def rows(self) -> float | None:
        """How many rows were counted; None for a law that is known."""
        ...

    def labels(self, name: str) -> Sequence[Any]:
        """The categories of a variable.  Raises DataError for one that it lacks."""
        ...

    def marginal(self, names: Iterable[str]) -> Table:
        """P(names).  Raises DataError for a variable that it lacks."""
        ...


@dataclass(frozen=True, eq=False)
class KnownJoint:
    """P(V) as a table."""

    joint: Joint

    rows = None

    @property
    def exact(self) -> bool:
        """Whether probabilities are Fractions."""
        return self.joint.exact

    def labels(self, name: str) -> Sequence[Any]:
        """The categories of a variable, codes where they have no names."""
        return self.joint.labels.get(name) or range(_held(name, self.joint.sizes))

    def marginal(self, names: Iterable[str]) -> Table:
        """P(names)."""
        return self.joint.marginal(names)


@dataclass(frozen=True, eq=False)
class CountedRows:
    """The relative frequencies of rows of codes.

    codes: variable -> (rows,) int64.  names: variable -> its categories.  weights: (rows,), not negative.
    frequency: whether a row of weight 2 stands for two rows, and not for a part of the population twice as large.
    place: which of these rows each row of a table is, where they are those of it that differ, and `weights` count them.
    Shape: (rows of the table,) of whole numbers.
    """

    codes: Mapping[str, Array]
    names: Mapping[str, Sequence[Any]]
    weights: Array | None = None
    frequency: bool = False
    place: Array | None = None
    _made: dict[tuple[str, ...], Table] = field(default_factory=dict)

    exact = False

    @property
    def rows(self) -> float:
        """How many rows there are; of rows that weigh unevenly so many as weigh as much (Kish 1965)."""
        if self.weights is None:
            return float(len(next(iter(self.codes.values()))))
        total = float(self.weights.sum())
        return total if self.frequency else total**2 / float(np.square(self.weights).sum())

    def labels(self, name: str) -> Sequence[Any]:
        """The categories of a variable."""
        _held(name, self.names)
        return self.names[name]

    def marginal(self, names: Iterable[str]) -> Table:
        """The relative frequencies of the names.  Raises DataError for more than `MOST_CELLS` cells."""
        axes = tuple(sorted(set(names)))
        if axes not in self._made:
            self._made[axes] = self._counted(axes)
        return self._made[axes]

    def cells(self, names: Iterable[str]) -> tuple[Array, Array]:
        """The combinations of the names' codes that rows show, in order, and which of them each row has.

        Shape: (combinations, names) int64, (rows,) int64.

        >>> CountedRows({"X": np.array([1, 0, 1]), "Y": np.array([0, 0, 0])}, {"X": "ab", "Y": "c"}).cells(["X"])
        (array([[0],
               [1]]), array([1, 0, 1]))
        """
        names = tuple(names)
        shape = tuple(len(self.labels(name)) for name in names)
        if names and prod(shape) <= MOST_COUNTED:
            flat = np.ravel_multi_index([self.codes[name] for name in names], shape)
            known, place = _renumbered(flat, prod(shape))
            return np.stack(np.unravel_index(known, shape), 1), place
        place, count = np.zeros(len(next(iter(self.codes.values()))), dtype=np.int64), 1
        found = np.zeros((1, 0), dtype=np.int64)
        for name, size in zip(names, shape, strict=True):
            own = self.codes[name]
            known, place = _renumbered(place * size + own, count * size)
            found = np.column_stack([found[known // size], known % size])
            count = len(known)
        return found, place

    @property
    def made(self) -> dict[tuple[str, ...], Table]:
        """The margins that were asked so far, by their axes."""
        return dict(self._made)

    def _counted(self, axes: tuple[str, ...]) -> Table:
        shape = tuple(len(self.labels(name)) for name in axes)
        if prod(shape) > MOST_CELLS:
            raise DataError(f"a table of {', '.join(axes)} has {prod(shape):,} cells, more than {MOST_CELLS:,}")
        if not axes:
            return Table((), np.ones(()))
        counts = self._counts(axes) if self._joint is None else self._summed(self._joint, axes)
        return Table(axes, (counts / counts.sum()).reshape(shape))

    def _counts(self, axes: Sequence[str]) -> Array:
        """The mass of the rows in each cell.  Shape: an axis for each name."""
        shape = tuple(len(self.labels(name)) for name in axes)
        cells = np.ravel_multi_index([self.codes[name] for name in axes], shape)
        return np.asarray(np.bincount(cells, self.weights, prod(shape)), dtype=np.float64).reshape(shape)

    @cached_property
    def _joint(self) -> Array | None:
        """The counts of everything together, where they are few: margins are sums of them, without the rows."""
        cells = prod(len(self.labels(name)) for name in self.codes)
        rows = len(next(iter(self.codes.values())))
        return self._counts(tuple(self.codes)) if 4 * cells <= min(rows, MOST_COUNTED) else None

    def _summed(self, joint: Array, axes: tuple[str, ...]) -> Array:
        names = tuple(self.codes)
        kept = [name for name in names if name in axes]
        away = tuple(k for k, name in enumerate(names) if name not in axes)
        return np.asarray(joint.sum(axis=away)).transpose([kept.index(name) for name in axes])


@dataclass(frozen=True, eq=False)
class Frequencies:
    """The relative frequencies of rows taken for the law itself, whatever the number of rows that a cell has."""

    counted: CountedRows

    exact = False
    rows = None

    def labels(self, name: str) -> Sequence[Any]:
        """The categories of a variable."""
        return self.counted.labels(name)

    def marginal(self, names: Iterable[str]) -> Table:
        """The relative frequencies of the names."""
        return self.counted.marginal(names)


def _renumbered(codes: Array, size: int) -> tuple[Array, Array]:
    """The codes below `size` that occur, in order, and which of them each one is; counted where counts are few."""
    if size > max(MOST_COUNTED, 4 * len(codes)):
        found, place = np.unique(codes, return_inverse=True)
        return found, place
    there = np.bincount(codes, minlength=size) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[codes]


def _held(name: str, sizes: Mapping[str, Any]) -> Any:
    if name not in sizes:
        raise DataError(f"the data lack the variable {name}{near_misses(name, sizes)}")
    return sizes[name]
