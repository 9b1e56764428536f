"""The ratios of an adjoint in exact laws: densities of networks and data sets, and chances as they are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from idgen_compiler.adjoint.chances import Chance, Ratio
from idgen_compiler.adjoint.terms import Region, Term
from idgen_compiler.estimand.tables import Joint, Table, contract, normalize
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.operations import Sample
from idgen_compiler.program import Program
from idgen_exact.laws import ExactRealizer

__all__ = ["Laws"]

Cell = Mapping[str, int]
"""Slot -> code."""


class _Kept(ExactRealizer):
    """The exact backend, its values kept."""

    def __init__(self, joint: Joint, program: Program, policies: Mapping[str, Policy]) -> None:
        super().__init__(joint, program, policies)
        self.values: dict[str, Any] = {}
        for op in program.operations:
            if not isinstance(op, Sample):
                self.values[op.result] = self.realize(op, self.values)


@dataclass(frozen=True, eq=False)
class Laws:
    """What the exact backend makes of a program on a joint, at values of the sampler's inputs."""

    program: Program
    joint: Joint
    at: Cell
    policies: Mapping[str, Policy] = field(default_factory=dict)

    @cached_property
    def exact(self) -> _Kept:
        """The value of each operation."""
        return _Kept(self.joint, self.program, self.policies)

    def wrong(self, region: Region, term: Term) -> Iterator[tuple[Cell, Fraction, Fraction]]:
        """Cells of a model's inputs at which a ratio is not that of the two densities: with what it is, and should be.

        Left out are values that the data set never has.
        """
        if term.ratio is None:
            return
        asked = self.network(region, term.inputs)
        held = self.data(term.data, term.inputs)
        for codes in np.ndindex(asked.values.shape):
            cell = dict(zip(term.inputs, codes, strict=True))
            if held.values[codes] == 0:
                continue
            meant: Any = asked.values[codes] / held.values[codes]
            found = self.ratio(term.ratio, region, cell)
            if found != meant:
                yield cell, found, meant

    def ratio(self, ratio: Ratio, region: Region, cell: Cell) -> Fraction:
        """1[fixed] numerator / denominator, at values of a model's inputs."""
        if any(cell[slot] != self.at[slot] for slot in ratio.fixed):
            return Fraction(0)
        whole = {**self.at, **cell}
        above, below = (
            prod((self.chance(each, region, whole) for each in side), start=Fraction(1))
            for side in (ratio.numerator, ratio.denominator)
        )
        return above / below

    def chance(self, chance: Chance, region: Region, cell: Cell) -> Fraction:
        """P(targets | given) at a cell."""
        slots = (*chance.targets, *chance.given)
        found = self.table(chance, region).aligned(slots)
        return Fraction(found[tuple(cell[slot] for slot in slots)])

    def table(self, chance: Chance, region: Region) -> Table:
        """P(targets | given)."""
        slots = (*chance.targets, *chance.given)
        if chance.policy:
            return self.exact.factor(self.statement(region, chance.targets[0]), self.exact.values)
        if hasattr(self.exact.values.get(chance.region), "targets"):  # a kernel that is brought, or a part of a model
            model, statement = self.exact.values[chance.region], self.statement(region, chance.targets[0])
            names = dict(zip((*model.targets, *model.inputs), (*statement.slots, *statement.inputs), strict=True))
            part: Table = model.table.renamed(names).summed(slots)
            return part
        law = self.network(region, slots) if chance.region else self.data(chance.data, slots)
        return normalize(law, chance.targets)

    def network(self, region: Region, slots: Sequence[str]) -> Table:
        """The law of some slots in a region, its inputs set."""
        assert region.network is not None
        ones = [self._set(slot) for slot in region.network.inputs]
        factors = self.exact.factors(region.network.statements, slots, self.exact.values)
        sizes = {slot: self.joint.sizes[variable_of(slot)] for slot in slots}
        return contract([*ones, *factors], slots, sizes, exact=True)

    def data(self, name: str, slots: Sequence[str]) -> Table:
        """The law of some slots' variables in a data set, one variable each."""
        names = {variable_of(slot): slot for slot in slots}
        assert len(names) == len(slots), f"{slots} of {name}"
        law = self.exact.values[name].summed(names).renamed(names)
        return Table(tuple(slots), law.aligned(slots), law.known)

    def statement(self, region: Region, slot: str) -> Any:
        """What fills a slot."""
        assert region.network is not None
        return next(each for each in region.network.statements if slot in each.slots)

    def _set(self, slot: str) -> Table:
        values = np.array([Fraction(code == self.at[slot]) for code in range(self.joint.sizes[variable_of(slot)])])
        return Table((slot,), values)
