"""What a value collects on the way back: the derivative of the asked number by it, as a sum of tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from idgen_compiler.estimand.tables import Array, Table

__all__ = ["Law", "Pass", "Residual", "axes_of"]


@dataclass(frozen=True, slots=True)
class Pass:
    """One way back through a program.

    With `centered` the derivative (residuals, mean zero); without it the mass that the asked law has, relative to the
    law of the data, wherever a conditional is used: the ratios w of the adjoint.
    """

    centered: bool


@dataclass(slots=True)
class Residual:
    """A function of a row as a sum of functions of some of its variables each."""

    terms: dict[frozenset[str], Table] = field(default_factory=dict)

    def add(self, table: Table) -> None:
        """Add a function; its axes are the variables that it reads."""
        key = frozenset(table.axes)
        held = self.terms.get(key)
        if held is not None:
            table = Table(held.axes, held.values + table.aligned(held.axes))
        self.terms[key] = table

    def taken(self) -> list[Table]:
        """The terms, which are let go."""
        found = list(self.terms.values())
        self.terms.clear()
        return found


class Law(ABC):
    """The law of a data set: its margins, and what is collected of it on the way back.

    `rows` is how many rows it was counted from; None where it was not.
    """

    def __init__(self, exact: bool, rows: float | None = None) -> None:
        self.exact = exact
        self.rows = rows
        self.residual = Residual()
        self._margins: dict[frozenset[str], Table] = {}

    def marginal(self, names: Iterable[str]) -> Table:
        """P(names) in this law; a margin that was asked before is remembered."""
        key = frozenset(names)
        if key not in self._margins:
            self._margins[key] = self._marginal(tuple(sorted(key)))
        return self._margins[key]

    @abstractmethod
    def _marginal(self, names: tuple[str, ...]) -> Table: ...

    @abstractmethod
    def pull(self, way: Pass) -> None:
        """Hand what was collected on to what this law was made of."""


def axes_of(tables: Iterable[Table], first: Iterable[str] = ()) -> tuple[str, ...]:
    """All axes of some tables, once each."""
    return tuple(dict.fromkeys((*first, *(axis for table in tables for axis in table.axes))))


def product(a: Table, b: Table) -> Table:
    """The product of two tables over the axes of both; shape of the first where it has them all."""
    axes = axes_of([a, b])
    return Table(axes, _spread(a, axes) * _spread(b, axes))


def _spread(table: Table, axes: tuple[str, ...]) -> Array:
    own = table.aligned([axis for axis in axes if axis in table.axes])
    at = [slice(None) if axis in table.axes else np.newaxis for axis in axes]
    return np.asarray(own[tuple(at)])
