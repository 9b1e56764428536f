"""Numbers in closed form: where all is categories, the program is run on the table's own frequencies, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import torch

from idgen_compiler.adjoint.adjoint import filled
from idgen_compiler.adjoint.backward import Derivative, Forward
from idgen_compiler.adjoint.support import FEW, Support, kish, supports
from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.discrete.sources import CountedRows, Frequencies
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import ROUNDING, Table
from idgen_compiler.estimates.measures import Functional
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.probability import labels_of
from idgen_compiler.hinge.question import Question
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.program import Program
from idgen_torch.families.tables.cells import cell_of
from idgen_torch.parts import Values
from idgen_torch.running.estimates.found import Found

__all__ = ["CountedProgram"]

MOST_CELLS = 2**20
"""A conditional has at most so many cells where a number is had in closed form."""

TELLING = 0.01
"""A share of the answer above this that rests on no rows is told of, and one on few rows above `TELLING_THIN`."""

TELLING_THIN = 0.1


class CountedProgram:
    """A program on a table of categories: means of functions of its outcomes, and their influence functions."""

    def __init__(self, program: Program, rows: CountedRows, policies: Mapping[str, Policy]) -> None:
        self._program, self._rows, self._policies = program, rows, policies
        self._forward = Forward(program, rows, policies)

    @classmethod
    def of(
        cls,
        program: Program,
        schema: Schema,
        rows: Values,
        weights: Array | None,
        frequency: bool,
        policies: Mapping[str, Policy],
    ) -> CountedProgram | None:
        """The program on some rows; None where something is no category, is brought, or would take too many cells."""
        names = program.observe.variables
        if program.bindings or not all(part.discrete for name in names for part in schema.parts(name)):
            return None
        sizes = {name: prod(part.size or 1 for part in schema.parts(name)) for name in names}
        wide = [(*op.targets, *op.inputs) for op in program.models]
        if any(prod(sizes[name] for name in columns) > MOST_CELLS for columns in wide):
            return None
        labels = {name: labels_of(schema, (name,))[0] for name in names}
        cpu = torch.device("cpu")
        codes = {name: cell_of(schema.parts(name), rows, cpu).numpy() for name in names}
        try:
            return cls(program, CountedRows(codes, labels, weights, frequency), policies)
        except DataError:  # a policy that is a function has no table
            return None

    @property
    def rows(self) -> CountedRows:
        """The rows that are counted."""
        return self._rows

    def found(self, question: Question, functionals: Sequence[Functional]) -> Found:
        """The means of some functionals at one place.  Raises DataError for values that the data never show."""
        forward, outcomes = self._forward, question.sampler.network.outputs
        wiring = forward.wiring(question.sampler, filled(question, self._rows))
        values, influence, freedom, unsure = [], [], [], []
        for functional in functionals:
            names = tuple(sorted(n for n in outcomes if not functional.columns or n in functional.columns))
            f = self._table(functional, names)
            found = forward.derivative(wiring, f)
            values.append(float(found.value))
            influence.append(self._on_rows(found.terms))
            freedom.append(found.freedom)
            unsure.append(_unsure(f, found))
        names = tuple(sorted(outcomes))
        masses = forward.mass(wiring, Table(names, np.ones(tuple(len(self._rows.labels(name)) for name in names))))
        weighed = [kish(mass, forward.observed) for mass in masses if mass.axes]
        count = len(values)
        return Found(
            np.array(values),
            np.stack(influence, 1),
            "closed form",
            min((rows for rows, _ in weighed), default=self._rows.rows),
            max((share for _, share in weighed), default=1 / self._rows.rows),
            np.zeros(count),
            np.zeros((count, count)),
            min(freedom),
            np.array(unsure),
            tuple(self._told(list(supports(forward.conditionals)))),
        )

    def variances(self, question: Question, functionals: Sequence[Functional]) -> Array | None:
        """The asymptotic variances of some means over the number of rows; None where the rows do not determine one.

        What programs are compared by: of two that always give the same number they are the same, which those of
        `found`, larger where a model has few rows in a cell, are not.  Shape: (m,).

        Raises DataError for values that the data never show.
        """
        forward, outcomes, found = self._at_frequencies, question.sampler.network.outputs, []
        wiring = forward.wiring(question.sampler, filled(question, self._rows))
        for functional in functionals:
            names = tuple(sorted(n for n in outcomes if not functional.columns or n in functional.columns))
            one = forward.derivative(wiring, self._table(functional, names))
            if 1.0 - float(one.known) > ROUNDING:
                return None
            found.append(self._variance(self._on_rows(one.terms)))
        return np.array(found)

    @cached_property
    def _at_frequencies(self) -> Forward:
        return Forward(self._program, Frequencies(self._rows), self._policies)

    def _variance(self, influence: Array) -> float:
        """Of a mean, from the influence function at each row."""
        if self._rows.weights is None:
            return float(np.square(influence).sum()) / len(influence) ** 2
        return float(np.square(self._rows.weights * influence).sum()) / float(self._rows.weights.sum()) ** 2

    def _table(self, functional: Functional, names: tuple[str, ...]) -> Table:
        """A functional over the cells of the outcomes that it reads."""
        labels = [self._rows.labels(name) for name in names]
        shape = tuple(map(len, labels))
        if prod(shape) > MOST_CELLS:
            raise DataError(
                f"{functional.name} is of {prod(shape):,} cells of {', '.join(names)}; ask for fewer outcomes"
            )
        places = np.indices(shape).reshape(len(shape), -1)
        columns = {name: _as_array(own)[codes] for name, own, codes in zip(names, labels, places, strict=True)}
        return Table(names, functional.of(Samples(columns)).reshape(shape))

    def _on_rows(self, terms: Sequence[Table]) -> Array:
        """The influence function at each row.  Shape: (rows,)."""
        rows = self._rows
        total = np.zeros(len(next(iter(rows.codes.values()))))
        for term in terms:
            total += term.values[tuple(rows.codes[name] for name in term.axes)]
        return np.asarray(total - np.average(total, weights=rows.weights))

    def _told(self, rests: Sequence[Support]) -> list[str]:
        """What rests on cells without rows, and on few rows."""
        found = []
        for each in rests:
            labels = {name: list(self._rows.labels(name)) for name in each.inputs}
            where = "" if each.rows is not None else " of the regenerated law"
            if each.empty > TELLING:
                found.append(
                    f"{each.empty:.0%} of the answer rests on {each.name}{where} at {each.cells(labels)}, which no row "
                    "shows: nothing in the data says what happens there, and the interval holds whatever may; ask "
                    "for a policy that stays where there are rows, such as do(X ~ pi(X | Z))"
                )
            elif each.thin > TELLING_THIN:
                found.append(
                    f"{each.thin:.0%} of the answer rests on {each.name} at values such as "
                    f"{each.cells(labels, thin=True)}, of which there are fewer than {FEW} rows; the interval is rough"
                )
        return found


def _unsure(f: Table, found: Derivative) -> tuple[float, float]:
    """How far below and above the value the mean may lie, where a part of the law is not determined (Manski 1990)."""
    lost = max(1.0 - float(found.known), 0.0)
    if lost <= ROUNDING:
        return 0.0, 0.0
    low, high = float(f.values.min()), float(f.values.max())
    apart = float(found.value) - float(found.sure)
    return apart - lost * low, lost * high - apart


def _as_array(labels: Sequence[Any]) -> Array:
    alike = len({type(label) for label in labels}) == 1 and not isinstance(labels[0], tuple)
    if alike:
        return np.asarray(labels)
    out = np.empty(len(labels), dtype=object)
    out[:] = labels
    return out
