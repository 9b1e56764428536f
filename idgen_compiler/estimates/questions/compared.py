"""A variable that is compared with a value: as numbers, as labels, or as points in time."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Categorical, Continuous, Integer, Kind, Levels
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.texts import typed_number
from idgen_compiler.data.kinds.times.iso import iso_times
from idgen_compiler.data.kinds.times.measured import Measured
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.answers import Answering
from idgen_compiler.forms.query import TRUTH
from idgen_compiler.forms.shown import cut, listed
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.hinge.samples import Samples

__all__ = ["Comparison", "compared", "one_point", "typed"]

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_EQUAL = ("=", "!=")

NEAR = 1e-6
"""So many steps of its grid a number may lie beside a place of it, by rounding."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """`name sign value`, of samples.

    `measured` turns a column into what is compared, where that is not the column itself; `near` is how far apart
    numbers may lie that are the same one; `loose` reads a text as the column has its values,
    where nobody says its kind.
    """

    name: str
    sign: str
    value: Any
    measured: Callable[[Array], Array] | None = None
    near: float = 0.0
    loose: bool = False

    def inside(self, samples: Samples) -> Array:
        """For which samples it holds.  Shape: (n,) bool.  Raises DataError for a column that cannot be compared so."""
        column = samples[self.name]
        if column.ndim > 1 or column.dtype.names:
            raise DataError(
                f"{self.name} holds arrays or several fields; give a function that makes a number of each sample"
            )
        if self.measured is not None:
            column = self.measured(column)
        elif self.sign not in _EQUAL and column.dtype.kind not in "biuf":
            raise DataError(f"{self.name} holds no numbers, which {self.sign} compares; ask for its labels by =")
        if self.near and self.sign in _EQUAL:
            same = np.asarray(np.abs(column - self.value) <= self.near)
            return same if self.sign == "=" else ~same
        if self.near:  # the value itself counts as reached where the sign says so
            edge = self.value + (self.near if self.sign in ("<=", ">") else -self.near)
            return np.asarray(_SIGNS[self.sign](column, edge))
        value = _alike(self.name, self.value, column) if self.loose else self.value
        found = _SIGNS[self.sign](column, value)
        return np.broadcast_to(np.asarray(found, dtype=bool), column.shape)


def typed(sampler: Answering, name: str, sign: str, text: str, condition: str) -> Comparison:
    """A comparison with what a person typed: the label that is written so, the number or the date that it says.

    Raises DataError for a text that is no value of the variable, or none that can be compared so.
    """
    kind = sampler.kind_of(name)
    if isinstance(kind, Measured) or sign in _EQUAL:
        return replace(compared(kind, name, sign, sampler.read_value(name, text)), loose=kind is None)
    if isinstance(kind, Categorical) and (dates := _dates(kind, text)) is not None:
        return Comparison(name, sign, dates, _times)
    try:
        value = typed_number(text)
    except ValueError:
        raise DataError(f"{condition!r:.80} compares with {text!r:.40}, which is no number") from None
    _check_finite(name, value)
    return Comparison(name, sign, value, near=_near(kind))


def compared(kind: Kind | None, name: str, sign: str, value: Any) -> Comparison:
    """A comparison by = or != with a value of the variable; of dates and durations by any sign.

    Raises DataError for a value that the variable cannot have, as one that a real number hits with probability 0.
    """
    if isinstance(kind, Measured):
        number = float(kind.measured(Setting("P", name, 1), Setting("P", name, 1).one_each(value))[0])
        if sign in _EQUAL:
            _check_hit(kind.number, name, number, cut(value))

        def measured(column: Array) -> Array:
            return np.asarray(kind.measured(Setting("P", name, len(column)), column))

        return Comparison(name, sign, number, measured, _near(kind.number))
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        _check_finite(name, float(value))
        _check_hit(kind, name, float(value), f"{value:.10g}")
    return Comparison(name, sign, value, near=_near(kind) if isinstance(value, Real) else 0.0)


def _check_hit(kind: Kind | None, name: str, value: float, told: str) -> None:
    """Raise DataError for one value of a number that hits each with probability 0, with what to ask instead."""
    if isinstance(kind, Levels) and np.abs(np.array(kind.levels) - value).min() > _near(kind):
        raise DataError(f"{name} is never {told}; its levels are {listed(kind.levels, str)}")
    if not isinstance(kind, Number) or float(np.dtype(kind.dtype).type(value)) in kind.masses:
        return
    if not kind.between:
        raise DataError(f"{name} is never {told}; its values are {listed(kind.masses, str)}")
    if isinstance(kind, Integer) and value != round(value):
        raise DataError(f"{name} holds whole numbers, and is never {told}; ask 'P({spelled(name)} <= {told})'")
    if isinstance(kind, Continuous) and kind.grid:
        steps = (value - kind.phase) / kind.grid
        if abs(steps - round(steps)) > NEAR * max(1.0, abs(steps)):
            raise DataError(
                f"{name} holds numbers {kind.grid:g} apart, and is never {told}; ask 'P({spelled(name)} <= {told})'"
            )
    elif isinstance(kind, Continuous):
        raise DataError(one_point(name, told))


def one_point(name: str, told: str) -> str:
    """Why the share of one real number is not asked for, and what is."""
    return (
        f"{name} is a real number, which has probability 0 of any one value, such as {told}; ask "
        f"'P({spelled(name)} <= {told})', or for a stretch, as 'P({spelled(name)} > a and {spelled(name)} < b)'; where "
        f"many rows have just this value, fit it as types={{{name!r}: 'continuous{{{told}}}'}}"
    )


def _check_finite(name: str, value: float) -> None:
    if math.isnan(value):
        raise DataError(f"{name} is compared with nan, which is no number; rows without a value are read by missing=")
    if math.isinf(value):
        raise DataError(
            f"{name} is compared with {value:g}, which no number reaches, so that it says nothing; leave it out"
        )


def _near(kind: Kind | None) -> float:
    """How far apart two numbers of a kind may lie that are the same one, as rounding leaves them."""
    if isinstance(kind, Levels):
        return NEAR * float(np.diff(np.array(kind.levels)).min(initial=1.0))
    return NEAR * kind.grid if isinstance(kind, Continuous) else 0.0


def _dates(kind: Categorical, text: str) -> Any:
    """The point in time that was typed, where the labels are written dates; None otherwise."""
    labels, one = [label for label in kind.labels if isinstance(label, str)], iso_times([text.strip()])
    if one is None or len(labels) < len(kind.labels) or iso_times(labels) is None:
        return None
    return one[1][0]


def _times(column: Array) -> Array:
    found = iso_times(column.tolist()) if len(column) else None
    return np.zeros(len(column), "M8[s]") if found is None else found[1]


def _alike(name: str, value: Any, column: Array) -> Any:
    """A typed label of a variable that the sampler does not know, as its column has it."""
    if not isinstance(value, str) or column.dtype.kind not in "biuf":
        return value
    if value.lower() in TRUTH:
        return TRUTH[value.lower()]
    try:
        return typed_number(value)
    except ValueError:
        raise DataError(f"{name} holds numbers, and {cut(value)} is none") from None
