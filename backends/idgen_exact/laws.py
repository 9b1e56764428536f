"""The definition of the IR: what every operation and statement means, as a discrete law.

A data set means the exact law of its rows, a model the exact conditional, a network the kernel of its outputs given
its inputs. Another backend is right when it converges to this one as its data grow. Laws are float64, or Fractions
for equality without tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimand.tables import Array, Joint, KernelTable, Table, contract, normalize
from idgen_compiler.ir.operations import (
    UNIFORM,
    Apply,
    Draw,
    Observe,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
    variable_of,
)
from idgen_compiler.ir.program import Program

__all__ = ["run"]


@dataclass(frozen=True, slots=True)
class _Model:
    """A conditional P(targets | inputs): one axis for each of them, summing to one over the targets."""

    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    table: Table


def run(program: Program, joint: Joint) -> dict[str, KernelTable]:
    """The kernel of every sampler of a program, by the name of its query, where P(V) is `joint`.

    Raises DataError when the joint lacks a variable that the program observes, or holds no mass where the program
    needs some.
    """
    return _Run(program, joint).kernels()


class _Run:
    """One execution: the values of the operations, in program order."""

    def __init__(self, program: Program, joint: Joint) -> None:
        self.program, self.joint = program, joint
        self.laws: dict[str, Table] = {}
        self.models: dict[str, _Model] = {}

    def kernels(self) -> dict[str, KernelTable]:
        found: dict[str, KernelTable] = {}
        for op in self.program.operations:
            match op:
                case Observe():
                    self.laws[op.result] = self.observe(op)
                case Train():
                    self.models[op.result] = self.train(op)
                case Regenerate():
                    self.laws[op.result] = self.regenerate(op)
                case Reweight():
                    self.laws[op.result] = self.reweight(op)
                case Sample():
                    found[op.query] = self.sample(op)
        return found

    # -- operations -----------------------------------------------------------------------------------------------

    def observe(self, op: Observe) -> Table:
        """The marginal P(variables) of the joint."""
        missing = [v for v in op.variables if v not in self.joint.variables]
        if missing:
            hint = near_misses(missing[0], self.joint.variables)
            raise DataError(f"the joint lacks {', '.join(missing)}, which the program observes{hint}")
        return self.joint.marginal(op.variables)

    def train(self, op: Train) -> _Model:
        """P(targets | inputs) in the law of the data set."""
        law = self.laws[op.data].summed((*op.targets, *op.inputs))
        return _Model(op.targets, op.inputs, normalize(law, op.targets))

    def regenerate(self, op: Regenerate) -> Table:
        """The law of the outputs when the network's inputs are drawn from their policies."""
        factors = [self.policy(draw) for draw in op.do]
        return self.contracted([*factors, *self.factors(op.network.statements)], op.network.outputs)

    def reweight(self, op: Reweight) -> Table:
        """The data set's law times policy(x) / P(x | its inputs) for each draw, over the variables kept.

        The weights are normalised to mean one, as they are in practice: this matters only where the data set has no
        rows at all that the policy asks for.
        """
        factors = [self.laws[op.data]]
        for draw, name in zip(op.do, op.by, strict=True):
            factors += [self.policy(draw), _reciprocal(self.models[name].table)]
        law = self.contracted(factors, op.variables)
        total = law.values.sum()
        if total == 0:
            raise DataError(f"{op.result} has no row with a positive weight: the data never do what its policies ask")
        return law if total == 1 else Table(law.axes, np.asarray(law.values / total))

    def sample(self, op: Sample) -> KernelTable:
        """The kernel of the network; an input that does not matter still has its axis."""
        given, targets = tuple(sorted(op.network.inputs)), tuple(sorted(op.network.outputs))
        law = self.contracted(self.factors(op.network.statements), (*given, *targets))
        return KernelTable(given, targets, law.values)

    # -- statements -----------------------------------------------------------------------------------------------

    def factors(self, statements: Iterable[Statement]) -> list[Table]:
        """A region's statements; their product is the joint kernel of its slots given its inputs."""
        return [self.factor(s) for s in statements]

    def factor(self, statement: Statement) -> Table:
        """The kernel of one statement's slots given the slots that it reads."""
        match statement:
            case Draw():
                return self.policy(statement)
            case Rows(slots=slots, data=data):
                names = {variable_of(slot): slot for slot in slots}
                return self.laws[data].summed(names).renamed(names)
            case Apply():
                return self.applied(statement)

    def policy(self, draw: Draw) -> Table:
        """The law that a slot is drawn from.  Shape: (categories of its variable,)."""
        variable = variable_of(draw.slot)
        if draw.policy == UNIFORM:
            size = self.size(variable)
            even: Any = Fraction(1, size) if self.joint.exact else 1.0 / size
            return Table((draw.slot,), np.full(size, even, dtype=object if self.joint.exact else float))
        return self.laws[draw.policy].summed([variable]).renamed({variable: draw.slot})

    def applied(self, statement: Apply) -> Table:
        """A model's table with its variables under the names of the slots that it reads and fills."""
        model = self.models[statement.model]
        names = dict(zip((*model.targets, *model.inputs), (*statement.slots, *statement.inputs), strict=True))
        return model.table.renamed(names)

    def contracted(self, factors: list[Table], keep: tuple[str, ...]) -> Table:
        """The product of the factors, summed over every slot that is not kept."""
        sizes = {slot: self.size(variable_of(slot)) for slot in keep}
        return contract(factors, keep, sizes, self.joint.exact)

    def size(self, variable: str) -> int:
        """The number of categories of a variable, which a program may name without observing it."""
        try:
            return self.joint.sizes[variable]
        except KeyError:
            hint = near_misses(variable, self.joint.variables)
            raise DataError(f"the joint lacks {variable}, an input of the program{hint}") from None


def _reciprocal(table: Table) -> Table:
    """1 / p, and 0 where p is 0: such a row never occurs, so that any weight will do."""
    values: Array = table.values
    empty = values == 0
    one: Any = Fraction(1) if values.dtype == object else 1.0
    return Table(table.axes, np.where(empty, one - one, one / np.where(empty, one, values)))
