"""A law after an intervention as cells, where all that it is made of are tables: summed exactly, no row is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operands import Role, leaves, records
from idgen_compiler.ir.operations import Apply, Draw, Rows, Train
from idgen_compiler.ir.policies import Column, Shifted
from idgen_compiler.ir.program import Program
from idgen_torch.families import Family
from idgen_torch.families.tables.cells import cell_count, codes_of
from idgen_torch.families.tables.factored import FactoredModel
from idgen_torch.families.tables.table import Table, TableModel
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.laws.asked import AskedLaw, summed

__all__ = ["Contracted", "contracted", "read_of"]

MOST_CELLS = 2**20
"""What is read of a law has at most so many cells; of more rows are drawn."""

Names = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Contracted:
    """A law by its margins, each a data set whose rows are cells that weigh as many rows as they stand for."""

    margins: Mapping[frozenset[str], DataSet]

    def of(self, names: Sequence[str]) -> DataSet:
        """The margin of some variables that are read together."""
        return self.margins[frozenset(names)]


def contracted(
    program: Program, data: str, asked: AskedLaw, rows: int, requested: Mapping[str, Family]
) -> Contracted | None:
    """A law as it is read in a program; None where it is no sum of tables, or a sum that costs more than its rows.

    `asked` has the law's network and models; `rows` is how many rows would be drawn. Models that are `requested` of
    another family than tables learn from rows.
    """
    wanted = read_of(program, data, requested)
    if wanted is None:
        return None
    margins = {}
    for names in wanted:
        margin = _margin(replace(asked, outcomes=names), rows)
        if margin is None:
            return None
        margins[frozenset(names)] = margin
    return Contracted(margins)


def read_of(program: Program, data: str, requested: Mapping[str, Family]) -> list[Names] | None:
    """The variables of a data set that operations read together; None where one of them needs rows."""
    found: list[Names] = []
    for op in program.operations:
        uses = sum(used == data for used in leaves(op, Role.DATA))
        own: list[Names] = [(variable_of(draw.slot),) for draw in records(op, Draw) if _source(draw) == data]
        own += [tuple(map(variable_of, each.slots)) for each in records(op, Rows) if each.data == data]
        if isinstance(op, Train) and op.data == data:
            if not isinstance(requested.get(op.result, Table()), Table):
                return None
            own.append((*op.targets, *op.inputs))
        if len(own) != uses:  # as where its rows are weighed
            return None
        found += own
    return list({frozenset(names): names for names in found}.values())


def _source(draw: Draw) -> str | None:
    return draw.policy.data if isinstance(draw.policy, Column | Shifted) else None


def _margin(asked: AskedLaw, rows: int) -> DataSet | None:
    parts = asked.parts(asked.outcomes)
    if not all(part.discrete for part in parts) or cell_count(parts) > MOST_CELLS:
        return None
    for statement in asked.statements:
        model = asked.models.get(statement.model) if isinstance(statement, Apply) else None
        if model is not None and not isinstance(model, TableModel | FactoredModel):
            held = asked.parts((*statement.inputs, *statement.slots))
            if not all(part.discrete for part in held) or cell_count(held) > rows:
                return None
    law = summed(asked)
    if law is None:
        return None
    mass = torch.from_numpy(law[0]).to(asked.device)
    there = (mass > 0).nonzero().flatten()
    codes = codes_of(parts, asked.device)
    cells = {part.name: codes[k, there] for k, part in enumerate(parts)}
    return DataSet(cells, len(there), mass[there] * (rows / float(mass.sum())), exact=True)
