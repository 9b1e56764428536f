"""What training a model or drawing rows takes, before it is done: memory, cores and GPUs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.execute import Needs
from idgen_compiler.ir.operations import Realize, Train
from idgen_torch.families import Family
from idgen_torch.observed import Observed
from idgen_torch.parts import of_form
from idgen_torch.running.plan import FitSettings, label_of, rows_label

__all__ = ["needs_of"]

LEAST = 512 * 2**20
"""Bytes of a process with torch and a small model."""

COPIES = 4
"""A training holds its rows so many times over, batches and gradients among them."""

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
    gpus = 1.0 if settings.device.type == "cuda" else 0.0
    return Needs(f"{op.result} : {title}", LEAST + COPIES * int(rows) * _row_bytes(parts), gpus=gpus, shared=shared)


def _row_bytes(parts: Sequence[Part]) -> int:
    return sum(max(1, part.dim) * _WIDTH[part.dtype] for part in parts)
