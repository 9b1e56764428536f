"""What can be said about a fit before it starts: its settings, the families asked for, and what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Apply, Draw, Network, Operation, Regenerate, Rows, Train
from idgen_compiler.ir.policies import ByModel
from idgen_compiler.ir.program import Program
from idgen_torch.families import Family, Tuning
from idgen_torch.families.request import Addressed, requested
from idgen_torch.parts import of_form
from idgen_torch.running.draws import PolicyKey, applied, policy_of

__all__ = [
    "FitSettings",
    "Asked",
    "asked_for",
    "check_families",
    "default_rows_factor",
    "draws_of",
    "label_of",
    "requested_families",
    "unfolded",
]


@dataclass(frozen=True)
class FitSettings:
    """How to fit.

    `tuning` holds the recipes to choose from; `families` may name one for a model by its operation ("%m3"), its targets
    ("Y", "Y1, Y2") or its label ("Y | X"), or for all ("*").
    `rows_factor` is the number of regenerated rows for each observed one.
    """

    seed: int
    rows_factor: float
    device: torch.device
    tuning: Tuning
    families: Mapping[str, Family]


def default_rows_factor(program: Program, schema: Schema) -> float:
    """Rows to regenerate for each observed one: ten did clearly better than one, but pictures take long to draw."""
    ways = [op.regenerate for op in program.laws if op.regenerate]
    drawn = {variable_of(slot) for way in ways for s in records(way, Apply) for slot in s.slots}
    return 1.0 if of_form(schema.parts(*sorted(drawn)), Form.PICTURES) else 10.0


@dataclass(frozen=True)
class Asked:
    """Inputs that a regeneration hands a model: some drawn from policies, others out of rows, apart from these."""

    drawn: tuple[Draw, ...]
    variables: tuple[str, ...]  #: what each of `drawn` is to the model
    kept: tuple[str, ...]


def asked_for(program: Program, op: Train) -> Asked | None:
    """What the one regeneration that uses a model draws for it; None where there is no such one, or nothing to part."""
    ways = [law.regenerate for law in program.laws if law.regenerate]
    uses_it = [(way, s) for way in ways for s in records(way, Apply) if s.model == op.result]
    if len(uses_it) != 1:
        return None
    ((way, use),) = uses_it
    draws = {draw.slot: draw for draw in records(way, Draw)}
    rows = {slot for s in records(way, Rows) for slot in s.slots}
    inputs = list(zip(op.inputs, use.inputs, strict=True))
    drawn = [(draws[slot], name) for name, slot in inputs if slot in draws]
    kept = tuple(name for name, slot in inputs if slot in rows)
    return Asked(tuple(d for d, _ in drawn), tuple(n for _, n in drawn), kept) if drawn and kept else None


def label_of(op: Train) -> str:
    """What a model models, as `Y | X, W`."""
    return ", ".join(op.targets) + (f" | {', '.join(op.inputs)}" if op.inputs else "")


def draws_of(op: Operation) -> tuple[PolicyKey, ...]:
    """Everything that an operation draws without a model, in order."""
    draws = (d for d in records(op, Draw) if not isinstance(d.policy, ByModel))
    return (*map(policy_of, draws), *map(policy_of, records(op, Rows)))


def check_families(program: Program, families: Mapping[str, Family]) -> None:
    """Raise DataError for a request that means no model of the program."""
    known = {name for op in program.models for name in (", ".join(op.targets), label_of(op), op.result)}
    for key, recipe in families.items():
        if not isinstance(key, str):
            raise DataError(f"family names {key!r:.80}; name a model by its targets or its operation, as a text")
        if not requested_families(program, {key: recipe}):
            raise DataError(f"family names {key!r}, which is no model of the program{near_misses(key, known)}")


def requested_families(program: Program, families: Mapping[str, Family]) -> dict[str, Family]:
    """Operation -> the recipe that is asked for, by the operation, its targets or its label, or for all models."""
    found = {op.result: requested(Addressed(op.result, op.targets, op.inputs), families) for op in program.models}
    return {name: recipe for name, recipe in found.items() if recipe is not None}


def unfolded(way: Regenerate) -> Network:
    """The network of a regeneration with the draws of do(...) run as its first statements."""
    return Network((), (*map(applied, way.do), *way.network.statements), way.network.outputs)
