"""What was brought, in a saved sampler: named and never kept, so that whoever loads it brings it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.kernels import kernel_keys
from idgen_compiler.ir.analysis import applied_models
from idgen_compiler.ir.operations import Bind, Train
from idgen_compiler.program import Program
from idgen_compiler.warning import warn_data
from idgen_torch.bound import BoundModel
from idgen_torch.bound.binding import bound_model, brought_for
from idgen_torch.entries import checked_keys, entry
from idgen_torch.running.files.models import Record, read_model, write_model

__all__ = ["read_bound", "write_bound"]


def write_bound(folder: Path, name: str, key: str, model: BoundModel) -> Record:
    """Write the model that a kernel falls back on, if any, and return the record that `read_bound` needs.

    key: what `bind=` calls the kernel, for whoever reads the file.
    """
    trained = None if model.fallback is None else write_model(folder, _file(name), model.fallback)
    brought = model.brought
    return {"key": key, "name": brought.name, "digest": brought.digest,
            "fallback": trained}  # fmt: skip


def read_bound(
    path: Path,
    program: Program,
    records: Mapping[str, Any],
    schema: Schema,
    bind: Mapping[str, Any] | None,
    device: torch.device,
) -> dict[str, BoundModel]:
    """Operation -> what samples it, by what is brought again.

    Raises DataError where something is not brought, or is brought for nothing; warns (DataWarning) where it is not what
    the sampler was fitted with.
    """
    read = {
        name: checked_keys(f"the saved kernel {name}", record, {"key", "name", "digest", "fallback"})
        for name, record in records.items()
    }
    keys = kernel_keys(program)
    if read and not bind:
        told = ", ".join(f"{keys[name]!r} was {entry(record, 'name', str)}" for name, record in read.items())
        wanted = ", ".join(f"{keys[name]!r}: ..." for name in read)
        raise DataError(f"{path} has kernels that it does not hold ({told}); load it with bind={{{wanted}}}")
    brought = brought_for(program, bind, read)
    applied = applied_models(program.operations)
    for trained in program.models:  # what a law was made of is done, and may be brought again or not
        if trained.result in brought and trained.result in applied and trained.result not in read:
            raise DataError(
                f"bind names {keys[trained.result]!r}, of which the sampler in {path} has a trained model; leave it "
                "out, or fit anew with bind="
            )
    found = {}
    for op in program.operations:
        if isinstance(op, Bind | Train) and op.result in read:
            record = read[op.result]
            if brought[op.result].digest != record["digest"]:
                warn_data(
                    f"{keys[op.result]!r} is bound to {brought[op.result].name}, and the sampler in {path} was fitted "
                    f"with {record['name']!r:.80} of other code or weights; fit it anew if its models rest on that one"
                )
            learned = record["fallback"]
            if (learned is not None) != bool(isinstance(op, Bind) and op.fallback):
                raise DataError(f"the saved kernel {op.result} has the wrong fallback; save the sampler again")
            fallback = learned and read_model(
                path, _file(op.result), learned, schema.parts(*op.targets), schema.parts(*op.inputs), device
            )
            found[op.result] = bound_model(op, brought, schema, fallback)
    return found


def _file(name: str) -> str:
    return f"{name.removeprefix('%')}.fallback"
