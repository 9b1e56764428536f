"""The sampler of a fitted program: what a user holds in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import torch

from idgen_compiler.compile import equal_programs
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.hinge.charts.looking import Looking
from idgen_compiler.hinge.probability import Probabilities, asked_outcomes, labels_of, rows_asked
from idgen_compiler.hinge.question import Question, check_stated
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.hinge.saved import folder_of
from idgen_compiler.hinge.source import data_of
from idgen_compiler.ir.alternatives import Alternatives
from idgen_compiler.ir.operations import Sample
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_compiler.warning import warn_overlap
from idgen_torch.arithmetic import device_named, one_thread, our_arithmetic
from idgen_torch.observed import Observed, read_again
from idgen_torch.parts import are_small
from idgen_torch.running.ancestral import Slots, WiredNetwork
from idgen_torch.running.assigning import assigning, handed_on, set_value, with_drawn
from idgen_torch.running.conditions.evidence import few_rows
from idgen_torch.running.diagnosing.diagnosing import Diagnosing
from idgen_torch.running.estimates.answered import Answered
from idgen_torch.running.estimates.reference import reference_error
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.files.holdings import Holdings, held_by
from idgen_torch.running.files.rowless import without_rows
from idgen_torch.running.files.samplers import write_fitted
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.laws import AskedLaw, law_of
from idgen_torch.running.overlap.cells.asked import told
from idgen_torch.running.overlap.cells.needed import codes_of_inputs
from idgen_torch.running.overlap.watch import Watch, watched
from idgen_torch.running.plan import label_of
from idgen_torch.running.record import FitRecord
from idgen_torch.running.streams import Pieces, Streaming
from idgen_torch.tensors import decode

__all__ = ["TorchSampler"]

T = TypeVar("T")

_MANY = 2**12
"""Fewer samples are not shared out among threads anyway."""

_ASKED = "{share} of the samples rest on {label} {where}; the answer there is extrapolation"


class TorchSampler(Looking, Answered, Streaming, Diagnosing):
    """A fitted program.

    Its models and policies live on `device`; `fitted` holds them with the schema and the record of the fit. One
    that was `loaded` repeats what the fit warned of and no sampler sees.
    """

    _rowless: tuple[FittedProgram, FittedProgram] | None = None  #: one that was made, and of which program

    def __init__(
        self, fitted: FittedProgram, device: torch.device, loaded: bool = False, kept: Artefacts | None = None
    ) -> None:
        self._fitted = fitted
        self.device = device
        self._loaded = loaded
        self._kept = kept

    @property
    def fitted(self) -> FittedProgram:
        """The models and policies, with the schema and the record of the fit."""
        return self._fitted

    @property
    def program(self) -> Program:
        """The program that was fitted."""
        return self.fitted.program

    @property
    def schema(self) -> Schema:
        """Of what type each variable is."""
        return self.fitted.schema

    def report(self) -> FitRecord:
        """How the fit was made: for each model its family, rows and held-out log-likelihood; prints as a summary."""
        return self.fitted.record

    def observed(self, data: Any = None, **reading: Any) -> Observed:
        """The rows that the program was fitted to, as models see them, and their weights.

        After a fit they are in memory. A loaded sampler reads them again: from `data`, the fit's own table, or where
        that came from a path from there; `reading` are options of the fit that no file holds (see
        `data.reading.options.Reading`), such as weights that were an array. Read once, they are kept.

        Raises DataError, with the remedy, for a table that is not there any more, and for one that is another.
        """
        fitted = self.fitted
        if fitted.observed is None:
            if fitted.saved_origin is None:
                raise DataError("the sampler was saved without word of its table; fit the program again and save it")
            variables, table = fitted.program.observe.variables, data_of(fitted.program, data)
            found = read_again(fitted.saved_origin, fitted.schema, variables, table, reading)
            self._fitted = replace(fitted, observed=found)
            return found
        if data is not None:  # another table would have another answer
            read_again(fitted.observed.origin, fitted.schema, fitted.program.observe.variables, data, reading)
        return fitted.observed

    def sample(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """Draw n samples of the outcomes.

        `do` sets the treatments and `given` the conditions: a label or number, or an array with one for each
        sample; for a composite a tuple or dict of such values, for a vector an array (dim,) or (n, dim), for an image
        whatever one is read from (see `images`), or n of them. A treatment may also be given a policy, by which each
        sample draws it: `Uniform()`, `Fixed(...)`, a `Law` of nothing, and where the program leaves the treatment to a
        policy any law of what it reads, or a `Shift`. Every treatment and condition of the query has to be
        set, also one that turned out not to matter. Equal seeds give equal samples; None draws a fresh seed. `query`
        chooses among the samplers of a program that has several.

        Returns arrays with n entries each, in the type in which the variable's data came, images as bytes
        (n, channels, height, width); a composite is a structured array. Raises DataError for wrong names or values, and
        warns (OverlapWarning) for a number beyond the data, where a model is asked at values of its inputs that no row
        shows together, and, when it was loaded, of what its fit warned of.
        """
        op, count, batches = self._drawn(n, do, given, seed, query)
        columns, start = {name: self.schema[name].empty(count) for name in op.network.outputs}, 0
        for size, slots in batches:
            for name, column in columns.items():
                decode(self.schema[name], slots[name], column[start : start + size])
            start += size
        return Samples(columns)

    def probability(
        self,
        outcome: str | Sequence[str],
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        n: int = 10_000,
        seed: int | None = None,
    ) -> Probabilities:
        """The law of a discrete outcome, or the joint law of several, without counting samples where it can be had.

        `do` and `given` are as in `sample`; an array with one value for each of several rows gives a law for each row,
        all by the same `n` draws each. Where every step of the network is discrete with known probabilities, or set
        by the caller, they are summed ("exact"); otherwise the probabilities of the last models are averaged over n
        draws of what they are given ("averaged"); and what a brought model or one without known probabilities draws is
        counted ("counted").

        Raises DataError for an outcome that is no category or whole number of few values, and as `sample` does; warns
        as `sample` does.
        """
        question = Question.of(self.program, n, do, given, seed, query, self.fitted.named)
        outcomes = asked_outcomes(outcome, question)
        if query is not None:
            check_stated(self.program, self.schema.check, query)
        labels = labels_of(self.schema, outcomes)
        count, settings = rows_asked(question, self.schema.check)
        self._repeat_lacks()
        fitted, inputs, op = self.fitted, self._encoded(question.sampler, settings), question.sampler
        rows = 1 if count is None else count
        watch = self._watch(question, inputs, varies=rows > 1)
        name, watching = f"probability {op.query}", frozenset(watch.lookouts)
        models, policies = fitted.applying(watch), fitted.policies
        asked = AskedLaw(
            op.network, outcomes, inputs, rows, self.schema, models, policies, self.device, watch, watching, name
        )
        with our_arithmetic(gradients=False):
            found = law_of(asked, question.n, question.seed)
        watch.tell()
        shape = tuple(map(len, labels)) if count is None else (count, *map(len, labels))
        return Probabilities(
            outcomes, labels, found.values.reshape(shape), found.se.reshape(shape), found.method, found.draws
        )

    def alternatives(self, data: Any = None) -> Alternatives:
        """The program that was fitted, its equals, and the standard error of each on the rows; prints as a table.

        What stands for the errors of all answers: see `Alternatives`. Programs that read columns which the fit did not
        read have none, and so has every program where something is no category. `data`: see `observed`.
        """
        observed, fitted = self.observed(data), self.fitted
        held = {name for name in fitted.schema.types if fitted.schema.parts(name)[0].name in observed.rows}
        found = equal_programs(fitted.program)
        return found.measured(
            [
                reference_error(each.program, fitted.schema, observed, fitted.named)
                if held.issuperset(each.program.observe.variables)
                else None
                for each in found
            ]
        )

    def _like(self, fitted: FittedProgram) -> TorchSampler:
        return TorchSampler(fitted, self.device)

    def _streamed(self, pieces: Pieces | None, seed: int | None, n: int | None, **asked: Any) -> Iterator[Samples]:
        op, _, batches = self._drawn(1 if n is None else n, seed=seed, pieces=pieces, **asked)
        return (self._decoded(op, size, slots) for size, slots in batches)

    def _decoded(self, op: Sample, size: int, slots: Slots) -> Samples:
        columns = {name: self.schema[name].empty(size) for name in op.network.outputs}
        for name, column in columns.items():
            decode(self.schema[name], slots[name], column)
        return Samples(columns)

    def _drawn(
        self,
        n: int,
        do: Mapping[str, Any] | None,
        given: Mapping[str, Any] | None,
        seed: int | None,
        query: Query | str | None,
        pieces: Pieces | None = None,
    ) -> tuple[Sample, int, Iterator[tuple[int, Slots]]]:
        """The sampler that is asked for, the number of samples, and its batches, drawn as they are taken."""
        question = Question.of(self.program, n, do, given, seed, query, self.fitted.named)
        if query is not None:
            check_stated(self.program, self.schema.check, query)
        op, inputs = question.sampler, self._encoded(question.sampler, question.settings)
        self._repeat_lacks()
        fitted = self.fitted
        drawn = [Assigned(name, policy, {}) for name, policy in question.drawn.items()]
        fills = assigning((*question.assigned, *drawn), self.schema, handed_on(fitted.bound))
        varies = bool(fills) or any(len(values) > 1 for parts in inputs.values() for values in parts)
        network, watch = with_drawn(op.network, question.drawn), self._watch(question, inputs, varies)
        wired = WiredNetwork(network, self.schema, fitted.applying(watch), fitted.policies, self.device, watch, fills)
        name = f"sample {op.query}"
        run = wired.run if pieces is None else partial(pieces.run, wired)
        batches = run(inputs, question.n, question.seed, name)
        small = not fitted.bound and are_small(self.schema.parts(*self.schema.types))
        return op, question.n, watched(_without_gradients(batches, small and question.n >= _MANY), watch)

    def _repeat_lacks(self) -> None:
        """What the fit of a loaded sampler warned of, and no sampler sees."""
        lacks = [lack.text for lack in self.fitted.record.lacks if not lack.sampled]
        if self._loaded and lacks:
            warn_overlap(f"the fit of this sampler warned: {'; '.join(lacks)}")

    def _watch(self, question: Question, inputs: Slots, varies: bool) -> Watch:
        """What warns of inputs that no row shows; where all is categories it is said at once, and nothing is left."""
        labels = {model.result: label_of(model) for model in self.program.models}
        lookouts = {} if self._told(question, inputs) else self.fitted.lookouts
        watch = Watch(self.schema, lookouts, labels, _ASKED, varies=varies)
        for text in few_rows(self.fitted.record.evidence, question.sampler, inputs, self.schema):
            watch.say(text)
        return watch

    def _told(self, question: Question, inputs: Slots) -> bool:
        """Whether all could be said of the cells that an answer rests on, which is done."""
        if (cells := self.fitted.cells) is None:
            return False
        try:
            found = told(cells, question, codes_of_inputs(self.schema, inputs))
        except DataError:  # a policy that is a function
            return False
        for text in found:
            warn_overlap(text)
        return True

    def read_value(self, name: str, text: str) -> Any:
        """The value of a variable that a person typed, as `sample` takes it (see `Kind.read`).

        A variable that the sampler does not know keeps its text, for `sample` to say so.
        """
        return self.schema[name].read(name, text) if name in self.schema.types else text

    def to(self, device: str | torch.device) -> Self:
        """Move the sampler to "cpu", "cuda", "cuda:1" or "auto" (CUDA where there is one), and return it.

        Models and the rows that it draws from move, so that other samplers that share them should not be used any more;
        the table that it was fitted to stays. Equal seeds give equal samples on one kind of device: a sampler that
        comes back to the CPU draws there what it drew before.

        Raises DataError for a device that is not here.
        """
        place = device_named(device)
        self._fitted, self.device = self.fitted.to(place), place
        self._move_kept(place)
        return self

    @property
    def holdings(self) -> Holdings:
        """What `save` writes of the table beside what models learned: rows, counts and labels; prints as a list."""
        return held_by(self._saved())

    def save(self, path: str | Path, rows: bool | None = None) -> None:
        """Write the sampler into a folder, as JSON and safetensors, in the place of a saved sampler that is there.

        What it holds of the table is said by `holdings`. With `rows=False` it holds no rows: laws are fitted in the
        place of those that policies draw from, so that a loaded one draws other samples than this, and it does not warn
        of inputs that no row shows. As the fit says (`fit(rows=False)`) when left out.

        Raises DataError, and changes nothing, when the path is neither free nor an empty folder nor a saved sampler, or
        cannot be written, and where models cannot do without rows, with their names and what to do.
        """
        write_fitted(self._saved(rows), folder_of(path))

    def _saved(self, rows: bool | None = None) -> FittedProgram:
        """What is written."""
        fitted = self.fitted
        keeps = (fitted.settings is None or fitted.settings.tuning.rows) if rows is None else rows
        if keeps:
            return fitted
        if self._rowless is None or self._rowless[0] is not fitted:
            self._rowless = (fitted, without_rows(fitted, self.device))
        return self._rowless[1]

    def _encoded(self, op: Sample, settings: Mapping[str, tuple[Setting, Any]]) -> Slots:
        """Encode what the caller sets.  Raises DataError for a value that a variable cannot take."""
        handed = handed_on(self.fitted.bound)
        encoded = {
            name: set_value(setting, self.schema[name], value, handed)
            for name, (setting, value) in settings.items()
            if name in self.schema.types
        }
        return {name: encoded[name] for name in op.network.inputs if name in settings}

    def __repr__(self) -> str:
        return f"TorchSampler({self.program.name}, {len(self.fitted.models)} models on {self.device})"


def _without_gradients(batches: Iterator[T], one: bool) -> Iterator[T]:
    """The same batches, made by our arithmetic without gradients, and perhaps in one thread.

    Between them the caller's own settings hold.
    """
    while True:
        with our_arithmetic(gradients=False), one_thread(one):
            try:
                batch = next(batches)
            except StopIteration:
                return
        yield batch
