"""Dead operations: what no sampler needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from idgen_compiler.ir.analysis import columns_read, uses
from idgen_compiler.ir.operations import (
    Condition,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Rows,
    Sample,
    Statement,
    Train,
    Way,
    Weigh,
)
from idgen_compiler.passes.base import P, Pass

__all__ = ["DropDead"]


@dataclass(frozen=True)
class DropDead(Pass):
    """Drop statements that no output needs, columns that no one reads, and values that are never used.

    A conditional sums to one over its target, so that a statement whose slots nobody reads is a factor one. What a
    condition weighs is a factor that cancels where nothing that it depends on, directly or not, bears on the outputs.

    Before: %m1 = train %obs : W        After: sample (X) {
            sample (X) {                         Y ~ %m2(X)
              W ~ %m1()                        } -> [Y]
              Y ~ %m2(X)
            } -> [Y]
    """

    word: ClassVar[str] = "dead"

    def apply(self, program: P) -> P:
        """Upwards from the samplers: what is read below stays."""
        observed, trained = program.observe.result, {op.result: op for op in program.models}
        columns: dict[str, set[str]] = {}  # data set -> its columns that are read below
        used: set[str] = set()
        kept: list[Operation] = []
        for op in reversed(program.operations):
            live = _live(op, columns.get(op.result, set()), op.result in used)
            if live is None:
                continue
            kept.append(live)
            used |= uses(live)
            for data, names in columns_read(live, observed, trained):
                columns.setdefault(data, set()).update(names)
        operations = tuple(reversed(kept))
        return program if operations == program.operations else replace(program, operations=operations)


def _live(op: Operation, columns: set[str], is_used: bool) -> Operation | None:
    """The part of an operation that is needed; None when none is."""
    match op:
        case Sample():
            return replace(op, network=_live_network(op.network, op.network.outputs))
        case Observe():
            return replace(op, variables=tuple(v for v in op.variables if v in columns))
        case Realize():
            if not columns:
                return None
            variables = tuple(v for v in op.variables if v in columns)
            return replace(op, variables=variables, ways=tuple(_live_way(way, variables) for way in op.ways))
        case Condition() if is_used:
            return replace(op, network=_live_weighed(op.network))
        case Train(condition=(network,)) if is_used:
            return replace(op, condition=(_live_weighed(network),))
    return op if is_used else None


def _live_way(way: Way, variables: tuple[str, ...]) -> Way:
    if not isinstance(way, Regenerate):
        return way
    network = _live_network(way.network, variables)
    read = {slot for s in network.statements for slot in s.inputs}.union(variables)
    read |= {slot for d in way.do for slot in d.inputs}
    do = tuple(d for d in way.do if d.slot in read)
    return Regenerate(do, Network(tuple(d.slot for d in do), network.statements, variables))


def _live_network(network: Network, outputs: tuple[str, ...]) -> Network:
    return Network(network.inputs, tuple(_needed(network.statements, outputs)), outputs)


def _live_weighed(network: Network) -> Network:
    """The network of a condition without weights that are the same for every run that the outputs could come from."""
    given = set(network.inputs)
    live = _needed(network.statements, network.outputs)
    own = [{slot for slot in (*s.slots, *s.inputs) if slot not in given} for s in live]
    connected = set(network.outputs)
    grown = True
    while grown:
        joined = [slots for slots in own if slots & connected and not slots <= connected]
        grown = bool(joined)
        connected = connected.union(*joined)
    kept = [s for s, slots in zip(live, own, strict=True) if slots & connected]
    return network if len(kept) == len(network.statements) else replace(network, statements=tuple(kept))


def _needed(statements: Sequence[Statement], outputs: Iterable[str]) -> list[Statement]:
    """The statements that outputs or weights need, each row with the slots alone that are."""
    wanted, kept = set(outputs), list[Statement]()
    for statement in reversed(statements):
        slots = tuple(slot for slot in statement.slots if slot in wanted)
        if slots or isinstance(statement, Weigh):
            wanted.update(statement.inputs)
            kept.append(replace(statement, slots=slots) if isinstance(statement, Rows) else statement)
    return kept[::-1]
