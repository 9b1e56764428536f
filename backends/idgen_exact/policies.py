"""Kernels that leave a treatment's law open, and close it with a policy."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.discrete.policies import Labels, law_of
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import ROUNDING, KernelTable, Table, contract
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.hinge.policies import Shift
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign, Sample

__all__ = ["check_whole", "closed", "open_axes"]


def open_axes(op: Sample) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The axes (given, targets) of a sampler's kernel whose policies are open, each sorted.

    What policies fill is given, and what they read is a target beside the outcomes, unless it is given.
    """
    assigned = list(records(op.network, Assign))
    given = {*op.network.inputs, *(each.slot for each in assigned)}
    read = {slot for each in assigned for slot in each.inputs}
    return tuple(sorted(given)), tuple(sorted((read | set(op.network.outputs)) - given))


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
