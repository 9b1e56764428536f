"""A sampler on disk: a folder with a JSON header and one safetensors file for each model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from idgen_compiler import ir
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.hinge.diagnostics import Diagnostics
from idgen_compiler.hinge.kernels import kernel_keys, unobserved_used
from idgen_compiler.hinge.saved import HEADER, read_header, saving, write_header
from idgen_compiler.hinge.saved_policies import KEY, header_of, of_header
from idgen_compiler.ir.analysis import applied_models, run_by_samplers
from idgen_compiler.ir.text import print_policy
from idgen_compiler.program import Program
from idgen_torch.entries import checked_keys
from idgen_torch.families import ConditionalModel
from idgen_torch.observed import Origin
from idgen_torch.running.draws import Draws, PolicyKey, draws_over, resampled_parts
from idgen_torch.running.files.bound import read_bound, write_bound
from idgen_torch.running.files.cells import read_cells, write_cells
from idgen_torch.running.files.models import Record, read_model, write_model
from idgen_torch.running.files.rowless import source_of
from idgen_torch.running.files.supports import read_lookouts, write_lookouts
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.kept import Kept
from idgen_torch.running.plan import draws_of
from idgen_torch.running.record import FitRecord

__all__ = ["read_fitted", "write_fitted"]

_KEYS = {
    "format",
    "backend",
    "program",
    "schema",
    "models",
    "policies",
    "supports",
    "fit",
    "bound",
    "observed",
    "cells",
    "diagnostics",
}


def write_fitted(fitted: FittedProgram, path: Path) -> None:
    """Write a new folder, whole or not at all; a saved sampler that is there is replaced in one step.

    Raises DataError when anything else is there, or it cannot be written.
    """
    keys = kernel_keys(fitted.program)
    with saving(path) as folder:
        write_header(
            folder,
            "torch",
            fitted.program,
            schema=fitted.schema.to_json(),
            models={name: write_model(folder, name.removeprefix("%"), m) for name, m in fitted.models.items()},
            policies={_policy_name(*key): _write_policy(folder, key, p) for key, p in fitted.policies.items()},
            supports=write_lookouts(folder, fitted.lookouts),
            fit=fitted.record.to_json(),
            bound={name: write_bound(folder, name, keys[name], model) for name, model in fitted.bound.items()},
            observed=to_plain(fitted.origin),
            cells=write_cells(folder, fitted.cells, fitted.schema),
            diagnostics=to_plain(fitted.kept.found),
            **header_of(fitted.named),
        )


def read_fitted(path: Path, device: torch.device, bind: Mapping[str, Any] | None = None) -> FittedProgram:
    """Read what `write_fitted` wrote, with what is brought again for its bound kernels.

    Raises DataError for a folder that is truncated or was tampered with, and for a kernel that is not brought.
    """
    found = {"bound": {}, "observed": None, "cells": None, "diagnostics": None, **read_header(path)}
    saved = {KEY: found.pop(KEY)} if KEY in found else {}
    header = checked_keys(f"{path / HEADER}", found, _KEYS)
    if header["backend"] != "torch":
        raise DataError(f"{path} was written by the backend {header['backend']!r}; read it with idgen.load")
    try:
        program = Program.parse(header["program"])
    except IdgenError as error:
        raise DataError(f"the program saved in {path} does not verify ({error}); save the sampler again") from error
    schema = Schema.from_json(header["schema"])
    _check_variables(program, schema)
    applied = set(applied_models(program.operations))
    drawn = {key for op in run_by_samplers(program.operations) for key in draws_of(op)}
    brought = checked_keys("the list of bound kernels", header["bound"], _bound(program, header["bound"], applied))
    records = checked_keys("the list of models", header["models"], applied - brought.keys())
    policies = checked_keys("the list of policies", header["policies"], {_policy_name(*key) for key in drawn})
    named = of_header(saved, program)
    return FittedProgram(
        program,
        schema,
        _read_models(path, program, schema, records, device),
        {key: _read_policy(path, key, schema, policies[_policy_name(*key)], device) for key in sorted(drawn, key=str)},
        FitRecord.from_json(header["fit"]),
        read_lookouts(path, header["supports"], program, schema),
        read_bound(path, program, brought, schema, bind, device),
        named,
        cells=read_cells(path, header["cells"], program, schema, named),
        saved_origin=_origin(header["observed"], program, schema),
        kept=Kept(found=None if header["diagnostics"] is None else Diagnostics.from_json(header["diagnostics"])),
    )


def _origin(saved: Any, program: Program, schema: Schema) -> Origin | None:
    """Where the rows came from; None of a sampler that was saved before this was known."""
    if saved is None:
        return None
    found = read_record(Origin, saved, "what is saved of the table", DataError)
    found.kinds(schema, program.observe.variables)
    return found


def _bound(program: Program, records: Any, applied: set[str]) -> set[str]:
    """The operations for which something was brought: every `bind`, and what else the file names of its models."""
    named = set(records) if isinstance(records, dict) else set()
    return {op.result for op in program.bindings if op.result in applied} | (
        named & applied & kernel_keys(program).keys()
    )


def _check_variables(program: Program, schema: Schema) -> None:
    held = {*program.observe.variables, *unobserved_used(program)}
    if held != set(schema.types):
        wrong = sorted(held ^ set(schema.types))
        raise DataError(f"the saved schema does not fit the program in {', '.join(wrong)}; save the sampler again")


def _read_models(
    path: Path, program: Program, schema: Schema, records: Mapping[str, Any], device: torch.device
) -> dict[str, ConditionalModel]:
    return {
        op.result: read_model(
            path,
            op.result.removeprefix("%"),
            records[op.result],
            schema.parts(*op.targets),
            schema.parts(*op.inputs),
            device,
        )
        for op in program.models
        if op.result in records
    }


def _policy_name(policy: ir.Policy, variables: tuple[str, ...]) -> str:
    """`obs.X+Y` for draws of X and Y from %obs; no value is called with a dot, so that no model has this name."""
    return f"{print_policy(policy).removeprefix('%').replace(' ', '')}.{'+'.join(variables)}"


def _write_policy(folder: Path, key: PolicyKey, policy: Draws) -> Record | None:
    """The record of the rows that a policy draws, or of the law in their place; None where it draws none."""
    source = source_of(policy)
    return None if source is None else write_model(folder, _policy_name(*key), source)


def _read_policy(path: Path, key: PolicyKey, schema: Schema, record: Any, device: torch.device) -> Draws:
    policy, variables = key
    parts = resampled_parts(policy, variables, schema)
    rows = None
    if parts:
        rows = read_model(path, _policy_name(*key), record, parts, (), device)
    elif record is not None:
        raise DataError(
            f"the saved policy {_policy_name(*key)} holds rows that it does not use; save the sampler again"
        )
    return draws_over(policy, variables, schema, rows)
