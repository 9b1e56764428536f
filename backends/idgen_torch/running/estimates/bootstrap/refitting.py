"""A program fitted again, to other weights of its rows: quickly, from the models of another fit, and without a word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from idgen_compiler.data.schema import Schema
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.operations import Sample, Train
from idgen_compiler.ir.program import Program
from idgen_torch.bound import Brought
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.observed import Observed
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.plan import FitSettings, label_of
from idgen_torch.training.progress import NoProgress

__all__ = ["Refitting"]


class Refitting(Fitting):
    """How the operations of a program, each law of which has one way, are realized once more.

    `known` models are taken as they are; others begin from `starts`, where they have one: these are of its family, are
    not held against their rows, and no place is looked for that the rows do not show, since the fit did both. What has
    none is trained as in any fit.
    """

    def __init__(
        self,
        program: Program,
        schema: Schema,
        observed: Observed,
        settings: FitSettings,
        brought: Mapping[str, Brought],
        named: Mapping[str, Policy],
        known: Mapping[str, ConditionalModel],
        starts: Mapping[str, ConditionalModel],
    ) -> None:
        self._taken, self._starts = dict(known), dict(starts)
        super().__init__(program, schema, observed, settings, NoProgress(), None, (), brought, named)
        self._trainer.starts.update(starts)

    @property
    def made(self) -> Mapping[str, ConditionalModel]:
        """Operation -> the model that was trained for it, or known; those that no sampler applies among them."""
        return {**self._trainer.made, **self._taken}

    def _train(self, op: Train, data: DataSet) -> ConditionalModel:
        if op.result not in self._taken:
            start = self._starts.get(op.result)
            self._taken[op.result] = super()._train(op, data) if start is None else self._trained_on(op, data, start)
        return self._taken[op.result]

    def _trained_on(self, op: Train, data: DataSet, start: ConditionalModel) -> ConditionalModel:
        likelihood = self.settings.tuning.likelihood or op.result in self._weighing
        targets, inputs = self._schema.parts(*op.targets), self._schema.parts(*op.inputs)
        task = Task(targets, inputs, data.rows, data.weights, likelihood, data.exact)
        if start.recipe.emphasis:
            task = replace(task, weights=self._emphasis.weights(self.program, op, data, start.recipe.emphasis))
        return self._trainer.fit(op.result, label_of(op), start.recipe, task).model

    def _probe(self, op: Sample, values: Mapping[str, Any]) -> None:
        """The fit said what its rows do not show."""
