"""A sampler whose models are trained when it is first drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.hinge.question import Question, sampler_of
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_torch.arithmetic import device_named
from idgen_torch.jobs.job import Job
from idgen_torch.observed import Observed, read_again
from idgen_torch.running.estimates.answering import Answerer
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.sampler import TorchSampler
from idgen_torch.running.telling import Told
from idgen_torch.tensors import decoded

__all__ = ["AskedSampler"]


class AskedSampler(TorchSampler):
    """A program and its table: estimates train no more than they need, and the first draw trains all models.

    A few samples, by which a question is tried, are rows of the table.
    """

    def __init__(self, job: Job, progress: Told | Sequence[Told], device: torch.device) -> None:
        self.job = job
        self._program, self._schema, self._rows, self._named = job.program, job.schema, job.observed, dict(job.named)
        self._progress = progress
        self._made: FittedProgram | None = None
        self.device = device
        self._loaded = False
        self._kept = job.artefacts

    @property
    def fitted(self) -> FittedProgram:
        """The models, trained now if they were not before."""
        if self._made is None:
            self._made = self.job.run(self._progress)
            self._answerer = None
        return self._made

    def to(self, device: str | torch.device) -> Self:
        """See `TorchSampler.to`; what is not trained yet is trained there."""
        place = device_named(device)
        artefacts = None if self.job.artefacts is None else self.job.artefacts.on(place)
        self.job = replace(self.job, settings=replace(self.job.settings, device=place), artefacts=artefacts)
        self.device = place
        if self._made is not None:
            self._made = self._made.to(place)
        self._move_kept(place)
        return self

    @property
    def trained(self) -> bool:
        """Whether the models are there."""
        return self._made is not None

    @property
    def program(self) -> Program:
        """The program."""
        return self._program if self._made is None else self._made.program

    @property
    def schema(self) -> Schema:
        """Of what type each variable is."""
        return self._schema

    def observed(self, data: Any = None, **reading: Any) -> Observed:
        """The rows of the table; `data` is checked to be the same one."""
        if data is not None:
            read_again(self._rows.origin, self._schema, self._program.observe.variables, data, reading)
        return self._rows

    def tried(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """Rows of the table in the place of samples, for a look at what is asked of them."""
        question = Question.of(self._program, n, do, given, 0, query, self._named)
        for setting, value in question.settings.values():
            self._schema.check(setting, value)
        index = torch.arange(n) % self._rows.count
        columns = {}
        for name in sampler_of(self._program, query).network.outputs:
            parts = [self._rows.rows[part.name][index] for part in self._schema.parts(name)]
            columns[name] = decoded(self._schema[name], parts, n)
        return Samples(columns)

    def _answering(self) -> Answerer:
        models = {} if self._made is None else self._made.applied
        return Answerer(
            self.program, self._schema, self._rows, self._named, models, self.device, self._refits, self._kept
        )

    def __repr__(self) -> str:
        return f"AskedSampler({self.program.name}, {'trained' if self.trained else 'not trained yet'})"
