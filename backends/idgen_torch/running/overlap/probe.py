"""What a sampler will ask its models, found out when it is fitted: its treatments' values, crossed with the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Assign, Network, Sample, Statement
from idgen_compiler.ir.program import Program
from idgen_torch.bound import BoundModel
from idgen_torch.parts import of_form
from idgen_torch.running.ancestral import DataSet, Slots
from idgen_torch.seeds import stream_for

__all__ = ["PROBED", "PROBED_BY_RUNS", "asking", "crossed", "probed"]

PROBED, PROBED_BY_RUNS = 4000, 500
"""So many rows are drawn to find out, and where each takes many runs."""


def probed(
    op: Sample,
    program: Program,
    schema: Schema,
    watched: Collection[str],
    values: Mapping[str, Any],
    known: Collection[Assign],
) -> Network | None:
    """The part of a sampler's network that is run to find out; None where nobody knows what will be set, or none is.

    values: operation -> what was realized.  known: what is drawn by policies whose laws are there.
    """
    if not set(op.network.inputs) <= set(program.observe.variables):
        return None
    slow = {name for name, value in values.items() if isinstance(value, BoundModel) and value.brought.batch}
    told = tuple(s for s in op.network.statements if not isinstance(s, Assign) or s in known)
    network = asking(replace(op.network, statements=told), schema, watched, slow)
    return network if network.statements else None


def asking(network: Network, schema: Schema, watched: Collection[str], slow: Collection[str] = ()) -> Network:
    """The part of a network that decides what the `watched` models are asked: a last statement has no outputs.

    What rests on pictures or texts, or on one of the `slow` models, is left out, since it takes long to draw.
    """
    read = {slot for statement in network.statements for slot in statement.inputs}
    drawn = set(network.inputs)
    kept: list[Statement] = []
    for statement in network.statements:
        slots = (*statement.slots, *statement.inputs) if isinstance(statement, Apply) else statement.slots
        if of_form((part for slot in slots for part in schema.parts(variable_of(slot))), Form.PICTURES, Form.TEXTS):
            continue
        if isinstance(statement, Apply) and statement.model in slow:
            continue
        if drawn.issuperset(statement.inputs):
            kept.append(statement)
            drawn.update(statement.slots if read.intersection(statement.slots) else ())
    return Network(network.inputs, _behind(kept, watched), ())


def _behind(statements: Sequence[Statement], watched: Collection[str]) -> tuple[Statement, ...]:
    """The statements that apply one of these models, and what they are given."""
    wanted: set[str] = set()
    kept: list[Statement] = []
    for statement in reversed(statements):
        if wanted.intersection(statement.slots) or (isinstance(statement, Apply) and statement.model in watched):
            kept.append(statement)
            wanted.update(statement.inputs)
    return tuple(reversed(kept))


def crossed(inputs: tuple[str, ...], conditions: tuple[str, ...], schema: Schema, data: DataSet, seed: int) -> Slots:
    """Values to set: every category evenly and numbers as they occur; conditions as they stand together in other rows.

    Shape: one tensor for each part of each input, with PROBED rows, or one of a picture or a text, which nobody reads.
    """
    together = data.some(PROBED, stream_for(seed, "probe", "conditions"))
    found: Slots = {}
    for name in inputs:
        if name in conditions:
            found[name] = tuple(_values(data.rows[part.name], together, part) for part in schema.parts(name))
            continue
        own = data.some(PROBED, stream_for(seed, "probe", name))
        even = torch.randint(data.count, (PROBED,), generator=stream_for(seed, "probe", name))
        found[name] = tuple(_values(data.rows[part.name], own, part, even) for part in schema.parts(name))
    return found


def _values(values: Tensor, index: Tensor, part: Part, even: Tensor | None = None) -> Tensor:
    """Some rows of a part; of categories, by `even` numbers, each that occurs as often."""
    if part.form in (Form.PICTURES, Form.TEXTS):
        return values[:1]
    if part.discrete and even is not None:
        there = values.unique()
        return there[(even % len(there)).to(there.device)]
    return values[index.to(values.device)]
