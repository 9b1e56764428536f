"""How likely policies make the rows of a data set: what weighs them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from idgen_compiler import ir
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.kinds.spread import Interval
from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.text import print_policy
from idgen_torch.families import ConditionalModel
from idgen_torch.families.returned import log_density
from idgen_torch.nets.heads import at_mass
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.draws import FixedDraws, UniformDraws, moved_rows
from idgen_torch.running.trainer import Trainer
from idgen_torch.running.weights.reweighting import NoOverlap

__all__ = ["Densities", "uniform_log_prob"]


@dataclass(frozen=True, eq=False)
class Densities:
    """The densities of policies over a table; those that have to be learned are trained by `trainer`."""

    schema: Schema
    observed: DataSet
    trainer: Trainer

    def log_prob(
        self, operation: str, variable: str, policy: ir.Policy, data: DataSet, values: Mapping[str, Any]
    ) -> Tensor:
        """Log of the policy's probability or density of each row of `data`.  Shape: (rows,) float64.

        `operation` names what is trained for it. Raises NoOverlap for a fixed number, which has no density.
        """
        kind = self.schema[variable]
        match policy:
            case ir.Uniform():
                vectors = UniformDraws.vector_parts(variable, kind)
                density = self.trainer.density(operation, vectors, self.observed) if vectors else None
                return uniform_log_prob(variable, kind, data.rows, density)
            case ir.Column(source):
                density = self.trainer.density(operation, self.schema.parts(variable), values[source].of((variable,)))
                return log_density(operation, density, data.rows).double().cpu()
            case ir.Shifted(source, by):
                density = self.trainer.density(operation, self.schema.parts(variable), values[source].of((variable,)))
                return self._moved(density, variable, by, data)
            case ir.ByModel(model, _):
                return log_density(model, values[model], data.rows).double().cpu()
            case ir.Fixed(value):
                if not all(part.discrete for part in self.schema.parts(variable)):
                    raise NoOverlap(
                        f"{variable} ~ {print_policy(policy)} weighs no rows: a real number has no second row like it; "
                        "realize the law by regenerate"
                    )
                return FixedDraws.over(variable, self.schema, value).log_prob(data.rows)

    def _moved(self, density: ConditionalModel, variable: str, by: float, data: DataSet) -> Tensor:
        """Log of the density of x - by of each row, for numbers that were moved by `by`.  Shape: (rows,) float64."""
        before, possible = dict(data.rows), torch.ones(data.count, dtype=torch.bool)
        slope = torch.zeros(data.count, dtype=torch.float64)
        for atom in self.schema[variable].atoms(variable):
            moved = moved_rows(atom, data.rows[atom.part.name], -by)
            if atom.part.discrete:
                possible &= (moved >= 0).cpu()
                moved = moved.clamp(min=0)
            else:
                slope += torch.from_numpy(atom.kind.log_slope(moved.cpu().numpy()))
                slope -= torch.from_numpy(atom.kind.log_slope(data.rows[atom.part.name].cpu().numpy()))
            before[atom.part.name] = moved
        return torch.where(possible, density.log_prob(before).double().cpu() + slope, -math.inf)


def uniform_log_prob(name: str, kind: Kind, rows: Values, vectors: ConditionalModel | None) -> Tensor:
    """Log of the uniform policy's probability or density (standardized units) of each row.  Shape: (rows,).

    `vectors` is a density of the vector parts, which that policy resamples.
    """
    atoms = kind.atoms(name)
    level = sum(atom.kind.spread.log_density for atom in atoms if atom.kind.spread is not None)
    first = rows[atoms[0].part.name]
    constant = torch.full_like(first if first.dim() == 1 else first.flatten(1)[:, 0], level, dtype=torch.float64).cpu()
    for atom in atoms:
        if isinstance(atom.kind.spread, Interval) and atom.part.masses:
            # What is spread evenly over an interval never is at a point mass.
            constant[at_mass(atom.part, rows[atom.part.name]).any(1).cpu()] = -math.inf
    return constant if vectors is None else constant + vectors.log_prob(rows).double().cpu()
