"""The cells that a program needs at the values that are asked, and what of the answer rests on those without rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.adjoint.backward import Forward
from idgen_compiler.adjoint.rules.draw import assigned_factor
from idgen_compiler.adjoint.rules.network import Factor
from idgen_compiler.adjoint.support import Support, supports
from idgen_compiler.data.schema import Schema
from idgen_compiler.discrete.sources import CountedRows, Source
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Table
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Apply, Assign, Sample
from idgen_compiler.ir.program import Program
from idgen_torch.families.tables.cells import cell_of
from idgen_torch.observed import Observed
from idgen_torch.running.ancestral import Slots
from idgen_torch.running.overlap.cells.margins import MOST_CELLS, Margins, counted_rows
from idgen_torch.running.overlap.cells.naming import Rest

__all__ = ["Cells", "codes_of_inputs", "to_tell"]

Codes = NDArray[np.int64]


class Cells:
    """A program of categories on counts of its rows.

    Source: the mass of the asked law beside that of the rows is the ratio w of the adjoint (van der Vaart 1998); where
    the second is zero and the first is not, positivity fails.
    """

    def __init__(self, program: Program, source: Source, policies: Mapping[str, Policy]) -> None:
        """Raises DataError where a law has no table, as a policy that is a function, or no row."""
        self.program, self.source = program.trained(), source
        self.forward = Forward(self.program, source, policies)

    @classmethod
    def of(
        cls,
        program: Program,
        schema: Schema,
        observed: Observed,
        policies: Mapping[str, Policy],
        brought: Iterable[str],
    ) -> Cells | None:
        """The cells of a fit; None where a variable is no category or of too many, or something is brought."""
        weights = None if observed.weights is None else observed.weights.cpu().numpy()
        rows = None if tuple(brought) else counted_rows(program, schema, observed.rows, weights)
        if rows is None or any(
            prod(len(rows.labels(n)) for n in op.network.inputs) > MOST_CELLS for op in program.samplers
        ):
            return None
        try:
            return cls(program, rows, policies)
        except DataError:
            return None

    def kept(self) -> Cells:
        """The same with the margins alone that were needed, without the rows."""
        if isinstance(self.source, CountedRows):
            return Cells(self.program, Margins.of(self.source), self.forward.policies)
        return self

    def rests(
        self, sampler: Sample, inputs: Mapping[str, Codes], assigned: Sequence[Assigned] = (), seen: Sequence[str] = ()
    ) -> list[Rest]:
        """How an answer rests on the cells of each model, the largest share without rows first (see `to_tell`).

        inputs: (n,) or (1,) codes of each input of the sampler that is set; n askings count alike.  assigned: the
        policies that fill the other inputs and what the program leaves to policies.  seen: inputs that are conditions.

        Raises DataError for a policy that has no table.
        """
        source = self.source
        filled = [_asked(inputs, {name: len(source.labels(name)) for name in inputs})] if inputs else []
        for each in assigned:
            names = {variable_of(slot) for slot in (each.slot, *each.read.values())}
            filled.append(assigned_factor(each, {name: tuple(source.labels(name)) for name in names}, False))
        outcomes = tuple(sorted(sampler.network.outputs))
        shape = tuple(len(source.labels(name)) for name in outcomes)
        self.forward.mass(self.forward.wiring(sampler, filled), Table(outcomes, np.ones(shape)))
        found = [self._rest(support, sampler, seen) for support in supports(self.forward.values)]
        return sorted(found, key=lambda rest: (not rest.lacking, -rest.share))

    def _rest(self, support: Support, sampler: Sample, seen: Sequence[str]) -> Rest:
        labels = {name: self.source.labels(name) for name in support.inputs}
        if not support.targets:
            return Rest(support, labels, support.inputs[:1])
        observed, network = self.program.observe.result, sampler.network
        chosen = {*network.inputs, *(each.slot for each in records(network, Assign))} - set(seen)
        first = {
            name
            for op in self.program.models
            for statement in network.statements
            if isinstance(statement, Apply) and statement.model == op.result == support.model
            for name, slot in zip(op.inputs, statement.inputs, strict=True)
            if slot in chosen
        }
        data = next(op.data for op in self.program.models if op.result == support.model)
        return Rest(support, labels, tuple(name for name in support.inputs if name in first), data != observed)


def to_tell(rests: Sequence[Rest]) -> list[Rest]:
    """Of what is there to be told, each lack once."""
    telling = [rest for rest in rests if rest.telling]
    return [rest for rest in telling if not any(_said(rest, other) for other in telling)]


def _said(rest: Rest, other: Rest) -> bool:
    """Whether what lacks rows for a model has none for another one of fewer inputs already, which is told instead."""
    own, read = rest.support, other.support.inputs
    if not (rest.lacking and other.lacking and set(read) < set(own.inputs)):
        return False
    away = tuple(k for k, name in enumerate(own.inputs) if name not in read)
    cells = (own.bare & (own.asked > 0)).any(axis=away)
    order = [read.index(name) for name in own.inputs if name in read]
    return not bool((cells & ~other.support.bare.transpose(order)).any())


def _asked(inputs: Mapping[str, Codes], sizes: Mapping[str, int]) -> Factor:
    """The law of what is set over all that is asked."""
    names = tuple(inputs)
    count = max(len(codes) for codes in inputs.values())
    shape = tuple(sizes[name] for name in names)
    flat = np.ravel_multi_index([np.broadcast_to(inputs[name], count) for name in names], shape)
    law = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape) / count
    return Factor(names, (), Table(names, law), None)


def codes_of_inputs(schema: Schema, slots: Slots) -> dict[str, Codes]:
    """What is set, as cells of each variable.  Shape: (n,) or (1,) each."""
    found: dict[str, Any] = {}
    for name, values in slots.items():
        parts = schema.parts(name)
        rows = {part.name: value.cpu() for part, value in zip(parts, values, strict=True)}
        found[name] = cell_of(parts, rows, values[0].cpu().device).numpy()
    return found
