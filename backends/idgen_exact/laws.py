"""The definition of the IR: what every operation and statement means, as a discrete law.

A data set means the exact law of its rows, a model the exact conditional, a network the kernel of its outputs given
its inputs. Another backend is right when it converges to this one as its data grow. Laws are float64, or Fractions
for equality without tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.discrete.policies import fixed_law, law_of, shifted, uniform_law
from idgen_compiler.errors import DataError, ProgramError, near_misses
from idgen_compiler.estimand.tables import ROUNDING, Array, Joint, KernelTable, Table, as_array, contract, normalize
from idgen_compiler.execute import execute
from idgen_compiler.hinge.assigned import assigned
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.operations import (
    Apply,
    Assign,
    Bind,
    Condition,
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
    variable_of,
)
from idgen_compiler.ir.policies import ByModel, Column, Fixed, Shifted, Uniform
from idgen_compiler.ir.program import Program
from idgen_exact.policies import check_whole, open_axes

__all__ = ["ExactRealizer", "run"]


@dataclass(frozen=True, slots=True)
class _Model:
    """A conditional P(targets | inputs): one axis for each of them, summing to one over the targets."""

    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    table: Table


def run(program: Program, joint: Joint, policies: Mapping[str, Policy] | None = None) -> dict[str, KernelTable]:
    """The kernel of every sampler of a program, by the name of its query, where P(V) is `joint`.

    That of a sampler with policies leaves their laws open (see `policies.open_axes`); `policies` are the named ones by
    which data sets are drawn.

    Raises DataError when the joint lacks a variable that the program observes, or holds no mass where the program
    needs some.
    """
    found = execute(program, ExactRealizer(joint, program, policies or {}))
    return {op.query: found[op.query or program.name] for op in program.samplers}


class ExactRealizer:
    """What each operation is, where P(V) is `joint`: a data set a law, a model a conditional, a sampler a kernel."""

    def __init__(self, joint: Joint, program: Program, policies: Mapping[str, Policy]) -> None:
        self.joint = joint
        self.program = program
        self.policies = policies

    def realize(self, op: Operation, values: Mapping[str, Any]) -> Any:
        """The value of one operation, from those that it uses."""
        match op:
            case Observe():
                return self.observe(op)
            case Train():
                return self.train(op, values[op.data])
            case Bind():
                return self.bind(op)
            case Condition():
                return self.condition(op, values)
            case Realize(ways=(Regenerate() as way, *_)):
                return self.regenerate(way, values)
            case Realize(ways=(Reweight() as way, *_)):
                return self.reweight(op, way, values)
            case Sample():
                return self.sample(op, values)
        raise ProgramError(f"{op.result} has no meaning")

    # -- operations -----------------------------------------------------------------------------------------------

    def observe(self, op: Observe) -> Table:
        """The marginal P(variables) of the joint."""
        self.check_held(op.variables, "observes")
        return self.joint.marginal(op.variables)

    def bind(self, op: Bind) -> _Model:
        """P(targets | inputs) in P(V), which for a function has one value wherever its inputs occur."""
        names = (*op.targets, *op.inputs)
        self.check_held(names, "binds")
        law = self.joint.marginal(names)
        if op.function and np.any(np.count_nonzero(law.aligned(names), axis=0) > 1):
            raise DataError(
                f"{op.targets[0]} has several values for one of {', '.join(op.inputs)}, and so is no function of it; "
                "bind it as a kernel"
            )
        return _Model(op.targets, op.inputs, normalize(law, op.targets))

    def check_held(self, names: Iterable[str], what: str) -> None:
        """Raise DataError for variables that the joint lacks."""
        missing = [name for name in names if name not in self.joint.variables]
        if missing:
            hint = near_misses(missing[0], self.joint.variables)
            raise DataError(f"the joint lacks {', '.join(missing)}, which the program {what}{hint}")

    def train(self, op: Train, data: Table) -> _Model:
        """P(targets | inputs) in the law of the data set."""
        law = data.summed((*op.targets, *op.inputs))
        return _Model(op.targets, op.inputs, normalize(law, op.targets))

    def condition(self, op: Condition, values: Mapping[str, Any]) -> _Model:
        """The law of the network's runs, each as often as its weights say, by the values of the inputs.

        What is weighed is a factor like any other; it fills nothing, and so it is never summed over.
        """
        names = (*op.inputs, *op.targets)
        law = self.contracted([self.factor(s, values) for s in op.network.statements], names)
        return _Model(op.targets, op.inputs, normalize(law, op.targets))

    def regenerate(self, way: Regenerate, values: Mapping[str, Any]) -> Table:
        """The law of the outputs when the network's inputs are drawn from their policies."""
        factors = self.factors((*way.do, *way.network.statements), way.network.outputs, values)
        law = self.contracted(factors, way.network.outputs)
        if moved := [s.slot for s in way.network.statements if isinstance(s, Assign)]:
            check_whole(law, 0, ", ".join(moved), self.joint.exact)
        return law

    def reweight(self, op: Realize, way: Reweight, values: Mapping[str, Any]) -> Table:
        """The data set's law times policy(x) / P(x | its inputs) for each draw, over the variables kept.

        Where the data set has no row that the policy asks for, a part of the law is unknown.
        """
        factors = [values[way.data]]
        for draw, name in zip(way.do, way.by, strict=True):
            factors += [self.policy(draw, values), _reciprocal(values[name].table)]
        law = self.contracted(factors, op.variables)
        total = law.values.sum()
        if total == 0:
            raise DataError(f"{op.result} has no row with a positive weight: the data never do what its policies ask")
        if total == 1 or abs(total - 1) <= ROUNDING:
            return law
        # Mass that no row carries may lie anywhere.
        even = np.asarray(law.values + (1 - total) / law.values.size)
        return Table(law.axes, even, law.values if law.known is None else law.known)

    def sample(self, op: Sample, values: Mapping[str, Any]) -> KernelTable:
        """The kernel of the network with its policies open; an input that does not matter still has its axis.

        It is not defined where it rests on what the joint does not determine (see `KernelTable.defined`).
        """
        given, targets = open_axes(op)
        known = [s for s in op.network.statements if not isinstance(s, Assign)]
        law = self.contracted(self.factors(known, targets, values), (*given, *targets))
        if len(known) < len(op.network.statements):  # cell by cell: a policy may ask for what is known alone
            return KernelTable(given, targets, np.where(law.unknown, math.nan, law.values))
        return KernelTable.of(law, given, targets)

    # -- statements -----------------------------------------------------------------------------------------------

    def factors(
        self, statements: Sequence[Statement], outputs: Iterable[str], values: Mapping[str, Any]
    ) -> list[Table]:
        """The statements of a region that bear on its outputs; their product, summed over the rest, is its kernel.

        What a statement fills and nobody looks at sums to one, whether it is determined or not.
        """
        wanted, found = set(outputs), list[Table]()
        for statement in reversed(statements):
            if wanted.intersection(statement.slots):
                wanted.update(statement.inputs)
                found.append(self.factor(statement, values))
        return found[::-1]

    def factor(self, statement: Statement, values: Mapping[str, Any]) -> Table:
        """The kernel of one statement's slots given the slots that it reads."""
        match statement:
            case Draw():
                return self.policy(statement, values)
            case Assign():
                each = assigned(statement, self.policies, self.program)
                return law_of(each, self.all_labels, self.joint.exact)
            case Rows(slots=slots, data=data):
                names = {variable_of(slot): slot for slot in slots}
                law: Table = values[data].summed(names).renamed(names)
                return law
            case Apply(slots=slots, model=model, inputs=inputs):
                return _applied(values[model], slots, inputs)
            case Weigh(values=weighed, model=model, given=given):
                return _applied(values[model], weighed, given)

    def policy(self, draw: Draw, values: Mapping[str, Any]) -> Table:
        """The law that a slot is drawn from.  Shape: (categories of its variable,), with the slots that it reads."""
        variable = variable_of(draw.slot)
        match draw.policy:
            case Uniform():
                return uniform_law(draw.slot, self.size(variable), self.joint.exact)
            case Fixed(value):
                return fixed_law(draw.slot, value, self.labels(variable), self.joint.exact)
            case Shifted(data, by):
                law, labels = values[data].summed([variable]), self.labels(variable)
                known = None if law.known is None else shifted(variable, labels, law.known, by)
                return Table((draw.slot,), shifted(variable, labels, law.values, by), known)
            case ByModel(model, inputs):
                return _applied(values[model], draw.slots, inputs)
            case Column(data):
                column: Table = values[data].summed([variable]).renamed({variable: draw.slot})
                return column

    @property
    def all_labels(self) -> dict[str, tuple[Any, ...]]:
        """The categories of every variable of the joint."""
        return {name: self.labels(name) for name in self.joint.variables}

    def labels(self, variable: str) -> tuple[Any, ...]:
        """The categories of a variable, as the user calls them; codes 0, 1, 2, ... where they have no names."""
        return tuple(self.joint.labels.get(variable, range(self.size(variable))))

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


def _applied(model: _Model, slots: tuple[str, ...], inputs: tuple[str, ...]) -> Table:
    """A model's table with its variables under the names of the slots that it fills and reads."""
    return model.table.renamed(dict(zip((*model.targets, *model.inputs), (*slots, *inputs), strict=True)))


def _reciprocal(table: Table) -> Table:
    """1 / p, and 0 where p is 0: such a row never occurs, so that any weight will do; known where p is."""
    values: Array = table.values
    empty = values == 0
    one: Any = Fraction(1) if values.dtype == object else 1.0
    if not empty.any() and table.known is None:
        return Table(table.axes, as_array(one / values))
    inverse = np.where(empty, one - one, one / np.where(empty, one, values))
    return Table(table.axes, inverse, None if table.known is None else np.where(table.unknown, one - one, inverse))
