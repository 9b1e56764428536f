"""Where values come from without a model: policies of what is free or set, and rows of a data set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

import torch
from torch import Tensor

from idgen_compiler import ir
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.kinds.kind import PartOf
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.spread import Choices, Interval, Points
from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.policies import Value
from idgen_compiler.ir.text import print_policy
from idgen_torch.drawing import integers, uniform
from idgen_torch.families import ConditionalModel, Resample, Run, Task
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.parts import Values
from idgen_torch.tensors import encode_value, held

__all__ = [
    "FixedDraws",
    "Draws",
    "PolicyKey",
    "ShiftedDraws",
    "UniformDraws",
    "applied",
    "moved_rows",
    "policy_of",
    "draws_on",
    "draws_over",
    "resample",
    "resampled_parts",
    "unfolded",
]

PolicyKey = tuple[ir.Policy, tuple[str, ...]]
"""A policy, and the variables that are drawn by it together: several where they are columns of one row."""


def policy_of(statement: ir.Draw | ir.Rows) -> PolicyKey:
    """What a statement without a model draws from."""
    match statement:
        case ir.Draw(slot, policy):
            return policy, (variable_of(slot),)
        case ir.Rows(slots, data):
            return ir.Column(data), tuple(map(variable_of, slots))


def applied(statement: ir.Statement) -> ir.Statement:
    """The statement itself, or for what a model decides the application of that model."""
    if isinstance(statement, ir.Draw) and isinstance(statement.policy, ir.ByModel):
        return ir.Apply(statement.slots, statement.policy.model, statement.policy.inputs)
    return statement


def unfolded(way: ir.Regenerate) -> ir.Network:
    """The network of a regeneration with the draws of do(...) run as its first statements."""
    return ir.Network((), (*map(applied, way.do), *way.network.statements), way.network.outputs)


class Draws(Protocol):
    """A law that depends on nothing; `ResampleModel` is one."""

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """n values, by part; `given` is empty."""
        ...


@dataclass(frozen=True)
class FixedDraws:
    """One value, always."""

    rows: Values  #: one row

    @classmethod
    def over(cls, variable: str, schema: Schema, value: Value) -> FixedDraws:
        """The policy that sets a variable.  Raises DataError for a value that it cannot take."""
        if any(atom.kind.spread is None for atom in schema[variable].atoms(variable)):
            raise DataError(
                f"policy({variable}=...) is {value!r:.80}, but {variable} is of kind {schema[variable].word}, of which "
                "a program can write no value; draw it from a data set"
            )
        encoded = encode_value(Setting("policy", variable, 1), schema[variable], value)
        return cls({part.name: one for part, one in zip(schema.parts(variable), encoded, strict=True)})

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """The value n times."""
        return {name: values.expand(n, *values.shape[1:]).to(generator.device) for name, values in self.rows.items()}

    def log_prob(self, rows: Values) -> Tensor:
        """Zero for rows that have the value and minus infinity for all others.  Shape: (rows,) float64."""
        same = [(rows[name] == values.to(rows[name].device)).flatten(1).all(1) if values.ndim > 1
                else rows[name] == values.to(rows[name].device) for name, values in self.rows.items()]  # fmt: skip
        there = reduce(torch.logical_and, same).cpu()
        return torch.where(there, 0.0, -math.inf).double()


@dataclass(frozen=True)
class ShiftedDraws:
    """Rows of a data set whose numbers are moved by `by` in their own unit."""

    source: ConditionalModel  #: rows, or a law in their place
    atoms: tuple[PartOf, ...]
    by: float

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """n moved values.  Raises DataError for a category that is moved onto none."""
        drawn = self.source.sample({}, n, generator)
        for atom in self.atoms:
            moved = moved_rows(atom, drawn[atom.part.name], self.by)
            if atom.part.discrete and bool((moved < 0).any()):
                lost = atom.kind.describe(int(drawn[atom.part.name][moved < 0][0]))
                raise DataError(f"{atom.part.name} = {lost} moved by {self.by} is no value that the data show")
            drawn[atom.part.name] = moved
        return drawn


def draws_on(policy: Draws, device: torch.device) -> Draws:
    """The same policy with its rows on a device; what is drawn lies where the generator's numbers do."""
    match policy:
        case ConditionalModel():
            return policy.to(device)
        case ShiftedDraws() | UniformDraws() if policy.source is not None:
            return replace(policy, source=policy.source.to(device))
    return policy


def resampled_parts(policy: ir.Policy, variables: tuple[str, ...], schema: Schema) -> tuple[Part, ...]:
    """The parts of variables whose rows a policy draws."""
    match policy:
        case ir.Column() | ir.Shifted():
            return schema.parts(*variables)
        case ir.Uniform():
            return tuple(part for name in variables for part in UniformDraws.vector_parts(name, schema[name]))
    return ()


def resample(parts: tuple[Part, ...], rows: Values, weights: Tensor | None) -> ResampleModel:
    """The rows of a data set, of which parts are drawn together."""
    return Resample().fit(Task(parts, (), rows, weights), Run(device=rows[parts[0].name].device))


def draws_over(policy: ir.Policy, variables: tuple[str, ...], schema: Schema, rows: ConditionalModel | None) -> Draws:
    """How variables are drawn by a policy, which draws from `rows` where it draws from any (see `resampled_parts`).

    Raises DataError for a value that the variable cannot take, and for what a model decides.
    """
    kind = schema[variables[0]]
    match policy:
        case ir.Uniform():
            return UniformDraws.over(variables[0], kind, rows)
        case ir.Fixed(value):
            return FixedDraws.over(variables[0], schema, value)
        case ir.Shifted(_, by) if rows is not None:
            if isinstance(rows, ResampleModel):
                for atom in kind.atoms(variables[0]):
                    atom.kind.warn_moved(atom.part.name, rows.values_of(atom.part.name), by)
            return ShiftedDraws(rows, kind.atoms(variables[0]), by)
        case ir.Column() if rows is not None:
            return rows
    raise DataError(f"{', '.join(variables)} ~ {print_policy(policy)} is drawn from no rows")


def moved_rows(atom: PartOf, values: Tensor, by: float) -> Tensor:
    """The values of a part moved by `by` in its own unit; -1 for a category that is moved onto none."""
    return held(atom.kind.moved(atom.part.name, values.cpu().numpy(), by)).to(values.device)


@dataclass(frozen=True)
class UniformDraws:
    """Every category, or every number of the observed range, evenly; the fields of a composite independently.

    Numbers are drawn evenly on the scale that models see, and of those that only have point masses these.

    A kind without a spread, such as a vector, has its observed rows drawn instead.
    """

    sizes: Mapping[str, int]  #: discrete part -> categories
    ranges: Mapping[str, tuple[float, float]]  #: real part -> ends, as models see them
    points: Mapping[str, tuple[float, ...]]  #: real part that only has point masses -> these
    source: ConditionalModel | None  #: of the parts without a spread, which are drawn jointly

    @classmethod
    def over(cls, name: str, kind: Kind, source: ConditionalModel | None) -> UniformDraws:
        """The uniform policy of one variable; `source` has the rows of its parts without a spread."""
        sizes: dict[str, int] = {}
        ranges: dict[str, tuple[float, float]] = {}
        points: dict[str, tuple[float, ...]] = {}
        for atom in kind.atoms(name):
            match atom.kind.spread:
                case Choices(count):
                    sizes[atom.part.name] = count
                case Interval(low, high):
                    if not math.isfinite(high - low):
                        raise DataError(f"{atom.part.name} has no range of finite numbers in units of its scale")
                    ranges[atom.part.name] = (low, high)
                case Points(places):
                    points[atom.part.name] = places
        return cls(sizes, ranges, points, source)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """n values, by part, on the generator's device."""
        device = generator.device
        drawn: Values = {}
        for name, size in self.sizes.items():
            drawn[name] = torch.randint(size, (n,), generator=generator, device=device)
        for name, (low, high) in self.ranges.items():
            drawn[name] = low + (high - low) * uniform((n, 1), generator, device)
        for name, places in self.points.items():
            known = torch.tensor(places, dtype=torch.float32, device=device)
            drawn[name] = known[integers(len(places), n, generator, device)].unsqueeze(1)
        if self.source is not None:
            drawn.update(self.source.sample({}, n, generator))
        return drawn

    @staticmethod
    def vector_parts(name: str, kind: Kind) -> tuple[Part, ...]:
        """The parts that this policy resamples."""
        return tuple(atom.part for atom in kind.atoms(name) if atom.kind.spread is None)
