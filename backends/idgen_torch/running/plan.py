"""What can be said about a fit before it starts: families asked for, what is drawn, and when data can be dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import (
    UNIFORM,
    Apply,
    Draw,
    Network,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Train,
)
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.schedule import uses
from idgen_torch.families import Family
from idgen_torch.families.request import Addressed, requested
from idgen_torch.running.policies import PolicyKey, policy_of
from idgen_torch.variables import Schema

__all__ = [
    "Asked",
    "asked_for",
    "check_families",
    "default_rows_factor",
    "draws_of",
    "families_by_targets",
    "label_of",
    "last_uses",
    "needed_by",
    "requested_families",
]


def default_rows_factor(program: Program, schema: Schema) -> float:
    """Rows to regenerate for each observed one: ten did clearly better than one, but pictures take long to draw."""
    drawn = {
        variable_of(slot)
        for op in program.regenerations
        for s in op.network.statements
        if isinstance(s, Apply)
        for slot in s.slots
    }
    return 1.0 if any(part.image for part in schema.parts(*sorted(drawn))) else 10.0


@dataclass(frozen=True)
class Asked:
    """Inputs that a regeneration hands a model: some drawn from policies, others out of rows, apart from these."""

    drawn: tuple[Draw, ...]
    variables: tuple[str, ...]  #: what each of `drawn` is to the model
    kept: tuple[str, ...]


def asked_for(program: Program, op: Train) -> Asked | None:
    """What the one regeneration that uses a model draws for it; None where there is no such one, or nothing to part."""
    uses_it = [
        (user, s)
        for user in program.regenerations
        for s in user.network.statements
        if isinstance(s, Apply) and s.model == op.result
    ]
    if len(uses_it) != 1:
        return None
    ((user, applied),) = uses_it
    draws = {d.slot: d for d in (*user.do, *(s for s in user.network.statements if isinstance(s, Draw)))}
    rows = {slot for s in user.network.statements if isinstance(s, Rows) for slot in s.slots}
    inputs = list(zip(op.inputs, applied.inputs, strict=True))
    drawn = [(draws[slot], name) for name, slot in inputs if slot in draws]
    kept = tuple(name for name, slot in inputs if slot in rows)
    return Asked(tuple(d for d, _ in drawn), tuple(n for _, n in drawn), kept) if drawn and kept else None


def label_of(op: Train) -> str:
    """What a model models, as `Y | X, W`."""
    return ", ".join(op.targets) + (f" | {', '.join(op.inputs)}" if op.inputs else "")


def draws_of(op: Operation) -> tuple[PolicyKey, ...]:
    """Everything that an operation draws without a model, in order."""
    match op:
        case Regenerate(do=do, network=network):
            return (*map(policy_of, do), *_draws(network))
        case Reweight(do=do):
            return tuple(map(policy_of, do))
        case Sample(network=network):
            return _draws(network)
        case _:
            return ()


def _draws(network: Network) -> tuple[PolicyKey, ...]:
    return tuple(policy_of(s) for s in network.statements if not isinstance(s, Apply))


def check_families(program: Program, families: Mapping[str, Family]) -> None:
    """Raise DataError for a request that means no model of the program or its alternative."""
    both = [program] if program.alternative is None else [program, program.alternative]
    known = {name for one in both for op in one.models for name in (", ".join(op.targets), label_of(op))}
    known |= {op.result for op in program.models}
    for key, recipe in families.items():
        if not isinstance(key, str):
            raise DataError(f"family names {key!r:.80}; name a model by its targets or its operation, as a text")
        by_targets = families_by_targets(program, {key: recipe})
        if not requested_families(program, {key: recipe}) and not any(
            requested_families(one, by_targets) for one in both
        ):
            raise DataError(f"family names {key!r}, which is no model of the program{near_misses(key, known)}")


def requested_families(program: Program, families: Mapping[str, Family]) -> dict[str, Family]:
    """Operation -> the recipe that is asked for, by the operation, its targets or its label, or for all models."""
    found = {op.result: requested(Addressed(op.result, op.targets, op.inputs), families) for op in program.models}
    return {name: recipe for name, recipe in found.items() if recipe is not None}


def families_by_targets(program: Program, families: Mapping[str, Family]) -> dict[str, Family]:
    """The requests that name targets; those that name the program's operations mean nothing in another program."""
    results = {name for op in program.models for name in (op.result, op.result.removeprefix("%"))}
    return {key: name for key, name in families.items() if key not in results}


def needed_by(program: Program, results: Iterable[str]) -> frozenset[str]:
    """These values and all that they need, directly or not."""
    needed = set(results)
    for op in reversed(program.operations):
        if not isinstance(op, Sample) and op.result in needed:
            needed |= uses(op)
    return frozenset(needed)


def last_uses(program: Program) -> dict[str, int]:
    """Data set -> number of the last operation that uses it; the observed one is kept throughout."""
    last: dict[str, int] = {}
    for number, op in enumerate(program.operations):
        if isinstance(op, Regenerate | Reweight):
            last[op.result] = number
        if isinstance(op, Train | Reweight):
            last[op.data] = number
        last.update({policy: number for policy, _ in draws_of(op)})
    return {name: number for name, number in last.items() if name not in (UNIFORM, program.observe.result)}
