"""Dead operations: what no sampler needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import (
    UNIFORM,
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
)
from idgen_compiler.ir.program import Program
from idgen_compiler.passes.base import Pass

__all__ = ["DropDead"]


@dataclass(frozen=True)
class DropDead(Pass):
    """Drop statements that no output needs, columns that no one reads, and values that are never used.

    A conditional sums to one over its target, so that a statement whose slots nobody reads is a factor one.

    Before: %m1 = train %obs : W        After: sample (X) {
            sample (X) {                         Y ~ %m2(X)
              W ~ %m1()                        } -> [Y]
              Y ~ %m2(X)
            } -> [Y]
    """

    def apply(self, program: Program) -> Program:
        """Upwards from the samplers: what is read below stays."""
        reads = _Reads(program.observe.result, {}, set())
        kept: list[Operation] = []
        for op in reversed(program.operations):
            live = _live(op, reads.columns, reads.models)
            if live is None:
                continue
            kept.append(live)
            reads.note(live)
        operations = tuple(reversed(kept))
        return program if operations == program.operations else replace(program, operations=operations)


def _live(op: Operation, needed: dict[str, set[str]], models: set[str]) -> Operation | None:
    """The part of an operation that is needed; None when none is."""
    match op:
        case Sample():
            return replace(op, network=_live_network(op.network, op.network.outputs))
        case Train():
            return op if op.result in models else None
        case Observe():
            columns = needed.get(op.result, set())
            return replace(op, variables=tuple(v for v in op.variables if v in columns))
        case Regenerate():
            columns = needed.get(op.result, set())
            if not columns:
                return None
            outputs = tuple(v for v in op.network.outputs if v in columns)
            network = _live_network(replace(op.network, outputs=outputs), outputs)
            read = {slot for s in network.statements if isinstance(s, Apply) for slot in s.inputs}.union(outputs)
            do = tuple(d for d in op.do if d.slot in read)
            return replace(op, do=do, network=replace(network, inputs=tuple(d.slot for d in do)))
        case Reweight():
            columns = needed.get(op.result, set())
            return replace(op, variables=tuple(v for v in op.variables if v in columns)) if columns else None


def _live_network(network: Network, outputs: Iterable[str]) -> Network:
    wanted, kept = set(outputs), []
    for statement in reversed(network.statements):
        slots = [slot for slot in statement.slots if slot in wanted]
        if not slots:
            continue
        if isinstance(statement, Rows):
            statement = replace(statement, slots=tuple(slots))
        elif isinstance(statement, Apply):
            wanted.update(statement.inputs)
        kept.append(statement)
    return replace(network, statements=tuple(reversed(kept)))


@dataclass(frozen=True)
class _Reads:
    """What the operations below read."""

    observed: str  #: the user's data
    columns: dict[str, set[str]]  #: data set -> its columns that are read
    models: set[str]

    def column(self, data: str, *names: str) -> None:
        # A uniform policy is uniform over what was observed.
        self.columns.setdefault(self.observed if data == UNIFORM else data, set()).update(names)

    def note(self, op: Operation) -> None:
        match op:
            case Train():
                self.column(op.data, *op.targets, *op.inputs)
            case Reweight():
                self.column(op.data, *op.variables, *(d.slot for d in op.do))
                self.models.update(op.by)
                for draw in op.do:
                    self.column(draw.policy, draw.slot)
            case Sample():
                self.column(self.observed, *op.network.inputs)  # the caller's values are checked against the data
                self.statements(op.network.statements)
            case Regenerate():
                self.statements((*op.do, *op.network.statements))

    def statements(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            match statement:
                case Draw():
                    self.column(statement.policy, variable_of(statement.slot))
                case Rows():
                    self.column(statement.data, *map(variable_of, statement.slots))
                case Apply():
                    self.models.add(statement.model)
