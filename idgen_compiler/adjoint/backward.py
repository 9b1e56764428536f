"""A program forward and back on a discrete law: a number, and its derivative by P(V)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idgen_compiler.adjoint.rules.draw import applied, assigned_factor, drawn, resampled
from idgen_compiler.adjoint.rules.network import Factor, NetworkLaw, Wiring
from idgen_compiler.adjoint.rules.observe import ObservedLaw
from idgen_compiler.adjoint.rules.residual import Law, Pass
from idgen_compiler.adjoint.rules.reweight import WeightedLaw
from idgen_compiler.adjoint.rules.train import Conditional
from idgen_compiler.discrete.sources import Source
from idgen_compiler.errors import ProgramError
from idgen_compiler.estimand.tables import Table
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import assigned
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.analysis import specialized
from idgen_compiler.ir.operations import (
    Apply,
    Assign,
    Bind,
    Draw,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
    Weigh,
)
from idgen_compiler.ir.program import Program

__all__ = ["Derivative", "Forward"]


@dataclass(frozen=True, eq=False)
class Derivative:
    """A number and how it moves with the law of the data.

    value: the number itself.  known: how much of the law that it is a mean of is determined by the data.
    terms: functions of a row, whose sum less its mean is the influence function.
    """

    value: Any
    known: Any
    terms: tuple[Table, ...]
    freedom: float = math.inf  #: degrees of freedom of the variance, where rows were counted


class Forward:
    """A program run on a discrete law, its values kept for the way back.

    Each law is realized in its first way.  Raises DataError where the law lacks a variable.
    """

    def __init__(self, program: Program, source: Source, policies: Mapping[str, Policy] | None = None) -> None:
        self.program, self.source = program.trained(), source
        self.policies = dict(policies or {})
        self._operations = specialized(self.program.operations)
        self.values: dict[str, Any] = {}
        for op in self._operations:
            if not isinstance(op, Sample):
                self.values[op.result] = self._value(op)

    @property
    def observed(self) -> Law:
        """The law of the data."""
        law: Law = self.values[self.program.observe.result]
        return law

    @property
    def conditionals(self) -> dict[str, Conditional]:
        """Operation -> the conditional of each model."""
        return {name: value for name, value in self.values.items() if isinstance(value, Conditional)}

    def _value(self, op: Operation) -> Law | Conditional:
        match op:
            case Observe():
                return ObservedLaw(self.source)
            case Train():
                return Conditional(op.targets, op.inputs, self.values[op.data])
            case Bind():
                return Conditional(op.targets, op.inputs, self.observed, brought=True)
            case Realize(ways=(Regenerate() as way, *_)):
                factors = [self.factor(s) for s in (*way.do, *way.network.statements)]
                wiring = Wiring(factors, self.source.exact)
                wiring.check_whole(s.slot for s in way.network.statements if isinstance(s, Assign))
                return NetworkLaw(wiring, self.source.exact)
            case Realize(ways=(Reweight() as way, *_)):
                return self._weighted(op, way)
        raise ProgramError(f"{op.result} has no derivative")

    def _weighted(self, op: Realize, way: Reweight) -> WeightedLaw:
        policies = [self.factor(draw) for draw in way.do]
        by = [self.values[name] for name in way.by]
        return WeightedLaw(op.result, self.values[way.data], policies, by)

    def factor(self, statement: Statement) -> Factor:
        """One statement as a factor of its network."""
        match statement:
            case Apply():
                return applied(statement, self.values[statement.model])
            case Rows():
                return resampled(statement, self.values[statement.data])
            case Draw():
                return drawn(statement, self.values, self.source)
            case Assign():
                each = assigned(statement, self.policies, self.program)
                names = {variable_of(slot) for slot in (each.slot, *each.read.values())}
                labels = {name: tuple(self.source.labels(name)) for name in names}
                return assigned_factor(each, labels, self.source.exact)
            case Weigh():
                raise TypeError(f"{statement.model} weighs, which is written out before a program is run")

    def wiring(self, op: Sample, filled: Sequence[Factor]) -> Wiring:
        """The network of a sampler, with factors for its inputs and for what policies fill.

        Raises DataError for a policy that moves a value that occurs onto no label.
        """
        given = {slot: factor for factor in filled for slot in factor.slots}
        # What a policy fills stands where the network assigns it: after the slots that the policy reads.
        own = [given.pop(s.slot) if isinstance(s, Assign) else self.factor(s) for s in op.network.statements]
        wiring = Wiring([*given.values(), *own], self.source.exact)
        wiring.check_whole(s.slot for s in op.network.statements if isinstance(s, Assign))
        return wiring

    def derivative(self, wiring: Wiring, f: Table) -> Derivative:
        """E[f] in a sampler's network, and its derivative.  Axes of f: outputs of the network."""
        law = wiring.law(f.axes)
        value = (law.aligned(f.axes) * f.values).sum()
        known = 1 if law.known is None else law.known.sum()
        terms = self._back(wiring, f, Pass(centered=True))
        return Derivative(value, known, terms, self._freedom())

    def _freedom(self) -> float:
        """Satterthwaite's degrees of freedom: those of the variance as a sum of those of cells of few rows each."""
        parts = [conditional.spread for conditional in self.conditionals.values()]
        total, squares = (sum(column) for column in zip(*parts, strict=True)) if parts else (0.0, 0.0)
        return max(total**2 / squares, 1.0) if squares > 0 else math.inf

    def mass(self, wiring: Wiring, f: Table) -> tuple[Table, ...]:
        """Back with the mass of the asked law instead; each conditional holds its own (`Conditional.mass`)."""
        for conditional in self.conditionals.values():
            conditional.mass = None
        return self._back(wiring, f, Pass(centered=False))

    def _back(self, wiring: Wiring, f: Table, way: Pass) -> tuple[Table, ...]:
        for conditional in self.conditionals.values():
            conditional.spread = (0.0, 0.0)
        wiring.pull(f, way)
        for op in reversed(self._operations):
            if not isinstance(op, Sample | Observe):
                self.values[op.result].pull(way)
        return tuple(self.observed.residual.taken())
