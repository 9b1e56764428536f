"""Which inputs the rows of a model show, on disk: so many of these rows, as a model that draws rows is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.ir.analysis import run_by_samplers
from idgen_compiler.ir.program import Program
from idgen_torch.entries import checked_keys, entry
from idgen_torch.families import Resample
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.running.files.models import Record, read_model, write_model
from idgen_torch.running.learned.stretches import Stretch
from idgen_torch.running.overlap.finding import Lookout
from idgen_torch.running.overlap.support import MOST_RARE, MOST_ROWS, Support, seen_parts
from idgen_torch.running.overlap.thin import of_kept
from idgen_torch.running.overlap.watch import groups_of

__all__ = ["read_lookouts", "write_lookouts"]


def write_lookouts(folder: Path, lookouts: Mapping[str, Lookout]) -> dict[str, Record]:
    """Write the rows of each support, and return the records that `read_lookouts` needs."""
    return {name: _write(folder, name, lookout) for name, lookout in lookouts.items()}


def _write(folder: Path, name: str, lookout: Lookout) -> Record:
    support = lookout.support
    rows = ResampleModel(Resample(), support.parts, support.kept, None)
    stretches = [to_plain(each) for each in lookout.stretches]
    return {"rows": support.rows, "kept": write_model(folder, _file(name), rows), "stretches": stretches}


def read_lookouts(path: Path, records: Any, program: Program, schema: Schema) -> dict[str, Lookout]:
    """What looks at the inputs of each model of the samplers.

    Raises DataError for a record that is of no such model, or whose file is not what was written.
    """
    models = {op.result: op for op in program.models}
    networks = [op.network for op in run_by_samplers(program.operations)]
    found = {}
    known = set(records) & set(models) if isinstance(records, dict) else set()
    for name, record in checked_keys("the list of supports", records, known).items():
        op = models[name]
        parts, groups = seen_parts(schema.parts(*op.inputs)), groups_of(op, schema, networks)
        if groups is None or not parts:
            raise DataError(f"the saved support of {name} is of a model that nobody asks; save the sampler again")
        # Samplers that were saved before stretches were looked at know of none.
        told = isinstance(record, dict) and "stretches" in record
        checked_keys(f"the saved support of {name}", record, {"rows", "kept", *(["stretches"] if told else [])})
        rows = read_model(path, _file(name), record["kept"], parts, (), torch.device("cpu"))
        if not isinstance(rows, ResampleModel):
            raise DataError(f"the saved support of {name} holds no rows; save the sampler again")
        kept = {part.name: torch.from_numpy(rows.values_of(part.name)) for part in parts}
        count = len(kept[parts[0].name])
        if not count <= min(entry(record, "rows", int), MOST_ROWS + MOST_RARE):
            raise DataError(
                f"the saved support of {name} has {count} rows, more than were kept; save the sampler again"
            )
        support = Support(parts, kept, groups, record["rows"])
        found[name] = Lookout(support, _stretches(name, entry(record, "stretches", list)) if told else of_kept(support))
    return found


def _stretches(name: str, records: list[Any]) -> tuple[Stretch, ...]:
    where = f"a stretch in the saved support of {name}"
    return tuple(read_record(Stretch, each, where, DataError) for each in records)


def _file(name: str) -> str:
    return f"{name.removeprefix('%')}.rows"
