"""What training a model or drawing rows takes, before it is done: memory, cores and GPUs."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.execute import Needs
from idgen_compiler.ir.operations import Realize, Train
from idgen_torch.observed import Observed
from idgen_torch.running.plan import FitSettings, label_of, rows_label

__all__ = ["needs_of"]

LEAST = 512 * 2**20
"""Bytes of a process with torch and a small model."""

COPIES = 4
"""A training holds its rows so many times over, batches and gradients among them."""

_WIDTH = {"int64": 8, "float32": 4, "uint8": 1}


def needs_of(op: Train | Realize, schema: Schema, observed: Observed, settings: FitSettings, table: str) -> Needs:
    """What an operation takes; `table` is the data set that was observed."""
    if isinstance(op, Train):
        parts = schema.parts(*op.targets, *op.inputs)
        rows = observed.count * (1.0 if op.data == table else settings.rows_factor)
        title = label_of(op)
    else:
        parts, rows, title = schema.parts(*op.variables), observed.count * settings.rows_factor, rows_label(op)
    gpus = 1.0 if settings.device.type == "cuda" else 0.0
    return Needs(f"{op.result} : {title}", LEAST + COPIES * int(rows) * _row_bytes(parts), gpus=gpus)


def _row_bytes(parts: Sequence[Part]) -> int:
    return sum(max(1, part.dim) * _WIDTH[part.dtype] for part in parts)
