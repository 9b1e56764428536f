"""The counts that say where answers rest, on disk: each margin as the cells that have rows, weighed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Table
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.probability import labels_of
from idgen_compiler.ir.program import Program
from idgen_torch.entries import checked_keys, entry
from idgen_torch.families import Resample
from idgen_torch.families.tables.cells import cell_of, codes_of, sizes_of
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.running.files.models import read_model, write_model
from idgen_torch.running.overlap.cells.margins import MOST_CELLS, Margins
from idgen_torch.running.overlap.cells.needed import Cells

__all__ = ["read_cells", "write_cells"]

_CPU = torch.device("cpu")


def write_cells(folder: Path, cells: Cells | None, schema: Schema) -> dict[str, Any] | None:
    """Write the margins, and return the record that `read_cells` needs; None where there are none."""
    if cells is None or not isinstance(cells.source, Margins):
        return None
    tables = [(names, table) for names, table in cells.source.tables.items() if names]
    if any(table.values.size > MOST_CELLS for _, table in tables):
        return None
    margins = [
        {"of": list(names), "model": _write(folder, k, schema, names, table)} for k, (names, table) in enumerate(tables)
    ]
    return {"rows": cells.source.rows, "margins": margins}


def _write(folder: Path, k: int, schema: Schema, names: tuple[str, ...], table: Table) -> dict[str, Any]:
    parts = schema.parts(*names)
    shares = torch.from_numpy(np.ascontiguousarray(table.values)).reshape(-1)
    there = shares.nonzero()[:, 0]
    codes = codes_of(parts, _CPU)[:, there]
    rows = {part.name: codes[j].to(getattr(torch, part.dtype)) for j, part in enumerate(parts)}
    return write_model(folder, _file(k), ResampleModel(Resample(), parts, rows, shares[there].cumsum(0)))


def read_cells(
    path: Path, record: Any, program: Program, schema: Schema, policies: Mapping[str, Policy]
) -> Cells | None:
    """What says where answers rest.

    Raises DataError for a record that fits no such program, or whose files are not what was written.
    """
    if record is None:
        return None
    checked_keys("the record of the counts", record, {"rows", "margins"})
    observed = set(program.observe.variables)
    tables: dict[tuple[str, ...], Table] = {(): Table((), np.ones(()))}
    for k, margin in enumerate(entry(record, "margins", list)):
        checked_keys("a saved margin", margin, {"of", "model"})
        names = tuple(entry(margin, "of", list))
        if not all(isinstance(name, str) for name in names) or not set(names) <= observed or names in tables:
            raise DataError(f"a saved margin is of {names!r:.60}; save the sampler again")
        tables[names] = _read(path, k, margin["model"], schema, names)
    if not 0 < entry(record, "rows", float) < float("inf"):
        raise DataError("the saved counts are of no rows; save the sampler again")
    names_of = {name: labels_of(schema, (name,))[0] for name in observed}
    try:
        return Cells(program, Margins(tables, names_of, entry(record, "rows", float)), policies)
    except DataError as error:
        raise DataError(f"the saved counts do not fit the program ({error}); save the sampler again") from error


def _read(path: Path, k: int, record: Any, schema: Schema, names: tuple[str, ...]) -> Table:
    parts = schema.parts(*names)
    model = read_model(path, _file(k), record, parts, (), _CPU)
    if not isinstance(model, ResampleModel):
        raise DataError(f"the saved margin of {', '.join(names)} holds no cells; save the sampler again")
    return _table(schema, names, parts, model)


def _table(schema: Schema, names: tuple[str, ...], parts: tuple[Part, ...], model: ResampleModel) -> Table:
    rows = {part.name: torch.from_numpy(model.values_of(part.name)) for part in parts}
    shape = tuple(int(np.prod(sizes_of(schema.parts(name)))) for name in names)
    if int(np.prod(shape)) > MOST_CELLS:
        raise DataError(f"the saved margin of {', '.join(names)} has too many cells; save the sampler again")
    shares = np.zeros(int(np.prod(shape)))
    shares[cell_of(parts, rows, _CPU).numpy()] = model.shares()
    return Table(names, shares.reshape(shape) / shares.sum())


def _file(k: int) -> str:
    return f"cells{k}"
