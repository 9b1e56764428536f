"""What can be said of a program's operations without running them: uses, columns read, order, last uses, ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operands import Role, leaves, records
from idgen_compiler.ir.operations import (
    Assign,
    Bind,
    Condition,
    Draw,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
    Way,
    Weigh,
)
from idgen_compiler.ir.policies import Column, Fixed, Policy, Shifted, Uniform

__all__ = [
    "applied_models",
    "behind_weights",
    "columns_read",
    "densities_asked",
    "last_uses",
    "needed_by",
    "networks_of",
    "run_by_samplers",
    "specialized",
    "schedule",
    "uses",
    "with_networks",
]

H = TypeVar("H", bound=Operation | Way)

_USES = (Role.DATA, Role.MODEL)


def uses(op: Operation | Way | Policy) -> frozenset[str]:
    """The values that an operation, one way of it, or a policy needs."""
    return frozenset(leaves(op, *_USES))


def run_by_samplers(operations: Sequence[Operation]) -> tuple[Sample | Condition, ...]:
    """The operations whose networks run when something is sampled: samplers, and conditions that these apply."""
    found: list[Sample | Condition] = []
    applied: set[str] = set()
    for op in reversed(operations):
        if isinstance(op, Sample) or (isinstance(op, Condition) and op.result in applied):
            found.append(op)
            applied.update(leaves(op, Role.MODEL))
    return tuple(reversed(found))


def behind_weights(network: Network) -> tuple[Statement, ...]:
    """The statements of a condition's network that weights rest on, and the weights, in order."""
    wanted: set[str] = set()
    kept: list[Statement] = []
    for statement in reversed(network.statements):
        if isinstance(statement, Weigh) or wanted.intersection(statement.slots):
            wanted.update(statement.inputs)
            kept.append(statement)
    return tuple(reversed(kept))


def applied_models(operations: Sequence[Operation]) -> frozenset[str]:
    """The models that samplers need: those that they and their conditions apply, or weigh by."""
    running = run_by_samplers(operations)
    return frozenset(leaf for op in running for leaf in leaves(op, Role.MODEL)).difference(op.result for op in running)


def networks_of(op: Operation | Way) -> Iterator[Network]:
    """Every region of an operation."""
    return records(op, Network)


def with_networks(op: H, change: Callable[[Network], Network]) -> H:
    """The operation with each of its regions changed; the same object where nothing changes."""
    if isinstance(op, Sample | Regenerate | Condition):
        new = change(op.network)
        return op if new is op.network else replace(op, network=new)
    if isinstance(op, Realize):
        ways = tuple(with_networks(way, change) for way in op.ways)
        return op if all(a is b for a, b in zip(ways, op.ways, strict=True)) else replace(op, ways=ways)
    if isinstance(op, Train) and op.condition:
        condition = tuple(map(change, op.condition))
        return op if condition == op.condition else replace(op, condition=condition)
    return op


def columns_read(op: Operation, observed: str, models: Mapping[str, Train]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns that an operation reads: (data set, variables); `observed` is the user's data."""
    if isinstance(op, Sample):
        yield observed, op.network.inputs  # the caller's values are checked against the data
    elif isinstance(op, Bind):
        yield observed, (*op.targets, *op.inputs)  # and so is what a kernel is given and returns
    elif isinstance(op, Train):
        yield op.data, (*op.targets, *op.inputs)
    elif not isinstance(op, Realize | Regenerate | Reweight | Condition):  # ways name the data that they read below
        yield from ((data, tuple(leaves(op, Role.VARIABLE))) for data in leaves(op, Role.DATA))
    for way in records(op, Reweight):
        kept = op.variables if isinstance(op, Realize) else ()
        yield way.data, (*kept, *(d.slot for d in way.do), *(s for d in way.do for s in d.inputs))
        for name in way.by:
            yield way.data, models[name].inputs  # whatever the model was trained on, it is asked about these rows
    for draw in records(op, Draw):
        match draw.policy:
            case Column(data) | Shifted(data, _):
                yield data, (variable_of(draw.slot),)
            case Uniform() | Fixed():
                yield observed, (variable_of(draw.slot),)  # one of the values that were observed, or all
    for assign in records(op, Assign):
        yield observed, (variable_of(assign.slot),)  # which values there are is known from the data
    for rows in records(op, Rows):
        yield rows.data, tuple(map(variable_of, rows.slots))


def needed_by(operations: Sequence[Operation], results: Iterable[str]) -> frozenset[str]:
    """These values and all that they need, directly or not, by any way."""
    needed = set(results)
    for op in reversed(operations):
        if op.result in needed:
            needed |= uses(op)
    return frozenset(needed)


def schedule(operations: Sequence[Operation]) -> tuple[tuple[str, ...], ...]:
    """The values by stage: those of one stage need only earlier stages, so that its models can train at once."""
    stage: dict[str, int] = {}
    found: list[list[str]] = []
    for op in operations:
        if isinstance(op, Sample):
            continue
        k = 1 + max((stage[value] for value in uses(op)), default=-1)
        stage[op.result] = k
        if k == len(found):
            found.append([])
        found[k].append(op.result)
    return tuple(map(tuple, found))


def last_uses(operations: Sequence[Operation]) -> dict[str, int]:
    """Value -> number of the last operation that uses it; its own where none does."""
    last: dict[str, int] = {}
    for number, op in enumerate(operations):
        last.update(dict.fromkeys((*uses(op), *(() if isinstance(op, Sample) else (op.result,))), number))
    return last


def specialized(operations: Sequence[Operation], ways: Mapping[str, str] | str = "") -> tuple[Operation, ...]:
    """The operations that the samplers need when each law, and each conditional of one, is had in one way.

    `ways` says by its word which way ("regenerate", "reweight"; "weigh" for a conditional that is to be a condition of
    its law's network), for all or by value; where nothing is said, or there is no such way, it is the first. A model
    whose density something asks for is trained. What only another way needs is left out, and so are the columns of the
    user's data that only it reads.
    """
    kept: list[Operation] = []
    needed: set[str] = set()
    densities: set[str] = set()
    laws = {op.result: op.law for op in operations if isinstance(op, Realize)}
    for op in reversed(operations):
        if not isinstance(op, Sample | Observe) and op.result not in needed:
            continue
        word = ways if isinstance(ways, str) else ways.get(getattr(op, "result", ""), "")
        if isinstance(op, Realize) and len(op.ways) > 1:
            op = replace(op, ways=(next((way for way in op.ways if way.word == word), op.ways[0]),))
        elif isinstance(op, Train) and op.condition:
            if word == Weigh.word and op.result not in densities:
                op = Condition(op.result, laws[op.data], op.condition[0])
            else:
                op = replace(op, condition=())
        needed |= uses(op)
        densities.update(densities_asked(op))
        if isinstance(op, Bind):  # what stands in for a kernel is trained
            densities.update(op.fallback)
        kept.append(op)
    return _narrowed(tuple(reversed(kept)), operations)


def densities_asked(op: Operation | Way) -> Iterator[str]:
    """The models whose probabilities an operation needs, by any way."""
    yield from (weigh.model for weigh in records(op, Weigh))
    for way in records(op, Reweight):  # a policy that is a model's answer weighs, too
        yield from leaves(way, Role.MODEL)


def _narrowed(kept: tuple[Operation, ...], before: Sequence[Operation]) -> tuple[Operation, ...]:
    if len(kept) == len(before):
        return kept
    observed = next(op.result for op in kept if isinstance(op, Observe))
    models = {op.result: op for op in kept if isinstance(op, Train)}
    read: dict[str, set[str]] = {}
    for op in kept:
        for data, names in columns_read(op, observed, models):
            read.setdefault(data, set()).update(names)
    return tuple(
        replace(op, variables=tuple(v for v in op.variables if v in read.get(op.result, ())))
        if isinstance(op, Observe)
        else op
        for op in kept
    )
