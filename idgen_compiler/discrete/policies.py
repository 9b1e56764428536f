"""Policies as tables: the discrete law of what a statement draws without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.data.kinds.labels import label_codes
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Array, Table
from idgen_compiler.forms.shown import cut, listed
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.hinge.policies import Law, Shift
from idgen_compiler.ir.policies import Fixed, Uniform

__all__ = ["Labels", "fixed_law", "law_of", "shifted", "uniform_law"]

Labels = Mapping[str, Sequence[Any]]
"""Variable -> what its categories are called."""


def uniform_law(slot: str, size: int, exact: bool) -> Table:
    """Every category evenly."""
    return _proportional(slot, [1] * size, exact)


def fixed_law(slot: str, value: Any, labels: Sequence[Any], exact: bool) -> Table:
    """One label, always.  Raises DataError for a value that is none."""
    if value not in labels:
        raise DataError(f"{slot} ~ {value!r}: {variable_of(slot)} has {listed(labels)}")
    return _proportional(slot, [label == value for label in labels], exact)


def _proportional(slot: str, weights: Sequence[int], exact: bool) -> Table:
    """The law that is proportional to whole weights."""
    total = sum(weights)
    if exact:
        return Table((slot,), np.array([Fraction(int(w), int(total)) for w in weights], dtype=object))
    return Table((slot,), np.array([w / total for w in weights]))


def shifted(variable: str, labels: Sequence[Any], law: Array, by: float) -> Array:
    """The law of a number moved by `by`; every number that has mass must be moved onto another label.

    Shape: law (labels,) -> (labels,).  Raises DataError for a label that is no number or is moved onto none.
    """
    place = {label: code for code, label in enumerate(labels)}
    moved = law * 0
    for code, label in enumerate(labels):
        if not law[code]:
            continue
        if isinstance(label, bool) or not isinstance(label, int | float | np.number):
            raise DataError(f"{variable} has the label {label!r}, which is no number that could be moved by {by}")
        if label + by not in place:
            raise DataError(
                f"{variable} = {cut(label, str)} moved by {by} is no value of {variable}: {listed(labels, str)}"
            )
        moved[place[label + by]] += law[code]
    return moved


def law_of(each: Assigned, labels: Labels, exact: bool) -> Table:
    """The law of a policy.  Axes: the slot that it fills, then those that it reads.

    A cell of a shift onto no label is empty. Raises DataError for labels that the data never show, cells that a table
    lacks, functions, and what cannot be moved.
    """
    name, read = each.treatment, each.read
    own = labels[name]
    axes = (each.slot, *read.values())
    shape = tuple(len(labels[variable_of(axis)]) for axis in axes)
    table: Array = np.full(shape, Fraction(0), dtype=object) if exact else np.zeros(shape)
    match each.policy:
        case Uniform():
            table[...] = Fraction(1, len(own)) if exact else 1 / len(own)
        case Fixed(value):
            table[label_codes(Setting("do", name, 1), value, own)[0]] = 1
        case Shift(by):
            for code, label in enumerate(own):
                if isinstance(label, bool) or not isinstance(label, int | float | np.number):
                    raise DataError(f"{name} has the label {label!r}, which is no number that could be moved by {by}")
                if label + by in own:
                    table[own.index(label + by), code] = 1
        case Law() as law:
            if law.function is not None:
                raise DataError(f"the law of {name} is a function, and a table is wanted; give one")
            law.check(name, labels)
            for cell, inner in law.cells.items():
                at = tuple(labels[n].index(v) for n, v in zip(law.given, cell, strict=True))
                for label, probability in inner.items():
                    table[(own.index(label), *at)] = _number(name, probability, exact)
            _check_sums(name, table, exact)
    return Table(axes, table)


def _number(name: str, value: Any, exact: bool) -> Any:
    if not exact:
        return float(value)
    return Fraction(value) if isinstance(value, int | Fraction) else Fraction(repr(float(value)))


def _check_sums(name: str, table: Array, exact: bool) -> None:
    """Decimal fractions of floats may not sum to one, which counts where the joint holds Fractions."""
    if exact and bool(np.any(np.asarray(table.sum(axis=0)) != 1)):
        raise DataError(f"the law of {name} does not sum to exactly 1, as Fractions do; give it in fractions.Fraction")
