"""The derivative of an exact program without the adjoint: arithmetic on a + b e with e^2 = 0, without a tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.estimand.tables import Joint, Table
from idgen_compiler.execute import execute
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.operations import Bind, Sample
from idgen_compiler.program import Program
from idgen_exact.laws import ExactRealizer
from idgen_exact.sampler import ExactSampler

__all__ = ["Dual", "gateaux"]


class Dual:
    """value + slope e, a polynomial in e whose higher powers are left out: the rational function at 0 and its slope."""

    __slots__ = ("slope", "value")

    def __init__(self, value: Any, slope: Any = 0) -> None:
        self.value, self.slope = Fraction(value), Fraction(slope)

    @classmethod
    def of(cls, number: Any) -> Dual:
        return number if isinstance(number, Dual) else cls(number)

    def __add__(self, other: Any) -> Dual:
        o = Dual.of(other)
        return Dual(self.value + o.value, self.slope + o.slope)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dual:
        o = Dual.of(other)
        return Dual(self.value - o.value, self.slope - o.slope)

    def __rsub__(self, other: Any) -> Dual:
        return Dual.of(other) - self

    def __mul__(self, other: Any) -> Dual:
        o = Dual.of(other)
        return Dual(self.value * o.value, self.value * o.slope + self.slope * o.value)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        o = Dual.of(other)
        return Dual(self.value / o.value, (self.slope * o.value - self.value * o.slope) / o.value**2)

    def __rtruediv__(self, other: Any) -> Dual:
        return Dual.of(other) / self

    # A law is compared at e = 0: what is not zero there is not zero near it.

    def __eq__(self, other: object) -> bool:
        return self.value == Dual.of(other).value

    def __hash__(self) -> int:
        return hash(self.value)

    def __lt__(self, other: Any) -> bool:
        return self.value < Dual.of(other).value

    def __gt__(self, other: Any) -> bool:
        return self.value > Dual.of(other).value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __abs__(self) -> Dual:
        return self if self.value >= 0 else 0 - self


class _Moved:
    """(1 - e) P + e delta(cell), as far as the exact backend asks."""

    exact = True

    def __init__(self, joint: Joint, cell: tuple[int, ...]) -> None:
        self.variables, self.sizes, self.labels = joint.variables, joint.sizes, joint.labels
        values = np.empty(joint.table.shape, dtype=object)
        for at in np.ndindex(values.shape):
            values[at] = Dual(joint.table[at], (at == cell) - joint.table[at])
        self._law = Table(joint.variables, values)

    def marginal(self, names: Iterable[str]) -> Table:
        return self._law.summed(tuple(names))


class _Realizer(ExactRealizer):
    """The exact backend on a law that moves; a kernel that is brought stays what it is."""

    def __init__(self, joint: Joint, cell: tuple[int, ...], program: Program, policies: Mapping[str, Policy]) -> None:
        super().__init__(_Moved(joint, cell), program, policies)  # type: ignore[arg-type]
        self._still = ExactRealizer(joint, program, policies)

    def bind(self, op: Bind) -> Any:
        return self._still.bind(op)


def gateaux(
    program: Program,
    joint: Joint,
    cell: tuple[int, ...],
    at: Mapping[str, int],
    f: Any,
    policies: Mapping[str, Policy] | None = None,
    do: Mapping[str, Any] | None = None,
) -> Fraction:
    """The slope of E[f | do, given] along (1 - e) P + e delta(cell) at e = 0, for a program with one sampler.

    at: the code of every input.  f: an array over the outcomes, sorted.  do: policies that the sampler is told.
    """
    found = execute(program, _Realizer(joint, cell, program, policies or {}))
    op: Sample = program.sampler
    sampler = ExactSampler(program, {op.query: found[op.query or program.name]}, joint.labels, policies)
    kernel = sampler.kernel(do=do)
    law = kernel.table[tuple(at[name] for name in kernel.given)]
    return Dual.of((law * f).sum()).slope
