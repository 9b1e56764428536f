"""Policies as discrete laws, and kernels that leave a treatment's law open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.data.kinds.labels import label_codes
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import ROUNDING, Array, KernelTable, Table, contract
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.hinge.policies import Law, Shift
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign, Sample
from idgen_compiler.ir.policies import Fixed, Uniform

__all__ = ["closed", "law_of", "open_axes"]

Labels = Mapping[str, Sequence[Any]]
"""Variable -> what its categories are called."""


def open_axes(op: Sample) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The axes (given, targets) of a sampler's kernel whose policies are open, each sorted.

    What policies fill is given, and what they read is a target beside the outcomes, unless it is given.
    """
    assigned = list(records(op.network, Assign))
    given = {*op.network.inputs, *(each.slot for each in assigned)}
    read = {slot for each in assigned for slot in each.inputs}
    return tuple(sorted(given)), tuple(sorted((read | set(op.network.outputs)) - given))


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
                raise DataError(f"the law of {name} is a function, of which the exact backend has no table; give one")
            law.check(name, labels)
            for cell, inner in law.cells.items():
                at = tuple(labels[n].index(v) for n, v in zip(law.given, cell, strict=True))
                for label, probability in inner.items():
                    table[(own.index(label), *at)] = _number(name, probability, exact)
            _check_sums(name, table, exact)
    return Table(axes, table)


def closed(kernel: KernelTable, op: Sample, policies: Iterable[Assigned], labels: Labels, exact: bool) -> KernelTable:
    """The kernel of a query from that of its sampler with the laws of policies open.

    Raises DataError where a policy moves a number that has mass onto no label.
    """
    found = list(policies)
    laws = [law_of(each, labels, exact) for each in found]
    if not laws:
        return kernel
    axes = (*kernel.given, *kernel.targets)
    sizes = dict(zip(axes, kernel.table.shape, strict=True))
    one: Any = Fraction(1) if exact else 1.0
    lost = kernel.table != kernel.table
    for each, law in zip(found, laws, strict=True):
        if isinstance(each.policy, Shift):
            _check_moved(each, law, Table(axes, np.where(lost, one, kernel.table)))
    known = np.where(lost, one - one, kernel.table) if lost.any() else None
    table = Table(axes, np.where(lost, one, kernel.table), known)
    given, targets = tuple(sorted(op.network.inputs)), tuple(sorted(op.network.outputs))
    return KernelTable.of(contract([table, *laws], (*given, *targets), sizes, exact), given, targets)


def _check_moved(each: Assigned, law: Table, kernel: Table) -> None:
    """Raise DataError where a natural value that occurs is moved onto none; what is not known has some mass."""
    stuck = np.asarray(law.values.sum(axis=0) == 0)
    if bool((kernel.summed([each.read[each.treatment]]).values[stuck] > 0).any()):
        raise DataError(_stuck(f"{each.treatment} by {each.policy!r}"))


def check_whole(law: Table, given: int, what: str, exact: bool) -> None:
    """Raise DataError where a law does not sum to one, since a policy moved some of it onto no label."""
    total = law.values.sum(axis=tuple(range(given, law.values.ndim)))
    apart = np.abs(np.asarray(total - 1))
    if bool(np.any(apart != 0 if exact else apart > ROUNDING)):
        raise DataError(_stuck(what))


def _stuck(what: str) -> str:
    return f"to draw {what} moves a value that occurs onto no value of the variable; move by less"


def _number(name: str, value: Any, exact: bool) -> Any:
    if not exact:
        return float(value)
    return Fraction(value) if isinstance(value, int | Fraction) else Fraction(repr(float(value)))


def _check_sums(name: str, table: Array, exact: bool) -> None:
    """Decimal fractions of floats may not sum to one, which counts where the joint holds Fractions."""
    if exact and bool(np.any(np.asarray(table.sum(axis=0)) != 1)):
        raise DataError(f"the law of {name} does not sum to exactly 1, as Fractions do; give it in fractions.Fraction")
