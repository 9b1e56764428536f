"""What training a model or drawing rows takes, before it is done: memory, cores and GPUs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.execute import Needs
from idgen_compiler.ir.operations import Realize, Regenerate, Train
from idgen_torch.families import Family
from idgen_torch.observed import Observed
from idgen_torch.parts import of_form
from idgen_torch.recurring import Recurring, held_bytes
from idgen_torch.running.ancestral import parts_drawn, pieces_of
from idgen_torch.running.draws import unfolded
from idgen_torch.running.plan import FitSettings, label_of, rows_label

__all__ = ["needs_of", "needs_of_shares", "shares_of"]

LEAST = 512 * 2**20
"""Bytes of a process with torch and a small model."""

COPIES = 4
"""A training holds its rows so many times over, batches and gradients among them."""

SHARES = 64
"""So many pieces of work at most the rows of one law are."""

_WIDTH = {"int64": 8, "float32": 4, "uint8": 1}


def needs_of(
    op: Train | Realize,
    schema: Schema,
    observed: Observed,
    settings: FitSettings,
    table: str,
    requested: Mapping[str, Family],
) -> Needs:
    """What an operation takes; `table` is the data set that was observed, `requested` are recipes by operation."""
    shared = False
    if isinstance(op, Train):
        parts = schema.parts(*op.targets, *op.inputs)
        rows = observed.count * (1.0 if op.data == table else settings.rows_factor)
        title, asked = label_of(op), requested.get(op.result)
        shared = bool(of_form(schema.parts(*op.targets), Form.PICTURES)) and (asked is None or asked.shared)
    else:
        parts, rows, title = schema.parts(*op.variables), observed.count * settings.rows_factor, rows_label(op)
    took = int(rows) * _row_bytes(parts)
    if all(isinstance(values, Recurring) for values in observed.rows.values()):
        took = held_bytes(observed.rows.values())  # counts are made of the few different rows, and laws of counts
    gpus = 1.0 if settings.device.type == "cuda" else 0.0
    return Needs(f"{op.result} : {title}", LEAST + COPIES * took, gpus=gpus, shared=shared)


def shares_of(op: Train | Realize, schema: Schema, observed: Observed, settings: FitSettings) -> list[tuple[int, int]]:
    """The pieces of the rows of a law, from one up to another, that each of several workers draws; empty for none.

    A law of categories may be summed, which takes no rows, and one of a single piece is drawn by one worker.
    """
    if not isinstance(op, Realize) or not isinstance(op.ways[0], Regenerate):
        return []
    network = unfolded(op.ways[0])
    if settings.contracts and all(part.discrete for part in parts_drawn(schema, network)):
        return []
    pieces = pieces_of(schema, network, settings.regenerated(observed.count))
    if pieces < 2:
        return []
    each = math.ceil(pieces / SHARES)
    return [(first, min(first + each, pieces)) for first in range(0, pieces, each)]


def needs_of_shares(whole: Needs, shares: Sequence[tuple[int, int]]) -> list[Needs]:
    """What each share of the rows of a law takes."""
    last = max((end for _, end in shares), default=0)
    return [
        replace(
            whole,
            title=f"{whole.title}, pieces {first + 1} to {end} of {last}",
            memory=LEAST + (whole.memory - LEAST) * (end - first) // last,
        )
        for first, end in shares
    ]


def _row_bytes(parts: Sequence[Part]) -> int:
    return sum(max(1, part.dim) * _WIDTH[part.dtype] for part in parts)
