"""A fit that is about to begin: everything that it needs is checked, and nothing is trained yet."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from idgen_compiler.data.schema import Schema
from idgen_compiler.execute import HERE, Place, Workers
from idgen_compiler.execute.processes.room import scratch_in
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.program import Program
from idgen_torch.arithmetic import one_thread, our_arithmetic
from idgen_torch.bound import Brought
from idgen_torch.jobs.elsewhere import Sent, check_sendable, run_elsewhere
from idgen_torch.jobs.kept import artefacts_for
from idgen_torch.jobs.planned import Planned, Planning
from idgen_torch.nets.own import known_networks
from idgen_torch.observed import Observed
from idgen_torch.parts import are_small
from idgen_torch.recurring import held_bytes
from idgen_torch.running.choices import Choice
from idgen_torch.running.estimates.reference import reference_error
from idgen_torch.running.files.artefacts import Artefacts, NotMade
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.plan import FitSettings, requested_families
from idgen_torch.running.telling import Told, expect, shown
from idgen_torch.running.ways import Weighing, choices
from idgen_torch.training.progress import NoProgress, Progress

__all__ = ["Job"]

F = TypeVar("F", bound=Fitting)

_UNDECIDED = (
    "which way a law is realized is decided once {missing} is there; until then these are the steps of the first ways"
)


@dataclass(frozen=True, eq=False)
class Job:
    """A program, its rows, and how to fit them; `thin` is what was said of overlap before."""

    program: Program
    schema: Schema
    observed: Observed
    settings: FitSettings
    artefacts: Artefacts | None
    thin: Sequence[str]
    brought: Mapping[str, Brought]
    named: Mapping[str, Policy]
    networks: Mapping[str, Any]  #: name -> what builds a network of somebody's own
    place: Place = HERE

    def run(self, progress: Told | Sequence[Told]) -> FittedProgram:
        """Every model that the samplers need, trained."""
        with our_arithmetic(gradients=True), self._one_thread(), shown(progress) as told, known_networks(self.networks):
            if isinstance(self.place, Workers):
                return self._run_elsewhere(self.place, told)
            return self._begun(self._fitting(Fitting, told, self.artefacts), told)

    def _begun(self, fitting: Fitting, told: Progress) -> FittedProgram:
        """What a fit comes to, once it is known by which ways, and so what is to come."""
        choices = self._choices(fitting)
        expect(told, self.program.realized({choice.operation: choice.chosen for choice in choices}).operations)
        return fitting.run(choices)

    def _run_elsewhere(self, place: Workers, told: Progress) -> FittedProgram:
        """As `run`, with the models that workers train; they hand them over in the store, or in one of this fit."""
        check_sendable(self.settings, self.named, self.networks)
        rows = held_bytes(self.observed.rows.values())
        near = scratch_in(round(rows * (1 + self.settings.rows_factor)))
        with tempfile.TemporaryDirectory(prefix="idgen-place-", dir=None if place.far else near) as folder:
            artefacts = self.artefacts or artefacts_for(folder, self.settings, self.named)
            parts = (self.program, self.schema, self.observed, self.settings, artefacts, self.named, self.networks)
            return run_elsewhere(place, Sent(*parts, self._small), self.thin, self.brought, told, self._begun)

    def plan(self) -> Planned:
        """What there is in the store and what would be made; nothing is."""
        artefacts = None if self.artefacts is None else replace(self.artefacts, planning=True)
        with our_arithmetic(gradients=True), self._one_thread(), known_networks(self.networks):
            fitting, undecided = self._fitting(Planning, NoProgress(), artefacts), ""
            taken: tuple[Choice, ...] = ()
            try:
                taken = self._choices(fitting)
            except NotMade as missing:
                undecided = _UNDECIDED.format(missing=missing.title)
            return fitting.plan(taken, undecided)

    def _fitting(self, kind: type[F], progress: Progress, artefacts: Artefacts | None) -> F:
        parts = (self.program, self.schema, self.observed, self.settings)
        return kind(*parts, progress, artefacts, self.thin, self.brought, self.named)

    @property
    def _small(self) -> bool:
        return not self.brought and are_small(self.schema.parts(*self.schema.types))

    def _one_thread(self) -> Any:
        return one_thread(self._small)

    def _choices(self, fitting: Fitting) -> tuple[Choice, ...]:
        """How the laws that have two ways are realized on these rows."""
        error = partial(reference_error, schema=self.schema, observed=self.observed, named=self.named)
        requested = requested_families(self.program, self.settings.families)
        likelihood = self.settings.tuning.likelihood
        weighing = Weighing(self.program, self.schema, fitting.runs, self.brought, requested, likelihood)
        return choices(self.program, self.schema, fitting.overlap, self.brought, error, weighing)
