"""The programs of a bootstrap: fitted to rows that are drawn again, one after the other, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.measures import Functional, Measure
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import quietly
from idgen_torch.arithmetic import one_thread
from idgen_torch.families import ConditionalModel, Tuning
from idgen_torch.observed import Observed
from idgen_torch.running.estimates.bootstrap.refitting import Refitting
from idgen_torch.running.estimates.bootstrap.resampling import Resampling
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.plan import FitSettings, default_rows_factor
from idgen_torch.seeds import seed_for

__all__ = ["Drawing", "Refits", "drawn"]


class Drawing(Protocol):
    """What draws samples piece by piece, as a sampler does."""

    def stream(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: str | None = None,
    ) -> Iterator[Samples]:
        """Draw n samples."""
        ...


@dataclass(eq=False)
class Refits:
    """What a fitted program, and others for the same rows, become when these are drawn again.

    Each repeat fits every model once more to weights of the rows, and begins from a fit to the rows as they are, where
    families can; it trains and regenerates from a seed of its own. Programs are kept by seed, clusters and repeat, the
    latest ones, so that a second question costs draws alone. None stands for the sampler's own program.
    """

    fitted: FittedProgram
    observed: Observed
    device: torch.device
    sampler: Callable[[FittedProgram], Drawing]
    _bases: dict[Program | None, tuple[FittedProgram, Mapping[str, ConditionalModel]]] = field(default_factory=dict)
    _kept: dict[tuple[Program | None, int], FittedProgram] = field(default_factory=dict)
    _kept_for: Any = None

    def point(self, program: Program | None) -> Drawing:
        """What draws from a program that is fitted to the rows as they are: the sampler itself, for its own."""
        return self.sampler(self.fitted if program is None else self._base(program)[0])

    def repeat(self, program: Program | None, resampling: Resampling, seed: int, repeat: int) -> Drawing:
        """What draws from a program that is fitted to the rows of one repeat, from the models of the fit on."""

        def fitting() -> Refitting:
            weights = torch.from_numpy(resampling.weights(seed, repeat))
            observed = replace(self.observed, weights=weights * (len(weights) / weights.sum()))
            settings = replace(self._settings(program), seed=seed_for(seed, f"bootstrap {repeat}"))
            return self._fitting(program, observed, settings, {}, self._base(program)[1])

        clusters = None if resampling.clusters is None else resampling.clusters.tobytes()
        return self._drawing((program, repeat), (seed, clusters), fitting)

    def training(self, program: Program | None, resampling: Resampling, seed: int, number: int) -> Drawing:
        """What draws from a program that is fitted to the rows as they are, from another seed and from nothing on."""

        def fitting() -> Refitting:
            models = {op.result for op in self._base(program)[0].program.models}
            recipes = {name: model.recipe for name, model in self._base(program)[1].items() if name in models}
            settings = replace(self._settings(program), seed=seed_for(seed, f"training {number}"), families=recipes)
            return self._fitting(program, self.observed, settings, {}, {})

        clusters = None if resampling.clusters is None else resampling.clusters.tobytes()
        return self._drawing((program, -1 - number), (seed, clusters), fitting)

    def _drawing(
        self, key: tuple[Program | None, int], kept_for: tuple[int, Any], fitting: Callable[[], Refitting]
    ) -> Drawing:
        if self._kept_for != kept_for:
            self._kept.clear()
            self._kept_for = kept_for
        if key not in self._kept:
            self._kept[key] = replace(self._run(fitting()), observed=None)
        return self.sampler(self._kept[key])

    def _base(self, program: Program | None) -> tuple[FittedProgram, Mapping[str, ConditionalModel]]:
        """A program fitted to the rows as they are, and all of its models, those that the fit did not keep too."""
        if program not in self._bases:
            known = self.fitted.models if program is None else {}
            fitting = self._fitting(program, self.observed, self._settings(program), known, {})
            self._bases[program] = (self._run(fitting), fitting.made)
        return self._bases[program]

    @one_thread()
    def _run(self, fitting: Refitting) -> FittedProgram:
        with quietly():
            return fitting.run(())

    def _fitting(
        self,
        program: Program | None,
        observed: Observed,
        settings: FitSettings,
        known: Mapping[str, ConditionalModel],
        starts: Mapping[str, ConditionalModel],
    ) -> Refitting:
        fitted = self.fitted
        if program is None:
            brought = {name: model.brought for name, model in fitted.bound.items()}
            laws = fitted.named
            return Refitting(fitted.program, fitted.schema, observed, settings, brought, laws, known, starts)
        if program.bindings:
            raise DataError(f"{program.name} has models that were brought to a fit; ask with the sampler that has them")
        realized = program.realized({})  # each law in its first way
        return Refitting(realized, fitted.schema, observed, settings, {}, {}, known, starts)

    def _settings(self, program: Program | None) -> FitSettings:
        """How the sampler was fitted; a loaded one says it in its record."""
        record, known = self.fitted.record, self.fitted.settings
        if known is None:
            tuning = Tuning.read(record.options)
            families = {each.operation: tuning.recipe(each.family) for each in record.models}
            contracts = any(data.exact for data in record.data)
            known = FitSettings(record.seed, record.rows_factor, self.device, tuning, families, contracts)
        if program is None:
            return known
        return replace(known, families={}, rows_factor=default_rows_factor(program, self.fitted.schema))


def drawn(sampler: Drawing, measure: Measure, functionals: Sequence[Functional], n: int, seed: int) -> Array:
    """The numbers of n samples at the place of a measure.  Shape: (n, functionals)."""
    pieces = sampler.stream(n, measure.do, measure.given, seed, measure.query)
    return np.concatenate([np.stack([f.of(samples) for f in functionals], 1) for samples in pieces])
