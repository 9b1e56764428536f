"""The derivative of an exact program, without a tolerance or the adjoint: arithmetic on a + b e with e^2 = 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.estimand.tables import Array, Joint, Table
from idgen_compiler.execute import execute
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import sampler_of
from idgen_compiler.ir.operations import Bind, Draw, Realize, Reweight, Sample
from idgen_compiler.program import Program
from idgen_exact.laws import ExactRealizer, _reciprocal
from idgen_exact.sampler import ExactSampler

__all__ = ["Dual", "gateaux", "needed"]


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

    def __le__(self, other: Any) -> bool:
        return self.value <= Dual.of(other).value

    def __gt__(self, other: Any) -> bool:
        return self.value > Dual.of(other).value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __abs__(self) -> Dual:
        return self if self.value >= 0 else 0 - self


class _Moved:
    """(1 - e) P + e Q, as far as the exact backend asks."""

    exact = True

    def __init__(self, joint: Joint, towards: Array) -> None:
        self.variables, self.sizes, self.labels = joint.variables, joint.sizes, joint.labels
        values = np.empty(joint.table.shape, dtype=object)
        for at in np.ndindex(values.shape):
            values[at] = Dual(joint.table[at], towards[at] - joint.table[at])
        self._law = Table(joint.variables, values)

    def marginal(self, names: Iterable[str]) -> Table:
        return self._law.summed(tuple(names))


class _Realizer(ExactRealizer):
    """The exact backend on a law that moves; a kernel that is brought stays what it is."""

    def __init__(self, joint: Joint, towards: Array, program: Program, policies: Mapping[str, Policy]) -> None:
        super().__init__(_Moved(joint, towards), program, policies)  # type: ignore[arg-type]
        self._still = ExactRealizer(joint, program, policies)

    def bind(self, op: Bind) -> Any:
        return self._still.bind(op)

    def reweight(self, op: Realize, way: Reweight, values: Mapping[str, Any]) -> Table:
        """With weights scaled by their mean, which off the graph's model is not one."""
        factors = [values[way.data]]
        for draw, name in zip(way.do, way.by, strict=True):
            factors += [self.policy(draw, values), _reciprocal(values[name].table)]
        law = self.contracted(factors, op.variables)
        total = law.values.sum()
        in_vain = (self._asks_in_vain(values, way, *each) for each in zip(way.do, way.by, strict=True))
        if total != 1 and any(in_vain):
            return super().reweight(op, way, values)
        return Table(law.axes, law.values / total, None if law.known is None else law.known / total)

    def _asks_in_vain(self, values: Mapping[str, Any], way: Reweight, draw: Draw, name: str) -> bool:
        """Whether a policy may draw what no row has, where rows are."""
        policy, model = self.policy(draw, values), values[name]
        axes = tuple(dict.fromkeys((*model.table.axes, *policy.axes)))
        given = values[way.data].summed([axis for axis in axes if axis != draw.slot])
        never = Table(model.table.axes, np.frompyfunc(lambda chance: Dual(int(chance == 0)), 1, 1)(model.table.values))
        return bool(self.contracted([never, policy, given], ()).values.sum() > 0)


def gateaux(
    program: Program,
    joint: Joint,
    towards: tuple[int, ...] | Array,
    at: Mapping[str, int],
    f: Any,
    policies: Mapping[str, Policy] | None = None,
    do: Mapping[str, Any] | None = None,
    query: str | None = None,
) -> Fraction:
    """The slope of E[f | do, given] along (1 - e) P + e Q at e = 0.

    towards: Q, an array over the joint's cells, or one cell that has all of it. A slope along a random Q is that of
    every cell at once (Schwartz 1980; Zippel 1979).  at: the code of every input.  f: an array over the outcomes,
    sorted.  do: policies that the sampler is told.
    """
    if isinstance(towards, tuple):
        towards, cell = np.zeros(joint.table.shape, dtype=object), towards
        towards[cell] = 1
    op = sampler_of(program, query)
    wanted = needed(program, op)
    found = execute(wanted, _Realizer(joint, towards, wanted, policies or {}))
    sampler = ExactSampler(wanted, {op.query: found[op.query or program.name]}, joint.labels, policies)
    kernel = sampler.kernel(do=do)
    law = kernel.table[tuple(at[name] for name in kernel.given)]
    return Dual.of((law * f).sum()).slope


def needed(program: Program, op: Sample) -> Program:
    """The program without its other samplers."""
    return Program(program.name, program.graph, (*(o for o in program.operations if not isinstance(o, Sample)), op))
