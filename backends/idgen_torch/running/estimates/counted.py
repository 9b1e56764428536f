"""Numbers in closed form: where all is categories, the program is run on the table's own frequencies, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import prod

import numpy as np

from idgen_compiler.adjoint.adjoint import filled
from idgen_compiler.adjoint.backward import Derivative, Forward
from idgen_compiler.adjoint.rules.network import Wiring
from idgen_compiler.adjoint.support import kish
from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.discrete.sources import CountedRows, Frequencies
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import ROUNDING, Table
from idgen_compiler.estimates.measures import Functional, over_labels
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import Question
from idgen_compiler.ir.program import Program
from idgen_torch.parts import Values
from idgen_torch.running.estimates.found import Found
from idgen_torch.running.overlap.cells.asked import codes_of_question, told
from idgen_torch.running.overlap.cells.margins import MOST_CELLS, counted_rows
from idgen_torch.running.overlap.cells.needed import Cells

__all__ = ["CountedProgram"]

TRACE = 1e-6
"""A repeat of a bootstrap counts each row of the data this often besides."""


class CountedProgram:
    """A program on a table of categories: means of functions of its outcomes, and their influence functions."""

    def __init__(self, program: Program, rows: CountedRows, policies: Mapping[str, Policy]) -> None:
        self._program, self._rows, self._policies = program, rows, policies
        self._cells = Cells(program, rows, policies)
        self._forward = self._cells.forward

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
        counted = counted_rows(program, schema, rows, weights, frequency)
        try:
            return None if counted is None else cls(program, counted, policies)
        except DataError:  # a policy that is a function has no table
            return None

    @property
    def rows(self) -> CountedRows:
        """The rows that are counted."""
        return self._rows

    def found(self, question: Question, functionals: Sequence[Functional], few: bool = False) -> Found:
        """The means of some functionals at one place; where `few`, influence is that of the rows that are counted.

        Raises DataError for values that the data never show.
        """
        forward, outcomes = self._forward, question.sampler.network.outputs
        wiring = forward.wiring(question.sampler, filled(question, self._rows))
        values, influence, freedom, unsure = [], [], [], []
        for functional in functionals:
            f = self._f(question, functional)
            found = forward.derivative(wiring, f)
            values.append(float(found.value))
            influence.append(self._on_rows(found.terms, few))
            freedom.append(found.freedom)
            unsure.append(_unsure(wiring, f, found))
        names = tuple(sorted(outcomes))
        masses = forward.mass(wiring, Table(names, np.ones(tuple(len(self._rows.labels(name)) for name in names))))
        spread = self._spread([self._table(each, names) for each in functionals])
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
            tuple(self._told(question)),
            ("the interval holds whatever may be where there are no rows",) if np.any(unsure) else (),
            residual=None if spread is None else spread[0],
            riesz=None if spread is None else spread[1],
        )

    def _told(self, question: Question) -> list[str]:
        """What rests on cells without rows, and on few rows."""
        return told(self._cells, question, codes_of_question(self._cells, question))

    def variances(self, question: Question, functionals: Sequence[Functional]) -> Array | None:
        """The asymptotic variances of some means over the number of rows; None where the rows do not determine one.

        What programs are compared by: of two that always give the same number they are the same, which those of
        `found`, larger where a model has few rows in a cell, are not.  Shape: (m,).

        Raises DataError for values that the data never show.
        """
        forward, found = self._at_frequencies, []
        wiring = forward.wiring(question.sampler, filled(question, self._rows))
        for functional in functionals:
            one = forward.derivative(wiring, self._f(question, functional))
            if 1.0 - float(one.known) > ROUNDING:
                return None
            found.append(self._variance(one.terms))
        return np.array(found)

    @cached_property
    def _at_frequencies(self) -> Forward:
        return Forward(self._program, Frequencies(self._rows), self._policies)

    @cached_property
    def _on_cells(self) -> tuple[CountedRows, Array]:
        """The rows as the cells that they show, which weigh as much, and the sum of the squares of each one's weights.

        Ten million rows are a few cells; numbers that are the same for all rows of one are worked out once.
        """
        rows, weights = self._rows, self._rows.weights
        cells, cell = rows.cells(rows.codes)
        codes = {name: cells[:, k] for k, name in enumerate(rows.codes)}
        counts = np.bincount(cell, weights, len(cells)).astype(np.float64)
        squares: Array = counts
        if weights is not None and not rows.frequency:
            squares = np.bincount(cell, np.square(weights), len(cells))
        return CountedRows(codes, rows.names, counts, rows.frequency), squares

    def _variance(self, terms: Sequence[Table]) -> float:
        """Of a mean, from the terms of its influence function."""
        cells, squares = self._on_cells
        influence, mass = _at(terms, cells), float(squares.sum() if cells.weights is None else cells.weights.sum())
        return float((squares * np.square(influence)).sum()) / mass**2

    def repeated(self, asked: Sequence[tuple[Question, Sequence[Functional]]], weights: Iterable[Array]) -> list[Array]:
        """The means of functionals at some places by other weights of the rows: forward alone, on cells and not rows.

        A cell that a repeat loses keeps a trace of its rows, so that its conditional stays that of the data.
        Shape: weights (rows,) for each repeat -> (repeats, functionals) for each place
        """
        cells, cell = self._rows.cells(self._rows.codes)
        codes = {name: cells[:, k] for k, name in enumerate(self._rows.codes)}
        trace = TRACE * np.bincount(cell, self._rows.weights, len(cells))
        if self._rows.place is not None:
            cell = cell.astype(np.int32)[self._rows.place]
        tables = [[self._f(question, each) for each in functionals] for question, functionals in asked]
        found: list[list[Array]] = [[] for _ in asked]
        for own in weights:
            counts = np.bincount(cell, own, len(cells)) + trace
            rows = CountedRows(codes, self._rows.names, counts, True)
            forward = Forward(self._program, rows, self._policies)
            for (question, _), fs, numbers in zip(asked, tables, found, strict=True):
                wiring = forward.wiring(question.sampler, filled(question, rows))
                laws = [np.asarray(wiring.law(f.axes).aligned(f.axes)) for f in fs]
                numbers.append(np.array([float((law * f.values).sum()) for law, f in zip(laws, fs, strict=True)]))
        return [np.stack(numbers) for numbers in found]

    def _f(self, question: Question, functional: Functional) -> Table:
        """A functional over the cells of those outcomes of a question that it reads."""
        outcomes = question.sampler.network.outputs
        read = tuple(sorted(n for n in outcomes if not functional.columns or n in functional.columns))
        return self._table(functional, read)

    def _table(self, functional: Functional, names: tuple[str, ...]) -> Table:
        """A functional over the cells of the outcomes that it reads."""
        labels = {name: self._rows.labels(name) for name in names}
        shape = tuple(map(len, labels.values()))
        if prod(shape) > MOST_CELLS:
            raise DataError(
                f"{functional.name} is of {prod(shape):,} cells of {', '.join(names)}; ask for fewer outcomes"
            )
        return Table(names, functional.of(over_labels(labels)).reshape(shape))

    def _spread(self, functions: Sequence[Table]) -> tuple[Array, Array] | None:
        """The roots of E[(f - E[f | i])^2] and E[w^2] of one outcome regression, (m,) each; None for other programs.

        Source: Chernozhukov et al. (2022), section 2.
        """
        models = [model for model in self._forward.conditionals.values() if model.mass is not None]
        if len(models) != 1 or models[0].law is not self._forward.observed:
            return None
        (model,) = models
        if any(set(f.axes) - {*model.targets} for f in functions):
            return None
        joint = model.law.marginal((*model.targets, *model.inputs)).aligned((*model.targets, *model.inputs))
        law, over = model.table.aligned((*model.targets, *model.inputs)), tuple(range(len(model.targets)))
        left = []
        for f in functions:
            h = f.aligned([name for name in model.targets if name in f.axes])
            at = tuple(slice(None) if name in f.axes else np.newaxis for name in model.targets)
            values = h[at].reshape(*h[at].shape, *(1 for _ in model.inputs))
            left.append(float((joint * (values - (law * values).sum(axis=over)) ** 2).sum()))
        mass = model.mass or model.frequencies
        asked, p = mass.aligned(model.inputs), model.frequencies.aligned(model.inputs)
        w = np.where(p > 0, asked / np.where(p > 0, p, 1), 0)
        return np.sqrt(left), np.full(len(functions), float(np.sqrt((p * w**2).sum())))

    def _on_rows(self, terms: Sequence[Table], few: bool) -> Array:
        """The influence function at each row of the table, or of those that are counted.  Shape: (rows,)."""
        found, place = _at(terms, self._rows), self._rows.place
        return found if few or place is None else np.asarray(found[place])


def _at(terms: Sequence[Table], rows: CountedRows) -> Array:
    """An influence function at each of some rows, less its mean.  Shape: (rows,)."""
    total = np.zeros(len(next(iter(rows.codes.values()))))
    for term in terms:
        total += term.values[tuple(rows.codes[name] for name in term.axes)]
    return np.asarray(total - np.average(total, weights=rows.weights))


def _unsure(wiring: Wiring, f: Table, found: Derivative) -> tuple[float, float]:
    """How far below and above the value the mean may lie, where a part of the law is not determined (Manski 1990).

    Along axes whose own law is determined the mass that is lost lies where it was lost: what is not known of one group
    of units does not move the mean of another.
    """
    if 1.0 - float(found.known) <= ROUNDING:
        return 0.0, 0.0
    law = wiring.law(f.axes)
    sure = law.values if law.known is None else law.known
    lost = law.aligned(f.axes) - Table(law.axes, sure).aligned(f.axes)
    settled: tuple[str, ...] = ()
    for axis in f.axes:
        if (more := wiring.law((*settled, axis)).known) is None or 1.0 - float(more.sum()) <= ROUNDING:
            settled = (*settled, axis)
    over = tuple(place for place, axis in enumerate(f.axes) if axis not in settled)
    there = lost.sum(axis=over)
    apart = float((lost * f.values).sum())
    lowest, highest = (float((there * end(f.values, axis=over)).sum()) for end in (np.min, np.max))
    return apart - lowest, highest - apart
